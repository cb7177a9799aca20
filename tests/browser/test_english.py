"""A day in English: every word of the screens is English; Chinese stays what people, places and offices are called."""

from __future__ import annotations

import asyncio
import re
from asyncio import ensure_future
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import pytest
from playwright.async_api import Error, Page, Response, expect

from tests.support.browser import Screen
from tests.support.table import OFFICE, SECRETARY, ask, known
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
SHOWN: Final = """() => {
  const found = [document.title];
  const said = (one) => one && !one.closest("[lang]:not(html)") && one.checkVisibility({ checkVisibilityCSS: true });
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) if (said(texts.currentNode.parentElement)) found.push(texts.currentNode.data);
  for (const name of ["aria-label", "title", "placeholder", "alt"]) {
    for (const one of document.querySelectorAll(`[${name}]`)) if (said(one)) found.push(one.getAttribute(name));
  }
  return found;
}"""
"""What a page says, in sight or to a screen reader; a part that names its own language speaks for itself."""


class Told:
    """What the services told the pages: it is data, and comes as it was said."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._answers: list[asyncio.Future[Any]] = []
        screen.page.on(
            "response", lambda answer: self._answers.append(ensure_future(_json(answer)))
        )

    async def check(self, *views: str) -> None:
        """Fails with the Chinese that no service told; `views` also tell what came by the stream."""
        said = await self._screen.page.evaluate(SHOWN)
        told = await asyncio.gather(*self._answers)
        for view in views:
            answer = await self._screen.context.request.get(
                f"{self._screen.home}{view}", headers={"Accept-Language": "en"}
            )
            told.append(await answer.json())
        data = "\n".join(_texts(told))
        assert not {run for text in said for run in HAN.findall(text) if run not in data}


async def _json(answer: Response) -> Any:
    """Nothing where it is no document, or the page went on before it was read."""
    if answer.headers.get("content-type", "").startswith("application/json"):
        with suppress(Error):
            return await answer.json()
    return None


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from _texts(inner)


async def speak_english(page: Page) -> None:
    await page.get_by_role("button", name="Switch to English").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en")


async def told_of(world: World, text: str) -> str:
    """The number of a new matter, once every service knows of it."""
    filed = await world.file(text, address="清潭街12号", category="SZ-LD")
    await world.ticket_when(filed["number"], lambda t: bool(t["clocks"]))
    await known(world, filed["complaint_id"])
    return str(filed["number"])


async def test_a_day_in_english_leaves_no_chinese_of_our_own(screen: Screen, world: World) -> None:
    page, tokens = screen.page, world.info["tokens"]
    told = Told(screen)
    number = await told_of(world, "清潭街路灯整夜不亮。")
    unit = (await world.ticket(number) or {})["unit"]

    await page.goto(screen.home)
    await speak_english(page)
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    await told.check()
    await screen.picture("english-sign-in")
    await screen.look()

    await screen.sign_in(tokens[f"unit:{unit}"], "/inbox")
    await expect(page.get_by_role("grid").get_by_role("row").nth(1)).to_be_visible()
    await told.check(f"/api/v1/inbox?unit={unit}")
    await screen.picture("english-inbox")
    await screen.look()

    await page.goto(f"{screen.home}/tickets/{number}")
    await expect(page.get_by_role("heading", level=1)).to_have_text(number)
    await expect(page.locator(".receipt dt").first).to_have_text(re.compile("^[ -~]+$"))
    await expect(page.locator(".clocks .why").first).to_have_text(re.compile("^Due 20[ -~]+$"))
    await told.check(f"/v1/tickets/{number}")
    await screen.picture("english-ticket", whole=True)
    await screen.look()


async def test_table_and_wall_speak_english(screen: Screen, world: World) -> None:
    page, tokens = screen.page, world.info["tokens"]
    told = Told(screen)
    number = await told_of(world, "清潭街路灯总是半夜熄灭。")
    matter = {"ticket": number, "reason": "多次反映，须当面答复"}
    await ask(world, "notifier", "/v1/reception/queue", SECRETARY, matter)
    await page.goto(screen.home)
    await speak_english(page)

    await screen.sign_in(tokens[SECRETARY], "/reception")
    await expect(page.get_by_role("grid").get_by_role("row").nth(1)).to_be_visible()
    await told.check(f"/v1/reception/queue?org={OFFICE}")
    await screen.picture("english-reception")
    await screen.look()

    await screen.sign_in(tokens["dashboard"], "/hall")
    await expect(page.locator(".map .grid")).to_have_count(42)
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await told.check()
    await screen.picture("english-hall")
    await screen.look()
