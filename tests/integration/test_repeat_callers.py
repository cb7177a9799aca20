"""That a requester came with the same matter before is counted by intake and told without saying who."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import pytest

from contracts.base import Event
from contracts.complaint import ComplaintReceived
from tests.support.intake import Desk, desk
from tests.support.servers import Database
from tests.support.world import MONDAY

HERE: Final = "金桂苑3号楼"
LIFT: Final = "电梯又停了，老人下不来楼，打电话一直没人管"
LIFT_AGAIN: Final = "3号楼电梯坏了两天，老人下不来楼"
MILK: Final = "楼下超市卖过期牛奶，跟他理论还骂人"
PHONE: Final = "138 0000 4321"
SAME_PHONE: Final = "+86 13800004321"


@pytest.fixture
async def at(database: Database) -> AsyncIterator[Desk]:
    """A desk on an ordinary Monday morning."""
    async with desk(database) as here:
        await here.move_clock(MONDAY)
        yield here


async def repeats(at: Desk, text: str, phone: str | None, **more: Any) -> int:
    """What the event of a complaint filed now says of earlier ones."""
    asks = {"phone": phone} if phone else None
    filed = await at.file(
        text, address=more.pop("address", HERE), requester=more.pop("requester", asks), **more
    )
    body = await at.pool.fetchval(
        "select body from outbox where convert_from(body, 'utf8') like '%' || $1 || '%'",
        filed["number"],
    )
    data = Event[ComplaintReceived].model_validate_json(body).data
    assert "4321" not in body.decode()
    return data.repeats


async def test_the_same_phone_place_and_matter_are_counted_and_nothing_else(at: Desk) -> None:
    assert await repeats(at, LIFT, PHONE) == 0
    assert await repeats(at, LIFT_AGAIN, SAME_PHONE) == 1
    assert await repeats(at, LIFT, PHONE) == 2
    assert await repeats(at, LIFT, "13900001111") == 0  # another caller
    assert await repeats(at, LIFT, None) == 0
    assert await repeats(at, MILK, PHONE) == 0  # another matter
    assert await repeats(at, LIFT, PHONE, kind="praise") == 0
    anonymous = {"phone": PHONE, "anonymous": True}
    assert await repeats(at, LIFT, None, requester=anonymous) == 0
    assert await repeats(at, LIFT, PHONE, confidential=True) == 0


async def test_what_is_half_a_year_old_counts_no_more(at: Desk) -> None:
    assert await repeats(at, LIFT, PHONE) == 0
    await at.move_clock(MONDAY + timedelta(days=181))
    assert await repeats(at, LIFT, PHONE) == 0
    assert await repeats(at, LIFT, PHONE) == 1
