"""A database beside the live one that is made, used and dropped: nothing in it outlives the command."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from chuishao.database import bring_up_to_date
from chuishao.dsn import MAINTENANCE, Dsn
from chuishao.secrets import Secrets

if TYPE_CHECKING:
    from asyncpg import Connection

PREFIX: Final = "chuishao_scratch"
_CONNECT_S: Final = 10.0
SQL_DROP: Final = "select format('drop database if exists %I with (force)', $1::text)"
HOLD_STILL: Final = """
create or replace function chuishao.business_now() returns timestamptz
language sql volatile security definer set search_path = chuishao
return (select coalesce(business_at, clock_timestamp()) from chuishao.setting);
grant execute on function chuishao.set_business_clock(timestamptz) to chuishao_notifier
"""
"""In a scratch database business time stands where it was set, and the service that is replayed may set it."""


@asynccontextmanager
async def scratch_database(live: Dsn, secrets: Secrets) -> AsyncIterator[Dsn]:
    """A migrated, empty database on the server of `live`, with a clock that can be set; dropped on leaving."""
    place = replace(live, database=f"{PREFIX}_{os.getpid()}")
    await _drop(place)
    try:
        await bring_up_to_date(place, secrets, simulated=True)
        await _execute(place.text(), HOLD_STILL)
        yield place
    finally:
        await _drop(place)


async def _drop(place: Dsn) -> None:
    conn = await _connect(place.text(database=MAINTENANCE))
    try:
        await conn.execute(await conn.fetchval(SQL_DROP, place.database))
    finally:
        await conn.close()


async def _execute(dsn: str, statement: str) -> None:
    conn = await _connect(dsn)
    try:
        await conn.execute(statement)
    finally:
        await conn.close()


async def _connect(dsn: str) -> Connection:
    import asyncpg

    return await asyncpg.connect(dsn, timeout=_CONNECT_S)
