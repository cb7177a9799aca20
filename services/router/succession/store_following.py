"""SQL of following: open tickets are looked at once for a directory version and day, and moved under locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns

LOCK: Final = 0x464F4C4C
NOBODY_YET: Final = UUID(int=0)
SQL_ALONE: Final = "select pg_try_advisory_xact_lock($1)"
SQL_JOB: Final = """
select seen, skipped,
    exists (
        select from directory_following other where other.version = $1 and other.day < $2
    ) as again
from directory_following
where version = $1 and day = $2
"""
SQL_NEW_JOB: Final = """
insert into directory_following (version, day, seen) values ($1, $2, $3) on conflict do nothing
"""
SQL_JOB_DONE: Final = """
update directory_following
set seen = $3, skipped = $4, moved = moved + $5
where version = $1 and day = $2
"""
SQL_OPEN_AFTER: Final = """
select t.ticket_id, t.status, t.area, t.unit, t.rule_version
from ticket t
where t.status not in ('closed', 'declined', 'merged', 'withdrawn') and t.ticket_id > $1
order by t.ticket_id
limit $2
"""
SQL_OPEN_THESE: Final = """
select t.*, r.body as receipt,
    (
        select first.body
        from (select * from receipt own where own.ticket_id = t.ticket_id offset 0) first
        order by first.receipt_id
        limit 1
    ) as origin
from ticket t
left join receipt r on r.receipt_id = t.receipt_id
where t.status not in ('closed', 'declined', 'merged', 'withdrawn')
    and t.ticket_id = any($1::uuid[])
order by t.ticket_id
"""
"""`offset 0`: of few rows the first; without it all receipts may be walked through by id to find one."""
SQL_LOCK_FREE: Final = """
select t.ticket_id, t.version
from ticket t
where t.ticket_id = any($1::uuid[])
order by t.ticket_id
for update skip locked
"""
SQL_KEEP_RECEIPTS: Final = """
insert into receipt (receipt_id, ticket_id, body)
select * from unnest($1::uuid[], $2::uuid[], $3::text[])
"""


async def alone(conn: Conn) -> bool:
    """True for the one process that may follow until its transaction ends."""
    return bool(await conn.fetchval(SQL_ALONE, LOCK))


async def job(conn: Conn, version: int, day: date) -> Record:
    """How far tickets were looked at: seen, skipped, and whether this version had an earlier day."""
    found = await conn.fetchrow(SQL_JOB, version, day)
    if found is None:
        await conn.execute(SQL_NEW_JOB, version, day, NOBODY_YET)
        found = await conn.fetchrow(SQL_JOB, version, day)
    assert found is not None  # noqa: S101 - it was made just now
    return found


async def next_open(conn: Conn, seen: UUID, limit: int) -> list[Record]:
    """What following depends on, of the open tickets after one in order of id."""
    return list(await conn.fetch(SQL_OPEN_AFTER, seen, limit))


async def open_ones(conn: Conn, ticket_ids: Sequence[UUID]) -> list[Record]:
    """Whole rows with newest and first receipt, of those that are still open."""
    return list(await conn.fetch(SQL_OPEN_THESE, list(ticket_ids))) if ticket_ids else []


async def lock_free(conn: Conn, ticket_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Locks those that nobody holds; ticket id to version."""
    rows = await conn.fetch(SQL_LOCK_FREE, list(ticket_ids))
    return {row["ticket_id"]: row["version"] for row in rows}


async def keep_receipts(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """(receipt id, ticket id, text)."""
    if rows:
        await conn.execute(SQL_KEEP_RECEIPTS, *columns(rows, 3))


async def job_done(conn: Conn, version: int, day: date, *values: Any) -> None:
    """(seen up to, still to be looked at, how many moved)."""
    await conn.execute(SQL_JOB_DONE, version, day, *values)
