"""What the notifier does by itself: tick, and watch how far the calendar is loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from prometheus_client import Counter, Gauge, Histogram

from contracts.clock import ClockKind
from kit.db import LOST, Pool, reading
from kit.logging import get
from kit.relay import Relay
from services.notifier import outlook, recounting, watching
from services.notifier.clocks import store
from services.notifier.clocks.store_recount import Run
from services.notifier.directory import Holder
from services.notifier.ticking import Ticked, tick, until_next

log = get(__name__)

LOOK_S: Final = 0.5
"""Longest sleep: what another process plans, or a simulated clock jumps over, waits no longer."""
SURELY_S: Final = 5.0
"""A kind of due time that the look does not know of waits no longer than about this."""
GATHER_S: Final = 0.2
"""Between two ticks: what comes due meanwhile is raised in one transaction, not in one each."""
LOST_S: Final = 1.0
CALENDAR_S: Final = 3_600.0
SETTLE_S: Final = 15.0
"""Longer than any transaction of ours may take."""
RECOUNT_S: Final = 5.0
"""How often a process looks for a run that it could go on with."""
LEVELS: Final = ("1", "2", "3", "4", "5")
RAISED: Final = Counter("chuishao_escalations", "Rungs raised by level", ["level"])
LATE_S: Final = Histogram(
    "chuishao_rung_late_seconds",
    "Business time from a rung's due time to its raising",
    buckets=(0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 60, 600),
)
CALENDAR_DAYS: Final = Gauge(
    "chuishao_calendar_days",
    "Days until the first work calendar ends; -1 when this year is missing",
)

CLOCKS_MOVED: Final = Counter(
    "chuishao_clocks_moved_by_calendar", "Running clocks whose due time a changed calendar moved"
)
CLOCKS_OPEN: Final = Gauge("chuishao_clocks_open", "Running clocks by kind", ["kind"])
TICKED_AT: Final = Gauge(
    "chuishao_tick_timestamp_seconds", "When the ticker last looked; old means nothing escalates"
)
COUNT_S: Final = 30.0
QUIET: Final = Gauge(
    "chuishao_tickets_without_next_step",
    "Open tickets with no rung, no alarm to come and on no table; anything but 0 is a fault",
)
WAITING_S: Final = Gauge(
    "chuishao_rung_waiting_seconds", "How long the oldest due rung or alarm has been waiting"
)
WATCHED_AT: Final = Gauge(
    "chuishao_watch_timestamp_seconds", "When the watchdog last looked; old means nobody watches"
)
WATCH_S: Final = 15.0
SLICE_S: Final = 1.0
"""Between two slices of one walk: a million open tickets take some minutes and a few hundredths of a core."""

Loop = Callable[[], Coroutine[Any, Any, None]]


def ticker(pool: Pool, relay: Relay, holder: Holder) -> Loop:
    """Tick for ever: at once while there is more, then when the next thing is due."""
    for level in LEVELS:
        RAISED.labels(level)

    async def escalate_overdue() -> None:
        await holder.first()
        while True:
            try:
                await _something_due(pool)
                done = await tick(pool, holder.directory)
            except LOST as error:
                log.warning("tick_lost", error=type(error).__name__)
                await asyncio.sleep(LOST_S)
                continue
            relay.hint(done.events)
            _note(done)
            if not done.more:
                await asyncio.sleep(GATHER_S)

    return escalate_overdue


async def _something_due(pool: Pool) -> None:
    """Sleep until then; one statement a look, whatever is open. After SURELY_S a tick looks for itself."""
    for _ in range(round(SURELY_S / LOOK_S)):
        seconds = await until_next(pool)
        TICKED_AT.set_to_current_time()
        if seconds <= 0:
            return
        await asyncio.sleep(min(seconds, LOOK_S))


def watchdog(pool: Pool) -> Loop:
    """Walk over the open tickets for ever, and say which have no next step (domain.md E13)."""

    async def watch_tickets() -> None:
        while True:
            pause_s = WATCH_S
            try:
                seen = await watching.watch(pool)
                state = await watching.health(pool)
            except LOST as error:
                log.warning("watch_lost", error=type(error).__name__)
            else:
                QUIET.set(state.quiet)
                WAITING_S.set(state.waiting_s)
                WATCHED_AT.set_to_current_time()
                if seen is not None and seen.new:
                    some = seen.new[: watching.NAMED]
                    log.error("tickets_without_next_step", count=len(seen.new), tickets=some)
                if seen is not None and not seen.lap_done:
                    pause_s = SLICE_S
            await asyncio.sleep(pause_s)

    return watch_tickets


def calendar_watch(pool: Pool, holder: Holder) -> Loop:
    """Say each hour when a calendar year will be needed soon and is not loaded (D3 rule 6)."""

    async def watch_calendar() -> None:
        await holder.first()
        while True:
            try:
                seen = await outlook.look(pool, holder.directory)
            except LOST as error:
                log.warning("calendar_watch_lost", error=type(error).__name__)
                await asyncio.sleep(LOST_S)
                continue
            CALENDAR_DAYS.set(seen.days)
            if seen.alarm:
                log.error("calendar_year_missing_soon", days=seen.days)
            await asyncio.sleep(CALENDAR_S)

    return watch_calendar


def calendar_recount(
    pool: Pool,
    relay: Relay,
    holder: Holder,
    *,
    settle_s: float = SETTLE_S,
    look_s: float = RECOUNT_S,
) -> Loop:
    """Take changed calendars to the clocks that run (D3 rule 5), a batch after the other.

    Each process asks for a run when it first counts by other calendars, so the last one to switch sees
    what it had begun by the old ones itself; before asking it lets its transactions under way end.
    """

    async def recount_clocks() -> None:
        counted_by: dict[str, str] | None = None
        await holder.first()
        while True:
            directory = holder.directory
            try:
                if directory.digests != counted_by:
                    await asyncio.sleep(settle_s if counted_by is not None else 0)
                    await recounting.begin(pool, directory)
                    counted_by = directory.digests
                done = await recounting.step(pool, directory)
            except LOST as error:
                log.warning("recount_lost", error=type(error).__name__)
                await asyncio.sleep(LOST_S)
                continue
            if done is not None:
                relay.hint(done.events)
                _note_run(done.run)
            await asyncio.sleep(look_s if done is None else 0)

    return recount_clocks


def clock_counter(pool: Pool) -> Loop:
    """Refresh the gauge of running clocks by kind each half minute."""

    async def count_clocks() -> None:
        while True:
            try:
                async with reading(pool) as conn:
                    counts = await store.count_running(conn)
            except LOST as error:
                log.warning("count_lost", error=type(error).__name__)
            else:
                for kind in ClockKind:
                    CLOCKS_OPEN.labels(kind.value).set(counts.get(kind.value, 0))
            await asyncio.sleep(COUNT_S)

    return count_clocks


def _note(done: Ticked) -> None:
    if not done.events:
        return
    for level in done.levels:
        RAISED.labels(str(level)).inc()
    for seconds in done.late_s:
        LATE_S.observe(seconds)
    log.info("ticked", events=len(done.events), rungs=len(done.levels))


def _note_run(run: Run) -> None:
    if run.done_at is not None:
        CLOCKS_MOVED.inc(run.moved)
        log.info(
            "clocks_recounted", version=run.version, moved=run.moved, same=run.same, kept=run.kept
        )
