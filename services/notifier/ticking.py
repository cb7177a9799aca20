"""The tick: raise the rungs that are due and sound the alarms of clocks, in one transaction.

What it costs depends on what is due, never on how many tickets are open. Several ticks may run at
once, in one process or in many: rows are claimed with locks that skip locked rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from contracts.clock import ClockEvent, ClockKind, Trace
from contracts.complaint import Urgency
from contracts.escalation import EntryRule
from kit import audit, outbox
from kit.clock import business_now
from kit.db import Conn, Pool, transaction
from kit.ids import new_id
from kit.outbox import Outgoing
from services.notifier import store_ladder
from services.notifier.actions import ACTOR, say
from services.notifier.directory import Directory
from services.notifier.escalation import Escalation
from services.notifier.ladder import Ladder, Rung
from services.notifier.reception import Item

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
        if due:
            await _climb(conn, due, directory, now, done)
        done.events += [_alarm(row, now) for row in alarms]
        await outbox.append(conn, done.events)
    done.more = len(due) == limit or len(alarms) == limit
    return done


async def _climb(
    conn: Conn, due: Sequence[Record], directory: Directory, now: datetime, done: Ticked
) -> None:
    ticking = await store_ladder.ticking(conn, [row["ticket_id"] for row in due])
    raised: list[tuple[Escalation, Rung, Record]] = []
    ladders: list[tuple[UUID, Ladder]] = []
    for row in due:
        ladder = store_ladder.ladder_of(row)
        running = ticking.get((row["ticket_id"], row["round"]), {})
        for rung in ladder.fire(running, now):
            raised.append((_raise(row, rung, running[rung.clock], directory, now), rung, row))
            done.late_s.append((now - rung.due_at).total_seconds())
        ladders.append((row["ticket_id"], ladder))
    await store_ladder.save_ladders(conn, ladders)
    new = await store_ladder.raise_rungs(conn, [e for e, _, _ in raised])
    raised = [one for one in raised if one[0].escalation_id in new]
    done.levels = [e.level for e, _, _ in raised]
    items = await store_ladder.queue(conn, _items(raised, directory, now))
    done.events += [_said(e, now) for e, rung, _ in raised if e.recipients or rung.reception]
    done.events += [_queued(item, now) for item in items]
    await audit.record(conn, _audit(raised, items, now))


def _raise(  # noqa: PLR0913 - a rung, the row it came from, and when
    row: Record, rung: Rung, due_at: datetime, directory: Directory, now: datetime
) -> Escalation:
    area = row["area"]
    desk = rung.clock is ClockKind.DISPATCH
    unit = directory.org.desk(area) if desk else row["unit"]
    told = directory.org.told(rung.level, rung.who, unit=unit, area=area, now=now)
    return Escalation(
        escalation_id=new_id(),
        ticket_id=row["ticket_id"],
        number=row["number"],
        round=row["round"],
        level=rung.level,
        clock=rung.clock,
        reason=f"{rung.clock.value}@{rung.at}",
        unit=unit,
        area=area,
        urgency=Urgency(row["urgency"]),
        recipients=told.posts,
        vacant=told.vacant,
        due_at=due_at,
        raised_at=now,
    )


def _items(
    raised: Sequence[tuple[Escalation, Rung, Record]], directory: Directory, now: datetime
) -> list[Item]:
    """One item a ticket, on the table of its highest rung."""
    found: dict[UUID, Item] = {}
    for e, rung, row in sorted(raised, key=lambda one: one[0].level):
        if rung.reception is None:
            continue
        level, org = directory.org.table(rung.reception, e.area, e.unit)
        found[e.ticket_id] = Item(
            item_id=new_id(),
            ticket_id=e.ticket_id,
            number=e.number,
            round=e.round,
            level=level,
            org=org,
            rule=EntryRule.OVERDUE_L4,
            requesters=1,
            care=0,
            unit=e.unit,
            area=e.area,
            received_at=row["received_at"],
            queued_at=now,
        )
    return list(found.values())


def _alarm(row: Record, now: datetime) -> Outgoing:
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
    )
    return say(name, data, to=data.unit)


def _said(e: Escalation, now: datetime) -> Outgoing:
    return say("escalation.raised", e.event(now), to=e.level)


def _queued(item: Item, now: datetime) -> Outgoing:
    return say("reception.queued", item.event(now), to=item.level.value)


def _audit(
    raised: Sequence[tuple[Escalation, Rung, Record]], items: Sequence[Item], now: datetime
) -> list[audit.Entry]:
    """What will be asked about later: who was told when, and what was left out as vacant."""
    entries = [
        audit.Entry(
            now,
            ACTOR,
            "escalation.raise" if e.recipients or rung.reception else "escalation.skip",
            str(e.ticket_id),
            {"level": e.level, "reason": e.reason, "to": e.recipients, "vacant": e.vacant},
        )
        for e, rung, _ in raised
    ]
    entries += [
        audit.Entry(
            now, ACTOR, "reception.queue", str(i.ticket_id), {"item": str(i.item_id), "org": i.org}
        )
        for i in items
    ]
    return entries
