"""The sheet of keys and the ways between pages, as somebody finds them who has no mouse."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.browser import Screen
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_keys_are_told_by_one_key_and_lead_from_page_to_page(
    screen: Screen, world: World
) -> None:
    await screen.sign_in(world.info["tokens"]["unit:GT-001"], "/inbox")
    page = screen.page
    await expect(page.get_by_role("heading", level=1)).to_have_text("工单")
    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="快捷键")
    await expect(sheet.get_by_role("heading", name="前往")).to_be_visible()
    await expect(sheet.get_by_text("督办", exact=True)).to_be_visible()
    await expect(sheet.get_by_text("受理", exact=True)).to_have_count(0)  # not this role's page
    await screen.picture("keys")
    await screen.look()
    await page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await page.keyboard.press("g")
    await page.keyboard.press("s")
    await expect(page.get_by_role("heading", level=1)).to_have_text("督办")
