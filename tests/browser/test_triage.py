"""The dispatch desk by keys alone: a unit by hand, declined, merged; and somebody else was first."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import Screen
from tests.support.hands import at_hand, choose, find, listed, overtaken, press, write
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

DESK: Final = "dispatcher"


async def unsure(world: World, text: str, **fields: Any) -> dict[str, Any]:
    """A ticket that the router would not decide, shown at the desk."""
    filed = await world.file(text, **fields)
    ticket = await world.ticket_when(filed["number"], lambda t: t["status"] == "triage")
    await listed(world, DESK, "desk", filed["number"])
    return ticket


async def begin(screen: Screen, world: World, number: str) -> Page:
    """At the desk, with this ticket at hand."""
    await screen.sign_in(world.info["tokens"][DESK], "/triage")
    await at_hand(screen.page, number)
    link = screen.page.get_by_role("region", name="工单详情").get_by_role("link", name=number)
    await expect(link).to_be_visible()
    return screen.page


async def test_a_unit_is_named_by_hand_with_the_reason(screen: Screen, world: World) -> None:
    ticket = await unsure(world, "到底有没有人来管一管，都跑了三趟了。", title="跑了三趟没人管")
    page = await begin(screen, world, ticket["number"])
    await page.keyboard.press("o")
    form = page.get_by_role("form", name="选择承办单位")
    unit = form.get_by_role("combobox", name="承办单位")
    await expect(unit).to_be_focused()
    await find(page, unit, "市政", "市政工程服务中心")
    await write(form.get_by_label("派单理由"), "来电人口述是路面破损。")
    await page.reload()
    await at_hand(page, ticket["number"])
    await page.keyboard.press("o")
    await expect(form.get_by_label("派单理由")).to_have_value("来电人口述是路面破损。")
    await expect(unit).to_have_value(re.compile("市政工程服务中心"))
    await screen.picture("triage-by-hand")
    await screen.look()
    await page.keyboard.press("Control+Enter")
    sent = await world.ticket_when(ticket["number"], lambda t: t["status"] == "dispatched")
    assert sent["unit"] == "SZ"
    assert sent["history"][-1]["reason"] == "来电人口述是路面破损。"
    await expect(page.get_by_role("grid")).to_be_focused()


async def test_what_is_no_matter_of_the_city_is_declined_with_the_right_door(
    screen: Screen, world: World
) -> None:
    ticket = await unsure(world, "和邻居借钱的事扯不清，你们给评评理。", title="借款纠纷")
    page = await begin(screen, world, ticket["number"])
    await page.keyboard.press("n")
    form = page.get_by_role("form", name="不予受理")
    await choose(page, form.get_by_role("combobox", name="不予受理的原因"), "不属公共事务")
    await write(form.get_by_label("应当找谁"), "区人民法院诉讼服务中心")
    await write(form.get_by_label("给居民的说明"), "借款纠纷请通过诉讼或人民调解解决。")
    await screen.picture("triage-decline")
    await screen.look()

    async def urgent() -> None:
        data = {"urgency": "urgent", "reason": "来电人情绪激动"}
        answer = await world.act(ticket["number"], "set-urgency", role=DESK, data=data)
        assert answer.is_success, answer.text

    async with overtaken(page, r"/v1/tickets/[^/]+/decline$", urgent):
        await page.keyboard.press("Control+Enter")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("有人先办理了这一件")
    await expect(alert).to_contain_text("调整紧急程度")
    await expect(form.get_by_label("应当找谁")).to_have_value("区人民法院诉讼服务中心")
    await screen.picture("triage-conflict")
    await screen.look()
    await press(alert.get_by_role("button", name="核对后再次提交"))
    ended = await world.ticket_when(ticket["number"], lambda t: t["status"] == "declined")
    line = ended["history"][-1]
    assert line["detail"]["reason_code"] == "not_public"
    assert line["detail"]["door"] == "区人民法院诉讼服务中心"


async def test_what_was_filed_as_the_same_matter_is_merged_into_it(
    screen: Screen, world: World
) -> None:
    first = await world.file(
        "清潭街的路灯整排都不亮。", address="清潭街12号", category="SZ-LD", title="路灯整排不亮"
    )
    await world.ticket_when(first["number"], lambda t: t["status"] == "dispatched")
    ticket = await unsure(
        world, "上次说的事怎么还没人来？", title="催问上次的事", repeat_of=first["number"]
    )
    page = await begin(screen, world, ticket["number"])
    detail = page.get_by_role("region", name="工单详情")
    await expect(detail.get_by_role("link", name=first["number"])).to_be_visible()
    await press(detail.get_by_role("button", name="并入此件"))
    form = page.get_by_role("form", name="并入其他工单")
    await expect(form.get_by_role("radio", name=first["number"])).to_be_checked()
    await write(form.get_by_label("并单理由"), "来电人说的就是那一排路灯。")
    await screen.picture("triage-merge")
    await screen.look()
    await page.keyboard.press("Control+Enter")
    merged = await world.ticket_when(ticket["number"], lambda t: t["status"] == "merged")
    assert merged["history"][-1]["detail"]["into"] == first["number"]
    into = await world.ticket(first["number"]) or {}
    assert ticket["number"] in into["merged"]


async def test_a_ticket_that_somebody_else_took_stays_with_what_was_typed(
    screen: Screen, world: World
) -> None:
    ticket = await unsure(world, "反映了好几遍，谁也说不清该找谁。", title="说不清该找谁")
    page = await begin(screen, world, ticket["number"])
    await page.keyboard.press("n")
    form = page.get_by_role("form", name="不予受理")
    await choose(page, form.get_by_role("combobox", name="不予受理的原因"), "已有明确答复")
    words = form.get_by_label("给居民的说明")
    await write(words, "上周已书面答复。")
    to = {"unit": "CG-ZF", "reason": "先请执法中队核实"}
    assert (await world.act(ticket["number"], "dispatch", role=DESK, data=to)).is_success
    gone = page.get_by_role("status").filter(has_text="此件已不在待处理列表里")
    await expect(gone).to_contain_text("派单")
    detail = page.get_by_role("region", name="工单详情")
    await expect(detail.get_by_role("link", name=ticket["number"])).to_be_visible()
    await screen.picture("triage-gone")
    await screen.look()
    await words.press("Control+Enter")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("这一件已不能再提交")
    await expect(alert.get_by_role("button", name="核对后再次提交")).to_have_count(0)
    await expect(words).to_have_value("上周已书面答复。")
    await words.press("Escape")
    await expect(page.get_by_role("grid")).to_be_focused()
    await expect(detail.get_by_role("link", name=ticket["number"])).to_have_count(0)
    assert (await world.ticket(ticket["number"]) or {})["unit"] == "CG-ZF"
