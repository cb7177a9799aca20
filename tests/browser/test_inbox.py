"""A unit's day at the screens: signed for in bulk, kept through a conflict, handed in; on a phone as well."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Error, Page, Route, expect

from tests.support import pictures
from tests.support.browser import Outside, Screen, guarded
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

NIGHT: Final = "夜查报修"
LAMPS: Final = (f"{NIGHT}：路灯不亮，晚上一片黑。", f"{NIGHT}：路灯灯罩碎了，怕掉下来。")
PLACE: Final = "清潭街12号"
PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "geolocation": {"longitude": 117.0012, "latitude": 36.6851},
    "permissions": ["geolocation"],
}


async def dispatched(world: World, text: str) -> dict[str, Any]:
    """A matter of somebody's, at the unit that has to sign for it."""
    filed = await world.file(text, address=PLACE, category="SZ-LD")
    return await world.ticket_when(filed["number"], lambda t: t["status"] == "dispatched")


async def at_hand(page: Page, number: str) -> None:
    """Look for one ticket; the list has the focus then, and it is the one at hand."""
    await expect(page.get_by_role("grid")).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.press("Control+a")
    await page.keyboard.insert_text(number)
    rows = page.get_by_role("grid").get_by_role("row")
    await expect(rows).to_have_count(2)  # its head, and the one that was looked for
    await rows.filter(has_text=number).click()
    await expect(page.get_by_role("complementary").get_by_role("link", name=number)).to_be_visible()


async def status(world: World, number: str, wanted: str) -> dict[str, Any]:
    return await world.ticket_when(number, lambda t: t["status"] == wanted)


async def test_a_liaison_signs_contacts_and_hands_in_by_keys(
    screen: Screen, world: World, tmp_path: Path
) -> None:
    first, second = [await dispatched(world, text) for text in LAMPS]
    unit = first["unit"]
    assert second["unit"] == unit
    await screen.sign_in(world.info["tokens"][f"unit:{unit}"], "/inbox")
    page = screen.page
    grid = page.get_by_role("grid")
    await page.get_by_role("searchbox").fill(NIGHT)  # whatever else waits for this unit
    for number in (first["number"], second["number"]):
        await expect(grid.get_by_role("row", name=re.compile(number))).to_be_visible()
    await screen.look()
    await grid.focus()
    await page.keyboard.press("Home")
    await page.keyboard.press("x")
    await page.keyboard.press("End")
    await page.keyboard.press("Shift+x")
    third = await dispatched(world, f"{NIGHT}：路灯灯杆歪了。")
    await expect(page.get_by_role("button", name="1 条新工单")).to_be_visible()
    await screen.picture("inbox-marked")
    await page.keyboard.press("a")
    await expect(page.get_by_text(re.compile("签收：成功 [2-9]"))).to_be_visible()
    for number in (first["number"], second["number"]):
        await status(world, number, "accepted")
    assert (await world.ticket(third["number"]) or {})["status"] == "dispatched"
    await page.get_by_role("tab", name=re.compile("办理中")).click()
    for number in (second["number"], first["number"]):
        await at_hand(page, number)
    await grid.focus()
    await page.keyboard.press("m")
    await page.get_by_label("电话联系").check()
    await page.get_by_label("联系情况").fill("已联系，约定今晚到现场。")
    await page.keyboard.press("Control+Enter")
    await status(world, first["number"], "in_progress")
    photo = tmp_path / "lamp.jpg"
    photo.write_bytes(pictures.photo())
    await expect(page.get_by_role("button", name="办结", exact=False).first).to_be_visible()
    await grid.focus()
    await page.keyboard.press("e")
    await page.get_by_label("已解决", exact=True).check()
    note = page.get_by_label("办理情况")
    await note.fill("灯泡已更换，夜间复查正常。")
    await page.locator("input[type=file]").set_input_files(photo)
    await expect(page.get_by_role("img", name="照片 1")).to_be_visible()
    await screen.picture("inbox-hand-in")
    await screen.look()
    await note.press("Control+Enter")
    handled = await status(world, first["number"], "callback")
    assert len(handled["proofs"]) == 1
    await page.get_by_role("complementary").get_by_role("link", name=first["number"]).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(first["number"])
    await expect(page.get_by_text("灯泡已更换，夜间复查正常。")).to_be_visible()
    await screen.picture("ticket", whole=True)
    await screen.look()


