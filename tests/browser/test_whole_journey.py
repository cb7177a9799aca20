"""One matter through the whole product at its screens: from the call to the resident who says that it is done.

Everybody has a window of their own. The world is this test's alone, for its clock runs ahead: half an hour until
a department has not come, a day until the matter is seen on the wall.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Page, expect

from kit.city_time import CITY_TIME
from tests.support import pictures
from tests.support.browser import Outside, Screen, guarded
from tests.support.journey import (
    CALLED,
    COMMUNITY,
    LEAD,
    OPERATOR,
    SEATS,
    SECRETARY,
    WALL,
    Journey,
    at_hand,
    begin,
    contact,
)
from tests.support.product import running
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

LAMP: Final = "清潭街12号门口路灯不亮，夜里走路看不见，老人不敢出门，希望尽快修好。"
DONE: Final = "摊位已清走，灯泡和线路已更换，当晚复查亮灯。"


@pytest.fixture(scope="module")
def own() -> Iterator[World]:
    """A product whose clock nobody else goes by."""
    with running("journey", 28_100) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="session")
async def world(own: World) -> AsyncIterator[World]:
    """It, with an HTTP client of the loop these tests share."""
    async with httpx.AsyncClient(timeout=30) as client:
        own.http = client
        yield own


async def test_a_matter_goes_from_the_call_to_the_resident_who_says_it_is_done(
    browser: tuple[Browser, Outside], world: World, screen: Screen
) -> None:
    async with AsyncExitStack() as windows:
        seats = {OPERATOR: screen}
        for who in SEATS.keys() - seats.keys():
            window = guarded(*browser, screen.home, SEATS[who])
            seats[who] = await windows.enter_async_context(window)
        journey = Journey(world, seats)
        await file(journey)
        await sign(journey)
        await blow(journey)
        await come(journey)
        await miss(journey)
        await climb(journey)
        await table(journey)
        await decide(journey)
        await mend(journey)
        await call_back(journey)
        await end(journey)


async def file(journey: Journey) -> None:
    """The operator writes down what the caller says, and takes the first advice."""
    page = await journey.at(OPERATOR, "/intake")
    await expect(page.locator("#intake-text")).to_be_focused()
    await page.keyboard.insert_text(LAMP)
    await page.fill("#intake-address", "清潭街12号")
    await page.fill("#intake-phone", "13800006655")
    await page.locator("#intake-urgency").get_by_text("紧急", exact=True).click()
    advice = page.get_by_role("region", name="派单建议")
    await expect(advice.get_by_role("listitem").first).to_contain_text("市政工程服务中心")
    await page.keyboard.press("Alt+1")
    await expect(advice.get_by_text("已采用")).to_be_visible()
    await expect(page.locator(".due")).to_contain_text("24 小时内")
    await journey.seen(OPERATOR, "01-call")
    await page.keyboard.press("Control+Enter")
    shown = page.locator(".done .big")
    await expect(shown).to_have_text(re.compile(r"^\d{4} \d{4} \d{4}$"))
    journey.number = (await shown.inner_text()).replace(" ", "")
    await journey.seen(OPERATOR, "02-number")
    ticket = await journey.until("dispatched")
    assert (ticket["unit"], ticket["urgency"]) == ("SZ", "urgent")


async def sign(journey: Journey) -> None:
    """The unit signs by a key, goes there and says what it found."""
    page = await journey.at(LEAD, "/inbox")
    await at_hand(page, journey.number, "待签收")
    await journey.seen(LEAD, "03-to-sign")
    await begin(page, "签收", "a")
    await journey.until("accepted")
    await at_hand(page, journey.number, "办理中")
    await contact(page, "现场查看", "灯杆被摊位围住，登高车进不去，需执法到场。")
    await journey.until("in_progress")


async def blow(journey: Journey) -> None:
    """The community calls both departments to the place."""
    page = await journey.at(COMMUNITY, f"/tickets/{journey.number}")
    await expect(page.get_by_role("heading", level=1)).to_have_text(journey.number)
    await page.keyboard.press("w")
    units = page.get_by_role("combobox", name="叫哪些单位")
    for words, name in (("市政", "市政工程"), ("执法", "综合行政执法")):
        await units.focus()
        await page.keyboard.type(words)
        await page.get_by_role("option", name=re.compile(name)).first.click()
    await page.get_by_label("哨种").select_option("emergency")
    asked = page.get_by_label("需要他们做什么")
    await asked.fill("请执法中队清走灯杆下的摊位，市政带登高车到场抢修。")
    await journey.seen(COMMUNITY, "04-whistle")
    await asked.press("Control+Enter")
    await expect(page.get_by_text("已报到 0/2")).to_be_visible()


async def come(journey: Journey) -> None:
    """One of the two checks in from its list; who called sees it without a touch."""
    page = journey.seats[LEAD].page
    await at_hand(page, journey.number, "待报到")
    await begin(page, "报到", "b")
    person = page.get_by_label("来人工号")
    await expect(person).not_to_have_value("")
    await journey.seen(LEAD, "05-check-in")
    await person.press("Control+Enter")
    came = journey.seats[COMMUNITY].page.get_by_text("已报到 1/2")
    await expect(came).to_be_visible(timeout=15_000)


async def miss(journey: Journey) -> None:
    """The other one lets the half hour pass."""
    page = journey.seats[COMMUNITY].page
    await expect(page.get_by_text("逾期未报到")).to_have_count(0)
    await journey.world.fast_forward(minutes=31)
    await expect(page.get_by_text("逾期未报到").first).to_be_visible(timeout=15_000)
    await journey.seen(COMMUNITY, "06-no-show")


async def climb(journey: Journey) -> None:
    """A day later the matter is overdue, and the wall says so by itself."""
    page = await journey.at(WALL, "/hall")
    await expect(page.get_by_text("数据实时")).to_be_visible()
    alarm = page.get_by_role("alert").filter(has_text=journey.number)
    await expect(alarm).to_have_count(0)
    await journey.world.fast_forward(days=1)
    await expect(alarm).to_contain_text("3 级", timeout=15_000)
    await expect(page.locator(".overdue .value")).to_have_text("1", timeout=15_000)
    await journey.seen(WALL, "07-wall")
    await page.goto(f"{journey.seats[WALL].home}/hall?page=escalations")
    row = page.get_by_role("row").filter(has_text=journey.number).first
    await expect(row).to_contain_text("待确认")
    await journey.seen(WALL, "08-escalations")


async def table(journey: Journey) -> None:
    """The secretary finds it on the table, with the reason, and puts it on a day's agenda."""
    page = await journey.at(SECRETARY, "/reception")
    row = page.get_by_role("grid").get_by_role("row", name=re.compile(journey.number))
    await expect(row).to_contain_text("吹哨", timeout=15_000)
    await page.get_by_role("button", name="新建接待日").click()
    dialog = page.get_by_role("dialog", name="新建接待日")
    day = (await journey.world.now() + timedelta(days=1)).astimezone(CITY_TIME).date()
    date = dialog.get_by_role("combobox", name="日期")
    await date.fill(day.isoformat())
    await date.press("Enter")
    await dialog.get_by_label("地点").fill("街道二楼接待室")
    await dialog.get_by_role("button", name="设置接待日").click()
    await expect(dialog).to_be_hidden()
    await row.click()
    await page.get_by_role("grid").focus()
    await page.keyboard.press("a")
    await expect(page.get_by_role("listitem").filter(has_text=journey.number)).to_be_visible()
    await journey.seen(SECRETARY, "09-agenda")
    await page.get_by_role("button", name="保存排期").click()
    await page.get_by_role("link", name="进入接待").click()


