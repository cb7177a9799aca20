"""Business time of a simulated installation: it passes faster, so that clocks run out while all is failing.

The pairs (seconds of the run, business time) that are noted tell the checker when each limit fell due,
whoever moved the clock.
"""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from tests.chaos.history import History, Phase
from tests.chaos.site import Site

LOOK_S: Final = 1.0
LEAP_EVERY_S: Final = (8.0, 20.0)
LEAP: Final = (6, 16)
"""Minutes of one leap: a critical ticket is to be signed for within 15."""


class BusinessTime:
    """Looks at the clock, and moves it ahead now and then."""

    def __init__(self, site: Site, history: History, rng: random.Random) -> None:
        self._site = site
        self._history = history
        self._rng = rng
        self.passing = True

    async def set(self, at: datetime) -> None:
        """Begin at a time of the working day. Raises asyncpg errors."""
        await self._do("select chuishao.set_business_clock($1)", at)

    async def run(self) -> None:
        """For ever; what the database does not answer is not noted."""
        leap_at = self._history.now() + self._rng.uniform(*LEAP_EVERY_S)
        while True:
            await asyncio.sleep(LOOK_S)
            leap = self.passing and self._history.now() > leap_at
            try:
                await self._look(leap=leap)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                continue
            if leap:
                leap_at = self._history.now() + self._rng.uniform(*LEAP_EVERY_S)

    async def _look(self, *, leap: bool) -> None:
        at: datetime = await self._do("select chuishao.business_now()")
        if leap:
            at += timedelta(minutes=self._rng.uniform(*LEAP))
            at = await self._do("select chuishao.set_business_clock($1)", at)
        self._history.say("time", "clock", Phase.OK, "leap" if leap else "look", at=at.isoformat())

    async def _do(self, statement: str, *values: object) -> datetime:
        conn = await asyncpg.connect(self._site.info["postgres"], timeout=3, command_timeout=3)
        try:
            now: datetime = await conn.fetchval(statement, *values)
            return now
        finally:
            conn.terminate()
