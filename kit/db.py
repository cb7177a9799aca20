"""A pool bound to one service's schema and role, with a time-out on everything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

import asyncpg
import orjson

Conn: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

ACQUIRE_TIMEOUT_S: Final = 2.0
COMMAND_TIMEOUT_S: Final = 10.0
LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    OSError,
    TimeoutError,
)
"""Failures of the moment: the same work may succeed when tried again."""


async def _prepare(conn: Conn) -> None:
    await conn.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: orjson.dumps(value).decode(),
        decoder=orjson.loads,
    )


async def _nothing_to_reset(_: Any) -> None:
    """No code here changes a session, so the four statements of asyncpg's own reset are left out."""


async def create_pool(dsn: str, password: str | None, schema: str, *, size: int = 10) -> Pool:
    """Connect with `search_path` on the service's schema; every statement has a time-out.

    Raises OSError or asyncpg errors when the server cannot be reached.
    """
    return await asyncpg.create_pool(
        dsn,
        password=password,
        min_size=min(2, size),
        max_size=size,
        command_timeout=COMMAND_TIMEOUT_S,
        timeout=5,
        init=_prepare,
        reset=_nothing_to_reset,
        server_settings={
            "application_name": f"chuishao-{schema}",
            "search_path": schema,
            "statement_timeout": "8000",
            "lock_timeout": "2000",
            "idle_in_transaction_session_timeout": "10000",
            "jit": "off",
            # A plan made while a table was nearly empty is kept; every statement has its index.
            "enable_seqscan": "off",
            "timezone": "UTC",
        },
    )


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Conn]:
    """A connection inside a transaction; commits on leaving, rolls back on any exception."""
    async with pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as conn, conn.transaction():
        yield conn


@asynccontextmanager
async def reading(pool: Pool) -> AsyncIterator[Conn]:
    """A connection for single reads, outside a transaction."""
    async with pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as conn:
        yield conn


def columns(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Turn rows into columns for `unnest($1, $2, …)`; `width` columns even when there is no row."""
    return (
        [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
    )
