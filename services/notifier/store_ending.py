"""SQL of what ends with a ticket, and of what an undone merger brings back; never opens or commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns
from services.notifier.reception import Item
from services.notifier.store_ladder import item_of

SQL_CLEAR: Final = """
update escalation e
set cleared_at = $2
where e.ticket_id = any($1::uuid[]) and e.cleared_at is null
returning e.*
"""
SQL_WITHDRAW: Final = """
update reception_item i
set closed_at = $2
where i.ticket_id = any($1::uuid[]) and i.closed_at is null
returning i.*
"""
SQL_UNCLEAR: Final = """
update escalation e
set cleared_at = null
from unnest($1::uuid[], $2::int[], $3::timestamptz[]) as t(id, round, merged_at)
where e.ticket_id = t.id and e.round = t.round and e.cleared_at >= t.merged_at
returning e.*
"""
SQL_QUEUE_AGAIN: Final = """
update reception_item i
set closed_at = null
from unnest($1::uuid[], $2::int[], $3::timestamptz[]) as t(id, round, merged_at)
where i.ticket_id = t.id and i.round = t.round and i.closed_at >= t.merged_at
returning i.*
"""


async def clear(conn: Conn, ids: Sequence[UUID], at: datetime) -> list[Record]:
    """Clear what is raised for tickets that ended; the rows cleared."""
    rows: list[Record] = await conn.fetch(SQL_CLEAR, ids, at)
    return rows


async def withdraw(conn: Conn, ids: Sequence[UUID], at: datetime) -> list[Item]:
    """Take tickets that ended off the queues."""
    return [item_of(row) for row in await conn.fetch(SQL_WITHDRAW, ids, at)]


async def unclear(conn: Conn, returned: Sequence[tuple[UUID, int, datetime]]) -> list[Record]:
    """Raise again what a merger had cleared: (ticket id, round, when it was merged)."""
    rows: list[Record] = await conn.fetch(SQL_UNCLEAR, *columns(list(returned), 3))
    return rows


async def queue_again(conn: Conn, returned: Sequence[tuple[UUID, int, datetime]]) -> list[Item]:
    """Put back on the queues what a merger had taken off: (ticket id, round, when it was merged)."""
    rows = await conn.fetch(SQL_QUEUE_AGAIN, *columns(list(returned), 3))
    return [item_of(row) for row in rows]
