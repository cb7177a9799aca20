"""The business clock of a simulated database, as a person sets and reads it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from chuishao.runfile import RunInfo
from kit.city_time import CITY_TIME

if TYPE_CHECKING:
    from kit.db import Conn

_STEP: Final = re.compile(r"\+(\d{1,6})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_CONNECT_S: Final = 5.0


class NotSimulatedError(RuntimeError):
    """The database keeps real time."""

    def __init__(self) -> None:
        super().__init__(
            "此数据库不是以 --simulated 创建的，业务时钟不能设置。\n"
            "This database was not created with --simulated; its clock cannot be set."
        )


async def show(info: RunInfo) -> datetime:
    """Return the business time of the running installation, in city time."""
    from kit.clock import business_now

    async with _connection(info) as conn:
        return (await business_now(conn)).astimezone(CITY_TIME)


async def move(info: RunInfo, text: str) -> datetime:
    """Set the clock to a time (`2026-11-23 09:00`, city time) or a step ahead (`+90m`, `+3d`).

    Returns the new time. Raises ValueError for a text that is neither, NotSimulatedError where
    the database keeps real time.
    """
    import asyncpg

    from kit.clock import business_now, set_business_clock

    async with _connection(info) as conn:
        wanted = parse(text, now=await business_now(conn))
        if wanted.tzinfo is None:
            wanted = wanted.replace(tzinfo=CITY_TIME)
        try:
            now = await set_business_clock(conn, wanted)
        except asyncpg.RaiseError:
            raise NotSimulatedError from None
        return now.astimezone(CITY_TIME)


def parse(text: str, *, now: datetime) -> datetime:
    """Read a time, or a step from `now`; a time without offset comes back without one."""
    if step := _STEP.fullmatch(text.strip()):
        return now + timedelta(**{_UNITS[step[2]]: int(step[1])})
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        msg = f"not a time: {text!r} (2026-11-23T09:00, 2026-11-23T09:00+08:00, +90m, +3d)"
        raise ValueError(msg) from None


@asynccontextmanager
async def _connection(info: RunInfo) -> AsyncIterator[Conn]:
    import asyncpg

    conn: Conn = await asyncpg.connect(info.postgres, timeout=_CONNECT_S)
    try:
        yield conn
    finally:
        await conn.close()
