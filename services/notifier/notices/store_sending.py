"""SQL of sending: claimed, dropped, marked, given up; never opens or commits.

`next_at` paces tries by the database's own clock, as leases do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn

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
