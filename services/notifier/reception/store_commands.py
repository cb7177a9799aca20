"""SQL of answers that were given under a key; takes a connection, never opens or commits one."""

from __future__ import annotations

from typing import Any, Final

from asyncpg import Record

from kit.db import Conn

SQL_BEFORE: Final = """
select c.reply, c.body_hash
from reception_command c
where c.person = $1 and c.key = $2
"""
SQL_ALONE: Final = "select pg_advisory_xact_lock(hashtextextended($1, 7))"
SQL_KEEP: Final = """
insert into reception_command (person, key, body_hash, reply, at)
values ($1, $2, $3, $4, $5)
"""


async def alone(conn: Conn, key: str) -> None:
    """Wait until nobody else works on this key; until the transaction ends."""
    await conn.execute(SQL_ALONE, key)


async def answered(conn: Conn, person: str, key: str) -> Record | None:
    """What was answered under this key before."""
    return await conn.fetchrow(SQL_BEFORE, person, key)


async def keep(conn: Conn, *values: Any) -> None:
    """(person, key, body hash, reply, at)."""
    await conn.execute(SQL_KEEP, *values)
