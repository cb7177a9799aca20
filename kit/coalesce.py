"""Joins concurrent requests into one transaction: whoever arrives while a flush runs goes into the next.

A lone request waits for nobody; under load the cost of a commit is shared. If a group fails for a
reason of its own, each member is tried alone, so nobody pays for a neighbour's bad luck.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import asyncpg

from kit.db import LOST
from kit.limits.admission import WAITING

HELD = asyncpg.LockNotAvailableError
"""Somebody else holds what one of the group needs: only that one shall wait for it."""

T = TypeVar("T")
R = TypeVar("R")


class QueueFullError(Exception):
    """More requests wait than may wait; the caller should be told to come back."""


class Coalescer(Generic[T, R]):
    """Feeds `flush` with groups of at most `size` items, `workers` groups at a time."""

    def __init__(
        self,
        flush: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        *,
        size: int = 64,
        workers: int = 2,
        limit: int = 4_096,
        pace_s: float = 0.0,
    ) -> None:
        """`pace_s`: least time between the starts of two groups; a lone item after it waits for nothing."""
        self._flush = flush
        self._size = size
        self._limit = limit
        self._free = workers
        self._pace_s = pace_s
        self._next_at = 0.0
        self._queue: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def submit(self, item: T) -> R:
        """The result for this item, after its transaction has committed.

        Raises QueueFullError, or whatever the flush raised for this item.
        """
        if len(self._queue) >= self._limit:
            raise QueueFullError
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if self._free:
            self._free -= 1
            task = asyncio.create_task(self._work())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        admission = WAITING.get()
        ticket = admission.begin() if admission else None
        try:
            return await future
        finally:
            if admission:
                admission.end(ticket)

    async def _work(self) -> None:
        try:
            while self._queue:
                await self._turn()
                group = [self._queue.popleft() for _ in range(min(self._size, len(self._queue)))]
                await self._settle(group)
        finally:
            self._free += 1

    async def _turn(self) -> None:
        """Wait for this group's moment; meanwhile others join it."""
        now = time.monotonic()
        at = max(now, self._next_at)
        self._next_at = at + self._pace_s
        if at > now:
            await asyncio.sleep(at - now)

    async def _settle(self, group: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._flush([item for item, _ in group])
            settled = list(zip(group, results, strict=True))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
            if len(group) == 1 or (isinstance(error, LOST) and not isinstance(error, HELD)):
                _fail(group, error)
                return
            for one in group:
                await self._settle([one])
        else:
            for (_, future), result in settled:
                if not future.done():
                    future.set_result(result)


def _fail(group: list[tuple[T, asyncio.Future[R]]], error: BaseException) -> None:
    for _, future in group:
        if not future.done():
            future.set_exception(error)
