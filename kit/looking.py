"""A transaction that sees what somebody may see (docs/adr/0036)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from kit.clock import business_now
from kit.db import Conn, Pool, show, transaction
from kit.sight import Sight


@asynccontextmanager
async def look(
    people: Pool, sight_at: Callable[[datetime], Sight]
) -> AsyncIterator[tuple[Conn, datetime]]:
    """A connection that sees what somebody may see at business time, and that time.

    `people` is the pool of the role that row policies hold for; `sight_at` says what they are told.
    """
    async with transaction(people) as conn:
        now = await business_now(conn)
        await show(conn, sight_at(now))
        yield conn, now
