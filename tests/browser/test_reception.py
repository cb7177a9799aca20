"""The secretary's table by keys alone: put on by hand, taken back, legacy problems; and somebody else was first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.browser import Screen
from tests.support.hands import at_hand, choose, overtaken, press, write
from tests.support.table import OFFICE, SECRETARY, ask, known, lay_day, lay_matter, sitting
from tests.support.world import World, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def filed(world: World, text: str) -> str:
    """A ticket of the street's area that is not on its table."""
    made = await world.file(text, address="清潭街8号", category="SZ-LD")
    await world.ticket_when(made["number"], lambda t: bool(t["due"]))
    await known(world, made["complaint_id"])
    return str(made["number"])


async def on_table(world: World, number: str) -> dict[str, Any] | None:
    queue = await world.queue(OFFICE, role=SECRETARY)
    return next((item for item in queue if item["number"] == number), None)


async def test_a_ticket_is_put_on_the_table_by_hand_and_taken_back(
    screen: Screen, world: World
) -> None:
    number = await filed(world, "路灯杆倾斜，来了三拨人都没扶正。")
    await screen.sign_in(world.info["tokens"][SECRETARY], "/reception")
    page = screen.page
    await press(page.get_by_role("button", name="点名列入"))
    dialog = page.get_by_role("dialog", name="点名列入")
    await write(dialog.get_by_label("工单编号"), number)
    await write(dialog.get_by_label("列入理由"), "三次上门未解决，需当面协调。")
    await screen.picture("reception-put-on")
    await screen.look()
    await press(dialog.get_by_role("button", name="列入队列"))
    await expect(dialog).to_have_count(0)
    row = page.get_by_role("grid").get_by_text(number)
    await expect(row).to_be_visible()
    item = await on_table(world, number) or {}
    assert [(one["rule"], one["reason"]) for one in item["rules"]] == [
        ("manual", "三次上门未解决，需当面协调。")
    ]

    await at_hand(page, number)
    await page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name="事项卷宗")
    await expect(drawer.get_by_text("三次上门未解决，需当面协调。").first).to_be_visible()
    await choose(page, drawer.get_by_role("combobox", name="关爱标记"), "独居老人")

    async def cared() -> bool:
        return ((await on_table(world, number) or {}).get("care") or {}).get(
            "kind"
        ) == "living_alone"

    await until(cared)
    await write(drawer.get_by_label("撤出队列"), "承办单位今天已扶正。")
    await screen.picture("reception-withdraw")
    await screen.look()
    await page.keyboard.press("Enter")
    await expect(drawer).to_be_hidden()
    assert await on_table(world, number) is None
    # The row at hand keeps its place until the hand moves on; it is marked as gone.
    there = page.get_by_role("grid").locator("[role=row]:not([aria-disabled])")
    await expect(there.filter(has_text=number)).to_have_count(0)


async def test_what_somebody_else_took_back_is_told_in_the_dossier(
    screen: Screen, world: World
) -> None:
    item = await lay_matter(world, "楼顶漏雨半年没修好。", "楼顶漏雨")
    await screen.sign_in(world.info["tokens"][SECRETARY], "/reception")
    page = screen.page
    await at_hand(page, item["number"])
    await page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name="事项卷宗")
    reason = drawer.get_by_label("撤出队列")
    await write(reason, "已另行协调。")

    async def taken_back() -> None:
        path = f"/v1/reception/queue/{item['item_id']}/withdraw"
        await ask(world, "notifier", path, SECRETARY, {"reason": "同事已撤出"})

    async with overtaken(page, r"/queue/[^/]+/withdraw$", taken_back):
        await reason.press("Enter")
    alert = drawer.get_by_role("alert")
    await expect(alert).to_contain_text("有人先办理了这一件")
    await expect(reason).to_have_value("已另行协调。")
    await screen.picture("reception-withdraw-conflict")
    await screen.look()
    await press(alert.get_by_role("button", name="知道了"))
    await expect(drawer).to_be_hidden()


