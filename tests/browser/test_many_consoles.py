"""Any console answers any browser, and eight tabs of one browser take one line: nobody misses a ticket."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.async_api import Browser, Page

from tests.support.browser import Outside, Screen, guarded
from tests.support.watched_list import WatchedList
from tests.support.way import BROKEN_OFF, replica, way
from tests.support.world import World, until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

TABS: Final = 8
"""More than the six connections to one address that a browser opens."""
STREAMS: Final = re.compile(r"^chuishao_live_streams ([\d.]+)$", re.MULTILINE)


async def test_a_browser_led_from_one_console_to_another_misses_nothing(
    browser: tuple[Browser, Outside], world: World
) -> None:
    first = world.info["console"]
    async with (
        replica(world) as second,
        way(first, second) as road,
        guarded(*browser, road.url) as screen,
    ):
        screen.allow(BROKEN_OFF)
        tickets = await WatchedList.open(screen, world, 2)
        for consoles in ((second,), (first,), (second, first), (second,)):
            await tickets.file()
            road.lead(*consoles)
            await tickets.file()
            await tickets.agrees()
        await tickets.sign(tickets.filed[0])
        road.lead(first)
        await tickets.agrees()
        await tickets.fresh()


async def test_a_console_that_stops_hands_its_browsers_over(
    browser: tuple[Browser, Outside], world: World
) -> None:
    first = world.info["console"]
    async with way() as road, guarded(*browser, road.url) as screen:
        screen.allow(BROKEN_OFF)
        async with replica(world) as second:
            road.lead(second)
            tickets = await WatchedList.open(screen, world, 2)
            await tickets.file()
        await tickets.file()
        road.lead(first)
        await tickets.agrees()
        await tickets.fresh()


async def test_eight_tabs_share_one_stream_whichever_of_them_closes(
    screen: Screen, world: World
) -> None:
    tickets = await WatchedList.open(screen, world, 1)
    pages = [screen.page]
    for _ in range(TABS - 1):
        page = await screen.context.new_page()
        await page.goto(f"{screen.home}/inbox")
        await tickets.look_for(page)
        pages.append(page)
    await tickets.file()
    await all_agree(tickets, pages)
    await one_stream(world)
    await pages.pop(0).close()
    await tickets.file()
    await all_agree(tickets, pages)
    await pages[0].reload()
    await tickets.look_for(pages[0])
    await tickets.sign(tickets.filed[0])
    await all_agree(tickets, pages)
    await one_stream(world)


async def all_agree(tickets: WatchedList, pages: list[Page]) -> None:
    for page in pages:
        await tickets.agrees(page)


async def one_stream(world: World) -> None:
    """The console counts one: a page that was left before has hung up meanwhile."""
    seen: list[str] = []

    async def one() -> bool:
        told = await world.http.get(f"{world.info['console']}/metrics")
        seen[:] = STREAMS.findall(told.text)
        return seen == ["1.0"]

    await until(one, what=lambda: f"streams: {seen}")
