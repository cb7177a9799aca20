"""What runs beside the console's doors: the projector, and the sweeper of what nobody needs any more."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final

from kit.db import LOST, Pool, transaction
from kit.logging import get
from services.console import projecting
from services.console.presence import store as store_presence
from services.console.projection import store_frames

log = get(__name__)

PACE_S: Final = 0.25
"""Least time between two turns: what comes meanwhile shares a frame."""
REST: Final = 3.0
"""Pause after a turn, at least so many times as long as it took: on a machine with too much to do screens wait
for what decides, not the other way round."""
IDLE_S: Final = 1.0
"""A turn without being woken: what a replica heard that died before its turn."""
KEPT_S: Final = 3_600.0
KEPT_MOST: Final = 200_000
PRUNE_S: Final = 10.0
PRUNED_AT_ONCE: Final = 5_000


class Projector:
    """Turns what was heard into rows and frames; one replica at a time does."""

    def __init__(self, pool: Pool, said: Callable[[], None]) -> None:
        """`said` is called when there are new frames."""
        self._pool = pool
        self._said = said
        self._heard = asyncio.Event()

    def wake(self) -> None:
        """Something was heard."""
        self._heard.set()

    async def run(self) -> None:
        """Turn when woken, and now and then; never ends."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._heard.wait(), IDLE_S)
            self._heard.clear()
            began = time.monotonic()
            done = await self._turn()
            if done is None:
                self._heard.set()
            elif done:
                self._said()
                if done >= projecting.BATCH:
                    self._heard.set()
            took_s = time.monotonic() - began
            await asyncio.sleep(max(PACE_S - took_s, REST * took_s))

    async def _turn(self) -> int | None:
        try:
            return await projecting.turn(self._pool)
        except LOST as error:
            log.warning("projector_failed", error=type(error).__name__)
            return None


async def sweep(pool: Pool) -> None:
    """Drop frames that are too old or too many, and who has left a ticket; never ends."""
    while True:
        try:
            async with transaction(pool) as conn:
                gone = await store_frames.prune(conn, KEPT_S, KEPT_MOST, PRUNED_AT_ONCE)
                await store_presence.sweep(conn, PRUNED_AT_ONCE)
        except LOST as error:
            log.warning("not_swept", error=type(error).__name__)
            gone = 0
        if gone < PRUNED_AT_ONCE:
            await asyncio.sleep(PRUNE_S)
