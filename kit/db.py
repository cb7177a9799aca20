"""A pool bound to one service's schema and role, with a time-out on everything."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg
import orjson

from kit.limits.admission import WAITING
from kit.sight import Sight

Conn: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

ACQUIRE_TIMEOUT_S: Final = 2.0
COMMAND_TIMEOUT_S: Final = 10.0
CONNECT_TIMEOUT_S: Final = 5.0
USER_TIMEOUT_MS: Final = 15_000
"""How long sent bytes may stay unacknowledged."""
LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    OSError,
    TimeoutError,
)
"""Failures of the moment: the same work may succeed when tried again.

A full disk, too little memory and too many connections are among them (SQLSTATE class 53), and a role or
password that the server refuses meanwhile (class 28): nobody's message is at fault, and none may be buried
for it. asyncpg's internal error is what it says of a connection that broke and was not yet put away.
"""
SQL_SHOW: Final = """
select set_config('chuishao.person', $1, true), set_config('chuishao.all', $2, true),
    set_config('chuishao.units', $3::text[]::text, true),
    set_config('chuishao.below', $4::text[]::text, true),
    set_config('chuishao.areas', $5::text[]::text, true),
    set_config('chuishao.kin', $6::text[]::text, true),
    set_config('chuishao.told', $7::text[]::text, true)
"""
SQL_IN_HAND: Final = "select set_config('chuishao.in_hand', $1::uuid[]::text, true)"


async def _prepare(conn: Conn) -> None:
    _notice_silence(conn)
    await conn.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: orjson.dumps(value).decode(),
        decoder=orjson.loads,
    )


def _notice_silence(conn: Conn) -> None:
    """Let the kernel give up a peer that acknowledges nothing (a partition, a host without power)."""
    sock = conn._transport.get_extra_info("socket")  # noqa: SLF001 - asyncpg has no setting for it
    if sock is None or sock.family == socket.AF_UNIX:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 2)):
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)


async def _nothing_to_reset(_: Any) -> None:
    """No code here changes a session, so the four statements of asyncpg's own reset are left out."""


async def create_pool(
    dsn: str, password: str | None, schema: str, *, size: int = 10, user: str | None = None
) -> Pool:
    """Connect with `search_path` on the service's schema; every statement has a time-out.

    `user` is another role than the DSN's. Raises OSError or asyncpg errors when the server cannot be
    reached.
    """
    return await asyncpg.create_pool(
        dsn,
        user=user,
        password=password,
        min_size=min(2, size),
        max_size=size,
        command_timeout=COMMAND_TIMEOUT_S,
        timeout=CONNECT_TIMEOUT_S,
        init=_prepare,
        reset=_nothing_to_reset,
        server_settings={
            "application_name": f"chuishao-{schema}{'-people' if user else ''}",
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


async def connect_alone(dsn: str, password: str | None, service: str) -> Conn:
    """One connection beside the pool, for asking whether the server answers (kit/pulse.py)."""
    conn = await asyncpg.connect(
        dsn,
        password=password,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=COMMAND_TIMEOUT_S,
        server_settings={"application_name": f"chuishao-{service}-pulse"},
    )
    _notice_silence(conn)
    return conn


@asynccontextmanager
async def _taken(pool: Pool) -> AsyncIterator[Conn]:
    """A connection of the pool; whoever waits for it in a request is noted."""
    admission = WAITING.get()
    ticket = admission.begin() if admission else None
    try:
        async with pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as conn:
            if admission and ticket:
                admission.end(ticket)
                ticket = None
            yield conn
    finally:
        if admission and ticket:
            admission.end(ticket)


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Conn]:
    """A connection inside a transaction; commits on leaving, rolls back on any exception."""
    async with _taken(pool) as conn, conn.transaction():
        yield conn


@asynccontextmanager
async def reading(pool: Pool) -> AsyncIterator[Conn]:
    """A connection for single reads, outside a transaction."""
    async with _taken(pool) as conn:
        yield conn


async def show(conn: Conn, sight: Sight) -> None:
    """Tell the transaction who asks; what its policies let through follows from this until it ends."""
    sets = (sight.units, sight.below, sight.areas, sight.kin, sight.told)
    everything = "on" if sight.everything else ""
    await conn.execute(SQL_SHOW, sight.person, everything, *(sorted(one) for one in sets))


async def keep_in_hand(conn: Conn, ids: Iterable[UUID]) -> None:
    """What was seen and is about to change stays seen in this transaction, whoever gets it."""
    await conn.execute(SQL_IN_HAND, list(ids))


def columns(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Turn rows into columns for `unnest($1, $2, …)`; `width` columns even when there is no row."""
    return (
        [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
    )
