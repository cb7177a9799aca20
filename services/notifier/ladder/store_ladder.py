"""SQL over ladders, raised rungs and alarms; never opens or commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from asyncpg import Record

from kit.db import Conn, columns
from services.notifier.ladder.escalation import Escalation
from services.notifier.ladder.ladder import Ladder

SQL_LOCK_LADDERS: Final = """
select l.*
from ladder l
where l.ticket_id = any($1::uuid[])
order by l.ticket_id, l.round
for update
"""
SQL_SAVE_LADDERS: Final = """
insert into ladder (ticket_id, round, rungs, raised, next_due_at, stopped_at)
select t.id, t.round, t.rungs::jsonb, t.raised::jsonb, t.next_due_at, t.stopped_at
from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
    as t(id, round, rungs, raised, next_due_at, stopped_at)
on conflict (ticket_id, round) do update
set rungs = excluded.rungs, raised = excluded.raised, next_due_at = excluded.next_due_at,
    stopped_at = excluded.stopped_at
"""
SQL_MOVE_ON: Final = """
update ladder l
set rungs = t.rungs::jsonb, raised = t.raised::jsonb, next_due_at = t.next_due_at
from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[])
    as t(id, round, rungs, raised, next_due_at)
where l.ticket_id = t.id and l.round = t.round
"""
SQL_CLAIM_DUE: Final = """
with due as (
    select l.*
    from ladder l
    where l.next_due_at <= $1
    order by l.next_due_at
    limit $2
    for update skip locked
)
select d.*, v.number, v.unit, v.area, v.urgency, v.received_at
from due d
join ticket_view v on v.ticket_id = d.ticket_id
order by d.next_due_at
"""
SQL_UNTIL_NEXT: Final = """
select extract(epoch from least(
    (select min(l.next_due_at) from ladder l where l.next_due_at is not null),
    (select min(c.next_at) from clock c where c.next_at is not null),
    (select min(w.next_at) from whistle_clock w where w.next_at is not null),
    (select min(d.next_at) from decision_clock d where d.next_at is not null),
    (select min(e.repeat_at) from escalation e where e.repeat_at is not null),
    (select min(m.review_at) from legacy_matter m where m.ended_at is null and m.asked_at is null),
    (select min(d.next_at) from decision_clock d where d.next_at is not null)
) - chuishao.business_now())::float8
"""
"""The first entry of each partial index the tick claims by: what a look costs does not depend on what is open."""
SQL_TICKING: Final = """
select c.ticket_id, c.round, c.kind, c.due_at
from clock c
where c.ticket_id = any($1::uuid[]) and c.kind <> 'resident'
    and c.stopped_at is null and c.paused_at is null
"""
SQL_CLAIM_ALARMS: Final = """
with due as (
    select c.ticket_id, c.round, c.kind, c.started_at
    from clock c
    where c.next_at <= $1
    order by c.next_at
    limit $2
    for update skip locked
), sounded as (
    update clock c
    set warned_at = coalesce(c.warned_at, $1), breached_at = case when c.due_at <= $1 then $1 end
    from due d
    where c.ticket_id = d.ticket_id and c.round = d.round and c.kind = d.kind
        and c.started_at = d.started_at
    returning c.ticket_id, c.clock_id, c.round, c.kind, c.unit, c.due_at, c.trace, c.sentence,
        c.breached_at
)
select s.*, v.number, v.area, (
    select m.issue_id
    from hot_issue_member m join hot_issue i on i.issue_id = m.issue_id
    where m.ticket_id = s.ticket_id and i.closed_at is null and exists (
        select from (
            select o.ticket_id from hot_issue_member o
            where o.issue_id = m.issue_id and o.ticket_id < m.ticket_id
            order by o.ticket_id limit 50
        ) earlier
        join clock k on k.ticket_id = earlier.ticket_id
        where k.kind = s.kind and k.unit = s.unit and k.stopped_at is null
    )
) as muted_by
from sounded s
join ticket_view v on v.ticket_id = s.ticket_id
order by s.due_at
"""
"""`muted_by`: an open hot issue in which one of the first fifty tickets warns this unit of this duty."""
SQL_RAISE: Final = """
insert into escalation (
    escalation_id, ticket_id, number, round, level, clock, reason, unit, area, urgency, due_at,
    raised_at, recipients, vacant, policy, phone, repeat_s, repeat_max, repeat_at
)
select t.escalation_id, t.ticket_id, t.number, t.round, t.level, t.clock, t.reason, t.unit, t.area,
    t.urgency, t.due_at, t.raised_at, t.recipients::jsonb, t.vacant::jsonb, t.policy, t.phone,
    t.repeat_s, t.repeat_max,
    case when t.repeat_max > 0 then t.raised_at + make_interval(secs => t.repeat_s) end
