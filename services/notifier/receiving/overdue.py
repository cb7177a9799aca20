"""Decisions that are not carried out: warnings, who is told, and back on a table, one level higher (D7).

The owner is warned near the due time; when it passes, the owner's leaders and the office that decided are
told; a working day later the matter goes back on a queue, one level up where there is one. Costs what is due.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
from asyncpg import Record

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.escalation import EscalationEvent, ReceptionLevel
from kit import audit
from kit.db import Conn
from kit.ids import new_id
from kit.outbox import Outgoing
from services.notifier.clocks import store_about
from services.notifier.directory import Directory
from services.notifier.ending import ACTOR, say
from services.notifier.ladder.orgtree import Told
from services.notifier.receiving.lifting import above, entry, free, lifted, told
from services.notifier.reception import store_decision_clocks, store_decisions, store_sessions
from services.notifier.reception.decision import Decision
from services.notifier.reception.decision_clock import DecisionClock
from services.notifier.reception.item import Item
from services.notifier.reception.states import TRANSITIONS, Act

LEVEL: Final[Mapping[ReceptionLevel, int]] = {
    ReceptionLevel.COMMUNITY: 2,
    ReceptionLevel.SUBDISTRICT: 4,
    ReceptionLevel.DISTRICT: 5,
}
"""Of the rung that is raised when a decision of an office is overdue: that of its table (domain.md D5)."""
OVERDUE: Final = "decision_overdue"
RECEPTION_OFFICE: Final = ("secretary", "desk")


async def sound(
    conn: Conn, directory: Directory, now: datetime, limit: int
) -> tuple[list[Outgoing], bool]:
    """Sound the alarms that are due and lift what lapsed: events, and whether there may be more."""
    alarms = await store_decision_clocks.claim_alarms(conn, now, limit)
    lapsed = await store_decision_clocks.claim_lapsed(conn, now, limit)
    if not alarms and not lapsed:
        return [], False
    ids = {row["decision_id"] for row in alarms} | {clock.decision_id for clock in lapsed}
    decisions = await store_decisions.decisions(conn, sorted(ids))
    events = [_alarm(row, decisions, now) for row in alarms]
    events += await _raise(conn, directory, alarms, decisions, now)
    events += await _lift(conn, directory, lapsed, decisions, now)
    return events, limit in (len(alarms), len(lapsed))


def _alarm(row: Record, decisions: Mapping[UUID, Decision], now: datetime) -> Outgoing:
    name = "clock.breached" if row["breached_at"] else "clock.near_due"
    data = DecisionClock.of(row).event(decisions[row["decision_id"]], now)
    return say(name, data, to=data.unit)


async def _raise(
    conn: Conn,
    directory: Directory,
    alarms: Sequence[Record],
    decisions: Mapping[UUID, Decision],
    now: datetime,
) -> list[Outgoing]:
    """Tell whoever stands above of clocks that ran out; who it was stays with the clock."""
    events, posts, entries = [], [], []
    about = await store_about.of(conn, [one.ticket_id for one in decisions.values()])
    for row in alarms:
        if row["breached_at"] is None:
            continue
        decision, clock = decisions[row["decision_id"]], DecisionClock.of(row)
        told_of = _above_the_owner(directory, decision, clock, now)
        who = free(directory, told_of, about.get(decision.ticket_id, ()), now)
        posts.append((clock.clock_id, orjson.dumps(who.posts).decode()))
        events.append(_rung(decision, clock, who, now))
        detail = {
            "decision": str(decision.decision_id),
            "clock": clock.kind.value,
            "to": who.posts,
            "vacant": who.vacant,
        }
        matter = str(decision.ticket_id)
        entries.append(audit.Entry(now, ACTOR, "reception.overdue", matter, detail))
    await store_decision_clocks.told(conn, posts)
    await audit.record(conn, entries)
    return events


def _above_the_owner(
    directory: Directory, decision: Decision, clock: DecisionClock, now: datetime
) -> Told:
    """Leaders of who has to act, and the secretary and desk of the office that decided."""
    org, roles = directory.org, clock.roles
    if roles is None:
        roles = directory.reception.rule(decision.org, decision.level).told
    if clock.kind is ClockKind.CONFIRMATION:
        roles = ("secretary", "deputy")
    found = [org.told(1, roles, unit=clock.unit, area=decision.area, now=now)]
    found.append(org.told(1, RECEPTION_OFFICE, unit=decision.org, area=decision.area, now=now))
    posts = dict.fromkeys(post for one in found for post in one.posts)
    return Told(tuple(posts), tuple(role for one in found for role in one.vacant))


def _rung(decision: Decision, clock: DecisionClock, who: Told, now: datetime) -> Outgoing:
    level = LEVEL[decision.level]
    data = EscalationEvent(
        escalation_id=str(new_id()),
        ticket_id=str(decision.ticket_id),
        number=decision.number,
        round=decision.round,
        level=level,
        clock=clock.kind,
        reason=f"{clock.kind.value}@due",
        unit=clock.unit,
        recipients=who.posts,
        area=decision.area,
        urgency=Urgency.NORMAL,
        due_at=clock.due_at,
        at=now,
        decision_id=str(decision.decision_id),
    )
    return say("escalation.raised", data, to=level)


async def _lift(
    conn: Conn,
    directory: Directory,
    lapsed: Sequence[DecisionClock],
    decisions: Mapping[UUID, Decision],
    now: datetime,
) -> list[Outgoing]:
    """Put the matters back on a queue, one level up; each once, however many decisions lapsed."""
    events, entries = [], []
    ids = {decisions[clock.decision_id].item_id: clock for clock in lapsed}
    items = await store_sessions.lock_items(conn, list(ids))
    moved = []
    for item_id, item in items.items():
        if (item.state, Act.LAPSE) not in TRANSITIONS:
            continue
        decision = decisions[ids[item_id].decision_id]
        after = lifted(item, _higher(directory, item, decision), now)
        moved.append(after)
        about = decision.told(ids[item_id].due_at)
        events.append(told("queued", after, (None, now), reason=OVERDUE, decision=about))
        detail = {"reason": OVERDUE, "decision": str(decision.decision_id)}
        entries.append(entry("lapse", after, now, ACTOR, detail))
    await store_sessions.save_items(conn, moved, now)
    await audit.record(conn, entries)
    return events


def _higher(directory: Directory, item: Item, decision: Decision) -> tuple[ReceptionLevel, str]:
    """The table above the one that decided; never below the one the matter lies on by now."""
    here = (item.level, item.org)
    to = above(directory, replace(item, level=decision.level, org=decision.org)) or here
    return to if LEVEL[to[0]] > LEVEL[item.level] else here
