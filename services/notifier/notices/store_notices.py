"""SQL of notices: planned, joined, counted; never opens or commits.

`next_at` paces tries by the database's own clock, as leases do; when somebody may be told is business time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from contracts.complaint import Urgency
from kit.db import Conn, columns
from services.notifier.notices.notice import Due, Joined, Notice
from services.notifier.notices.planning import Budget

SQL_PLAN: Final = """
insert into notice (
    notice_id, occasion_id, cause, ticket_id, number, unit, area, urgency, level, post, person, channel,
    bundle, waits_for, planned_at, not_before, instead_of, next_at
)
select t.*, case when $18 then clock_timestamp() end
from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::int[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::timestamptz[],
    $16::timestamptz[], $17::uuid[]
) as t
on conflict (occasion_id, person, channel) do nothing
returning notice_id, channel
"""
SQL_BUDGETS: Final = "select person, tokens, at from notice_budget where person = any($1::text[])"
SQL_SPEND: Final = """
insert into notice_budget (person, tokens, at)
select * from unnest($1::text[], $2::float8[], $3::timestamptz[])
on conflict (person) do update set tokens = excluded.tokens, at = excluded.at
"""
SQL_DUE: Final = """
with heads as (
    select person, channel, bundle, min(not_before)
    from notice
    where state = 'planned' and next_at is null and not_before <= $1
    group by person, channel, bundle
    order by min(not_before)
    limit $2
)
select n.notice_id, n.person, n.channel, n.bundle, n.post, n.unit, n.urgency, n.not_before
from heads h
join notice n on n.person = h.person and n.channel = h.channel and n.bundle = h.bundle
where n.state = 'planned' and n.next_at is null
"""
SQL_READY: Final = """
update notice set next_at = clock_timestamp() where notice_id = any($1::uuid[])
"""
SQL_JOIN: Final = """
update notice n
set state = 'digested', joined_to = t.joined_to, next_at = null
from unnest($1::uuid[], $2::uuid[]) as t(id, joined_to)
where n.notice_id = t.id
"""
SQL_WEIGHT: Final = """
select (select count(*) from notice where next_at is not null) as due,
    (select coalesce(extract(epoch from clock_timestamp() - min(next_at)), 0)::float8
     from notice where next_at is not null) as lag_s,
    (select count(*) from notice where state = 'dead') as dead
"""


async def plan(conn: Conn, notices: Sequence[Notice], *, ready: bool = False) -> list[Record]:
    """Write notices; those there already stay. `ready`: they may be sent at once."""
    rows: list[tuple[Any, ...]] = [
        (
            n.notice_id, n.occasion_id, n.cause, n.ticket_id, n.number, n.unit, n.area,
            n.urgency.value, n.level, n.post, n.person, n.channel, n.bundle, n.waits_for,
            n.planned_at, n.not_before, n.instead_of,
        )
        for n in notices
    ]  # fmt: skip
    return list(await conn.fetch(SQL_PLAN, *columns(rows, 17), ready)) if rows else []


async def budgets(
    conn: Conn, people: Sequence[str], now: datetime, a_day: int
) -> dict[str, Budget]:
    """What is left of each person's day; a full one for who was never told anything."""
    found = {person: Budget(person, float(a_day), now, a_day) for person in people}
    for row in await conn.fetch(SQL_BUDGETS, people):
        found[row["person"]] = Budget(row["person"], row["tokens"], row["at"], a_day)
    return found


async def spend(conn: Conn, spent: Sequence[Budget]) -> None:
    """Write budgets back."""
    rows: list[tuple[Any, ...]] = [(b.person, b.left, b.at) for b in spent]
    if rows:
        await conn.execute(SQL_SPEND, *columns(rows, 3))


async def due(conn: Conn, now: datetime, limit: int) -> list[Due]:
    """Everything waiting in bundles of which something is due, up to `limit` bundles."""
    rows = await conn.fetch(SQL_DUE, now, limit)
    return [
        Due(
            row["notice_id"], row["person"], row["channel"], row["bundle"], row["post"],
            row["unit"], Urgency(row["urgency"]), row["not_before"],
        )
        for row in rows
    ]  # fmt: skip


async def ready(conn: Conn, ids: Sequence[UUID]) -> None:
    """Let them be sent."""
    await conn.execute(SQL_READY, ids)


async def join(conn: Conn, joined: Sequence[tuple[UUID, Joined]]) -> None:
    """Put notices into the one that tells of them all."""
    rows: list[tuple[Any, ...]] = [(m.notice_id, of) for of, one in joined for m in one.members]
    await conn.execute(SQL_JOIN, *columns(rows, 2))


async def weight(conn: Conn) -> Record:
    """How many are to be sent, since how many seconds the longest, and how many are dead."""
    row: Record = await conn.fetchrow(SQL_WEIGHT)
    return row