from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::int[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::text[], $14::text[],
    $15::int[], $16::boolean[], $17::int[], $18::int[]
) as t(
    escalation_id, ticket_id, number, round, level, clock, reason, unit, area, urgency, due_at,
    raised_at, recipients, vacant, policy, phone, repeat_s, repeat_max
)
on conflict (ticket_id, round, level) do nothing
returning escalation_id
"""


async def lock_ladders(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, list[Ladder]]:
    """Ladders of all rounds of tickets, locked in order until the transaction ends."""
    found: dict[UUID, list[Ladder]] = {ticket_id: [] for ticket_id in ids}
    for row in await conn.fetch(SQL_LOCK_LADDERS, ids):
        found[row["ticket_id"]].append(ladder_of(row))
    return found


async def save_ladders(conn: Conn, ladders: Sequence[tuple[UUID, Ladder]]) -> None:
    """Write new and changed ladders."""
    rows: list[tuple[Any, ...]] = [
        (
            ticket_id, x.round, _json(x.rungs), _json(x.raised),
            x.next_due_at, x.stopped_at,
        )
        for ticket_id, x in ladders
    ]  # fmt: skip
    if rows:
        await conn.execute(SQL_SAVE_LADDERS, *columns(rows, 6))


async def move_on(conn: Conn, ladders: Sequence[tuple[UUID, Ladder]]) -> None:
    """Write back claimed ladders whose due rungs were taken."""
    rows: list[tuple[Any, ...]] = [
        (ticket_id, x.round, _json(x.rungs), _json(x.raised), x.next_due_at)
        for ticket_id, x in ladders
    ]
    await conn.execute(SQL_MOVE_ON, *columns(rows, 5))


async def claim_due(conn: Conn, now: datetime, limit: int) -> list[Record]:
    """Ladders with a rung due by now, longest due first, locked; others' claims are skipped."""
    rows: list[Record] = await conn.fetch(SQL_CLAIM_DUE, now, limit)
    return rows


async def until_next(conn: Conn) -> float | None:
    """Seconds until the tick has something to do, negative when it is late; None when nothing is planned."""
    found: float | None = await conn.fetchval(SQL_UNTIL_NEXT)
    return found


async def ticking(conn: Conn, ids: Sequence[UUID]) -> dict[tuple[UUID, int], dict[str, datetime]]:
    """(ticket, round) to kind and due time of the clocks that run: the stop conditions."""
    found: dict[tuple[UUID, int], dict[str, datetime]] = {}
    for row in await conn.fetch(SQL_TICKING, ids):
        ticket_id, round_, kind, due_at = row
        found.setdefault((ticket_id, round_), {})[kind] = due_at
    return found


async def claim_alarms(conn: Conn, now: datetime, limit: int) -> list[Record]:
    """Clocks that came near their due time or passed it, marked as told of; each once."""
    rows: list[Record] = await conn.fetch(SQL_CLAIM_ALARMS, now, limit)
    return rows


async def raise_rungs(conn: Conn, raised: Sequence[Escalation]) -> set[UUID]:
    """Log rungs; ids of those not raised before."""
    rows: list[tuple[Any, ...]] = [
        (
            e.escalation_id, e.ticket_id, e.number, e.round, e.level, e.clock.value, e.reason, e.unit,
            e.area, e.urgency.value, e.due_at, e.raised_at, _json(e.recipients), _json(e.vacant),
            e.policy, e.phone, e.repeat_s, e.repeat_max,
        )
        for e in raised
    ]  # fmt: skip
    if not rows:
        return set()
    return {row["escalation_id"] for row in await conn.fetch(SQL_RAISE, *columns(rows, 18))}


def _json(value: Any) -> str:
    """JSON text of a list: asyncpg would take a list inside an array for another dimension."""
    return orjson.dumps(value).decode()


def ladder_of(row: Record) -> Ladder:
    """A row of table `ladder`."""
    return Ladder(
        round=row["round"],
        rungs=row["rungs"],
        raised=row["raised"],
        next_due_at=row["next_due_at"],
        stopped_at=row["stopped_at"],
    )
