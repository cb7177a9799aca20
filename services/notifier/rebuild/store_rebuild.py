"""SQL of the rebuild: what the live schema holds at one moment, and which tables there are; only reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, Pool
from services.notifier.rebuild.views import VIEWS, View

SQL_PATIENT: Final = "set local idle_in_transaction_session_timeout = 0"
SQL_TABLES: Final = """
select c.relname
from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
"""
SQL_APPLIED: Final = "select event_id, applied_at from inbox where consumer = $1"
SQL_SAID: Final = """
select o.created_at, o.body
from outbox o
where o.subject like any ($1::text[])
order by o.tx, o.position
"""
SQL_NOTED: Final = "select distinct at from audit where action = any($1::text[])"
SQL_BY_HAND: Final = """
select ticket_id from reception_entry
where rule = 'manual' or queued_by <> 'system:notifier' or withdrawn_at is not null
union
select ticket_id from reception_item where care_by is not null or session_id is not null
union
select ticket_id from reception_decision
union
select ticket_id from legacy_matter
"""
SQL_RUNS: Final = "select version, begun_at from calendar_run"
SQL_LETTERS: Final = "select count(*) from dead_letter where resolved_at is null"
SQL_ROWS: Final[Mapping[str, str]] = {
    view.name: f"select * from {view.name} order by {', '.join(view.key)}" for view in VIEWS
}


@asynccontextmanager
async def snapshot(pool: Pool) -> AsyncIterator[Conn]:
    """A connection that sees one moment for as long as it takes; it can write nothing."""
    async with (
        pool.acquire() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        await conn.execute(SQL_PATIENT)
        yield conn


async def tables(conn: Conn) -> set[str]:
    """Names of all tables of the schema."""
    return {row["relname"] for row in await conn.fetch(SQL_TABLES)}


async def applied(conn: Conn, consumer: str) -> dict[UUID, datetime]:
    """Ids of the events a consumer has applied, and when by the clock on the wall."""
    rows = [row async for row in conn.cursor(SQL_APPLIED, consumer)]
    return {row["event_id"]: row["applied_at"] for row in rows}


async def said(conn: Conn, names: list[str]) -> AsyncIterator[Record]:
    """Our own events of those names, in order: when by the clock on the wall, and the event as JSON."""
    async for row in conn.cursor(SQL_SAID, [f"{name}.%" for name in names]):
        yield row


async def noted(conn: Conn, actions: list[str]) -> list[datetime]:
    """Business times at which the audit log tells of such actions."""
    return [row["at"] for row in await conn.fetch(SQL_NOTED, actions)]


async def by_hand(conn: Conn) -> set[UUID]:
    """Tickets that people put on a table, took back, flagged or keep as legacy problems."""
    return {row["ticket_id"] for row in await conn.fetch(SQL_BY_HAND)}


async def runs(conn: Conn) -> dict[int, datetime]:
    """When, in business time, which directory version's calendars were taken to the open clocks."""
    return {row["version"]: row["begun_at"] for row in await conn.fetch(SQL_RUNS)}


async def open_letters(conn: Conn) -> int:
    """Messages that could not be applied and wait for somebody."""
    count: int = await conn.fetchval(SQL_LETTERS)
    return count


async def rows(conn: Conn, view: View) -> list[dict[str, Any]]:
    """All rows of a view."""
    return [dict(row) async for row in conn.cursor(SQL_ROWS[view.name])]
