"""What the router would not decide and what nobody solved: desk, ruling, reception and ledger at the screens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.browser import Screen
from tests.support.table import OFFICE, SECRETARY, Laid, ask, lay_desk, lay_table
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def choose_unit(page: Page, field: Locator, words: str, name: str) -> None:
    """As a person finds a unit: a few words, then the one that is meant."""
    await field.focus()
    await page.keyboard.insert_text(words)
    await page.get_by_role("option", name=re.compile(name)).first.click()


async def row(page: Page, words: str) -> Locator:
    """The row of a list that has these words, once it is there."""
    found = page.get_by_role("grid").get_by_role("row", name=re.compile(words)).first
    await expect(found).to_be_visible()
    return found


async def test_the_desk_takes_a_suggestion_by_its_number_and_a_dispute_is_ruled(
    screen: Screen, world: World
) -> None:
    laid = await lay_desk(world)
    filed = await world.file("楼道里到底归谁管, 说了多少遍没人理", title="反映多次无人管")
    await world.ticket_when(filed["number"], lambda t: t["status"] == "triage")
    page = screen.page

    await screen.sign_in(world.info["tokens"]["dispatcher"], "/triage")
    await (await row(page, filed["number"])).click()
    await expect(page.get_by_role("heading", level=2)).to_have_text("反映多次无人管")
    await expect(page.get_by_role("region", name="建议派往")).to_be_visible()
    await screen.picture("triage")
    await screen.look()
    await page.get_by_role("heading", level=2).hover()  # under the pointer a row keeps its place
    await page.keyboard.press("1")
    taken = await world.ticket_when(filed["number"], lambda t: t["status"] == "dispatched")
    assert taken["history"][-1]["detail"]["choice"] == 1
    await expect(page.get_by_role("grid").get_by_text(filed["number"])).to_have_count(0)

    await page.get_by_role("tab", name="已退回").click()
    await (await row(page, laid.returned)).click()
    await expect(page.get_by_text("不属本中心管养范围").first).to_be_visible()
    await screen.picture("triage-returned")

    await screen.sign_in(world.info["tokens"]["ruling"], "/triage")
    await (await row(page, laid.disputed)).click()
    sides = page.get_by_role("region", name="争议双方的理由")
    await expect(sides.get_by_role("article")).to_have_count(2)
    await page.keyboard.press("o")
    form = page.get_by_role("form", name="裁定责任单位")
    await form.get_by_role("button", name="天桥区市政工程服务中心").click()
    await form.get_by_label("裁定理由").fill("设施资产登记在市政，由市政办理。")
    await screen.picture("triage-ruling")
    await screen.look()
    await form.get_by_role("button", name="作出裁定").click()
    ruled = await world.ticket_when(laid.disputed, lambda t: t["status"] == "dispatched")
    assert ruled["unit"] == "SZ"
    assert "ruled" in {line["event"] for line in ruled["history"]}


async def test_a_secretary_arranges_a_day_decides_by_keys_and_follows_the_order(
    screen: Screen, world: World
) -> None:
    laid = await lay_table(world)
    await screen.sign_in(world.info["tokens"][SECRETARY], "/reception")
    await arrange(screen, world, laid)
    ticket = await decide(screen, world, laid)
    await end(screen)
    await screen.page.goto(f"{screen.home}/supervision")
    await urge(screen, world, ticket)


async def arrange(screen: Screen, world: World, laid: Laid) -> None:
    """One more matter on the day's agenda, and before the last one."""
    page = screen.page
    fifth = await number_of(world, laid.items[4])
    await (await row(page, fifth)).click()
    days = page.get_by_role("group", name="接待日")
    await days.get_by_role("button", name="4/15").last.click()
    fourth = await number_of(world, laid.items[3])
    await expect(page.get_by_role("listitem").filter(has_text=fourth)).to_be_visible()
    await page.get_by_role("grid").focus()
    await page.keyboard.press("a")
    agenda = page.get_by_role("listitem").filter(has_text=fifth)
    await expect(agenda).to_be_visible()
    await agenda.focus()
    await page.keyboard.press("Alt+ArrowUp")
    await screen.picture("reception")
    await screen.look()
    await page.get_by_role("button", name="保存排期").click()
    await expect(page.get_by_role("link", name="进入接待")).to_be_visible()
    path = f"/v1/reception/sessions/{laid.session}"
    stored = await ask(world, "notifier", path, SECRETARY)
    order = [line["item_id"] for line in stored["agenda"] if line["outcome"] is None]
    assert order == [*laid.items[:3], laid.items[4], laid.items[3]]
    await page.get_by_role("link", name="进入接待").click()