async def test_who_was_not_first_is_told_and_keeps_what_was_typed(
    screen: Screen, world: World
) -> None:
    ticket = await dispatched(world, "清潭街路灯白天也亮着。")
    await screen.sign_in(world.info["tokens"][f"unit:{ticket['unit']}"], "/inbox")
    page = screen.page
    await at_hand(page, ticket["number"])
    await page.get_by_role("grid").focus()
    await page.keyboard.press("t")
    await page.get_by_label("不在辖区").check()
    await page.get_by_label("说明").fill("路灯在街对面。")
    unit = page.get_by_role("combobox", name="建议承办单位")
    await unit.focus()
    await page.keyboard.type("执法")
    await page.get_by_role("option", name=re.compile("综合行政执法")).first.click()
    told = asyncio.Event()

    async def held(route: Route) -> None:
        await told.wait()
        with suppress(Error):  # asked again meanwhile
            await route.continue_()

    # While this is typed somebody above changes the ticket, and the page has not heard of it yet.
    await page.route(re.compile(r"/v1/tickets/[^/]+$"), held)
    answer = await world.act(
        ticket["number"], "set-urgency", role="dispatcher",
        data={"urgency": "urgent", "reason": "影响通行"}, version=ticket["version"],
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    await page.get_by_label("说明").press("Control+Enter")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("有人先办理了这一件")
    told.set()
    await expect(alert).to_contain_text("调整紧急程度")
    await expect(page.get_by_label("说明")).to_have_value("路灯在街对面。")
    await screen.picture("ticket-conflict")
    await screen.look()
    await alert.get_by_role("button", name="核对后再次提交").click()
    back = await status(world, ticket["number"], "returned")
    assert back["urgency"] == "urgent"


async def test_a_whistle_is_blown_and_the_department_comes_before_ones_eyes(
    screen: Screen, world: World
) -> None:
    ticket = await dispatched(world, "清潭街5号楼前积水很深，老人出不了门。")
    community = "SQ-001"
    await screen.sign_in(
        world.info["tokens"][f"secretary:{community}"], f"/tickets/{ticket['number']}"
    )
    page = screen.page
    await expect(page.get_by_role("heading", level=1)).to_have_text(ticket["number"])
    await page.keyboard.press("w")
    await expect(page.get_by_role("combobox", name="叫哪些单位")).to_be_focused()
    await page.keyboard.type("市政")
    await page.get_by_role("option", name=re.compile("市政工程")).first.click()
    await page.get_by_label("哨种").select_option("emergency")
    await page.get_by_label("需要他们做什么").fill("请带抽水泵到场。")
    await screen.picture("ticket-whistle")
    await screen.look()
    await page.get_by_label("需要他们做什么").press("Control+Enter")
    await expect(page.get_by_text("已报到 0/1")).to_be_visible()
    told = await world.ticket_when(ticket["number"], lambda t: bool(t["whistles"]))
    [whistle] = told["whistles"]
    [call] = whistle["units"]
    role, house = f"unit:{call['unit']}", world.info["router"]
    who = (
        await world.http.get(f"{world.info['console']}/api/v1/session", headers=world.token(role))
    ).json()
    answer = await world.http.post(
        f"{house}/v1/whistles/{whistle['whistle_id']}/check-in",
        json={"data": {"person": who["sub"]}}, headers=world.token(role),
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    await expect(page.get_by_text("已报到 1/1")).to_be_visible(timeout=5_000)
    await screen.picture("ticket-checked-in", whole=True)


async def test_a_phone_goes_on_without_a_network_and_sends_in_order(
    browser: tuple[Browser, Outside], world: World, tmp_path: Path
) -> None:
    ticket = await dispatched(world, "清潭街路灯线盒盖掉了，电线露在外面。")
    token = world.info["tokens"][f"unit:{ticket['unit']}"]
    photo = tmp_path / "wires.jpg"
    photo.write_bytes(pictures.photo())
    async with guarded(*browser, world.info["console"], PHONE) as screen:
        page = screen.page
        await screen.sign_in(token, "/m/inbox")
        await page.get_by_role("button", name=re.compile(ticket["number"])).click()
        await screen.look()
        await screen.picture("phone-list")
        await screen.context.set_offline(True)
        screen.allow(r"net::ERR_INTERNET_DISCONNECTED")
        await expect(page.get_by_text("离线", exact=True)).to_be_visible()
        await page.get_by_role("button", name="签收", exact=True).click()
        await page.get_by_role("button", name="报到", exact=True).click()
        await expect(page.get_by_text("东经 117.00120，北纬 36.68510")).to_be_visible()
        await page.locator("input[type=file]").set_input_files(photo)
        await screen.picture("phone-check-in")
        await page.get_by_role("button", name="确认报到").click()
        await page.get_by_role("button", name="办结", exact=True).click()
        await page.get_by_label("已解决", exact=True).check()
        await page.get_by_label("办理情况").fill("已把线盒盖装好。")
        await page.get_by_label("无照片的原因").fill("天黑拍不清。")
        await page.get_by_role("button", name="提交办结").click()
        await expect(page.get_by_text("3 项待发送")).to_be_visible()
        await screen.picture("phone-offline")
        assert (await world.ticket(ticket["number"]) or {})["status"] == "dispatched"
        await screen.context.set_offline(False)
        await expect(page.get_by_text("操作已全部送达")).to_be_visible(timeout=20_000)
        done = await status(world, ticket["number"], "callback")
    events = [line["event"] for line in done["history"]]
    assert [e for e in events if e in {"accepted", "contacted", "handled"}] == [
        "accepted", "contacted", "handled",
    ]  # fmt: skip
    contacted = next(line for line in done["history"] if line["event"] == "contacted")
    assert "东经117.00120" in contacted["detail"]["note"]
    assert len(contacted["detail"]["proof"]) == 1
