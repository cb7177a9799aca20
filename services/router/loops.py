"""What the router does by itself: watch for hot issues, and count for whoever watches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from contracts.ticket import TicketStatus
from kit.db import LOST, Pool, reading
from kit.logging import get
from kit.relay import Relay
from services.router import metrics
from services.router.issues import store_issues
from services.router.issues.watching import look
from services.router.publishing.in_use import DirectoryInUse
from services.router.ticket import store

log = get(__name__)

COUNT_S: Final = 30.0
LOOK_S: Final = 1.0
"""Longest time until a ticket is looked at; one indexed query each time."""
BREATH_S: Final = 0.1
"""Pause between two looks while there is more, so that routing comes first."""

Loop = Callable[[], Coroutine[Any, Any, None]]


def issue_watcher(pool: Pool, relay: Relay, in_use: DirectoryInUse) -> Loop:
    """Look for hot issues for ever; of several replicas one looks at a time."""

    async def watch_for_issues() -> None:
        while True:
            more = False
            try:
                if in_use.directory is not None:
                    done = await look(pool, in_use.directory)
                    relay.hint(done.events)
                    more = done.more
            except LOST as error:
                log.warning("look_lost", error=type(error).__name__)
            await asyncio.sleep(BREATH_S if more else LOOK_S)

    return watch_for_issues


def ticket_counter(pool: Pool) -> Loop:
    """Refresh the gauges of open tickets by state and of open hot issues each half minute."""

    async def count_tickets() -> None:
        while True:
            try:
                async with reading(pool) as conn:
                    counts = await store.count_open_by_status(conn)
                    issues = await store_issues.count_open(conn)
            except LOST as error:
                log.warning("count_lost", error=type(error).__name__)
            else:
                metrics.HOT_ISSUES.set(issues)
                for status in TicketStatus:
                    metrics.TICKETS.labels(status.value).set(counts.get(status.value, 0))
            await asyncio.sleep(COUNT_S)

    return count_tickets
