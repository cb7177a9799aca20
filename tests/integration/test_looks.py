"""A refused look is noted once, by whom and for what, without anybody's words; a flood of them is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from kit import looks
from kit.db import Pool
from kit.ids import new_id
from tests.support import desk as support
from tests.support.desk import LAMP, Desk
from tests.support.servers import Database


@pytest.fixture
async def desk(router_pool: Pool, database: Database) -> AsyncIterator[Desk]:
    """The router on Monday at 10:00."""
    async with support.opened(router_pool, database.dsn()) as opened:
        yield opened


async def noted(desk: Desk) -> list[tuple[Any, ...]]:
    rows = await desk.pool.fetch(
        "select actor, object, detail ->> 'way', at from audit where action = $1 order by at, object",
        looks.ACTION,
    )
    return [tuple(row) for row in rows]


async def test_d7_16_who_looked_for_what_and_when_is_noted(desk: Desk) -> None:
    """D.7 #16: another's ticket and none alike; what may be seen and what is no look is not."""
    ticket_id, nothing = await desk.file(**LAMP), str(new_id())
    now = await desk.at(1)
    assert (await desk.get(f"tickets/{ticket_id}", who="unit:SZ")).status_code == 200
    for wanted in (ticket_id, nothing):
        assert (await desk.get(f"tickets/{wanted}", who="unit:WY-1")).status_code == 404
    assert (await desk.act(ticket_id, "accept", who="unit:WY-1")).status_code == 404
    assert (await desk.get("no-such-page", who="unit:WY-1")).status_code == 404
    assert (await desk.get(f"tickets/{nothing}", who="service")).status_code == 404
    get, post = "GET /v1/tickets/{ident}", "POST /v1/tickets/{ident}/{action}"
    found = await noted(desk)
    assert sorted(row[:3] for row in found) == sorted(
        ("P-WY-1-L", wanted, way)
        for wanted, way in ((ticket_id, get), (nothing, get), (ticket_id, post))
    )
    assert all(timedelta() <= row[3] - now < timedelta(minutes=5) for row in found)


TYPED = ("张三", "13800001111", "370105199001011234", "x' or 1=1", "%00")


async def test_what_somebody_typed_in_place_of_an_id_is_not_kept(desk: Desk) -> None:
    for typed in TYPED:
        assert (await desk.get(f"tickets/{typed}", who="unit:SZ")).status_code in {404, 422}
    assert {row[1] for row in await noted(desk)} == {"-"}


async def test_a_flood_of_looks_does_not_fill_the_table_and_hides_nobody_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "MOST_A_MINUTE", 3)
    for who in ("unit:SZ", "unit:WY-1"):
        for _ in range(5):
            assert (await desk.get(f"tickets/{new_id()}", who=who)).status_code == 404
    actors = [row[0] for row in await noted(desk)]
    assert sorted(set(actors)) == ["P-SZ-L", "P-WY-1-L"]
    assert max(actors.count("P-SZ-L"), actors.count("P-WY-1-L")) <= 6  # of two minutes at most
    assert min(actors.count("P-SZ-L"), actors.count("P-WY-1-L")) >= 3


async def test_no_is_no_also_while_looks_cannot_be_noted(desk: Desk, database: Database) -> None:
    conn = await asyncpg.connect(database.dsn())
    async with conn.transaction():
        await conn.execute("lock table router.audit in access exclusive mode")
        assert (await desk.get(f"tickets/{new_id()}", who="unit:SZ")).status_code == 404
    await conn.close()
    assert await noted(desk) == []
