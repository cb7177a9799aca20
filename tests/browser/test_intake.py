"""The hotline operator's day at the screens: a call filed by keyboard alone, an earlier one found, residents asked."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.test_callback import handle
from tests.support.browser import Outside, Screen, guarded
from tests.support.world import World, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

LAMP: Final = "清潭街路灯不亮，夜里走路看不见，希望尽快修好。"
PLACE: Final = "清潭街12号"
PHONE: Final = "13800007788"
NUMBER: Final = re.compile(r"^\d{4} \d{4} \d{4}$")


def readable(number: str) -> str:
    return f"{number[:4]} {number[4:8]} {number[8:]}"


async def told(page: Page) -> str:
    """The number on the screen, in the groups it is read out in."""
    shown = page.locator(".done .big")
    await expect(shown).to_have_text(NUMBER)
    return (await shown.inner_text()).replace(" ", "")


async def write(page: Page, text: str) -> None:
    """Into the content, where the cursor is."""
    await expect(page.locator("#intake-text")).to_be_focused()
    await page.keyboard.insert_text(text)


async def test_a_call_is_filed_by_keys_and_what_was_parked_survives(
    screen: Screen, world: World
) -> None:
    await screen.sign_in(world.info["tokens"]["operator"], "/intake")
    page = screen.page
    await write(page, LAMP)
    await page.keyboard.press("Tab")
    await page.fill("#intake-address", PLACE)
    await page.fill("#intake-phone", PHONE)
    routing = page.get_by_role("region", name="派单建议")
    await expect(routing.get_by_role("listitem").first).to_contain_text("Alt+1")
    await page.keyboard.press("Alt+1")
    await expect(routing.get_by_text("已采用")).to_be_visible()
    await expect(page.locator(".due")).to_contain_text("办结")
    await screen.picture("intake-advice")
    await screen.look()
    await page.keyboard.press("Alt+n")
    await write(page, "另一通来电，问")
    await page.reload()
    tabs = page.get_by_role("tab")
    await expect(tabs).to_have_count(2)
    await expect(page.locator("#intake-text")).to_have_value("另一通来电，问")
    await tabs.first.click()
    await expect(page.locator("#intake-text")).to_have_value(LAMP)
    await page.keyboard.press("Control+Enter")
    number = await told(page)
    ticket = await world.ticket_when(number, lambda t: t["status"] == "dispatched")
    assert ticket["receipt"]["category"]["by"] == "given"
    await expect(page.locator("#intake-text")).to_be_focused()
    await page.keyboard.press(".")
    await expect(page.locator(".done")).to_contain_text("已复制")
    await expect(page.locator("#intake-text")).to_have_value("")
    await screen.picture("intake-number")


async def test_an_earlier_matter_is_found_urged_and_joined(screen: Screen, world: World) -> None:
    words = "清潭街菜市场门口路灯不亮，老人出门看不清台阶。"
    caller: Any = {"requester": {"phone": "13800009911"}, "address": PLACE}
    first = (await world.file(words, **caller))["number"]
    await world.ticket_when(first, lambda t: t["status"] == "dispatched")
    await screen.sign_in(world.info["tokens"]["operator"], "/intake")
    page = screen.page
    for key, words_said in (("Alt+c", "已转告承办单位"), ("Alt+b", "已受理并关联")):
        await write(page, words)
        await page.fill("#intake-address", PLACE)
        await page.fill("#intake-phone", "13800009911")
        await expect(page.locator(".caller")).to_contain_text("在办")
        found = page.get_by_role("region", name="可能重复")
        await expect(found).to_contain_text(readable(first))
        await page.keyboard.press("Alt+d")
        opened = page.locator(".opened")
        await expect(opened).to_contain_text("催办")
        if key == "Alt+c":
            await screen.picture("intake-earlier")
            await screen.look()
        while readable(first) not in await opened.inner_text():
            await page.keyboard.press("Alt+d")
        await page.keyboard.press(key)
        await expect(page.locator(".done")).to_contain_text(words_said)
        number = await told(page)
        assert (number == first) is (key == "Alt+c")
    answer = await world.http.get(
        f"{world.info['intake']}/v1/complaints/{first}", headers=world.token("operator")
    )
    assert answer.json()["repeats"] == [number]
    assert [word["kind"] for word in answer.json()["later"]] == ["supplemented"]


async def test_what_is_refused_is_listed_and_linked_and_nothing_is_cleared(
    screen: Screen, world: World
) -> None:
    await screen.sign_in(world.info["tokens"]["operator"], "/intake")
    page = screen.page
    await page.fill("#intake-name", "王小明")
    await page.get_by_label("代他人反映", exact=True).first.check()
    await page.keyboard.press("Control+Enter")
    await page.get_by_role("alert").get_by_role("link", name=re.compile("诉求内容")).click()
    await expect(page.locator("#intake-text")).to_be_focused()
    await expect(page.locator("#intake-name")).to_have_value("王小明")
    await screen.picture("intake-refused")


async def test_residents_are_asked_one_after_the_other(screen: Screen, world: World) -> None:
    numbers = []
    for words in ("清潭街口路灯不亮，按键一。", "清潭街口路灯闪烁，按键三。"):
        filed = await world.file(words, address=PLACE, requester={"name": "王小明", "phone": PHONE})
        numbers.append(filed["number"])
        await world.ticket_when(filed["number"], lambda t: t["status"] == "dispatched")
        await handle(world, filed["number"], "accept", "contact", "handle")
    await world.ticket_when(numbers[-1], lambda t: t["status"] == "callback")

    async def listed() -> bool:
        answer = await world.http.get(
            f"{world.info['intake']}/v1/callbacks?limit=100", headers=world.token("operator")
        )
        return {*numbers} <= {one["number"] for one in answer.json()["items"]}

    await until(listed)
    await screen.sign_in(world.info["tokens"]["operator"], "/callbacks")
    page = screen.page
    grid = page.get_by_role("grid")
    await grid.get_by_text(readable(numbers[1])).click()
    case = page.locator("section.one")
    await expect(case.get_by_role("heading", level=2)).to_have_text(readable(numbers[1]))
    await expect(case).to_contain_text("按键三")
    await expect(case).not_to_contain_text(PHONE)
    await page.keyboard.press("v")
    await page.keyboard.press("Enter")
    await expect(case).to_contain_text(PHONE)
    await page.keyboard.press("3")
    await page.keyboard.insert_text("还是一闪一闪的")
    await screen.picture("callback-case")
    await screen.look()
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("status").filter(has_text="已登记")).to_be_visible()
    await expect(case).not_to_contain_text(PHONE)
    again = await world.ticket_when(numbers[1], lambda t: t["round"] == 2)
    assert again["history"][-1]["reason"] == "还是一闪一闪的"
    await grid.get_by_text(readable(numbers[0])).click()
    await expect(case.get_by_role("heading", level=2)).to_have_text(readable(numbers[0]))
    await page.keyboard.press("1")
    await world.ticket_when(numbers[0], lambda t: t["status"] == "closed")
    await screen.picture("callback-next")


async def test_a_resident_looks_up_their_matter_on_a_phone(
    browser: tuple[Browser, Outside], world: World
) -> None:
    filed = await world.file(LAMP, address=PLACE, requester={"name": "王小明", "phone": PHONE})
    await world.ticket_when(filed["number"], lambda t: t["status"] == "dispatched")
    phone = {"viewport": {"width": 390, "height": 760}}
    async with guarded(*browser, world.info["console"], phone) as screen:
        page = screen.page
        await page.goto(f"{screen.home}/t/{filed['number']}")
        await page.get_by_label("最后四位").fill("0000")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("对不上")
        await screen.look()
        await page.get_by_label("最后四位").fill(PHONE[-4:])
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("已转给承办单位")).to_be_visible()
        await expect(page.locator("[aria-current=step]")).to_have_text("转办")
        said = await page.inner_text("body")
        assert not [word for word in ("王小明", "路灯", PHONE, "SZ") if word in said]
        await screen.picture("resident", whole=True)
        screen.allow("status of 404")
