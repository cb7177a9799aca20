"""SQL over the clocks of decisions; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from contracts.clock import ClockKind
from kit.db import Conn, columns
from services.notifier.reception.decision_clock import DecisionClock

SQL_BEGIN: Final = """
insert into decision_clock (
    clock_id, decision_id, kind, unit, started_at, near_at, due_at, lapse_at, trace, sentence, lapse,
    earlier_due, roles
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
SQL_CLOCKS: Final = """
select c.*
from decision_clock c
where c.decision_id = any($1::uuid[])
order by c.started_at, c.kind desc
"""
SQL_STOP: Final = """
update decision_clock
set stopped_at = $3, stopped_by = $4
where decision_id = $1 and kind = $2 and stopped_at is null
returning *
"""
SQL_GO_ON: Final = """
update decision_clock
set stopped_at = null, stopped_by = null
where decision_id = $1 and kind = 'decision' and stopped_at is not null
returning *
"""
SQL_RUNNING: Final = """
select c.decision_id
from decision_clock c
where c.stopped_at is null and c.decision_id > $1
order by c.decision_id
limit $2
"""
"""One of a decision runs at a time."""
SQL_RUNNING_OF: Final = """
select c.*
from decision_clock c
where c.decision_id = any($1::uuid[]) and c.stopped_at is null
order by c.clock_id
for update
"""
SQL_SET_ANEW: Final = """
update decision_clock c
set near_at = t.near_at, due_at = t.due_at, lapse_at = t.lapse_at, trace = t.trace,
    sentence = t.sentence,
    earlier_due = case when c.due_at = t.due_at then c.earlier_due else c.earlier_due || c.due_at end,
    warned_at = case when t.near_at <= $7 then c.warned_at end,
    breached_at = case when t.due_at <= $7 then c.breached_at end
from unnest(
    $1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::jsonb[], $6::text[]
) as t(id, near_at, due_at, lapse_at, trace, sentence)
where c.clock_id = t.id
"""
"""What lies ahead again is warned of and breached anew; a matter back on a table stays there."""
SQL_CLAIM_ALARMS: Final = """
with due as (
    select c.clock_id
    from decision_clock c
    where c.next_at <= $1 and c.breached_at is null
    order by c.next_at
    limit $2
    for update skip locked
)
update decision_clock c
set warned_at = coalesce(c.warned_at, $1), breached_at = case when c.due_at <= $1 then $1 end
from due
where c.clock_id = due.clock_id
returning c.*
"""
SQL_LOCK_LAPSING: Final = """
select c.clock_id
from decision_clock c
join reception_decision d on d.decision_id = c.decision_id
join reception_item i on i.item_id = d.item_id
where c.next_at <= $1 and c.breached_at is not null
order by c.next_at
limit $2
for update of i skip locked
"""
"""The matter is locked before the clock, as people's steps do; one somebody works on waits for the next tick."""
SQL_LAPSE: Final = """
update decision_clock c
set lapsed_at = $2
where c.clock_id = any($1::uuid[]) and c.stopped_at is null and c.lapsed_at is null
returning c.*
"""
SQL_TOLD: Final = """
update decision_clock c
set told = c.told || t.told::jsonb
from unnest($1::uuid[], $2::text[]) as t(id, told)
where c.clock_id = t.id
"""


async def begin(conn: Conn, clock: DecisionClock) -> None:
    """Start a clock."""
    await conn.execute(SQL_BEGIN, *clock.row())


async def clocks(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, list[Record]]:
    """All clocks of decisions, stopped ones too, in order of start."""
    found: dict[UUID, list[Record]] = {decision_id: [] for decision_id in ids}
    for row in await conn.fetch(SQL_CLOCKS, list(ids)):
        found[row["decision_id"]].append(row)
    return found


async def stop(
    conn: Conn, decision_id: UUID, kind: ClockKind, at: datetime, by: str
) -> list[DecisionClock]:
    """Stop a clock; nothing where it does not run."""
    rows = await conn.fetch(SQL_STOP, decision_id, kind, at, by)
    return [DecisionClock.of(row) for row in rows]


async def go_on(conn: Conn, decision_id: UUID) -> list[DecisionClock]:
    """Let the owner's clock go on as if it had never stopped."""
    return [DecisionClock.of(row) for row in await conn.fetch(SQL_GO_ON, decision_id)]


async def running(conn: Conn, after: UUID, limit: int) -> list[UUID]:
    """The next decisions with a running clock, in order of id."""
    return [row["decision_id"] for row in await conn.fetch(SQL_RUNNING, after, limit)]


async def running_of(conn: Conn, ids: Sequence[UUID]) -> list[DecisionClock]:
    """The running clocks of decisions, locked. Read under the locks of their matters."""
    return [DecisionClock.of(row) for row in await conn.fetch(SQL_RUNNING_OF, ids)]


async def set_anew(conn: Conn, clocks: Sequence[DecisionClock], at: datetime) -> None:
    """Write clocks that a changed calendar was taken to."""
    rows: list[tuple[Any, ...]] = [
        (c.clock_id, c.near_at, c.due_at, c.lapse_at, c.trace.model_dump(mode="json"), c.sentence)
        for c in clocks
    ]
    if rows:
        await conn.execute(SQL_SET_ANEW, *columns(rows, 6), at)


async def claim_alarms(conn: Conn, now: datetime, limit: int) -> list[Record]:
    """Clocks near their due time or past it, marked as told of; others' claims are skipped."""
    rows: list[Record] = await conn.fetch(SQL_CLAIM_ALARMS, now, limit)
    return sorted(rows, key=lambda row: row["due_at"])


async def claim_lapsed(conn: Conn, now: datetime, limit: int) -> list[DecisionClock]:
    """Clocks so long past their due time that the matter goes back on a table; their matters are locked."""
    ids = [row["clock_id"] for row in await conn.fetch(SQL_LOCK_LAPSING, now, limit)]
    rows = await conn.fetch(SQL_LAPSE, ids, now) if ids else []
    return [DecisionClock.of(row) for row in rows]


async def told(conn: Conn, rows: Sequence[tuple[UUID, str]]) -> None:
    """(clock, JSON list) of who was told when it ran out."""
    if rows:
        await conn.execute(SQL_TOLD, *columns(list(rows), 2))
