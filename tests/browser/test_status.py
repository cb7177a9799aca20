"""How the product runs, as its administrator sees it: well; then with something wrong and what to do about it."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.support.browser import Screen
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

LETTER = (
    "insert into intake.dead_letter (dead_letter_id, consumer, message, stream, stream_seq, subject,"
    " headers, body, reason, error, attempts) values (gen_random_uuid(), 'intake-tickets', 'of a test',"
    " 'TICKETS', 1, 'ticket.closed.X', '{}', '', 'failed', '', 1) returning dead_letter_id"
)


async def test_what_is_wrong_is_first_and_says_what_to_do(screen: Screen, world: World) -> None:
    page = screen.page
    await screen.sign_in(world.info["tokens"]["admin"], "/status")
    await expect(page.get_by_role("heading", name="运行状况")).to_be_visible()
    for name in ("受理", "派单", "督办", "指挥台"):
        card = page.get_by_role("article").filter(has=page.get_by_role("heading", name=name))
        await expect(card).to_contain_text("数据库正常")
    await expect(page.get_by_role("rowheader", name="router-complaints")).to_be_visible()
    await expect(page.get_by_text("实时", exact=True)).to_be_visible()
    await screen.picture("status-well", whole=True)
    [letter] = await world.rows(LETTER)
    try:
        first = page.get_by_role("list", name="需要处理的事项").get_by_role("listitem").filter(
            has_text=re.compile("受理.*1 条死信未处理")
        )  # fmt: skip
        await expect(first).to_contain_text("chuishao deadletters list", timeout=15_000)
        await screen.picture("status-care", whole=True)
    finally:
        await world.rows("delete from intake.dead_letter where dead_letter_id = $1", *letter)
    await expect(first).to_have_count(0, timeout=15_000)


async def test_it_is_the_administrators_alone(screen: Screen, world: World) -> None:
    await screen.sign_in(world.info["tokens"]["operator"], "/status")
    await expect(screen.page.get_by_text("您不能打开这个页面")).to_be_visible()
