"""The ledger of decisions by keys alone: reported, refused, reported again, confirmed; and somebody else was first."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import Screen
from tests.support.hands import at_hand, overtaken, press, write
from tests.support.table import decided, decision_of, lay_decision
from tests.support.world import World, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

OWNER: Final = "CG-ZF"


async def begin(screen: Screen, world: World, role: str, words: str) -> Page:
    """In the ledger, with this decision at hand and shown."""
    await screen.sign_in(world.info["tokens"][role], "/supervision")
    await at_hand(screen.page, words)
    detail = screen.page.get_by_role("region", name="决定详情")
    await expect(detail.get_by_role("heading", name=words)).to_be_visible()
    return screen.page


async def state(world: World, ident: str, wanted: str) -> None:
    async def there() -> bool:
        return bool((await decision_of(world, ident))["state"] == wanted)

    await until(there)


async def test_the_owner_reports_and_the_community_refuses_then_confirms(
    screen: Screen, world: World
) -> None:
    text = "三日内拆除棚子，恢复消防通道。"
    made = await lay_decision(world, text, "棚子占消防通道", OWNER)
    ident, confirmer = made["decision_id"], f"secretary:{made['confirmer']}"

    page = await begin(screen, world, f"unit:{OWNER}", text)
    await page.keyboard.press("e")
    form = page.get_by_role("form", name="上报落实")
    await expect(form.get_by_label("做了什么、结果如何")).to_be_focused()
    await page.keyboard.insert_text("棚子已拆除一半。")
    await screen.picture("supervision-report")
    await screen.look()
    await page.keyboard.press("Control+Enter")
    await state(world, ident, "reported")
    await expect(page.get_by_role("grid")).to_be_focused()

    await begin(screen, world, confirmer, text)
    await page.keyboard.press("r")
    await expect(page.get_by_role("form", name="不予确认").get_by_role("textbox")).to_be_focused()
    await page.keyboard.insert_text("还剩一半没有拆。")
    await screen.picture("supervision-refuse")
    await page.keyboard.press("Control+Enter")
    await state(world, ident, "open")
    told = await decision_of(world, ident)
    assert [one["reason"] for one in told["refusals"]] == ["还剩一半没有拆。"]
    detail = page.get_by_role("region", name="决定详情")
    await expect(detail.get_by_text("还剩一半没有拆。")).to_be_visible()

    await decided(world, ident, "done", f"unit:{OWNER}", text="已全部拆除。")
    await begin(screen, world, confirmer, text)
    await page.keyboard.press("c")
    await expect(page.get_by_role("button", name="确认", exact=True)).to_be_focused()
    await screen.picture("supervision-confirm")
    await screen.look()
    await page.keyboard.press("Enter")
    await state(world, ident, "done")


async def test_who_refuses_what_was_confirmed_a_moment_ago_is_told_and_keeps_the_words(
    screen: Screen, world: World
) -> None:
    text = "五日内清掏管道并回访居民。"
    made = await lay_decision(world, text, "管道堵塞", OWNER)
    ident, confirmer = made["decision_id"], f"secretary:{made['confirmer']}"
    await decided(world, ident, "done", f"unit:{OWNER}", text="已清掏。")
    page = await begin(screen, world, confirmer, text)
    await page.keyboard.press("r")
    words = page.get_by_role("form", name="不予确认").get_by_role("textbox")
    await write(words, "还没有回访居民。")

    async def confirmed() -> None:
        await decided(world, ident, "confirm", confirmer)

    async with overtaken(page, r"/decisions/[^/]+/refuse$", confirmed):
        await words.press("Control+Enter")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("有人先办理了这一件")
    await expect(alert).to_contain_text("这一件已不能再提交")
    await expect(words).to_have_value("还没有回访居民。")
    await screen.picture("supervision-conflict")
    await screen.look()
    await press(alert.get_by_role("button", name="知道了"))
    await expect(alert).to_have_count(0)
    assert (await decision_of(world, ident))["state"] == "done"


async def test_the_street_urges_and_the_unit_hears_it(screen: Screen, world: World) -> None:
    text = "十日内补栽缺株并养护。"
    made = await lay_decision(world, text, "绿化带缺株", OWNER)
    page = await begin(screen, world, "secretary:JD-WYS", text)
    await page.keyboard.press("u")
    await expect(page.get_by_role("form", name="催办").get_by_role("textbox")).to_be_focused()
    await page.keyboard.insert_text("请本周内完成。")
    await page.keyboard.press("Control+Enter")
    urged = await world.ticket_when(
        made["ticket_id"], lambda t: t["history"][-1]["event"] == "urged"
    )
    assert urged["history"][-1]["detail"]["note"] == "请本周内完成。"
    await expect(page.get_by_role("grid")).to_be_focused()


async def test_why_a_decision_is_due_is_told_in_the_language_one_switches_to(
    screen: Screen, world: World
) -> None:
    text = "本周内清运建筑垃圾。"
    await lay_decision(world, text, "建筑垃圾堆放", OWNER)
    page = await begin(screen, world, f"unit:{OWNER}", text)
    detail = page.get_by_role("region", name="决定详情")
    await expect(detail.get_by_text("3 个工作日计")).to_be_visible()
    await screen.picture("supervision-why")
    await press(page.get_by_role("button", name="English"))
    why = page.get_by_text("carrying out the decision, 3 working days from")
    await expect(why).to_be_visible()
    await expect(page.get_by_text("3 个工作日计")).to_have_count(0)
    await screen.picture("supervision-why-english")
    await screen.look()
