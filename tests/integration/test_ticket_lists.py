"""Lists of tickets on a real PostgreSQL: who sees what, pages that meet, and what a page costs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import asyncpg
import pytest

from kit.db import Pool
from services.router.desk import store_triage
from services.router.ticket import store_lists
from tests.support import small
from tests.support.desk import GARBAGE, LAMP, LIFT, Desk, opened
from tests.support.servers import Database


@pytest.fixture
async def desk(router_pool: Pool, database: Database) -> AsyncIterator[Desk]:
    async with opened(router_pool, database.dsn()) as desk:
        yield desk


async def listed(desk: Desk, who: str, **params: Any) -> list[str]:
    """Every page, put together."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = (await desk.get("tickets", who=who, **params, **more)).json()
        found += [item["ticket_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return found


async def test_a_unit_sees_what_it_holds_and_what_it_helps_with_newest_first(desk: Desk) -> None:
    tickets = [await desk.file(**what) for what in (GARBAGE, LAMP, LIFT) * 3]
    helped = [one for n, one in enumerate(tickets) if n % 3 != 1]
    await desk.did(tickets[1], "reassign", unit="SQ-1", reason="社区先看")
    mixed = sorted([*helped, tickets[1]], reverse=True)
    for limit in (1, 2, 50):
        assert await listed(desk, "unit:SQ-1", limit=limit) == mixed
        assert await listed(desk, "dispatcher", limit=limit) == tickets[::-1]
        assert await listed(desk, "dispatcher", unit="SQ-1", limit=limit) == mixed
    assert await listed(desk, "unit:SQ-2") == []
    assert await listed(desk, "unit:SQ-1", unit="SZ") == []


async def test_an_office_sees_all_of_its_own_area_and_nothing_about_who_is_its_own(
    desk: Desk,
) -> None:
    lamp = await desk.file(**LAMP)
    about = await desk.file(
        "垃圾没人清", address="幸福里", grid_code=small.HAPPY_EAST, accused="WY-1"
    )
    assert await listed(desk, "secretary:SQ-1") == []
    assert await listed(desk, "secretary:SQ-1", area=small.EAST) == [lamp]
    assert await listed(desk, "secretary:SQ-2", area=small.EAST) == []
    assert await listed(desk, "unit:SZ", area=small.WEST) == []
    assert set(await listed(desk, "dispatcher", area=small.EAST)) == {lamp, about}
    assert (await desk.get(f"tickets/{lamp}", who="secretary:SQ-1")).status_code == 200
    assert (await desk.get(f"tickets/{about}", who="secretary:SQ-1")).status_code == 404


async def test_the_filters_hold_for_what_is_held_and_for_what_is_helped_with(desk: Desk) -> None:
    garbage, lift = await desk.file(**GARBAGE), await desk.file(**LIFT)
    await desk.did(lift, "accept", who="unit:WY-1")
    number = (await desk.ticket(garbage))["number"]
    for who in ("unit:SQ-1", "dispatcher"):
        assert await listed(desk, who, status="accepted") == [lift]
        assert await listed(desk, who, area=small.GARDEN_3) == [garbage]
        assert await listed(desk, who, q=number) == [garbage]
        assert await listed(desk, who, overdue=True) == []
    await desk.pool.execute(
        "insert into ticket_clock values ($1, 1, 'result', $1, 'breached', 'WY-1', now(), '-', now())",
        lift,
    )
    for who in ("unit:SQ-1", "unit:WY-1", "dispatcher"):
        assert await listed(desk, who, overdue=True) == [lift]


async def test_a_cursor_that_is_no_cursor_is_refused_and_not_ignored(desk: Desk) -> None:
    for cursor in ("7", "261116000001", "x", ""):
        answer = await desk.get("tickets", cursor=cursor)
        assert (answer.status_code, answer.json()["field"]) == (422, "cursor"), cursor


SQL_SEED: Final = """
insert into ticket (
    ticket_id, number, status, unit, assists, area, urgency, profile, round, version, channel, kind,
    body, confidential, rule_version, receipt_id, received_at, changed_at
)
select gen_random_uuid(), n::text, case when n % 200 = 7 then 'triage' else 'closed' end,
    case when n % 2000 = 5 then 'RARE' else 'U-' || n % 40 end,
    case when n % 3000 = 11 then array['RARE'] when n % 3 = 0 then array['SQ-' || n % 9] else '{}' end,
    '370105001', 'normal', 'standard', 1, 1, 'hotline', 'complaint', '-', false, 1,
    gen_random_uuid(), now(), now()
from generate_series(1, 30000) as n
"""
SQL_SEED_ASSISTS: Final = """
insert into assist select a.unit, t.ticket_id from ticket t cross join unnest(t.assists) as a(unit)
"""
SQL_SEED_RECEIPTS: Final = """
insert into receipt select receipt_id, ticket_id, '{"reason": "no_owner"}' from ticket
"""
SQL_SEED_CLOCKS: Final = """
insert into ticket_clock
select ticket_id, 1, 'dispatch', ticket_id, 'running', unit, now(), '-', now() from ticket
"""
NO_FILTER: Final = (None, None, None, None, False, 51, ["RARE"])
FIRST_PAGE: Final = (None, None, "no_owner", None, None, None, None, 51)


async def plan(conn: Any, text: str, *values: Any) -> str:
    return "\n".join(row[0] for row in await conn.fetch(f"explain {text}", *values))


@pytest.mark.parametrize("kind", ["force_custom_plan", "force_generic_plan"])
async def test_a_page_comes_from_indexes_however_many_tickets_there_are(
    database: Database, kind: str
) -> None:
    settings = {"search_path": "router", "plan_cache_mode": kind}
    conn = await asyncpg.connect(database.dsn(), server_settings=settings)
    for seed in (SQL_SEED, SQL_SEED_ASSISTS, SQL_SEED_RECEIPTS, SQL_SEED_CLOCKS):
        await conn.execute(seed)
    await conn.execute("analyze")
    own = await plan(conn, store_lists.SQL_LIST_OF_UNITS, *NO_FILTER, ["RARE"])
    everything = await plan(conn, store_lists.SQL_LIST, *NO_FILTER)
    waiting = await plan(conn, store_triage.SQL_TRIAGE, *FIRST_PAGE)
    for text, indexes in (
        (own, ("ticket_unit", "assist_pkey", "ticket_pkey")),
        (everything, ("ticket_pkey",)),
        (waiting, ("ticket_open", "ticket_clock_pkey", "receipt_pkey")),
    ):
        assert "Seq Scan" not in text, text
        assert all(f"using {index}" in text for index in indexes), text
    shown = await conn.fetch(store_lists.SQL_LIST_OF_UNITS, *NO_FILTER, ["RARE"])
    assert len(shown) == 25
    await conn.close()
