"""SQL of the directory's life: what open and past tickets say about a version; takes a connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from asyncpg import Record

from kit.db import Conn

AT_ONCE: Final = 200
"""Tickets read in one go."""
SQL_OPEN_PLACES: Final = """
select area, unit, count(*) as tickets
from ticket
where status not in ('closed', 'declined', 'merged', 'withdrawn')
group by area, unit
"""
SQL_COUNT_SINCE: Final = "select count(*) from ticket where received_at >= $1"
SQL_SINCE: Final = """
select ticket_id, number, channel, kind, title, body, address, accused, confidential, received_at, given
from ticket
where received_at >= $1
"""


async def open_places(conn: Conn) -> list[Record]:
    """Areas and units with open tickets: (area, unit, tickets)."""
    return list(await conn.fetch(SQL_OPEN_PLACES))


async def count_since(conn: Conn, since: datetime) -> int:
    """How many tickets' complaints were received since."""
    return int(await conn.fetchval(SQL_COUNT_SINCE, since))


async def since(conn: Conn, start: datetime) -> AsyncIterator[Record]:
    """Their words and given inputs, through a cursor; inside a transaction."""
    async for row in conn.cursor(SQL_SINCE, start, prefetch=AT_ONCE):
        yield row
