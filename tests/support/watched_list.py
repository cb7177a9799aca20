"""A unit's list on a screen held against what the console answers: every ticket there, and once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from playwright.async_api import Page, expect

from tests.support.browser import Screen
from tests.support.world import World, until

PLACE: Final = "清潭街12号"
ENOUGH_S: Final = 60.0
"""Longer than the longest pause before a page tries again, than a dead line's watchdog, and than the broker
waits for a console that was killed with a message in hand."""
_marks: Final = itertools.count(1)


@dataclass
class WatchedList:
    """Tickets of one test, which their words tell from all others; and the page that lists them."""

    screen: Screen
    world: World
    unit: str
    mark: str
    filed: list[str] = field(default_factory=list)

    @classmethod
    async def open(cls, screen: Screen, world: World, tickets: int) -> WatchedList:
        """File some, sign in as the unit they go to, and look for them in its inbox."""
        mark = f"第{next(_marks)}号巡查段"
        first = await _filed(world, mark)
        watched = cls(screen, world, first["unit"], mark, [first["number"]])
        for _ in range(tickets - 1):
            await watched.file()
        await screen.sign_in(world.info["tokens"][f"unit:{watched.unit}"], "/inbox")
        await watched.look_for(screen.page)
        await watched.agrees()
        return watched

    async def look_for(self, page: Page) -> None:
        """Show these tickets alone; nothing holds new rows back then."""
        await page.get_by_role("searchbox", name="编号、内容或地址").fill(self.mark)

    async def file(self) -> str:
        """One more, at the unit; whatever lies between the page and the console."""
        ticket = await _filed(self.world, self.mark)
        assert ticket["unit"] == self.unit
        self.filed.append(ticket["number"])
        return self.filed[-1]

    async def sign(self, number: str) -> None:
        """Somebody else signs for one: it is no longer among those that wait."""
        answer = await self.world.act(number, "accept", role=f"unit:{self.unit}")
        assert answer.is_success, answer.text
        self.filed.remove(number)

    async def shown(self, page: Page | None = None) -> list[str]:
        """Numbers on the screen, as often as they stand there."""
        rows = (page or self.screen.page).get_by_role("grid").locator(".number")
        return sorted(await rows.all_inner_texts())

    async def waiting(self) -> Sequence[dict[str, Any]]:
        """What waits to be signed for, by the console itself and not by the way the page goes."""
        answer = await self.world.http.get(
            f"{self.world.info['console']}/api/v1/inbox",
            params={"unit": self.unit},
            headers=self.world.token(f"unit:{self.unit}"),
        )
        if answer.status_code != httpx.codes.OK:
            return ()
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return [r for r in rows if r["unit"] == self.unit and r["status"] == "dispatched"]

    async def known(self) -> None:
        """The console has heard of all of them: only the page may not have."""

        async def heard() -> bool:
            return _numbers(await self.waiting(), self.mark) == sorted(self.filed)

        await until(heard)

    async def agrees(self, page: Page | None = None) -> None:
        """The page lists what was filed and what the console answers, each once; its count is that of all."""
        page = page or self.screen.page
        count = page.get_by_role("tab", name=re.compile("待签收")).locator(".n")
        seen: list[Any] = []

        async def same() -> bool:
            answered, shown = await self.waiting(), await self.shown(page)
            seen[:] = [
                *(sorted(self.filed), _numbers(answered, self.mark), shown),
                *(len(answered), await count.inner_text()),
            ]
            return bool(seen[0] == seen[1] == seen[2] and str(seen[3]) == seen[4])

        await until(same, within_s=ENOUGH_S, what=lambda: f"filed, answered, shown, counts: {seen}")

    async def old(self) -> None:
        """The page says in words that what it shows is old, and how old."""
        band = self.band(self.screen.page)
        await expect(band).to_be_visible(timeout=ENOUGH_S * 1_000)
        await expect(band).to_have_text(re.compile(r"页面显示的是 \d+ 秒前的数据；正在自动重连"))

    async def fresh(self) -> None:
        """It says so no more."""
        await expect(self.band(self.screen.page)).to_be_hidden(timeout=ENOUGH_S * 1_000)

    @staticmethod
    def band(page: Page) -> Any:
        """Where it says so."""
        return page.get_by_role("status").filter(has_text="与服务器的连接已断开")


async def _filed(world: World, mark: str) -> dict[str, Any]:
    filed = await world.file(f"{mark}的路灯不亮。", address=PLACE, category="SZ-LD")
    return await world.ticket_when(filed["number"], lambda t: t["status"] == "dispatched")


def _numbers(rows: Sequence[dict[str, Any]], mark: str) -> list[str]:
    return sorted(row["number"] for row in rows if mark in (row["text"] or ""))