async def decide(screen: Screen, world: World, laid: Laid) -> str:
    """The first matter, by keys; what is typed survives a reload, what is issued shows how far it comes."""
    page = screen.page
    text = "三个工作日内疏通，并提出改造方案。"
    title = page.get_by_role("heading", name="下水道返水")
    await expect(title).to_be_visible()
    await page.get_by_label("听取记录").fill("现场查看，管道坡度不足。")
    await title.click()
    await page.keyboard.press("d")
    await choose_unit(
        page, page.get_by_role("combobox", name="落实单位"), "城管", "综合行政执法中队"
    )
    await page.get_by_text("3个工作日", exact=True).click()
    await page.get_by_label("决定内容").fill(text)
    await screen.picture("meeting-decision")
    await screen.look()
    await page.reload()
    await expect(page.get_by_label("决定内容")).to_have_value(text)
    await page.get_by_label("决定内容").press("Control+Enter")
    card = page.get_by_role("list", name="已下达的决定").get_by_role("article")
    await expect(card).to_contain_text("送达")
    ticket = await ticket_of(world, laid.items[0])
    await world.ticket_when(ticket, lambda t: t["unit"] == "CG-ZF")
    accepted = await world.act(ticket, "accept", role="unit:CG-ZF")
    assert accepted.is_success, accepted.text
    signed = card.locator("li.past").filter(has_text="签收")
    await expect(signed).to_be_visible(timeout=15_000)
    await screen.picture("meeting")
    await page.keyboard.press("Escape")
    await title.click()
    await page.keyboard.press("p")
    await expect(page.get_by_role("dialog", name="投影")).to_be_visible()
    await screen.picture("meeting-projection")
    await page.keyboard.press("Escape")
    return ticket


async def end(screen: Screen) -> None:
    """The session is over; paper shows the minutes alone."""
    page = screen.page
    await page.get_by_role("button", name="结束接待").click()
    dialog = page.get_by_role("dialog", name="结束接待")
    await dialog.get_by_label("会议纪要").fill("会议要求各单位按期落实。")
    await dialog.get_by_role("button", name="结束接待").click()
    await expect(page.get_by_text("已结束", exact=True)).to_be_visible()
    await page.emulate_media(media="print")
    await expect(page.get_by_text("会议要求各单位按期落实。")).to_be_visible()
    await expect(page.get_by_role("navigation").first).to_be_hidden()
    await page.emulate_media(media="screen")


async def urge(screen: Screen, world: World, ticket: str) -> None:
    """In the ledger, with a word to whoever has to carry it out."""
    page = screen.page
    await (await row(page, "三个工作日内疏通")).click()
    await page.get_by_role("grid").focus()
    await page.keyboard.press("u")
    await page.get_by_label(re.compile("催办内容")).fill("请按期完成。")
    await screen.picture("supervision")
    await screen.look()
    await page.get_by_role("button", name="发出催办").click()
    urged = await world.ticket_when(ticket, lambda t: t["history"][-1]["event"] == "urged")
    assert urged["history"][-1]["detail"]["note"] == "请按期完成。"


async def number_of(world: World, item: str) -> str:
    return str((await item_of(world, item))["number"])


async def ticket_of(world: World, item: str) -> str:
    return str((await item_of(world, item))["ticket_id"])


async def item_of(world: World, item: str) -> dict[str, Any]:
    found = await ask(world, "notifier", f"/v1/reception/items/{item}/dossier", SECRETARY)
    shown: dict[str, Any] = found["item"]
    assert shown["org"] == OFFICE
    return shown
