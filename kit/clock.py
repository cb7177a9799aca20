"""Business time comes from one SQL function and is handed down as an argument (product.md section 3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from kit.db import Conn

SQL_BUSINESS_NOW: Final = "select chuishao.business_now()"
SQL_DATABASE_NOW: Final = "select clock_timestamp()"
SQL_CLOCK_SET: Final = "select chuishao.set_business_clock($1)"


async def business_now(conn: Conn) -> datetime:
    """The time of this request, message or tick, with offset; taken once and passed on."""
    now: datetime = await conn.fetchval(SQL_BUSINESS_NOW)
    return now


async def set_business_clock(conn: Conn, at: datetime) -> datetime:
    """Move the clock of a simulated database; PostgreSQL raises where the database is not simulated."""
    now: datetime = await conn.fetchval(SQL_CLOCK_SET, at)
    return now


async def database_now(conn: Conn) -> datetime:
    """The database server's own clock: for the order in which things were written, never for a rule."""
    now: datetime = await conn.fetchval(SQL_DATABASE_NOW)
    return now


def wall_now() -> datetime:
    """The machine's clock, UTC: for signatures and tokens that another machine compares with its own.

    Never for a rule of the business, which takes `business_now`.
    """
    return datetime.now(UTC)
