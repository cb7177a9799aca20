"""Lines are cut, the console is started again: no ticket is missed or doubled, and nothing typed is lost."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from typing import Final

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.chaos.proxy import Trouble
from tests.support.browser import Outside, guarded
from tests.support.watched_list import WatchedList
from tests.support.way import BROKEN_OFF, way
from tests.support.world import World, until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

SHORT_S: Final = 2.0
LONG_S: Final = 12.0
"""Longer than a page waits before it says that what it shows is old."""
NOTE: Final = "路灯在街对面，不归本辖区。"
FILED: Final = "select number from router.ticket where body like '%' || $1 || '%'"
CALL: Final = "来电人说清潭街的路灯一闪一闪，晃眼睛。"


async def came_back(world: World, before: int) -> None:
    """Another process is the console, and serves."""

    async def back() -> bool:
        world.reread()
        ready = await world.http.get(f"{world.info['console']}/readyz")
        return world.info["pids"]["console"] != before and ready.status_code == httpx.codes.OK

    await until(back, within_s=60)


async def filed_as(world: World, text: str) -> str:
    """The number of the one ticket with these words."""
    found: list[str] = []

    async def there() -> bool:
        found[:] = [row["number"] for row in await world.rows(FILED, text)]
        return bool(found)

    await until(there)
    [number] = found
    return number


@pytest.mark.parametrize("seconds", [SHORT_S, LONG_S])
async def test_a_cut_line_loses_no_ticket_and_the_page_says_how_old_it_is(
    browser: tuple[Browser, Outside], world: World, seconds: float
) -> None:
    console = world.info["console"]
    async with way(console) as road, guarded(*browser, road.url) as screen:
        screen.allow(BROKEN_OFF)
        tickets = await WatchedList.open(screen, world, 3)
        before = await tickets.shown()
        road.lead()
        cut = asyncio.create_task(asyncio.sleep(seconds))
        await tickets.file()
        await tickets.sign(tickets.filed[0])
        await tickets.file()
        await tickets.known()
        assert await tickets.shown() == before
        if seconds == LONG_S:
            await tickets.old()
            await screen.look()
            await screen.picture("inbox-cut-off")
        await cut
        road.lead(console)
        await tickets.file()
        await tickets.agrees()
        await tickets.fresh()


async def test_a_line_that_died_without_a_word_is_noticed(
    browser: tuple[Browser, Outside], world: World
) -> None:
    async with way(world.info["console"]) as road, guarded(*browser, road.url) as screen:
        screen.allow(BROKEN_OFF)
        tickets = await WatchedList.open(screen, world, 1)
        road.trouble([Trouble(hold="both")])
        await tickets.file()
        await tickets.old()
        road.trouble([])
        await tickets.agrees()
        await tickets.fresh()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_a_console_started_again_keeps_the_list_right_and_the_note_half_typed(
    browser: tuple[Browser, Outside], world: World, how: signal.Signals
) -> None:
    async with guarded(*browser, world.info["console"]) as screen:
        screen.allow(BROKEN_OFF)
        tickets = await WatchedList.open(screen, world, 2)
        page, number = screen.page, tickets.filed[0]
        await page.get_by_role("grid").get_by_role("row").filter(has_text=number).click()
        aside = page.get_by_role("complementary")
        await expect(aside.get_by_role("link", name=number)).to_be_visible()
        await page.get_by_role("grid").press("t")
        await page.get_by_label("不在辖区").check()
        unit = page.get_by_role("combobox", name="建议承办单位")
        await unit.focus()
        await page.keyboard.type("执法")
        await page.get_by_role("option", name=re.compile("综合行政执法")).first.click()
        note = page.get_by_label("说明")
        half = len(NOTE) // 2
        await note.focus()
        await page.keyboard.insert_text(NOTE[:half])
        await page.mouse.move(0, 0)
        before = world.info["pids"]["console"]
        os.kill(before, how)
        await tickets.file()
        await came_back(world, before)
        await tickets.agrees()
        await expect(note).to_be_focused()
        await page.keyboard.insert_text(NOTE[half:])
        await expect(note).to_have_value(NOTE)
        await note.press("Control+Enter")
        back = await world.ticket_when(number, lambda t: t["status"] == "returned")
        notes = {
            line["detail"].get("note") for line in back["history"] if line["event"] == "returned"
        }
        assert notes == {NOTE}


async def test_a_call_half_written_outlives_a_restart_and_is_filed_once(
    browser: tuple[Browser, Outside], world: World
) -> None:
    console = world.info["console"]
    async with way(console) as road, guarded(*browser, road.url) as screen:
        screen.allow(BROKEN_OFF)
        await screen.sign_in(world.info["tokens"]["operator"], "/intake")
        page = screen.page
        words = page.locator("#intake-text")
        await expect(words).to_be_focused()
        half = len(CALL) // 2
        await page.keyboard.insert_text(CALL[:half])
        before = world.info["pids"]["console"]
        os.kill(before, signal.SIGKILL)
        await came_back(world, before)
        await expect(words).to_be_focused()
        await page.keyboard.insert_text(CALL[half:])
        await page.fill("#intake-address", "清潭街12号")
        road.trouble([Trouble(hold="answers")])
        await page.keyboard.press("Control+Enter")
        number = await filed_as(world, CALL)
        road.lead()
        road.trouble([])
        await expect(page.get_by_role("alert")).to_contain_text("已填写的内容不会丢失")
        await expect(words).to_have_value(CALL)
        await screen.picture("intake-cut-off")
        await screen.look()
        road.lead(console)
        await page.keyboard.press("Control+Enter")
        told = page.locator(".done .big")
        await expect(told).to_have_text(f"{number[:4]} {number[4:8]} {number[8:]}")
        assert await filed_as(world, CALL) == number
