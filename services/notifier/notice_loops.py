"""What the notifier does by itself about notices: plan them, send them, count them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any, Final

from prometheus_client import Counter, Gauge

from kit.db import LOST, Pool, reading
from kit.logging import get
from services.notifier import noticing, sending
from services.notifier.directory import Holder
from services.notifier.notices import store_notices
from services.notifier.notices.channel import Channel

log = get(__name__)

POLL_S: Final = 0.5
"""Longest time an occasion or a notice waits for the next look; a few indexed queries each time."""
LOST_S: Final = 1.0
COUNT_S: Final = 15.0
OUTCOMES: Final = ("sent", "failed", "dead", "dropped")
PLANNED: Final = Counter("chuishao_notices_planned", "Notices planned by channel", ["channel"])
TRIED: Final = Counter(
    "chuishao_notices_tried",
    "Notices taken up by channel and what came of it",
    ["channel", "outcome"],
)
OCCASIONS: Final = Counter(
    "chuishao_occasions", "Occasions dealt with, by what came of them", ["outcome"]
)
UNREACHED: Final = Counter(
    "chuishao_notices_unreached", "People for whom no channel and no deputy was left"
)
LAG_S: Final = Gauge(
    "chuishao_notices_lag_seconds", "How long the oldest notice that may be sent has waited"
)
DUE: Final = Gauge("chuishao_notices_due", "Notices to be sent or tried again")
DEAD: Final = Gauge("chuishao_notices_dead", "Notices given up and not sent again")


Loop = Callable[[], Coroutine[Any, Any, None]]


def planner(pool: Pool, holder: Holder, channels: Mapping[str, Channel]) -> Loop:
    """Plan for ever; of several processes one at a time does."""
    for name in channels:
        PLANNED.labels(name)

    async def plan_notices() -> None:
        await holder.first()
        while True:
            try:
                done = await noticing.plan(pool, holder.directory, channels.keys())
            except LOST as error:
                log.warning("planning_lost", error=type(error).__name__)
                await asyncio.sleep(LOST_S)
                continue
            for channel, count in done.channels.items():
                PLANNED.labels(channel).inc(count)
            for outcome, count in done.outcomes.items():
                OCCASIONS.labels(outcome).inc(count)
            if not done.more:
                await asyncio.sleep(POLL_S)

    return plan_notices


def sender(
    pool: Pool, holder: Holder, channels: Mapping[str, Channel], answerable: Collection[str]
) -> Loop:
    """Send for ever: at once while there is more."""
    for name in channels:
        for outcome in OUTCOMES:
            TRIED.labels(name, outcome)

    async def send_notices() -> None:
        await holder.first()
        while True:
            try:
                done = await sending.send(pool, holder.directory, channels, answerable=answerable)
            except LOST as error:
                log.warning("sending_lost", error=type(error).__name__)
                await asyncio.sleep(LOST_S)
                continue
            for (channel, outcome), count in done.outcomes.items():
                TRIED.labels(channel, outcome).inc(count)
            UNREACHED.inc(done.unreached)
            if done.claimed < sending.AT_ONCE:
                await asyncio.sleep(POLL_S)

    return send_notices


def notice_counter(pool: Pool) -> Loop:
    """Refresh the gauges of what waits and what is dead."""

    async def count_notices() -> None:
        while True:
            try:
                async with reading(pool) as conn:
                    row = await store_notices.weight(conn)
            except LOST as error:
                log.warning("count_lost", error=type(error).__name__)
            else:
                DUE.set(row["due"])
                DEAD.set(row["dead"])
                LAG_S.set(max(0.0, row["lag_s"]))
            await asyncio.sleep(COUNT_S)

    return count_notices
