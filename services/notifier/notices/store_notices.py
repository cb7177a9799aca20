"""SQL of notices: planned, joined, claimed, marked; never opens or commits.

`next_at` paces tries by the database's own clock, as leases do; when somebody may be told is business time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
SQL_CLAIM: Final = """
with due as (
    select notice_id
    from notice
    where next_at <= (select clock_timestamp())
    order by next_at
    limit $1
    for update skip locked
)
update notice n
set next_at = clock_timestamp() + make_interval(secs => $2), attempts = n.attempts + 1
from due d
where n.notice_id = d.notice_id
returning n.*
"""
SQL_MATTERS: Final = """
select n.notice_id as letter, n.notice_id, n.occasion_id from notice n
where n.notice_id = any($1::uuid[]) and n.occasion_id is not null
union all
select n.joined_to, n.notice_id, n.occasion_id from notice n
where n.joined_to = any($1::uuid[])
"""
SQL_OCCASIONS: Final = "select o.* from occasion o where o.occasion_id = any($1::uuid[])"
SQL_DROP: Final = """
update notice n
set state = 'dropped', dropped_why = t.why, next_at = null, joined_to = null
from unnest($1::uuid[], $2::text[]) as t(id, why)
where n.notice_id = t.id and n.state in ('planned', 'failed', 'digested')
"""
SQL_SENT: Final = """
update notice set state = 'sent', sent_at = $2, next_at = null, last_error = null
where notice_id = $1 and state in ('planned', 'failed')
"""
SQL_FAILED: Final = """
update notice
set state = 'failed', last_error = $2, next_at = clock_timestamp() + make_interval(secs => $3)
where notice_id = $1 and state in ('planned', 'failed')
"""
SQL_DEAD: Final = """
update notice set state = 'dead', last_error = $2, next_at = null
where notice_id = $1 and state in ('planned', 'failed')
returning notice_id
"""
SQL_TRIED: Final = """
with recursive line as (
    select n.notice_id, n.occasion_id, n.instead_of, n.state, n.person, n.channel
    from notice n where n.notice_id = $1
    union all
    select n.notice_id, n.occasion_id, n.instead_of, n.state, n.person, n.channel
    from line l join notice n on n.notice_id = l.instead_of
)
select person, channel, state from line
union
select n.person, n.channel, n.state from notice n
where n.occasion_id = (select occasion_id from notice where notice_id = $1)
"""
SQL_REJOIN: Final = "update notice set joined_to = $2 where joined_to = $1"
SQL_RETRY: Final = """
update notice
set state = 'planned', attempts = 0, next_at = clock_timestamp()
where notice_id = $1 and state in ('dead', 'failed')
returning notice_id, channel, ticket_id
"""
SQL_STATE: Final = "select state from notice where notice_id = $1"
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


async def claim(conn: Conn, limit: int, lease_s: float) -> list[Record]:
    """Notices to send now, each counted as tried; who dies with one lets it go after `lease_s`."""
    rows: list[Record] = await conn.fetch(SQL_CLAIM, limit, lease_s)
    return rows


async def matters(conn: Conn, ids: Sequence[UUID]) -> list[Record]:
    """Which occasions the claimed notices tell of: letter, notice, occasion."""
    rows: list[Record] = await conn.fetch(SQL_MATTERS, ids)
    return rows


async def occasions(conn: Conn, ids: Sequence[UUID]) -> list[Record]:
    """Occasions by id."""
    rows: list[Record] = await conn.fetch(SQL_OCCASIONS, ids)
    return rows


async def drop(conn: Conn, pointless: Mapping[UUID, str]) -> None:
    """What need not be said any more, and why."""
    if pointless:
        await conn.execute(SQL_DROP, list(pointless), list(pointless.values()))


async def sent(conn: Conn, notice_id: UUID, now: datetime) -> None:
    """The other side has taken it."""
    await conn.execute(SQL_SENT, notice_id, now)


async def failed(conn: Conn, notice_id: UUID, reason: str, wait_s: float) -> None:
    """To be tried again after so many seconds."""
    await conn.execute(SQL_FAILED, notice_id, reason, wait_s)


async def dead(conn: Conn, notice_id: UUID, reason: str) -> bool:
    """Given up; False when somebody else has dealt with it since."""
    return await conn.fetchval(SQL_DEAD, notice_id, reason) is not None


async def tried(conn: Conn, notice_id: UUID) -> list[Record]:
    """Person, channel and state of every notice of the same occasion, and of those it took the place of."""
    rows: list[Record] = await conn.fetch(SQL_TRIED, notice_id)
    return rows


async def rejoin(conn: Conn, dead_id: UUID, instead: UUID) -> None:
    """What a dead digest told of is told by the one that takes its place."""
    await conn.execute(SQL_REJOIN, dead_id, instead)


async def retry(conn: Conn, notice_id: UUID) -> Record | None:
    """Send a dead notice again; None when there is none to send again."""
    return await conn.fetchrow(SQL_RETRY, notice_id)


async def state(conn: Conn, notice_id: UUID) -> str | None:
    """State of a notice; None when there is none."""
    found: str | None = await conn.fetchval(SQL_STATE, notice_id)
    return found


async def weight(conn: Conn) -> Record:
    """How many are to be sent, since how many seconds the longest, and how many are dead."""
    row: Record = await conn.fetchrow(SQL_WEIGHT)
    return row