async def test_an_agenda_that_somebody_else_changed_is_saved_at_the_second_try(
    screen: Screen, world: World
) -> None:
    first, second, third = [
        (await lay_matter(world, f"{what}，反映多次没有结果。", what))["item_id"]
        for what in ("井盖松动", "护栏断裂", "站牌倒伏")
    ]
    number = next(i["number"] for i in await world.queue(OFFICE) if i["item_id"] == third)
    session = await lay_day(world, [first])
    await screen.sign_in(world.info["tokens"][SECRETARY], "/reception")
    page = screen.page
    day = page.get_by_role("group", name="接待日").locator("button").filter(has_text="1/15").last
    await press(day)
    await at_hand(page, number)
    await page.keyboard.press("a")
    await expect(page.get_by_role("listitem").filter(has_text=number)).to_be_visible()

    async def scheduled() -> None:
        await sitting(world, session, "schedule", items=[second])

    async with overtaken(page, r"/sessions/[^/]+/schedule$", scheduled):
        await press(page.get_by_role("button", name="保存排期"))
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("有人先办理了这一件")
    await expect(page.get_by_role("listitem").filter(has_text=number)).to_be_visible()
    await screen.picture("reception-conflict")
    await screen.look()
    await press(alert.get_by_role("button", name="核对后再次提交"))
    await expect(page.get_by_role("link", name="进入接待")).to_be_visible()
    told = await ask(world, "notifier", f"/v1/reception/sessions/{session}", SECRETARY)
    assert [i["item_id"] for i in told["agenda"] if not i["outcome"]] == [first, second, third]


async def test_a_legacy_problem_is_entered_and_reviewed_after_somebody_else_did(
    screen: Screen, world: World
) -> None:
    number = await filed(world, "老楼没有路灯，十年了一直没装。")
    today = await world.now()
    on = [(today + timedelta(days=days)).date().isoformat() for days in (30, 60, 90)]
    await screen.sign_in(world.info["tokens"][SECRETARY], "/reception")
    page = screen.page
    await press(page.get_by_role("tab", name="历史遗留"))
    await press(page.get_by_role("button", name="登记遗留问题"))
    dialog = page.get_by_role("dialog", name="登记遗留问题")
    await write(dialog.get_by_label("工单编号"), number)
    await write(dialog.get_by_label("解决方案"), "列入老旧小区改造计划。")
    await write(dialog.get_by_label("下次复核"), on[0])
    await page.keyboard.press("Enter")
    await screen.picture("reception-legacy")
    await screen.look()
    await press(dialog.get_by_role("button", name="保存"))
    await expect(dialog).to_have_count(0)

    async def matter() -> dict[str, Any]:
        found = await ask(
            world, "notifier", f"/v1/reception/legacy?org={OFFICE}&limit=100", SECRETARY
        )
        return next(one for one in found["items"] if one["number"] == number)

    entered = await matter()
    assert entered["reviews"][-1]["plan"] == "列入老旧小区改造计划。"
    assert entered["review_at"].startswith(on[0])

    line = page.get_by_role("listitem").filter(has_text=number)
    await press(line.get_by_role("button", name="复核"))
    dialog = page.get_by_role("dialog", name="复核")
    await write(dialog.get_by_label("解决方案"), "资金已落实，下月开工。")
    await write(dialog.get_by_label("下次复核"), on[1])
    await page.keyboard.press("Enter")

    async def reviewed() -> None:
        body = {
            "path": "resolvable", "plan": "已报区里。", "version": entered["version"],
            "review_at": f"{on[2]}T09:00:00+08:00",
        }  # fmt: skip
        path = f"/v1/reception/legacy/{entered['legacy_id']}/review"
        await ask(world, "notifier", path, SECRETARY, body)

    async with overtaken(page, r"/legacy/[^/]+/review$", reviewed):
        await press(dialog.get_by_role("button", name="保存"))
    alert = dialog.get_by_role("alert")
    await expect(alert).to_contain_text("有人先办理了这一件")
    await expect(dialog.get_by_label("解决方案")).to_have_value("资金已落实，下月开工。")
    await screen.picture("reception-legacy-conflict")
    await screen.look()
    await press(alert.get_by_role("button", name="核对后再次提交"))
    await expect(dialog).to_have_count(0)
    assert [one.get("plan") for one in (await matter())["reviews"]][-2:] == [
        "已报区里。", "资金已落实，下月开工。",
    ]  # fmt: skip
