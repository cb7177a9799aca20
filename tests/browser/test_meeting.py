"""A reception session by keys alone: decisions of every kind, put off, followed; and somebody else was first."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.browser import Screen
from tests.support.hands import find, overtaken, press, write
from tests.support.table import (
    SECRETARY,
    ask,
    decided,
    decision_of,
    lay_day,
    lay_decision,
    lay_matter,
    sitting,
)
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

KINDS: Final = ("assign", "whistle", "money_or_materials", "deliberate", "explain", "send_upward")
"""In the order of their buttons."""
TEXTS: Final = {
    "assign": "三日内修复井盖。",
    "whistle": "请城管到场共同处置。",
    "money_or_materials": "落实更换井盖的资金。",
    "deliberate": "召集居民议定停车安排。",
    "explain": "说明暂不能拓宽的原因。",
    "send_upward": "涉及跨街道管网，请区里统筹。",
}


async def laid(world: World, *titles: str) -> tuple[str, list[str]]:
    """A session with a matter for each title on its agenda."""
    items = [
        (await lay_matter(world, f"{title}，多次反映没有结果。", title))["item_id"]
        for title in titles
    ]
    return await lay_day(world, items), items


async def line_of(world: World, session: str, item: str) -> dict[str, Any]:
    told = await ask(world, "notifier", f"/v1/reception/sessions/{session}", SECRETARY)
    return next(line for line in told["agenda"] if line["item_id"] == item)


async def enter(screen: Screen, world: World, session: str, title: str) -> Page:
    """In the session, with its first matter on the screen."""
    await screen.sign_in(world.info["tokens"][SECRETARY], f"/reception/{session}")
    await expect(screen.page.get_by_role("heading", name=title)).to_be_visible()
    return screen.page


async def decision(page: Page, kind: str) -> Locator:
    """Begin a decision of this kind; its form."""
    await page.keyboard.press("d")
    form = page.get_by_role("group", name="项决定").last
    await expect(form.get_by_role("radio", name="交办")).to_be_focused()
    for _ in range(KINDS.index(kind)):
        await page.keyboard.press("ArrowRight")
    await write(form.get_by_label("决定内容"), TEXTS[kind])
    return form


async def leave_field(page: Page) -> None:
    """Letters are keys again."""
    await page.get_by_role("button", name="新的决定").focus()


async def test_decisions_of_every_kind_are_issued_by_keys(screen: Screen, world: World) -> None:
    session, [first, second] = await laid(world, "井盖翘起", "管网跨界渗漏")
    page = await enter(screen, world, session, "井盖翘起")
    for kind in KINDS[:-1]:
        form = await decision(page, kind)
        await find(page, form.get_by_role("combobox", name="落实单位"), "城管", "综合行政执法中队")
        await leave_field(page)
    await screen.picture("meeting-five-kinds")
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    await screen.look()
    await page.keyboard.press("Control+Enter")
    cards = page.get_by_role("list", name="已下达的决定").get_by_role("article")
    await expect(cards).to_have_count(5)
    told = await line_of(world, session, first)
    assert {one["kind"]: one["text"] for one in told["decisions"]} == {
        kind: TEXTS[kind] for kind in KINDS[:-1]
    }
    await screen.picture("meeting-issued")

    await leave_field(page)
    await page.keyboard.press("j")
    await expect(page.get_by_role("heading", name="管网跨界渗漏")).to_be_visible()
    await decision(page, "send_upward")
    await screen.picture("meeting-upward")
    await page.keyboard.press("Control+Enter")
    await expect(cards).to_have_count(1)
    [upward] = (await line_of(world, session, second))["decisions"]
    assert (upward["kind"], upward["owner"]) == ("send_upward", "QX-TQ")
    assert second in {item["item_id"] for item in await world.queue("QX-TQ")}


async def test_a_matter_is_put_off_with_the_reason_and_the_record_is_printed(
    screen: Screen, world: World
) -> None:
    session, [first, _] = await laid(world, "楼道堆物", "绿篱遮挡")
    page = await enter(screen, world, session, "楼道堆物")
    await page.keyboard.press("c")
    reason = page.get_by_label("结转理由")
    await expect(reason).to_be_focused()
    await page.keyboard.insert_text("物业负责人未到场。")
    await screen.picture("meeting-carry")
    await screen.look()
    await page.keyboard.press("Enter")
    rail = page.get_by_role("navigation", name="议程")
    await expect(rail.get_by_text("已结转")).to_be_visible()
    put_off = await line_of(world, session, first)
    assert (put_off["outcome"], put_off["reason"]) == ("carried_over", "物业负责人未到场。")

    for link, words in (("打印纪要", "物业负责人未到场。"), ("打印卷宗", "楼道堆物")):
        async with screen.context.expect_page() as opened:
            await press(page.get_by_role("link", name=link))
        paper = await opened.value
        await expect(paper.get_by_text(words).first).to_be_visible()
        await paper.close()


async def test_what_a_colleague_decided_first_is_told_and_the_text_stays(
    screen: Screen, world: World
) -> None:
    session, [item] = await laid(world, "站牌倒伏")
    page = await enter(screen, world, session, "站牌倒伏")
    await write(page.get_by_label("听取记录"), "公交公司称已报修。")
    await leave_field(page)
    form = await decision(page, "explain")
    await find(page, form.get_by_role("combobox", name="落实单位"), "城管", "综合行政执法中队")

    async def heard() -> None:
        body = {"item": item, "form": "forum", "note": "居民要求本周扶正。"}
        await sitting(world, session, "hear", **body)

    async with overtaken(page, rf"/sessions/{session}/hear$", heard):
        await form.get_by_label("决定内容").press("Control+Enter")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("有人先办理了这一件")
    await expect(form.get_by_label("决定内容")).to_have_value(TEXTS["explain"])
    room = page.get_by_role("region", name="决定")
    await expect(room).to_contain_text("居民要求本周扶正。")
    await expect(room).to_contain_text("公交公司称已报修。")
    await screen.picture("meeting-conflict")
    await screen.look()
    await press(alert.get_by_role("button", name="核对后再次提交"))
    await expect(page.get_by_role("list", name="已下达的决定")).to_contain_text(TEXTS["explain"])
    [made] = (await line_of(world, session, item))["decisions"]
    assert made["kind"] == "explain"


async def test_an_order_is_followed_from_the_report_to_its_confirmation(
    screen: Screen, world: World
) -> None:
    made = await lay_decision(world, "两日内清运积存垃圾。", "垃圾积存", "CG-ZF")
    ident, confirmer = made["decision_id"], f"secretary:{made['confirmer']}"
    page = await enter(screen, world, made["session_id"], "垃圾积存")
    card = page.get_by_role("list", name="已下达的决定").get_by_role("article")
    await decided(world, ident, "done", "unit:CG-ZF", text="已清运两车。")
    await expect(card).to_contain_text("已清运两车。", timeout=30_000)
    await decided(world, ident, "refuse", confirmer, reason="楼后还有一堆。")
    await expect(card).to_contain_text("楼后还有一堆。", timeout=30_000)
    await decided(world, ident, "done", "unit:CG-ZF", text="楼后也已清运。")
    await decided(world, ident, "confirm", confirmer)
    await expect(card.locator("li.past").filter(has_text="确认")).to_be_visible(timeout=30_000)
    await screen.picture("meeting-followed")
    assert (await decision_of(world, ident))["state"] == "done"