async def decide(journey: Journey) -> None:
    """Heard and decided by keys: whoever did not come now has to carry it out."""
    page = journey.seats[SECRETARY].page
    title = page.get_by_role("heading", level=2).first
    await expect(title).to_be_visible()
    told = page.get_by_role("listitem").filter(has_text="升级").first
    await expect(told).to_contain_text(re.compile("办事处 .+（现任 .+）"))
    await expect(told).not_to_contain_text("JD-WYS")
    await page.get_by_label("听取记录").fill("市政到场，执法未到；居民反映摊位每晚占道。")
    await title.click()
    await page.keyboard.press("d")
    await page.get_by_role("combobox", name="落实单位").focus()
    await page.keyboard.insert_text("执法")
    await page.get_by_role("option", name=re.compile("综合行政执法中队")).first.click()
    await page.get_by_text("3个工作日", exact=True).click()
    words = page.get_by_label("决定内容")
    await words.fill("执法中队牵头清走占道摊位，与市政同日修复路灯，并安排夜间巡查。")
    await journey.seen(SECRETARY, "10-decision")
    await words.press("Control+Enter")
    await journey.world.ticket_when(journey.number, lambda t: t["unit"] == "CG-ZF")


async def mend(journey: Journey) -> None:
    """It signs, goes there and hands in what it did, with a photo; the secretary sees it sign."""
    page = await journey.at(CALLED, "/inbox")
    await at_hand(page, journey.number, "待签收")
    await begin(page, "签收", "a")
    order = journey.seats[SECRETARY].page.get_by_role("list", name="已下达的决定")
    await expect(order.locator("li.past").filter(has_text="签收")).to_be_visible(timeout=15_000)
    await journey.seen(SECRETARY, "11-order")
    await at_hand(page, journey.number, "办理中")
    await contact(page, "现场查看", "与社区、市政一同到场，摊主同意搬离。")
    await journey.until("in_progress")
    await begin(page, "办结", "e")
    await page.get_by_label("已解决", exact=True).check()
    note = page.get_by_label("办理情况")
    await note.fill(DONE)
    photo: FilePayload = {"name": "lamp.jpg", "mimeType": "image/jpeg", "buffer": pictures.photo()}
    await page.locator("input[type=file]").set_input_files(photo)
    await expect(page.get_by_role("img", name="照片 1")).to_be_visible()
    await journey.seen(CALLED, "12-hand-in")
    await note.press("Control+Enter")
    assert len((await journey.until("callback"))["proofs"]) == 1


