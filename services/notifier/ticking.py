"""The tick: raise the rungs that are due and sound the alarms of clocks, in one transaction.

What it costs depends on what is due, never on how many tickets are open. Several ticks may run at
once, in one process or in many: rows are claimed with locks that skip locked rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from contracts.clock import ClockEvent, ClockKind, Trace
from kit import audit, outbox
from kit.clock import business_now
from kit.db import Conn, Pool, reading, transaction
from kit.ids import new_id
from kit.outbox import Outgoing
from services.notifier import legacy, queueing, repeating, whistling
from services.notifier.clocks import store_about
from services.notifier.directory import Directory
from services.notifier.ending import ACTOR, say
from services.notifier.ladder import store_ladder
from services.notifier.ladder.escalation import Raised, Raiser
from services.notifier.ladder.ladder import Ladder
from services.notifier.ladder.orgtree import Org
from services.notifier.receiving import overdue
from services.notifier.reception.entry import LATE, Arrival
from services.notifier.telling import Word, tell

CLAIM: Final = 500
"""Rows of a kind that one tick takes."""


@dataclass(slots=True)
class Ticked:
    """What a tick did."""

    events: list[Outgoing] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    """Levels raised."""
    late_s: list[float] = field(default_factory=list)
    """How many seconds after its time each rung was raised."""
    more: bool = False
    """There may be more that is due already."""


async def tick(pool: Pool, directory: Directory, *, limit: int = CLAIM) -> Ticked:
    """One transaction: claim what is due by business time, raise, log, move on, say so."""
    done = Ticked()
    async with transaction(pool) as conn:
        now = await business_now(conn)
        due = await store_ladder.claim_due(conn, now, limit)
        alarms = await store_ladder.claim_alarms(conn, now, limit)
        reviews = await legacy.due(conn, now, limit)
        done.events = await tell(conn, [[_alarm(row, now)] for row in alarms])
        sounded, more = await whistling.sound(conn, now, limit)
        done.events += sounded
        again, more_again = await repeating.repeat(conn, now, limit)
        done.events += again
        if due:
            await _climb(conn, due, directory.org, now, done)
        late = [*reviews, *_late(alarms, now)]
        done.events += await queueing.enter(conn, late, directory.roster)
        # Last: like people's steps it takes a matter before the clock of its decision.
        overdue_now, more_overdue = await overdue.sound(conn, directory, now, limit)
        done.events += overdue_now
        await outbox.append(conn, done.events)
    done.more = limit in {len(due), len(alarms), len(reviews)} or more or more_again or more_overdue
    return done


async def until_next(pool: Pool) -> float:
    """Seconds until something is due; 0 when something is, infinity when nothing is planned."""
    async with reading(pool) as conn:
        seconds = await store_ladder.until_next(conn)
    return math.inf if seconds is None else max(0.0, seconds)


async def _climb(conn: Conn, due: Sequence[Record], org: Org, now: datetime, done: Ticked) -> None:
    """Fire the rungs of claimed ladders whose clocks still run; each level once."""
    ticking = await store_ladder.ticking(conn, [row["ticket_id"] for row in due])
    about = await store_about.of(conn, [row["ticket_id"] for row in due])
    raiser = Raiser(org, now, new_id, about)
    fired: list[Raised] = []
    ladders: list[tuple[UUID, Ladder]] = []
    for row in due:
        ladder = store_ladder.ladder_of(row)
        running = ticking.get((row["ticket_id"], row["round"]), {})
        rungs = list(ladder.rungs)
        for rung in ladder.fire(running, now):
            fired.append(raiser.fire(row, rung, running[rung["clock"]], rungs))
            due_at = datetime.fromisoformat(rung["due_at"])
            done.late_s.append((now - due_at).total_seconds())
        ladders.append((row["ticket_id"], ladder))
    await store_ladder.move_on(conn, ladders)
    new = await store_ladder.raise_rungs(conn, [one.escalation for one in fired])
    fired = [one for one in fired if one.escalation.escalation_id in new]
    entering = [one.item for one in fired if one.item]
    done.events += await queueing.enter(conn, entering, org.roster)
    done.levels = [one.escalation.level for one in fired]
    done.events += [
        say("escalation.raised", one.escalation.event(now), to=one.escalation.level)
        for one in fired
        if one.heard
    ]
    await audit.record(conn, _audit(fired, now))


def _late(alarms: Sequence[Record], now: datetime) -> Iterator[Arrival]:
    """Rulings and holds whose time has passed come to a secretary's table at once (domain.md D7)."""
    for row in alarms:
        rule = LATE.get(ClockKind(row["kind"]))
        if rule is not None and row["breached_at"]:
            yield Arrival(row["ticket_id"], rule, now, round=row["round"])


def _alarm(row: Record, now: datetime) -> Word:
    """`clock.breached` once the due time has passed, else `clock.near_due`."""
    name = "clock.breached" if row["breached_at"] else "clock.near_due"
    data = ClockEvent(
        clock_id=str(row["clock_id"]),
        ticket_id=str(row["ticket_id"]),
        number=row["number"],
        round=row["round"],
        kind=ClockKind(row["kind"]),
        unit=row["unit"],
        area=row["area"],
        due_at=row["due_at"],
        trace=Trace.model_validate(row["trace"]),
        sentence=row["sentence"],
        at=now,
        muted_by=str(row["muted_by"]) if row["muted_by"] and name == "clock.near_due" else None,
    )
    return name, data


def _audit(fired: Sequence[Raised], now: datetime) -> list[audit.Entry]:
    """What will be asked about later: who was told when, and what was left out as vacant."""
    entries = []
    for one in fired:
        e = one.escalation
        detail = {"level": e.level, "reason": e.reason, "to": e.recipients, "vacant": e.vacant}
        if one.passed_to is not None:
            detail["passed_to"] = one.passed_to
        action = "escalation.raise" if one.heard else "escalation.skip"
        entries.append(audit.Entry(now, ACTOR, action, str(e.ticket_id), detail))
    return entries
