"""`/docs` of every service shows its operations under a strict policy and asks nothing of another machine."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.support.browser import Outside, guarded
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
SHOWN = {
    "intake": "/v1/complaints",
    "router": "/v1/explain",
    "notifier": "/v1/rates",
    "console": "/api/v1/session",
}


@pytest.mark.parametrize("service", SHOWN)
async def test_the_document_is_shown_without_a_request_outside(
    browser: tuple[Browser, Outside], world: World, service: str
) -> None:
    async with guarded(*browser, world.info[service]) as screen:
        screen.looked_at = False
        await screen.page.goto(f"{screen.home}/docs")
        path = re.compile(rf"^{re.escape(SHOWN[service])}$".replace("/", r"[/\u200b]+"))
        await expect(
            screen.page.locator(".opblock-summary-path").filter(has_text=path).first
        ).to_be_visible()
        await screen.picture(f"docs-{service}")
