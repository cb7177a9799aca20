"""SQL of the ledger of legacy problems; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn

SQL_OPEN: Final = """
insert into legacy_matter (
    legacy_id, ticket_id, number, area, org, level, path, way, opened_by, opened_at, review_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (ticket_id) where ended_at is null do nothing
returning *
"""
SQL_LOCK: Final = "select * from legacy_matter where legacy_id = $1 for update"
SQL_REVIEW: Final = """
update legacy_matter
set path = $2, way = $3, version = version + 1, review_at = coalesce($4, review_at),
    asked_at = case when $4 is null then asked_at end, ended_at = $5, outcome = $6
where legacy_id = $1
returning *
"""
SQL_NOTE: Final = """
insert into legacy_review (
    legacy_id, version, at, actor, path, way, plan, cause, steps, explanation, review_at, outcome
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
SQL_CLAIM_REVIEWS: Final = """
with due as (
    select l.legacy_id
    from legacy_matter l
    where l.review_at <= $1 and l.ended_at is null and l.asked_at is null
    order by l.review_at
    limit $2
    for update skip locked
)
update legacy_matter l
set asked_at = $1
from due d
where l.legacy_id = d.legacy_id
returning l.*
"""
SQL_PAGE: Final = """
select l.*
from legacy_matter l
where ($1::text[] is null or l.org = any($1)) and ($2::boolean is null or (l.ended_at is null) = $2)
    and ($3::text is null or l.path = $3)
    and ($4::timestamptz is null or (l.review_at, l.legacy_id) > ($4, $5::uuid))
order by l.review_at, l.legacy_id
limit $6
"""
SQL_OF_TICKET: Final = """
select l.* from legacy_matter l where l.ticket_id = $1 order by l.opened_at
"""
SQL_REVIEWS: Final = """
select r.* from legacy_review r where r.legacy_id = any($1::uuid[]) order by r.legacy_id, r.version
"""


async def open_matter(conn: Conn, values: tuple[Any, ...]) -> Record | None:
    """Begin a legacy matter, in the order of SQL_OPEN; None where the ticket has an open one."""
    return await conn.fetchrow(SQL_OPEN, *values)


async def lock(conn: Conn, legacy_id: UUID) -> Record | None:
    """A legacy matter, locked until the transaction ends."""
    return await conn.fetchrow(SQL_LOCK, legacy_id)


async def review(conn: Conn, values: tuple[Any, ...]) -> Record:
    """Write what a review found, in the order of SQL_REVIEW."""
    row = await conn.fetchrow(SQL_REVIEW, *values)
    assert row is not None  # noqa: S101 - it is locked
    return row


async def note(conn: Conn, values: tuple[Any, ...]) -> None:
    """Add a line to its history, in the order of SQL_NOTE."""
    await conn.execute(SQL_NOTE, *values)


async def claim_reviews(conn: Conn, now: datetime, limit: int) -> list[Record]:
    """Matters whose review date has come, each once; others' claims are skipped."""
    rows: list[Record] = await conn.fetch(SQL_CLAIM_REVIEWS, now, limit)
    return rows


async def page(  # noqa: PLR0913 - one parameter per filter
    conn: Conn,
    orgs: Sequence[str] | None,
    *,
    ongoing: bool | None,
    path: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Record]:
    """A page of the ledger, next review first."""
    at, legacy_id = after or (None, None)
    rows: list[Record] = await conn.fetch(SQL_PAGE, orgs, ongoing, path, at, legacy_id, limit)
    return rows


async def of_ticket(conn: Conn, ticket_id: UUID) -> list[Record]:
    """The legacy matters of a ticket, oldest first."""
    rows: list[Record] = await conn.fetch(SQL_OF_TICKET, ticket_id)
    return rows


async def reviews(conn: Conn, ids: Sequence[UUID]) -> list[Record]:
    """What was found at the beginning and at each review of matters."""
    rows: list[Record] = await conn.fetch(SQL_REVIEWS, ids)
    return rows
