"""The call-back desk by keys alone: what is answered, what was recorded today; and somebody else was first."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.test_intake import readable
from tests.e2e.test_callback import handle
from tests.support.browser import Screen
from tests.support.hands import at_hand, overtaken, press, write
from tests.support.world import World, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLACE: Final = "清潭街12号"


async def handled(world: World, text: str, **fields: Any) -> str:
    """A matter whose resident is to be asked, on the desk's list."""
    filed = await world.file(text, address=PLACE, category="SZ-LD", **fields)
    number = str(filed["number"])
    await world.ticket_when(number, lambda t: t["status"] == "dispatched")
    await handle(world, number, "accept", "contact", "handle")

    async def due() -> bool:
        return number in {one["number"] for one in await calls(world, "due")}

    await until(due)
    return number


async def calls(world: World, status: str) -> list[dict[str, Any]]:
    answer = await world.http.get(
        f"{world.info['intake']}/v1/callbacks?status={status}&limit=100",
        headers=world.token("operator"),
    )
    items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return items


async def recorded(world: World, number: str) -> dict[str, Any]:
    """The newest answer about a matter, once there is one."""
    found: dict[str, Any] = {}

    async def there() -> bool:
        found.update(next((o for o in await calls(world, "done") if o["number"] == number), {}))
        return bool(found)

    await until(there)
    return found


async def begin(screen: Screen, world: World, number: str) -> tuple[Page, Locator]:
    """At the desk, with this case at hand and shown."""
    await screen.sign_in(world.info["tokens"]["operator"], "/callbacks")
    await at_hand(screen.page, readable(number))
    case = screen.page.get_by_role("region", name=f"回访 {readable(number)}")
    await expect(case).to_be_visible()
    return screen.page, case


async def test_who_is_not_satisfied_is_recorded_and_stands_among_todays(
    screen: Screen, world: World
) -> None:
    number = await handled(world, "路灯修了三天才来。", requester={"phone": "13800007701"})
    page, _ = await begin(screen, world, number)
    await page.keyboard.press("2")
    await expect(page.get_by_label("居民不满意的原因")).to_be_focused()
    await page.keyboard.insert_text("来得太慢。")
    await page.keyboard.press("Control+Enter")
    told = await recorded(world, number)
    assert (told["outcome"], told["satisfied"], told["note"]) == ("solved", False, "来得太慢。")
    await expect(page.get_by_role("status").filter(has_text="已登记")).to_be_visible()
    await page.keyboard.press("d")
    line = page.get_by_role("listitem").filter(has_text=readable(number))
    await expect(line).to_contain_text("已解决，不满意")
    await expect(line).to_contain_text("来得太慢。")
    await expect(line).to_contain_text("本人登记")
    await screen.picture("callbacks-today")
    await screen.look()
    await page.keyboard.press("d")
    await expect(page.get_by_role("tab", name="待回访")).to_have_attribute("aria-selected", "true")


async def test_who_left_no_phone_is_recorded_as_it_is(screen: Screen, world: World) -> None:
    number = await handled(world, "路灯罩子歪了，不留电话。")
    page, case = await begin(screen, world, number)
    await expect(case).to_contain_text("没有留下电话")
    await screen.picture("callbacks-no-phone")
    await screen.look()
    await page.keyboard.press("4")
    assert (await recorded(world, number))["outcome"] == "no_contact_possible"


async def test_who_records_what_a_colleague_has_recorded_is_told(
    screen: Screen, world: World
) -> None:
    number = await handled(world, "路灯亮度不够。", requester={"phone": "13800007702"})
    page, case = await begin(screen, world, number)
    await page.keyboard.press("3")
    words = page.get_by_label("居民说哪里没有解决")
    await write(words, "还是看不清路。")

    async def first() -> None:
        answer = await world.http.post(
            f"{world.info['intake']}/v1/complaints/{number}/callbacks",
            json={"contacted": True, "solved": True, "satisfied": True},
            headers=world.token("operator"),
        )
        assert answer.is_success, answer.text

    async with overtaken(page, r"/callbacks$", first):
        await page.keyboard.press("Control+Enter")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("有人先办理了这一件")
    await expect(words).to_have_value("还是看不清路。")
    await expect(alert).to_contain_text("这一件已不能再提交")
    await screen.picture("callbacks-conflict")
    await screen.look()
    await press(alert.get_by_role("button", name="知道了"))
    await expect(case).to_have_count(0)
    assert (await recorded(world, number))["satisfied"] is True