async def call_back(journey: Journey) -> None:
    """The resident is asked and says yes; everybody who looks at the matter sees that it is over."""
    page = await journey.at(OPERATOR, "/callbacks")
    await expect(page.locator("section.one")).to_contain_text(DONE, timeout=15_000)
    await journey.seen(OPERATOR, "13-call-back")
    await page.keyboard.press("1")
    closed = await journey.until("closed")
    told = [line["event"] for line in closed["history"]]
    assert told.index("accepted") < told.index("contacted") < told.index("handled")
    page = journey.seats[COMMUNITY].page
    await expect(page.get_by_text("已结案").first).to_be_visible(timeout=15_000)
    await expect(page.get_by_text(re.compile("^剩"))).to_have_count(0, timeout=15_000)
    await expect(page.get_by_text("结案", exact=True)).to_have_count(1)


async def end(journey: Journey) -> None:
    """The matter is over and the whistle is not: who blew it is told so, lets both go and ends it."""
    page = journey.seats[COMMUNITY].page
    note = page.get_by_role("note").filter(has_text="这次吹哨还没有结束")
    await expect(note).to_contain_text("吹哨办结时限 超期")
    await expect(page.get_by_text(re.compile("^超期"))).to_have_count(1)
    await journey.seen(COMMUNITY, "14-closed")
    excuse = page.get_by_role("button", name="免于报到", exact=True)
    for waited_for in (2, 1):
        await expect(excuse).to_have_count(waited_for)
        await excuse.first.click()
        await write_and_send(page, "准其不到的理由", "事项已办结，不必再到。")
    await expect(excuse).to_have_count(0)
    await page.get_by_role("button", name="吹哨办结", exact=True).click()
    await write_and_send(page, "吹哨结果", "灯已修好，摊位已清走。")
    await expect(note).to_have_count(0)
    await expect(page.get_by_text("已报到 1/2")).to_be_visible()
    await expect(page.get_by_role("button", name="评价")).to_have_count(0)  # both were let go
    await journey.seen(COMMUNITY, "15-ended")


async def write_and_send(page: Page, label: str, words: str) -> None:
    """The one thing a step asks for, and Ctrl+Enter."""
    field = page.get_by_role("textbox", name=label)
    await field.fill(words)
    await field.press("Control+Enter")
    await expect(field).to_have_count(0)
