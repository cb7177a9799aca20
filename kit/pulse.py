"""Whether the database answers, asked twice a second over a connection that nothing else uses.

A server that is paused keeps every connection open and answers none: each request would wait for its own
time-out. Here one question notices it for all of them (reliability.md row 17): who waits is answered 503 at
once, and so is whoever comes, until the database answers again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from kit.db import LOST, Conn
from kit.logging import get

log = get(__name__)

BEAT_S: Final = 0.5
PATIENCE_S: Final = 1.5
"""An answer takes a millisecond; this much is a server that stands still."""
GRACE_S: Final = 0.05
"""If this process itself was slow, the answer has arrived by now."""

Refuse = Callable[[], Awaitable[None]]


class Pulse:
    """Asks until the process ends; `waiting` is who wants to know at once."""

    def __init__(self, connect: Callable[[], Awaitable[Conn]]) -> None:
        self._connect = connect
        self._conn: Conn | None = None
        self._waiting: dict[asyncio.Task[Any], Refuse] = {}
        self._refusals: dict[asyncio.Task[Any], asyncio.Future[None]] = {}
        self.answers = True
        self.answered_at = time.monotonic()

    async def run(self) -> None:
        """Ask for ever."""
        try:
            while True:
                await self.beat()
                await asyncio.sleep(BEAT_S)
        finally:
            if self._conn is not None:
                self._conn.terminate()

    async def beat(self) -> None:
        """Ask once."""
        asking = asyncio.create_task(self._ask())
        await asyncio.wait({asking}, timeout=PATIENCE_S)
        if not asking.done():
            await asyncio.sleep(GRACE_S)
        if asking.done() and asking.result():
            self.answered_at = time.monotonic()
            if not self.answers:
                log.info("database_answers_again")
            self.answers = True
            return
        asking.cancel()
        if self._conn is not None:
            self._conn.terminate()
            self._conn = None
        await asyncio.gather(asking, return_exceptions=True)
        self._lose()

    async def _ask(self) -> bool:
        try:
            if self._conn is None or self._conn.is_closed():
                self._conn = await self._connect()
            return bool(await self._conn.fetchval("select true"))
        except LOST:
            return False

    def _lose(self) -> None:
        if self.answers:
            log.warning("database_silent", waiting=len(self._waiting))
        self.answers = False
        for task, refuse in self._waiting.items():
            self._refusals[task] = asyncio.ensure_future(refuse())
            task.cancel()
        self._waiting.clear()

    @contextlib.asynccontextmanager
    async def request(self, refuse: Refuse) -> Any:
        """Until the end of the block: when the database falls silent, `refuse` and break off.

        The refusal goes out at once, as breaking off may take its time; who was about to go on by itself is broken
        off before the refusal has begun, and waits for it: a request that ends unanswered gets 500 from the server.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a request runs in a task
        self._waiting[task] = refuse
        try:
            yield
        except asyncio.CancelledError:
            if task not in self._refusals:
                raise
            task.uncancel()
            await self._refusals[task]
        finally:
            self._waiting.pop(task, None)
            self._refusals.pop(task, None)
