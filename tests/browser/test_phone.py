"""A phone where there is no network: the page opens with the list of last time, and what was done is sent once."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.browser import Outside, guarded
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
OFFLINE: Final = r"net::ERR_INTERNET_DISCONNECTED"
STEPS: Final = frozenset({"accepted", "contacted"})


async def dispatched(world: World, text: str) -> dict[str, Any]:
    """A matter at the unit that has to sign for it."""
    filed = await world.file(text, address="清潭街12号", category="SZ-LD")
    return await world.ticket_when(filed["number"], lambda t: t["status"] == "dispatched")


async def settled(page: Page, number: str) -> None:
    """The list is there, and from now on the page opens without a network."""
    await expect(page.get_by_role("button", name=re.compile(number))).to_be_visible()
    await page.evaluate(
        """async () => {
          const worker = async () =>
            (await navigator.serviceWorker.getRegistration("/m/inbox"))?.active?.state;
          while (await worker() !== "activated") await new Promise((next) => setTimeout(next, 50));
        }"""
    )


async def check_in(page: Page) -> None:
    """Come to the place of the matter at hand."""
    await page.get_by_role("button", name="报到", exact=True).click()
    await page.get_by_role("button", name="确认报到").click()


async def test_the_list_of_last_time_opens_without_a_network_and_each_deed_is_sent_once(
    browser: tuple[Browser, Outside], world: World
) -> None:
    ticket = await dispatched(world, "清潭街路灯灯杆被撞弯，向路面倾斜。")
    number = ticket["number"]
    async with guarded(*browser, world.info["console"], PHONE) as screen:
        page = screen.page
        await screen.sign_in(world.info["tokens"][f"unit:{ticket['unit']}"], "/m/inbox")
        await settled(page, number)
        unit = await page.get_by_role("heading", level=1).inner_text()
        screen.allow(OFFLINE)
        await screen.context.set_offline(True)
        await page.reload()
        card = page.get_by_role("button", name=re.compile(number))
        await expect(card).to_contain_text("灯杆被撞弯")
        await expect(page.get_by_role("heading", level=1)).to_have_text(unit)
        await expect(
            page.get_by_text(re.compile(r"没有连上服务器，这是 (不到1|\d+)分钟前（.+）的列表"))
        ).to_be_visible()
        await screen.look()
        await screen.picture("phone-reloaded")
        await card.click()
        await page.get_by_role("button", name="签收", exact=True).click()
        await check_in(page)
        await expect(page.get_by_text("2 项待发送")).to_be_visible()
        await page.reload()
        await expect(page.get_by_text("2 项待发送")).to_be_visible()
        assert (await world.ticket(number) or {})["status"] == "dispatched"
        await screen.context.set_offline(False)
        await expect(page.get_by_text("操作已全部送达")).to_be_visible(timeout=20_000)
        await expect(page.get_by_text("没有连上服务器")).to_have_count(0)
        await page.reload()
        await expect(page.get_by_text("操作已全部送达")).to_be_visible()
    done = await world.ticket_when(number, lambda t: t["status"] == "in_progress")
    events = [line["event"] for line in done["history"]]
    assert [event for event in events if event in STEPS] == ["accepted", "contacted"]


async def test_what_another_did_first_is_told_and_what_came_after_is_still_sent(
    browser: tuple[Browser, Outside], world: World
) -> None:
    ticket = await dispatched(world, "清潭街路灯基座外露，螺栓生锈。")
    number, role = ticket["number"], f"unit:{ticket['unit']}"
    async with guarded(*browser, world.info["console"], PHONE) as screen:
        page = screen.page
        await screen.sign_in(world.info["tokens"][role], "/m/inbox")
        await settled(page, number)
        screen.allow(OFFLINE)
        await screen.context.set_offline(True)
        await page.reload()
        await page.get_by_role("button", name=re.compile(number)).click()
        await page.get_by_role("button", name="签收", exact=True).click()
        await check_in(page)
        answer = await world.act(number, "accept", role=role)
        assert answer.status_code == 200, answer.text
        await screen.context.set_offline(False)
        await expect(page.get_by_text("1 项被退回")).to_be_visible(timeout=20_000)
        deeds = page.get_by_role("region", name="本机操作")
        refused = deeds.get_by_role("listitem").filter(has_text=number).filter(has_text="被退回")
        await expect(refused).to_contain_text("签收")
        await screen.picture("phone-refused")
        await screen.look()
        await refused.get_by_role("button", name="知道了").click()
        await expect(page.get_by_text("操作已全部送达")).to_be_visible()
    done = await world.ticket_when(number, lambda t: t["status"] == "in_progress")
    events = [line["event"] for line in done["history"]]
    assert [event for event in events if event in STEPS] == ["accepted", "contacted"]


async def test_no_other_page_is_in_the_workers_reach(
    browser: tuple[Browser, Outside], world: World
) -> None:
    ticket = await dispatched(world, "清潭街路灯开关箱门没有锁。")
    async with guarded(*browser, world.info["console"], PHONE) as screen:
        page = screen.page
        await screen.sign_in(world.info["tokens"][f"unit:{ticket['unit']}"], "/m/inbox")
        await settled(page, ticket["number"])
        reach = "() => navigator.serviceWorker.controller?.scriptURL ?? null"
        await page.reload()
        assert await page.evaluate(reach) == f"{screen.home}/m/worker.js"
        await page.goto(f"{screen.home}/supervision")
        await expect(page.get_by_role("heading", level=1)).to_have_text("督办")
        assert await page.evaluate(reach) is None
        kept = await page.evaluate(
            "async () => (await Promise.all((await caches.keys()).map(async (name) =>"
            " (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat()"
        )
        assert "/m/inbox" in kept
        assert {path.split("/")[1] for path in kept} == {"m", "assets"}
