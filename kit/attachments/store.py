"""SQL of attachments, the same in every service that has the table; takes a connection, never commits.

`used_by` is the complaint or the ticket a file belongs to; null while nobody has used it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns

SQL_KEEP: Final = """
insert into attachment (
    attachment_id, content_type, size, sha256, width, height, lon, lat, taken_at, uploaded_by,
    uploaded_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
SQL_ONE: Final = "select * from attachment where attachment_id = $1"
SQL_USED_BY: Final = "select * from attachment where used_by = $1 order by attachment_id"
SQL_COUNT_UNUSED: Final = (
    "select count(*) from attachment where uploaded_by = $1 and used_by is null"
)
SQL_CLAIM: Final = """
update attachment
set used_by = $2, used_at = coalesce(used_at, $4)
where attachment_id = any($1::uuid[])
    and uploaded_by = $3
    and (used_by is null or used_by = $2)
returning attachment_id
"""
SQL_FORGET_UNUSED: Final = """
with old as (
    select attachment_id
    from attachment
    where used_by is null and uploaded_at < $1
    order by uploaded_at
    limit $2
    for update skip locked
)
delete from attachment a
using old
where a.attachment_id = old.attachment_id
returning a.attachment_id
"""
SQL_ORPHANS: Final = """
select t.key
from unnest($1::text[], $2::uuid[], $3::timestamptz[]) as t(key, attachment_id, changed_at)
where t.changed_at < clock_timestamp() - interval '1 hour'
    and not exists (select from attachment a where a.attachment_id = t.attachment_id)
"""
"""By the wall clock, as the storage tells it: an upload whose row is about to be written is left alone."""


async def keep(conn: Conn, row: tuple[Any, ...]) -> None:
    """Write the row of an object that is stored, in the order of SQL_KEEP."""
    await conn.execute(SQL_KEEP, *row)


async def one(conn: Conn, attachment_id: UUID) -> Record | None:
    """One attachment."""
    return await conn.fetchrow(SQL_ONE, attachment_id)


async def used_by(conn: Conn, owner: UUID) -> list[Record]:
    """The attachments of a complaint or a ticket, in the order in which they were uploaded."""
    return list(await conn.fetch(SQL_USED_BY, owner))


async def count_unused(conn: Conn, sub: str) -> int:
    """How many files somebody has uploaded and not used yet."""
    found: int = await conn.fetchval(SQL_COUNT_UNUSED, sub)
    return found


async def claim(conn: Conn, ids: Sequence[str], owner: UUID, sub: str, at: datetime) -> str | None:
    """Link uploads to a complaint or ticket in the caller's transaction; None when all of them are.

    Else the first id that is unknown, another person's, or used for something else: roll back then.
    """
    known = {text: _uuid(text) for text in ids}
    wanted = [found for found in known.values() if found is not None]
    rows = await conn.fetch(SQL_CLAIM, wanted, owner, sub, at) if wanted else []
    claimed = {row["attachment_id"] for row in rows}
    return next((text for text in ids if known[text] not in claimed), None)


async def forget_unused(conn: Conn, before: datetime, limit: int) -> list[UUID]:
    """Delete rows of uploads that nobody used; the ids of those that are gone."""
    return [row["attachment_id"] for row in await conn.fetch(SQL_FORGET_UNUSED, before, limit)]


async def orphans(conn: Conn, found: list[tuple[str, UUID | None, datetime]]) -> list[str]:
    """Keys of objects older than an hour that have no row: (key, id, last change) of what is stored."""
    return [row["key"] for row in await conn.fetch(SQL_ORPHANS, *columns(found, 3))]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
