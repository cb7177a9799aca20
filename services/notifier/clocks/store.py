"""SQL over tickets and clocks; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from asyncpg import Record

from contracts.clock import ClockKind, Trace
from contracts.complaint import Urgency
from contracts.ticket import Since, TicketStatus
from kit.db import Conn, columns
from services.notifier.clocks.clock import Clock
from services.notifier.clocks.ticket import Ticket

SQL_OPEN_TICKETS: Final = """
insert into ticket_view
    (ticket_id, number, version, round, status, unit, area, urgency, profile, received_at)
select t.id, t.number, 0, 1, 'received', t.unit, t.area, t.urgency, t.profile, t.received_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
    as t(id, number, unit, area, urgency, profile, received_at)
order by t.id
on conflict do nothing
returning ticket_id
"""
SQL_LOCK_TICKETS: Final = """
select v.*
from ticket_view v
where v.ticket_id = any($1::uuid[])
order by v.ticket_id
for update
"""
SQL_SAVE_TICKETS: Final = """
update ticket_view v
set version = t.version, round = t.round, status = t.status, unit = t.unit, area = t.area,
    urgency = t.urgency, profile = t.profile, holders = t.holders::jsonb, since = t.since::jsonb,
    counted = t.counted
from unnest(
    $1::uuid[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::jsonb[]
) as t(id, version, round, status, unit, area, urgency, profile, holders, since, counted)
where v.ticket_id = t.id
"""
SQL_CLOCKS: Final = """
select c.ticket_id, c.clock_id, c.round, c.kind, c.unit, c.started_at, c.near_at, c.due_at, c.trace,
    c.sentence, c.earlier_due, c.paused_at, c.stopped_at, c.stopped_by, c.own_trace,
    coalesce(c.breached_at, c.warned_at) as alarmed_at
from clock c
where c.ticket_id = any($1::uuid[])
"""
SQL_COUNT_RUNNING: Final = """
select kind, count(*) as n
from (
    select kind from clock where stopped_at is null
    union all
    select kind from whistle_clock where stopped_at is null
    union all
    select kind from decision_clock where stopped_at is null
) as running
group by kind
"""
SQL_INSERT_CLOCKS: Final = """
insert into clock (
    ticket_id, round, kind, started_at, clock_id, unit, near_at, due_at, trace, sentence,
    paused_at, stopped_at, stopped_by, earlier_due
)
select t.ticket_id, t.round, t.kind, t.started_at, t.clock_id, t.unit, t.near_at, t.due_at, t.trace,
    t.sentence, t.paused_at, t.stopped_at, t.stopped_by, t.earlier_due::timestamptz[]
from unnest(
    $1::uuid[], $2::int[], $3::text[], $4::timestamptz[], $5::uuid[], $6::text[],
    $7::timestamptz[], $8::timestamptz[], $9::jsonb[], $10::text[], $11::timestamptz[],
    $12::timestamptz[], $13::text[], $14::text[]
) as t(
    ticket_id, round, kind, started_at, clock_id, unit, near_at, due_at, trace, sentence, paused_at,
    stopped_at, stopped_by, earlier_due
)
"""
"""Earlier due times come as the text of an array each: an array of arrays must be a rectangle."""
SQL_SAVE_CLOCKS: Final = """
update clock c
set unit = t.unit, near_at = t.near_at, due_at = t.due_at, sentence = t.sentence,
    paused_at = t.paused_at, stopped_at = t.stopped_at, stopped_by = t.stopped_by,
    earlier_due = t.earlier_due::timestamptz[],
    warned_at = case when t.warn_again then null else c.warned_at end
from unnest(
    $1::uuid[], $2::int[], $3::text[], $4::timestamptz[], $5::text[], $6::timestamptz[],
    $7::timestamptz[], $8::text[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::boolean[],
    $13::text[]
) as t(
    id, round, kind, started_at, unit, near_at, due_at, sentence, paused_at, stopped_at, stopped_by,
    warn_again, earlier_due
)
where c.ticket_id = t.id and c.round = t.round and c.kind = t.kind and c.started_at = t.started_at
"""
SQL_ALIGN_CLOCKS: Final = """
update clock c
set trace = t.trace, own_trace = t.own,
    warned_at = case when c.near_at <= t.at then c.warned_at end,
    breached_at = case when c.due_at <= t.at then c.breached_at end
from unnest($1::uuid[], $2::int[], $3::text[], $4::timestamptz[], $5::jsonb[], $6::jsonb[], $7::timestamptz[])
    as t(id, round, kind, started_at, trace, own, at)
where c.ticket_id = t.id and c.round = t.round and c.kind = t.kind and c.started_at = t.started_at
"""
"""What lies ahead again, because followers left, is warned of and breached anew."""


async def open_tickets(conn: Conn, tickets: Sequence[Ticket]) -> set[UUID]:
    """Insert tickets nobody has heard of; ids of those that were new. Waits for other inserters."""
    rows: list[tuple[Any, ...]] = [
        (t.ticket_id, t.number, t.unit, t.area, t.urgency.value, t.profile, t.received_at)
        for t in tickets
    ]
    return {row["ticket_id"] for row in await conn.fetch(SQL_OPEN_TICKETS, *columns(rows, 7))}


async def count_running(conn: Conn) -> dict[str, int]:
    """Clocks not yet stopped, by kind; from the partial index."""
    return {row["kind"]: row["n"] for row in await conn.fetch(SQL_COUNT_RUNNING)}


async def lock_tickets(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, Ticket]:
    """Known tickets by id, locked in order of id until the transaction ends."""
    rows = await conn.fetch(SQL_LOCK_TICKETS, ids)
    return {row["ticket_id"]: _ticket(row) for row in rows}


async def save_tickets(conn: Conn, tickets: Sequence[Ticket]) -> None:
    """Write back what events told."""
    rows: list[tuple[Any, ...]] = [
        (
            t.ticket_id, t.version, t.round, t.status.value, t.unit, t.area, t.urgency.value,
            t.profile, orjson.dumps(t.holders).decode(), _since_json(t), t.counted,
        )
        for t in tickets
    ]  # fmt: skip
    await conn.execute(SQL_SAVE_TICKETS, *columns(rows, 11))


async def clocks(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, list[Clock]]:
    """All clocks of tickets, stopped ones too. Read under the lock of the ticket."""
    found: dict[UUID, list[Clock]] = {ticket_id: [] for ticket_id in ids}
    for row in await conn.fetch(SQL_CLOCKS, ids):
        found[row["ticket_id"]].append(_clock(row))
    return found


async def insert_clocks(conn: Conn, started: Sequence[tuple[UUID, Clock]]) -> None:
    """Write new clocks of tickets."""
    rows: list[tuple[Any, ...]] = [
        (
            ticket_id, c.round, c.kind.value, c.started_at, c.clock_id, c.unit, c.near_at, c.due_at,
            c.trace.model_dump(mode="json"), c.sentence, c.paused_at, c.stopped_at, c.stopped_by,
            _times(c.earlier_due),
        )
        for ticket_id, c in started
    ]  # fmt: skip
    if rows:
        await conn.execute(SQL_INSERT_CLOCKS, *columns(rows, 14))


async def save_clocks(conn: Conn, changed: Sequence[tuple[UUID, Clock]]) -> None:
    """Write back stopped, paused, revived, moved and re-addressed clocks."""
    rows: list[tuple[Any, ...]] = [
        (
            ticket_id, c.round, c.kind.value, c.started_at, c.unit, c.near_at, c.due_at, c.sentence,
            c.paused_at, c.stopped_at, c.stopped_by, c.warn_again, _times(c.earlier_due),
        )
        for ticket_id, c in changed
    ]  # fmt: skip
    if rows:
        await conn.execute(SQL_SAVE_CLOCKS, *columns(rows, 13))


async def align_clocks(conn: Conn, aligned: Sequence[tuple[UUID, Clock, datetime]]) -> None:
    """Write whose trace counts, after the due times were saved; `datetime`: when that was decided."""
    rows: list[tuple[Any, ...]] = [
        (ticket_id, c.round, c.kind.value, c.started_at, _trace(c.trace), _trace(c.own), at)
        for ticket_id, c, at in aligned
    ]
    if rows:
        await conn.execute(SQL_ALIGN_CLOCKS, *columns(rows, 7))


def _times(times: Sequence[datetime]) -> str:
    return "{" + ",".join(at.isoformat() for at in times) + "}"


def _trace(trace: Trace | None) -> dict[str, Any] | None:
    return trace.model_dump(mode="json") if trace else None


def _since_json(ticket: Ticket) -> str:
    return orjson.dumps([one.model_dump(mode="json") for one in ticket.since]).decode()


def _ticket(row: Record) -> Ticket:
    return Ticket(
        ticket_id=row["ticket_id"],
        number=row["number"],
        version=row["version"],
        round=row["round"],
        status=TicketStatus(row["status"]),
        unit=row["unit"],
        area=row["area"],
        urgency=Urgency(row["urgency"]),
        profile=row["profile"],
        received_at=row["received_at"],
        holders=row["holders"],
        since=tuple(Since.model_validate(one) for one in row["since"]),
        counted=row["counted"],
    )


def _clock(row: Record) -> Clock:
    return Clock(
        clock_id=row["clock_id"],
        round=row["round"],
        kind=ClockKind(row["kind"]),
        unit=row["unit"],
        started_at=row["started_at"],
        near_at=row["near_at"],
        due_at=row["due_at"],
        trace=Trace.model_validate(row["trace"]),
        sentence=row["sentence"],
        earlier_due=row["earlier_due"],
        paused_at=row["paused_at"],
        stopped_at=row["stopped_at"],
        stopped_by=row["stopped_by"],
        own=Trace.model_validate(row["own_trace"]) if row["own_trace"] else None,
        alarmed_at=row["alarmed_at"],
    )
