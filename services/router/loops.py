"""What the router does by itself: count tickets by state for whoever watches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from contracts.ticket import TicketStatus
from kit.db import LOST, Pool, reading
from kit.logging import get
from services.router import metrics, store

log = get(__name__)

COUNT_S: Final = 30.0


def ticket_counter(pool: Pool) -> Callable[[], Coroutine[Any, Any, None]]:
    """Refresh the gauge of open tickets by state each half minute."""

    async def count_tickets() -> None:
        while True:
            try:
                async with reading(pool) as conn:
                    counts = await store.count_open_by_status(conn)
            except LOST as error:
                log.warning("count_lost", error=type(error).__name__)
            else:
                for status in TicketStatus:
                    metrics.TICKETS.labels(status.value).set(counts.get(status.value, 0))
            await asyncio.sleep(COUNT_S)

    return count_tickets
