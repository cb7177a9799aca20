"""Clocks and ladder on a real PostgreSQL: races, gaps, and many ticks at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from contracts.ticket import TicketStatus
from kit.auth import Principal
from kit.db import Pool, create_pool, transaction
from kit.errors import DomainError
from kit.ids import new_id
from services.notifier import viewing
from services.notifier.actions import apply_complaints, apply_tickets
from services.notifier.clocks import store
from services.notifier.ladder import store_ladder
from services.notifier.queries import Wanted
from services.notifier.viewing import Page
from tests.support import city
from tests.support.heard import apply, at, complaint, dispatched, ticket, ticks
from tests.support.servers import PASSWORD, Database

S = TicketStatus
SECRETARY = Principal("P0007", frozenset({"secretary"}))
OTHER_SECRETARY = Principal("P0019", frozenset({"secretary"}))
ADMIN = Principal("P0000", frozenset({"admin"}))
FIRST = Page(None, 50)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


async def running(pool: Pool, ticket_id: UUID) -> list[str]:
    rows = await pool.fetch(
        "select kind from clock where ticket_id = $1 and state = 'running' order by kind", ticket_id
    )
    return [row["kind"] for row in rows]


async def test_a_usual_dispatch_says_four_things_and_nothing_of_the_clock_nobody_answered_for(
    pool: Pool,
) -> None:
    one = new_id()
    first = await apply(pool, apply_complaints, complaint(one))
    then = await apply(pool, apply_tickets, dispatched(one))
    assert [e.subject for e in first.events] == ["clock.set._._._._._"]
    assert [e.subject.split(".")[1:3] for e in then.events] == [["set", "SZ"]] * 3
    assert await running(pool, one) == ["contact", "resident", "result", "sign_for"]
    assert await pool.fetchval("select count(*) from outbox") == 4


async def test_dispatch_first_ends_in_the_same_clocks(pool: Pool) -> None:
    one = new_id()
    await apply(pool, apply_tickets, dispatched(one))
    planned = await pool.fetchval("select next_due_at from ladder")
    await apply(pool, apply_complaints, complaint(one))
    assert await running(pool, one) == ["contact", "resident", "result", "sign_for"]
    assert await pool.fetchval("select next_due_at from ladder") == planned  # it climbs on


async def test_complaints_and_dispatches_at_the_same_time_never_leave_a_dispatch_clock(
    pool: Pool,
) -> None:
    for _ in range(3):
        ids = [new_id() for _ in range(600)]
        await asyncio.gather(
            apply(pool, apply_complaints, *map(complaint, ids)),
            apply(pool, apply_tickets, *map(dispatched, reversed(ids))),
        )
    left = "select count(*) from clock where kind = 'dispatch' and state = 'running'"
    assert await pool.fetchval(left) == 0
    kinds = await pool.fetch(
        "select kind, count(*) from clock where state = 'running' group by kind"
    )
    assert dict(kinds) == dict.fromkeys(("contact", "resident", "result", "sign_for"), 1_800)


async def test_a_clock_that_moves_in_the_batch_it_began_in_keeps_its_earlier_due_time(
    pool: Pool,
) -> None:
    one = new_id()
    hurried = ticket("urgency_set", one, 2, status=S.DISPATCHED, urgency="critical", hours=1)
    await apply(pool, apply_tickets, dispatched(one), hurried)
    clock = await pool.fetchrow("select due_at, earlier_due from clock where kind = 'result'")
    assert clock is not None
    assert [clock["due_at"] < due for due in clock["earlier_due"]] == [True]


async def test_batches_in_another_order_do_not_lock_each_other_out(pool: Pool) -> None:
    low, high = sorted((new_id(), new_id()))
    async with transaction(pool) as conn:
        await apply_complaints(conn, [complaint(low)], city.directory())
        other = asyncio.create_task(apply(pool, apply_tickets, dispatched(high), dispatched(low)))
        await asyncio.wait({other}, timeout=0.3)
        await asyncio.wait_for(apply_complaints(conn, [complaint(high)], city.directory()), 0.8)
    assert (await other).waiting == []


async def test_two_processes_apply_events_of_one_ticket_one_after_the_other(pool: Pool) -> None:
    one = new_id()
    await apply(pool, apply_tickets, dispatched(one))
    async with transaction(pool) as conn:
        await store.lock_tickets(conn, [one])
        accepted = ticket("accepted", one, 2, status=S.ACCEPTED, hours=1)
        second = asyncio.create_task(apply(pool, apply_tickets, accepted))
        await asyncio.wait({second}, timeout=0.3)
        assert not second.done()
    assert len((await second).events) == 1


async def test_a_gap_waits_and_an_older_version_changes_nothing(pool: Pool) -> None:
    one = new_id()
    contacted = ticket("contacted", one, 3, status=S.IN_PROGRESS, hours=2)
    accepted = ticket("accepted", one, 2, status=S.ACCEPTED, hours=1)
    assert (await apply(pool, apply_tickets, accepted)).waiting == [accepted]
    await apply(pool, apply_tickets, dispatched(one))
    early = await apply(pool, apply_tickets, contacted)
    assert (early.events, early.waiting) == ([], [contacted])
    both = [
        ticket("contacted", one, 3, status=S.IN_PROGRESS, hours=2),
        ticket("accepted", one, 2, status=S.ACCEPTED, hours=1),
    ]
    assert (await apply(pool, apply_tickets, *both)).waiting == []
    assert await running(pool, one) == ["result"]
    again = await apply(pool, apply_tickets, ticket("accepted", one, 2, status=S.ACCEPTED, hours=1))
    assert (again.events, again.waiting) == ([], [])
    assert await pool.fetchval("select version from ticket_view") == 3


async def test_ticks_at_once_raise_each_rung_and_sound_each_alarm_exactly_once(
    pool: Pool, database: Database
) -> None:
    ids = [new_id() for _ in range(150)]
    await at(database.dsn(), 0)
    await apply(pool, apply_complaints, *map(complaint, ids))
    await apply(pool, apply_tickets, *map(dispatched, ids))
    await at(database.dsn(), 24)
    done = await asyncio.gather(*(ticks(pool, limit=20) for _ in range(3)))
    said = Counter(".".join(e.subject.split(".")[:2]) for d in done for e in d.events)
    assert said == {"escalation.raised": 150, "clock.breached": 300}  # signing and contact
    assert await pool.fetchval("select count(*) from escalation") == 150
    assert (
        await pool.fetchval("select count(*) from audit where action = 'escalation.raise'") == 150
    )
    assert (await ticks(pool)).events == []


async def test_what_one_tick_has_claimed_the_others_skip_without_waiting(
    pool: Pool, database: Database
) -> None:
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(new_id()))
    now = await at(database.dsn(), 24)
    async with transaction(pool) as conn:
        assert len(await store_ladder.claim_due(conn, now, 500)) == 1
        assert len(await store_ladder.claim_alarms(conn, now, 500)) == 2
        other = await asyncio.wait_for(ticks(pool), 1)
        assert (other.levels, other.events) == ([], [])


async def test_a_warning_comes_once_before_the_due_time(pool: Pool, database: Database) -> None:
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(new_id()))
    await at(database.dsn(), 20)
    first = await ticks(pool)
    assert [e.subject.split(".")[1] for e in first.events] == ["near_due", "near_due"]
    assert (await ticks(pool)).events == []


async def test_a_rung_does_not_fire_once_its_clock_was_stopped(
    pool: Pool, database: Database
) -> None:
    one = new_id()
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(one))
    await apply(pool, apply_tickets, ticket("accepted", one, 2, status=S.ACCEPTED, hours=1))
    await at(database.dsn(), 25)
    assert (await ticks(pool)).levels == []


async def test_the_tick_looks_at_the_clock_itself_whatever_the_ladder_planned(
    pool: Pool, database: Database
) -> None:
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(new_id()))
    await pool.execute("update clock set stopped_at = started_at, stopped_by = 'ticket.accepted'")
    await at(database.dsn(), 25)
    assert (await ticks(pool)).levels == []


async def test_the_last_rung_ends_on_the_secretarys_queue_until_the_ticket_is_closed(
    pool: Pool, database: Database
) -> None:
    one, directory = new_id(), city.directory()
    await at(database.dsn(), 0)
    await apply(pool, apply_complaints, complaint(one))
    await apply(pool, apply_tickets, dispatched(one))
    await at(database.dsn(), 20 * 24)
    assert (await ticks(pool)).levels == [1, 2, 3, 4]
    queue = await viewing.queue(pool, directory, SECRETARY, "JD-WYS", FIRST)
    assert [(i["ticket_id"], i["org"]) for i in queue["items"]] == [(str(one), "JD-WYS")]
    assert queue["items"][0]["score_parts"]["days_open"] == 20
    with pytest.raises(DomainError, match="not-found"):
        await viewing.queue(pool, directory, OTHER_SECRETARY, "JD-WYS", FIRST)
    closed = ticket("closed", one, 2, status=S.CLOSED, hours=20 * 24)
    ended = await apply(pool, apply_tickets, closed)
    names = Counter(".".join(e.subject.split(".")[:2]) for e in ended.events)
    assert names["escalation.cleared"] == 4
    assert names["reception.withdrawn"] == 1
    assert (await viewing.queue(pool, directory, ADMIN, None, FIRST))["items"] == []


async def test_a_ticket_that_never_came_climbs_from_its_complaint(
    pool: Pool, database: Database
) -> None:
    one = new_id()
    await at(database.dsn(), 0)
    await apply(pool, apply_complaints, complaint(one))
    await at(database.dsn(), 12 * 24)
    assert (await ticks(pool)).levels == [1, 2, 4]
    found = await viewing.escalations(pool, city.directory(), ADMIN, Wanted(ticket_id=one), FIRST)
    assert {item["unit"] for item in found["items"]} == {"DESK"}
