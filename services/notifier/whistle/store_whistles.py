"""SQL over whistles and their clocks; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from contracts.clock import ClockKind, Trace
from contracts.whistle import WhistleKind
from kit.db import Conn, columns
from services.notifier.whistle.whistle import Whistle, WhistleClock

SQL_OPEN: Final = """
insert into whistle_view (whistle_id, version, ticket_id, number, round, kind, blower, area)
select t.id, 0, t.ticket_id, t.number, t.round, t.kind, t.blower, t.area
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[])
    as t(id, ticket_id, number, round, kind, blower, area)
order by t.id
on conflict do nothing
"""
SQL_LOCK: Final = """
select v.*
from whistle_view v
where v.whistle_id = any($1::uuid[])
order by v.whistle_id
for update
"""
SQL_SAVE: Final = """
update whistle_view v
set version = t.version
from unnest($1::uuid[], $2::int[]) as t(id, version)
where v.whistle_id = t.id
"""
SQL_CLOCKS: Final = """
select c.clock_id, c.whistle_id, c.kind, c.unit, c.started_at, c.near_at, c.due_at, c.trace,
    c.sentence, c.stopped_at, c.stopped_by, c.earlier_due
from whistle_clock c
where c.whistle_id = any($1::uuid[])
"""
SQL_BEGIN: Final = """
insert into whistle_clock (
    clock_id, whistle_id, kind, unit, started_at, near_at, due_at, trace, sentence, stopped_at,
    stopped_by
)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
    $7::timestamptz[], $8::jsonb[], $9::text[], $10::timestamptz[], $11::text[]
)
"""
SQL_STOP: Final = """
update whistle_clock c
set stopped_at = t.at, stopped_by = t.by
from unnest($1::uuid[], $2::timestamptz[], $3::text[]) as t(id, at, by)
where c.clock_id = t.id
"""
SQL_SET_ANEW: Final = """
update whistle_clock c
set near_at = t.near_at, due_at = t.due_at, trace = t.trace, sentence = t.sentence,
    earlier_due = case when c.due_at = t.due_at then c.earlier_due else c.earlier_due || c.due_at end,
    warned_at = case when t.near_at <= $6 then c.warned_at end,
    breached_at = case when t.due_at <= $6 then c.breached_at end
from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::jsonb[], $5::text[])
    as t(id, near_at, due_at, trace, sentence)
where c.clock_id = t.id
"""
"""What lies ahead again is warned of and breached anew."""
SQL_CLAIM_ALARMS: Final = """
with due as (
    select c.clock_id
    from whistle_clock c
    where c.next_at <= $1
    order by c.next_at
    limit $2
    for update skip locked
), sounded as (
    update whistle_clock c
    set warned_at = coalesce(c.warned_at, $1), breached_at = case when c.due_at <= $1 then $1 end
    from due d
    where c.clock_id = d.clock_id
    returning c.*
)
select s.*, v.version, v.ticket_id, v.number, v.round, v.kind as whistle_kind, v.blower, v.area
from sounded s
join whistle_view v on v.whistle_id = s.whistle_id
order by s.due_at
"""


async def open_whistles(conn: Conn, whistles: Sequence[Whistle]) -> None:
    """Insert whistles nobody has heard of."""
    rows: list[tuple[Any, ...]] = [
        (w.whistle_id, w.ticket_id, w.number, w.round, w.kind.value, w.blower, w.area)
        for w in whistles
    ]
    await conn.execute(SQL_OPEN, *columns(rows, 7))


async def lock_whistles(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, Whistle]:
    """Known whistles by id, locked in order of id until the transaction ends."""
    return {
        row["whistle_id"]: whistle_of(row, row["kind"]) for row in await conn.fetch(SQL_LOCK, ids)
    }


async def save_whistles(conn: Conn, whistles: Sequence[Whistle]) -> None:
    """Write back how far events were applied."""
    await conn.execute(SQL_SAVE, *columns([(w.whistle_id, w.version) for w in whistles], 2))


async def clocks(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, list[WhistleClock]]:
    """All clocks of whistles, stopped ones too. Read under the lock of the whistle."""
    found: dict[UUID, list[WhistleClock]] = {whistle_id: [] for whistle_id in ids}
    for row in await conn.fetch(SQL_CLOCKS, ids):
        found[row["whistle_id"]].append(clock_of(row))
    return found


async def begin(conn: Conn, begun: Sequence[tuple[UUID, WhistleClock]]) -> None:
    """Write new clocks of whistles."""
    rows: list[tuple[Any, ...]] = [
        (
            c.clock_id, whistle_id, c.kind.value, c.unit, c.started_at, c.near_at, c.due_at,
            c.trace.model_dump(mode="json"), c.sentence, c.stopped_at, c.stopped_by,
        )
        for whistle_id, c in begun
    ]  # fmt: skip
    if rows:
        await conn.execute(SQL_BEGIN, *columns(rows, 11))


async def stop(conn: Conn, stopped: Sequence[WhistleClock]) -> None:
    """Write back stopped clocks."""
    if stopped:
        rows = [(c.clock_id, c.stopped_at, c.stopped_by) for c in stopped]
        await conn.execute(SQL_STOP, *columns(list(rows), 3))


async def set_anew(conn: Conn, changed: Sequence[WhistleClock], at: datetime) -> None:
    """Write clocks that a changed calendar made due at another time."""
    rows: list[tuple[Any, ...]] = [
        (c.clock_id, c.near_at, c.due_at, c.trace.model_dump(mode="json"), c.sentence)
        for c in changed
    ]
    if rows:
        await conn.execute(SQL_SET_ANEW, *columns(rows, 5), at)


async def claim_alarms(conn: Conn, now: datetime, limit: int) -> list[Record]:
    """Clocks near their due time or past it, sounded; others' claims are skipped."""
    rows: list[Record] = await conn.fetch(SQL_CLAIM_ALARMS, now, limit)
    return rows


def whistle_of(row: Record, kind: str) -> Whistle:
    """A row of table `whistle_view`."""
    return Whistle(
        whistle_id=row["whistle_id"],
        version=row["version"],
        ticket_id=row["ticket_id"],
        number=row["number"],
        round=row["round"],
        kind=WhistleKind(kind),
        blower=row["blower"],
        area=row["area"],
    )


def clock_of(row: Record) -> WhistleClock:
    """A row of table `whistle_clock`."""
    return WhistleClock(
        clock_id=row["clock_id"],
        kind=ClockKind(row["kind"]),
        unit=row["unit"],
        started_at=row["started_at"],
        near_at=row["near_at"],
        due_at=row["due_at"],
        trace=Trace.model_validate(row["trace"]),
        sentence=row["sentence"],
        stopped_at=row["stopped_at"],
        stopped_by=row["stopped_by"],
        earlier_due=row["earlier_due"],
    )
