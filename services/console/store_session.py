"""SQL of sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kit.db import Conn

SQL_OPEN: Final = """
insert into session (cookie_digest, sealed_token, until_at) values ($1, $2, $3)
"""
SQL_SEALED: Final = "select sealed_token from session where cookie_digest = $1"
SQL_CLOSE: Final = "delete from session where cookie_digest = $1"
SQL_SWEEP: Final = """
delete from session where cookie_digest in (
    select cookie_digest from session where until_at < $1
    order by until_at limit 100 for update skip locked
)
"""


async def open_session(conn: Conn, digest: bytes, sealed: bytes, until: datetime) -> None:
    """Keep a sealed token until then."""
    await conn.execute(SQL_OPEN, digest, sealed, until)


async def sealed_token(conn: Conn, digest: bytes) -> bytes | None:
    """What was sealed, if this session is open."""
    found: bytes | None = await conn.fetchval(SQL_SEALED, digest)
    return found


async def close_session(conn: Conn, digest: bytes) -> bool:
    """Whether there was one."""
    return bool((await conn.execute(SQL_CLOSE, digest)) == "DELETE 1")


async def sweep(conn: Conn, now: datetime) -> None:
    """Take away some of those whose token has ended."""
    await conn.execute(SQL_SWEEP, now)
