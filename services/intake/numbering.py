"""Hands out complaint numbers: counters of the day, reserved for this process in one go."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Final

from kit.db import Pool, reading
from services.intake import store_filing as store
from services.intake.number import number

NUMBERS_AT_ONCE: Final = 512


class Numbers:
    """Counters of the day, taken from the database some hundred at a time."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lock = asyncio.Lock()
        self._day: date | None = None
        self._next = 0
        self._end = 0

    async def take(self, day: date, count: int) -> list[str]:
        """Numbers nobody else gets. Raises DayFullError past a million a day."""
        taken: list[str] = []
        async with self._lock:
            while len(taken) < count:
                if day != self._day or self._next >= self._end:
                    async with reading(self._pool) as conn:
                        first = await store.reserve_numbers(conn, day, NUMBERS_AT_ONCE)
                    self._day, self._next, self._end = day, first, first + NUMBERS_AT_ONCE
                taken.append(number(day, self._next))
                self._next += 1
        return taken
