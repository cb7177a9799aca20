"""Two colleagues at one ticket see each other, and who of them is writing, each in the own language."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.support.browser import Outside, Screen, guarded
from tests.support.world import World, person_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOON_MS: Final = 40_000
"""Screens tell each other every twenty seconds, in company every eight."""


def here(page: Page, title: str) -> Locator:
    """The foot of the ticket."""
    return page.get_by_role("region", name=title)


async def test_two_at_one_ticket_see_each_other_and_who_writes(
    screen: Screen, browser: tuple[Browser, Outside], world: World
) -> None:
    filed = await world.file("两人同看：路灯不亮。", address="清潭街12号", category="SZ-LD")
    ticket = await world.ticket_when(filed["number"], lambda t: t["status"] == "dispatched")
    unit, number = ticket["unit"], ticket["number"]
    first = person_of(unit)
    await screen.sign_in(world.signed(first, "unit"), f"/tickets/{number}")
    page = screen.page
    await expect(here(page, "谁在看")).to_contain_text("没有别的同事")
    given = {"locale": "en-US"}
    async with guarded(*browser, world.info["console"], given) as other:
        await other.sign_in(world.info["tokens"]["dispatcher"], f"/tickets/{number}")
        desk = other.page
        theirs = here(desk, "Who is here")
        await expect(theirs.get_by_role("listitem")).to_contain_text(first)
        await expect(theirs).to_contain_text("looking")
        await page.get_by_role("button", name=re.compile("^退回")).click()
        mine = here(page, "谁在看").get_by_role("listitem")
        await expect(mine).to_contain_text("分拨员", timeout=SOON_MS)
        await expect(theirs).to_contain_text("At work: Return", timeout=SOON_MS)
        await expect(desk.get_by_role("status").filter(has_text=first)).to_be_visible()
        for foot in (mine, theirs):
            await foot.scroll_into_view_if_needed()
        for window, name in ((screen, "ticket-two"), (other, "ticket-two-en")):
            await window.look()
            await window.picture(name)
        await page.get_by_role("button", name="取消", exact=True).click()
        await expect(theirs).to_contain_text("looking", timeout=SOON_MS)
        await page.get_by_role("button", name="返回", exact=True).click()
        await expect(theirs).to_contain_text("No colleague", timeout=SOON_MS)
        await page.goto(f"{screen.home}/tickets/{number}")
        await expect(mine).to_contain_text("分拨员")
        await desk.goto(f"{other.home}/triage")
