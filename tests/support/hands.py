"""What a person's hands do at a screen without a mouse: find a row, choose from a field, press what has a name."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from playwright.async_api import Locator, Page, Route, expect

from tests.support.world import World, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MOST: Final = 300
"""Rows that are walked through before a row counts as not there."""
ANY: Final = re.compile(".")


async def listed(world: World, role: str, view: str, number: str) -> None:
    """Wait until the console shows a ticket to somebody, so that a page opened now has it in its list."""

    async def there() -> bool:
        answer = await world.http.get(
            f"{world.info['console']}/api/v1/{view}", headers=world.token(role)
        )
        return number in {row["number"] for row in answer.raise_for_status().json()["rows"]}

    await until(there)


async def at_hand(page: Page, words: str) -> None:
    """Go down a list by keys until the row with these words is the one at hand."""
    grid = page.get_by_role("grid")
    await grid.focus()
    await expect(grid).to_have_attribute("aria-activedescendant", ANY)
    await page.keyboard.press("Home")
    for _ in range(MOST):
        now = await grid.get_attribute("aria-activedescendant")
        if words in await page.locator(f'[id="{now}"]').inner_text():
            return
        await page.keyboard.press("j")
        await expect(grid).not_to_have_attribute("aria-activedescendant", str(now))
    raise AssertionError(f"no row with {words}")


async def find(page: Page, field: Locator, words: str, name: str) -> None:
    """Choose something of the directory: a few words, then down to the one that is meant, Enter."""
    await field.focus()
    async with page.expect_response(
        lambda answer: "/api/v1/find/" in answer.url and words in unquote_plus(answer.url)
    ):
        await page.keyboard.insert_text(words)
    await expect(page.get_by_role("option", name=re.compile(name)).first).to_be_visible()
    await down_to(page, field, name)


async def choose(page: Page, field: Locator, name: str) -> None:
    """Choose one of a few: open the list, down to the one that is meant, Enter."""
    await field.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("option", name=name).first).to_be_visible()
    await down_to(page, field, name)


async def down_to(page: Page, field: Locator, name: str) -> None:
    """Down in an open list, then Enter."""
    for _ in range(MOST):
        now = await field.get_attribute("aria-activedescendant")
        if now and re.search(name, await page.locator(f'[id="{now}"]').inner_text()):
            await page.keyboard.press("Enter")
            return
        await page.keyboard.press("ArrowDown")
        await expect(field).not_to_have_attribute("aria-activedescendant", now or "")
    raise AssertionError(f"no option {name}")


async def press(control: Locator, key: str = "Enter") -> None:
    """Press a button or a link as a keyboard does."""
    await control.focus()
    await control.press(key)


async def write(field: Locator, words: str) -> None:
    """Write into a field, beside what is there."""
    await field.focus()
    await field.page.keyboard.insert_text(words)


@asynccontextmanager
async def overtaken(
    page: Page, path: str, first: Callable[[], Awaitable[object]]
) -> AsyncIterator[None]:
    """Whatever the page sends there first is on its way while somebody else does it before."""
    pattern = re.compile(path)
    done = asyncio.Event()

    async def held(route: Route) -> None:
        if route.request.method == "POST" and not done.is_set():
            await first()
            done.set()
        await route.continue_()

    await page.route(pattern, held)
    yield
    await asyncio.wait_for(done.wait(), 30)
    await page.unroute(pattern, held)
