"""SQL of what is cleared when a ticket ends, and of what an undone merger raises again; never opens or commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns

SQL_CLEAR: Final = """
update escalation e
set cleared_at = t.at, repeat_at = null
from unnest($1::uuid[], $2::timestamptz[]) as t(id, at)
where e.ticket_id = t.id and e.cleared_at is null
returning e.*
"""
SQL_UNCLEAR: Final = """
update escalation e
set cleared_at = null
from unnest($1::uuid[], $2::int[], $3::timestamptz[]) as t(id, round, merged_at)
where e.ticket_id = t.id and e.round = t.round and e.cleared_at >= t.merged_at
returning e.*
"""


async def clear(conn: Conn, ended: Mapping[UUID, datetime]) -> list[Record]:
    """Clear what is raised for tickets, each as of when it ended; the rows cleared."""
    rows: list[Record] = await conn.fetch(SQL_CLEAR, list(ended), list(ended.values()))
    return rows


async def unclear(conn: Conn, returned: Sequence[tuple[UUID, int, datetime]]) -> list[Record]:
    """Raise again what a merger had cleared: (ticket id, round, when it was merged)."""
    rows: list[Record] = await conn.fetch(SQL_UNCLEAR, *columns(list(returned), 3))
    return rows
