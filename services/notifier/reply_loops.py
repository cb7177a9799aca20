"""Removes what replies left behind, long after it can be of use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, Final

from kit.clock import business_now
from kit.db import LOST, Pool, transaction
from kit.logging import get
from services.notifier.replies import store_replies as store

log = get(__name__)

KEPT_FOR: Final = timedelta(days=30)
"""Codes after their expiry; messages, so that an old one sent again is known."""
MOST: Final = 1_000
PAUSE_S: Final = 3_600.0
BREATH_S: Final = 0.5


def reply_sweeper(pool: Pool) -> Callable[[], Coroutine[Any, Any, None]]:
    """Sweep for ever; replicas may do it at once."""

    async def sweep_replies() -> None:
        while True:
            more = False
            try:
                async with transaction(pool) as conn:
                    more = await store.forget(conn, await business_now(conn) - KEPT_FOR, MOST)
            except LOST as error:
                log.warning("sweep_lost", error=type(error).__name__)
            await asyncio.sleep(BREATH_S if more else PAUSE_S)

    return sweep_replies
