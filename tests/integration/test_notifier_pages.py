"""Pages of the notifier, and what a look at what is due costs, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import asyncpg
import pytest

from kit.auth import Principal
from kit.db import Pool, create_pool
from kit.errors import DomainError
from kit.ids import new_id
from services.notifier import viewing
from services.notifier.actions import apply_tickets
from services.notifier.ladder import store_ladder
from services.notifier.queries import Wanted
from services.notifier.viewing import Page
from tests.support import city
from tests.support.heard import MONDAY, apply, at, dispatched, ticks
from tests.support.servers import PASSWORD, Database

OTHER_SECRETARY = Principal("P0019", frozenset({"secretary"}))
ADMIN = Principal("P0000", frozenset({"admin"}))


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


async def test_pages_of_escalations_meet_without_gap_or_overlap(
    pool: Pool, database: Database
) -> None:
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, *(dispatched(new_id()) for _ in range(7)))
    await at(database.dsn(), 24)
    await ticks(pool)
    seen, cursor = [], None
    while True:
        page = await viewing.escalations(
            pool, city.directory(), ADMIN, Wanted(area="370105001"), Page(cursor, 3)
        )
        seen += [item["escalation_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen, reverse=True)


async def test_a_tickets_clocks_are_shown_with_their_traces_inside_ones_own_area(
    pool: Pool, database: Database
) -> None:
    one, directory = new_id(), city.directory()
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(one))
    shown = await viewing.clocks(pool, directory, OTHER_SECRETARY, one)
    assert {item["kind"] for item in shown["items"]} == {"sign_for", "contact", "result"}
    assert all(item["trace"]["limit"] and item["sentence"] for item in shown["items"])
    assert shown["holders"][0]["unit"] == "SZ"
    with pytest.raises(DomainError, match="not-found"):
        await viewing.clocks(pool, directory, Principal("P0023", frozenset({"secretary"})), one)


SQL_SEED: Final = """
insert into ticket_view (
    ticket_id, number, version, round, status, unit, area, urgency, profile, received_at
)
select gen_random_uuid(), n::text, 1, 1, 'dispatched', 'SZ', '370105', 'normal', 'standard', $1::timestamptz
from generate_series(1, 20000) as n
"""
SQL_SEED_LADDERS: Final = """
insert into ladder (ticket_id, round, rungs, next_due_at)
select ticket_id, 1, '[]', $1::timestamptz + make_interval(mins => number::int)
from ticket_view
"""
SQL_SEED_CLOCKS: Final = """
insert into clock (
    ticket_id, round, kind, started_at, clock_id, unit, near_at, due_at, trace, sentence
)
select ticket_id, 1, 'result', $1::timestamptz, gen_random_uuid(), 'SZ',
    $1::timestamptz + make_interval(mins => number::int), $1::timestamptz + interval '30 days', '{}', '-'
from ticket_view
"""


async def test_a_look_at_what_is_due_does_not_grow_with_the_number_of_open_tickets(
    database: Database,
) -> None:
    as_the_pool_does = {"search_path": "notifier", "enable_seqscan": "off"}
    conn = await asyncpg.connect(database.dsn(), server_settings=as_the_pool_does)
    for seed in (SQL_SEED, SQL_SEED_LADDERS, SQL_SEED_CLOCKS):
        await conn.execute(seed, MONDAY)
    await conn.execute("analyze")
    now = MONDAY + timedelta(minutes=3)
    for text, index in (
        (store_ladder.SQL_CLAIM_DUE, "ladder_due"),
        (store_ladder.SQL_CLAIM_ALARMS, "clock_alarm"),
    ):
        plan = await conn.fetch(f"explain (analyze, timing off) {text}", now, 500)
        words = "\n".join(row[0] for row in plan)
        assert f"using {index}" in words, words
        assert "Seq Scan" not in words, words
    plan = await conn.fetch(f"explain (analyze, timing off) {store_ladder.SQL_UNTIL_NEXT}")
    words = "\n".join(row[0] for row in plan)
    for index in (
        "ladder_due",
        "clock_alarm",
        "whistle_clock_alarm",
        "escalation_repeat",
        "legacy_matter_due",
        "decision_clock_alarm",
    ):
        assert f"using {index}" in words, words
    assert "actual rows=20000" not in words, words
    await conn.close()
