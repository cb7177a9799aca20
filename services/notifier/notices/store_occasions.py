"""SQL of occasions: what was heard or said, what is known about it, how far our own events were read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.notices import Cause
from kit.db import Conn, columns
from services.notifier.notices.occasion import Facts, Occasion

SQL_NOTE: Final = """
insert into occasion (
    occasion_id, cause, unit, area, at, ticket_id, whistle_id, number, round, urgency, category, clock,
    level, post, recipients, due_at, muted_by, org, standing, repeated
)
select u.occasion_id, u.cause, u.unit, u.area, u.at, u.ticket_id, u.whistle_id, u.number, u.round, u.urgency,
    u.category, u.clock, u.level, u.post, string_to_array(u.recipients, ','), u.due_at, u.muted_by, u.org,
    u.standing, u.repeated
from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::uuid[], $7::uuid[], $8::text[],
    $9::int[], $10::text[], $11::text[], $12::text[], $13::int[], $14::text[], $15::text[],
    $16::timestamptz[], $17::uuid[], $18::text[], $19::boolean[], $20::int[]
) as u(
    occasion_id, cause, unit, area, at, ticket_id, whistle_id, number, round, urgency, category, clock,
    level, post, recipients, due_at, muted_by, org, standing, repeated
)
on conflict (occasion_id) do nothing
"""
SQL_READ_TO: Final = "select tx, position from notice_read for update skip locked"
SQL_NEXT_SAID: Final = """
select tx::text as tx, position, subject,
    case when subject ^@ any($4::text[]) then body end as body
from outbox
where (tx, position) > ($1::text::xid8, $2)
    and tx < pg_snapshot_xmin(pg_current_snapshot())
order by outbox.tx, position
limit $3
"""
SQL_READ_ON: Final = "update notice_read set tx = $1, position = $2"
SQL_WAITING: Final = """
select o.*
from occasion o
where o.taken_at is null
order by o.at
limit $1
"""
SQL_FACTS: Final = """
select o.occasion_id, v.status, v.unit as holder, v.urgency,
    c.clock_id is not null or w.clock_id is not null as running,
    coalesce(c.due_at, w.due_at) as due_at,
    e.escalation_id is not null as cleared,
    i.item_id is not null and (o.cause <> 'scheduled' or i.state = 'scheduled') as on_table,
    coalesce(o.category, k.category) as category
from occasion o
left join ticket_view v on v.ticket_id = o.ticket_id
left join clock c on o.whistle_id is null and c.ticket_id = o.ticket_id and c.round = o.round
    and c.kind = o.clock and c.stopped_at is null and c.paused_at is null
left join whistle_clock w on w.whistle_id = o.whistle_id and w.kind = o.clock and w.unit = o.unit
    and w.stopped_at is null
left join escalation e on o.cause = 'raised' and e.ticket_id = o.ticket_id and e.round = o.round
    and e.level = o.level and e.cleared_at is not null
left join reception_item i on i.ticket_id = o.ticket_id and i.closed_at is null
    and i.org = coalesce(o.org, i.org)
left join lateral (
    select h.category from occasion h
    where h.ticket_id = o.ticket_id and h.category is not null
    order by h.at desc
    limit 1
) k on true
where o.occasion_id = any($1::uuid[])
"""
"""One row an occasion: a round has one running clock of a kind, a level one rung, a ticket one open item."""
SQL_TAKEN: Final = """
update occasion o
set taken_at = $1, outcome = t.outcome
from unnest($2::uuid[], $3::text[]) as t(id, outcome)
where o.occasion_id = t.id
"""


async def note(conn: Conn, occasions: Iterable[Occasion]) -> None:
    """Write occasions in the transaction of their cause; those known already stay as they are."""
    rows: list[tuple[Any, ...]] = [
        (
            o.occasion_id, o.cause.value, o.unit, o.area, o.at, o.ticket_id, o.whistle_id, o.number,
            o.round, o.urgency and o.urgency.value, o.category, o.clock and o.clock.value, o.level,
            o.post, ",".join(o.recipients), o.due_at, o.muted_by, o.org, o.standing,
            o.repeated,
        )
        for o in occasions
    ]  # fmt: skip
    if rows:
        await conn.execute(SQL_NOTE, *columns(rows, 20))


async def read_to(conn: Conn) -> tuple[str, int] | None:
    """How far our own events were read; None while another process plans."""
    row = await conn.fetchrow(SQL_READ_TO)
    return (row["tx"], row["position"]) if row else None


async def next_said(
    conn: Conn, after: tuple[str, int], limit: int, wanted: Sequence[str]
) -> list[Record]:
    """Our events past a cursor; only those whose subject begins as wanted bring their body."""
    return list(await conn.fetch(SQL_NEXT_SAID, *after, limit, list(wanted)))


async def read_on(conn: Conn, tx: str, position: int) -> None:
    """Remember how far."""
    await conn.execute(SQL_READ_ON, tx, position)


async def waiting(conn: Conn, limit: int) -> list[Occasion]:
    """Occasions whose recipients are still to be found, oldest first."""
    return [occasion_of(row) for row in await conn.fetch(SQL_WAITING, limit)]


async def facts(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, tuple[Facts, str | None]]:
    """What holds about each now, and its category."""
    return {
        row["occasion_id"]: (facts_of(row), row["category"])
        for row in await conn.fetch(SQL_FACTS, ids)
    }


async def taken(conn: Conn, now: datetime, outcomes: Mapping[UUID, str]) -> None:
    """Mark occasions as dealt with."""
    await conn.execute(SQL_TAKEN, now, list(outcomes), list(outcomes.values()))


def facts_of(row: Record) -> Facts:
    """A row of SQL_FACTS."""
    return Facts(
        status=row["status"],
        holder=row["holder"],
        urgency=Urgency(row["urgency"] or Urgency.NORMAL),
        running=row["running"],
        due_at=row["due_at"],
        cleared=row["cleared"],
        on_table=row["on_table"],
    )


def occasion_of(row: Record) -> Occasion:
    """A row of table `occasion`."""
    return Occasion(
        occasion_id=row["occasion_id"],
        cause=Cause(row["cause"]),
        unit=row["unit"],
        area=row["area"],
        at=row["at"],
        ticket_id=row["ticket_id"],
        whistle_id=row["whistle_id"],
        number=row["number"],
        round=row["round"],
        urgency=Urgency(row["urgency"]) if row["urgency"] else None,
        category=row["category"],
        clock=ClockKind(row["clock"]) if row["clock"] else None,
        level=row["level"],
        post=row["post"],
        recipients=tuple(row["recipients"] or ()),
        due_at=row["due_at"],
        muted_by=row["muted_by"],
        org=row["org"],
        standing=row["standing"],
        repeated=row["repeated"],
    )
