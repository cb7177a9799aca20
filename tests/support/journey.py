"""The people a matter goes through, each at a window of their own, for a journey at the screens."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.async_api import Locator, Page, expect

from tests.support.browser import Screen
from tests.support.world import World

OPERATOR: Final = "operator"
LEAD: Final = "unit:SZ"
CALLED: Final = "unit:CG-ZF"
COMMUNITY: Final = "secretary:SQ-001"
SECRETARY: Final = "secretary:JD-WYS"
WALL: Final = "dashboard"
SEATS: Final[dict[str, dict[str, Any]]] = {
    OPERATOR: {},
    LEAD: {},
    CALLED: {},
    COMMUNITY: {"viewport": {"width": 1440, "height": 1600}},
    SECRETARY: {},
    WALL: {"viewport": {"width": 1920, "height": 1080}},
}
"""Who takes part, and what their window is like."""


@dataclass
class Journey:
    """The people at their windows, and the matter they have in common."""

    world: World
    seats: dict[str, Screen]
    number: str = ""
    here: set[str] = field(default_factory=set)
    """Who has signed in."""

    async def at(self, who: str, path: str) -> Page:
        """Somebody opens a page."""
        screen = self.seats[who]
        if who in self.here:
            await screen.page.goto(f"{screen.home}{path}")
        else:
            await screen.sign_in(self.world.info["tokens"][who], path)
            self.here.add(who)
        return screen.page

    async def seen(self, who: str, name: str) -> None:
        """A picture of what somebody has before them, judged by axe as it stands."""
        await self.seats[who].picture(f"journey-{name}")
        await self.seats[who].look()

    async def until(self, status: str) -> dict[str, Any]:
        """The ticket, once it has come so far."""
        return await self.world.ticket_when(self.number, lambda t: t["status"] == status)


async def at_hand(page: Page, number: str, tab: str) -> None:
    """The matter in a unit's list, under a tab, and beside it."""
    await page.get_by_role("tab", name=re.compile(tab)).click()
    await page.get_by_role("grid").get_by_role("row", name=re.compile(number)).click()
    await expect(_beside(page).get_by_role("link", name=number)).to_be_visible()


async def begin(page: Page, what: str, key: str) -> None:
    """An act by its key, once the matter at hand is said to allow it."""
    await expect(_beside(page).get_by_role("button", name=what).first).to_be_visible()
    await page.get_by_role("grid").focus()
    await page.keyboard.press(key)


async def contact(page: Page, how: str, words: str) -> None:
    """First contact, begun by its key."""
    await begin(page, "首次联系", "m")
    await page.get_by_label(how).check()
    note = page.get_by_label("联系情况")
    await note.fill(words)
    await note.press("Control+Enter")


def _beside(page: Page) -> Locator:
    return page.get_by_role("complementary", name="当前工单")
