"""SQL of category models and of the tickets they learn from; takes a connection, never commits."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from asyncpg import Record

from kit.db import Conn

LOCK_KEY: Final = 0x4D4F4445
PAGE: Final = 2_000
SQL_LOCK: Final = "select pg_advisory_xact_lock($1)"
SQL_NEWEST: Final = """
select version, digest, in_use, scores from model order by version desc limit 1
"""
SQL_IN_USE: Final = "select version, digest, scores from model where in_use"
SQL_BODY: Final = "select digest, body from model where version = $1"
SQL_RETIRE: Final = "update model set in_use = false where in_use"
SQL_KEEP: Final = """
insert into model (
    version, made_at, made_from, digest, labels, n, scores, threshold, body, in_use
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, true)
"""
SQL_HISTORY: Final = """
select t.ticket_id, t.title, t.body, t.category, t.status,
    exists (
        select
        from ticket_event d
        join ticket_event q on q.ticket_id = d.ticket_id and q.version = d.version - 1
        where d.ticket_id = t.ticket_id
            and d.event = 'dispatched'
            and d.actor <> 'system:router'
            and q.status = 'triage'
    ) as corrected
from ticket t
where t.ticket_id < $1 and t.category is not null
order by t.ticket_id desc
limit $2
"""
"""A person dispatched it from the desk: what it is called now is that person's word."""


async def lock(conn: Conn) -> None:
    """One publication at a time, until the transaction ends."""
    await conn.execute(SQL_LOCK, LOCK_KEY)


async def newest(conn: Conn) -> Record | None:
    """The newest version, its digest and scores."""
    return await conn.fetchrow(SQL_NEWEST)


async def in_use(conn: Conn) -> Record | None:
    """The version in use, its digest and scores."""
    return await conn.fetchrow(SQL_IN_USE)


async def body(conn: Conn, version: int) -> tuple[str, bytes] | None:
    """(digest, bytes) of one version."""
    row = await conn.fetchrow(SQL_BODY, version)
    return (row["digest"], row["body"]) if row else None


async def keep(conn: Conn, version: int, made_at: datetime, *values: Any) -> None:
    """Store a version and put it in use: from, digest, labels, n, scores, threshold, body."""
    await conn.execute(SQL_RETIRE)
    await conn.execute(SQL_KEEP, version, made_at, *values)


async def history(conn: Conn, before: Any) -> list[Record]:
    """A page of tickets that have a category, newest first; `corrected` where a person decided it."""
    return list(await conn.fetch(SQL_HISTORY, before, PAGE))
