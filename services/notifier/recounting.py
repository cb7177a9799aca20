"""A calendar was changed: what still runs is due when the calendar in force says (domain.md D3 rule 5).

A run goes through open tickets, then whistles, then reception decisions, in order of id, a bounded batch
a transaction, by one replica at a time; whoever comes next goes on where the last batch ended. Start, limit,
holds and extensions are taken from each clock's own trace, so no other edit of the directory moves anything
(docs/adr/0027).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kit import audit, outbox
from kit.clock import business_now
from kit.db import Conn, Pool, transaction
from kit.ids import new_id
from kit.outbox import Outgoing
from services.notifier import actions
from services.notifier.clocks import store, store_recount
from services.notifier.clocks.clock import FINAL
from services.notifier.clocks.moving import RECKONED, Recounted, Timed
from services.notifier.clocks.store_recount import Run
from services.notifier.clocks.timing import Timing
from services.notifier.directory import Directory
from services.notifier.ending import ACTOR, say
from services.notifier.ladder import store_ladder
from services.notifier.reception import store_decision_clocks, store_decisions, store_sessions
from services.notifier.reception.decision_clock import DecisionClock
from services.notifier.telling import tell
from services.notifier.whistle import store_whistles
from services.notifier.whistle.whistle import WhistleTiming
from services.notifier.worktime.calendar import CalendarError

BATCH: Final = 200
"""Tickets, whistles or decisions that one transaction locks."""


@dataclass(slots=True)
class Step:
    """What one batch did."""

    run: Run
    events: list[Outgoing] = field(default_factory=list)


async def begin(pool: Pool, directory: Directory) -> None:
    """Let all open clocks be looked at: this process counts by these calendars from now on."""
    async with transaction(pool) as conn:
        now = await business_now(conn)
        await store_recount.begin(conn, directory.version, directory.digests, now)


async def step(pool: Pool, directory: Directory, *, limit: int = BATCH) -> Step | None:
    """One batch of the run under way; None where there is none for these calendars, or another has it."""
    async with transaction(pool) as conn:
        run = await store_recount.claim(conn, directory.digests)
        if run is None:
            return None
        now = await business_now(conn)
        done = Step(run)
        if not run.tickets_done:
            await _tickets(conn, done, directory, now, limit)
        elif not run.whistles_done:
            await _whistles(conn, done, directory, now, limit)
        else:
            await _decisions(conn, done, directory, now, limit)
        await store_recount.advance(conn, run)
    return done


async def _tickets(conn: Conn, done: Step, directory: Directory, now: datetime, limit: int) -> None:
    run = done.run
    page = await store_recount.tickets(conn, run.tickets_done_to, directory.digests, limit)
    if page:
        run.tickets_done_to = page[-1][0]
    run.tickets_done = len(page) < limit
    stale = [ticket_id for ticket_id, is_stale in page if is_stale]
    if not stale:
        return
    tickets = await store.lock_tickets(conn, stale)
    ladders = await store_ladder.lock_ladders(conn, stale)
    clocks = await store.clocks(conn, stale)
    timings = [Timing(t, clocks[i], new_id) for i, t in tickets.items() if t.status not in FINAL]
    entries = []
    for timing in timings:
        timing.recount(now, directory)
        if moved := _count(run, timing.recounted):
            entries.append(_entry(timing.ticket.ticket_id, moved, directory, now))
    done.events = await actions.write(conn, timings, ladders, directory)
    await audit.record(conn, entries)


async def _whistles(
    conn: Conn, done: Step, directory: Directory, now: datetime, limit: int
) -> None:
    run = done.run
    ids = await store_recount.whistles(conn, run.whistles_done_to, limit)
    if ids:
        run.whistles_done_to = ids[-1]
    run.whistles_done = len(ids) < limit
    whistles = await store_whistles.lock_whistles(conn, ids)
    clocks = await store_whistles.clocks(conn, ids)
    timings = [WhistleTiming(w, clocks[i], new_id) for i, w in whistles.items()]
    entries = []
    for timing in timings:
        timing.recount(now, directory)
        if moved := _count(run, timing.recounted):
            entries.append(_entry(timing.whistle.whistle_id, moved, directory, now))
    changed = [c for t in timings for c in t.changed.values()]
    await store_whistles.set_anew(conn, changed, now)
    done.events = await tell(conn, [t.said for t in timings])
    await outbox.append(conn, done.events)
    await audit.record(conn, entries)


async def _decisions(
    conn: Conn, done: Step, directory: Directory, now: datetime, limit: int
) -> None:
    run = done.run
    ids = await store_decision_clocks.running(conn, run.decisions_done_to, limit)
    if ids:
        run.decisions_done_to = ids[-1]
    if len(ids) < limit:
        run.done_at = now
    decisions = await store_decisions.decisions(conn, ids)
    await store_sessions.lock_items(conn, list({d.item_id for d in decisions.values()}))
    clocks = await store_decision_clocks.running_of(conn, ids)
    recounted = [(clock, _recount(clock, directory)) for clock in clocks]
    anew = [clock for clock, what in recounted if what in RECKONED]
    await store_decision_clocks.set_anew(conn, anew, now)
    _count(run, recounted)
    entries = []
    for clock in (c for c, what in recounted if what is Recounted.MOVED):
        decision = decisions[clock.decision_id]
        done.events.append(say("clock.set", clock.event(decision, now), to=clock.unit))
        entries.append(_entry(decision.ticket_id, [clock], directory, now))
    await outbox.append(conn, done.events)
    await audit.record(conn, entries)


def _recount(clock: DecisionClock, directory: Directory) -> Recounted:
    try:
        return clock.recount(directory)
    except CalendarError:
        return Recounted.LEFT


def _count(run: Run, recounted: Sequence[tuple[Timed, Recounted]]) -> list[Timed]:
    """Count what became of clocks; those whose due time moved."""
    moved = [clock for clock, done in recounted if done is Recounted.MOVED]
    run.moved += len(moved)
    run.same += sum(done in (Recounted.SAME, Recounted.ALIGNED) for _, done in recounted)
    run.kept += sum(done is Recounted.LEFT for _, done in recounted)
    return moved


def _entry(about: UUID, moved: Sequence[Timed], directory: Directory, now: datetime) -> audit.Entry:
    """What will be asked about later: which clocks a new calendar moved, from when to when."""
    clocks: list[dict[str, Any]] = [
        {"kind": c.kind.value, "was": c.earlier_due[-1].isoformat(), "due": c.due_at.isoformat()}
        for c in moved
    ]
    detail = {"directory": directory.version, "clocks": clocks}
    return audit.Entry(now, ACTOR, "clock.recount", str(about), detail)
