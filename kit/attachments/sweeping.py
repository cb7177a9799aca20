"""What nobody used goes after a day; what a crash left without a row goes within one."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, Final

from kit.attachments import store
from kit.attachments.shelf import Shelf
from kit.attachments.storage import SHARDS, id_of, key_of
from kit.clock import business_now
from kit.db import LOST, reading, transaction
from kit.logging import get

log = get(__name__)

UNUSED_FOR: Final = timedelta(hours=24)
"""Business time an upload waits for its complaint or its ticket."""
PAUSE_S: Final = 300.0
"""Between two sweeps; 256 of them, 21 hours, have looked at every object once."""
BREATH_S: Final = 0.1
MOST: Final = 200
_ORPHANS_MOST: Final = 1_000


async def forget_unused(shelf: Shelf) -> int:
    """Remove uploads that were not used in time, rows first; how many."""
    async with transaction(shelf.pool) as conn:
        now = await business_now(conn)
        gone = await store.forget_unused(conn, now - UNUSED_FOR, MOST)
    if gone:
        await shelf.storage.delete([key_of(one) for one in gone])
        log.info("unused_attachments_removed", count=len(gone))
    return len(gone)


async def remove_orphans(shelf: Shelf, shard: int) -> int:
    """Remove objects of one shard that have no row; how many."""
    listed = await shelf.storage.listed(shard)
    found = [(key, id_of(key), changed) for key, changed in listed]
    gone: list[str] = []
    async with reading(shelf.pool) as conn:
        for start in range(0, len(found), _ORPHANS_MOST):
            gone += await store.orphans(conn, found[start : start + _ORPHANS_MOST])
    if gone:
        await shelf.storage.delete(gone)
        log.info("orphan_objects_removed", count=len(gone))
    return len(gone)


def attachment_sweeper(shelf: Shelf) -> Callable[[], Coroutine[Any, Any, None]]:
    """Sweep for ever; replicas begin at different shards and do not disturb each other."""

    async def sweep_attachments() -> None:
        shard = secrets.randbelow(SHARDS)
        while True:
            more = False
            try:
                more = await forget_unused(shelf) == MOST
                await remove_orphans(shelf, shard)
                shard = (shard + 1) % SHARDS
            except LOST as error:
                log.warning("sweep_lost", error=type(error).__name__)
            await asyncio.sleep(BREATH_S if more else PAUSE_S)

    return sweep_attachments
