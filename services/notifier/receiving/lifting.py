"""A matter goes to another table: put off too often, sent upward, or a decision about it was late (D7, D5)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.escalation import DecisionTold, ReceptionLevel, ReceptionState
from kit import audit
from kit.db import Conn
from kit.ids import new_id
from kit.outbox import Outgoing
from services.notifier.directory import Directory
from services.notifier.ending import say
from services.notifier.ladder import store_ladder
from services.notifier.ladder.escalation import Escalation
from services.notifier.ladder.orgtree import Told
from services.notifier.reception import store_sessions
from services.notifier.reception.item import Item
from services.notifier.reception.states import HIGHEST_CARRY, Act, advance
from services.notifier.roster.roster import UPWARDS

TOP_RUNG: Final = 5
"""The rung of the ladder that is the district's table (domain.md D5)."""
SECRETARY: Final = ("secretary",)


def told(
    name: str,
    item: Item,
    by: tuple[str | None, datetime],
    *,
    reason: str | None = None,
    decision: DecisionTold | None = None,
) -> Outgoing:
    """A step of a matter by whom and when (None: by itself), to the level on whose table it lies."""
    actor, at = by
    more: dict[str, Any] = {"actor": actor, "reason": reason, "decision": decision}
    data = item.event(at).model_copy(update=more)
    return say(f"reception.{name}", data, to=item.level.value)


def entry(
    action: str, item: Item, at: datetime, actor: str, detail: dict[str, Any] | None = None
) -> audit.Entry:
    """Its audit row, found under the ticket."""
    known = {"item": str(item.item_id), "org": item.org, "state": item.state.value}
    return audit.Entry(
        at, actor, f"reception.{action}", str(item.ticket_id), known | (detail or {})
    )


def above(directory: Directory, item: Item) -> tuple[ReceptionLevel, str] | None:
    """The next table upward whose office the matter is not about; None at the top."""
    ties = directory.roster.tied_units(item.accused)
    for level in UPWARDS[UPWARDS.index(item.level) + 1 :]:
        office = directory.roster.office(level, item.area, item.unit)
        if office and office not in ties:
            return level, office
    return None


def free(directory: Directory, who: Told, accused: Collection[str], now: datetime) -> Told:
    """Of who is told those who have nothing to do with a unit the matter is about."""
    roster = directory.roster
    posts = (post for post in who.posts if not roster.tied(roster.person(post), accused, now))
    return replace(who, posts=tuple(posts))


def lifted(item: Item, to: tuple[ReceptionLevel, str], at: datetime) -> Item:
    """The matter on the queue of another table, with its history."""
    level, org = to
    state = ReceptionState.QUEUED
    return replace(item, state=state, level=level, org=org, session_id=None, queued_at=at)


async def carry_over(
    conn: Conn, directory: Directory, item: Item, reason: str, by: tuple[str, datetime]
) -> tuple[Item, list[Outgoing]]:
    """Put a matter off: back on the queue and counted; the second time it goes to the district's.

    `reason` is a code for the event; words stay with the session. Raises DomainError 409.
    """
    _, at = by
    state = advance(item.state, Act.CARRY_OVER)
    after = replace(item, state=state, carried=item.carried + 1, session_id=None)
    events = [told("carried_over", after, by, reason=reason)]
    if after.carried < HIGHEST_CARRY or after.level is ReceptionLevel.DISTRICT:
        return after, events
    office = directory.roster.office(ReceptionLevel.DISTRICT, item.area, item.unit)
    if office is None or office in directory.roster.tied_units(item.accused):
        return after, events
    after = lifted(after, (ReceptionLevel.DISTRICT, office), at)
    events.append(told("queued", after, by, reason="carried_over_twice"))
    return after, events + await _top_rung(conn, directory, after, at)


async def _top_rung(conn: Conn, directory: Directory, item: Item, at: datetime) -> list[Outgoing]:
    """Level 5 of normal and complex matters follows from carrying over, not from time (D5)."""
    ticket = await store_sessions.ticket(conn, item.ticket_id)
    if ticket is None:
        return []
    told_of = directory.org.told(TOP_RUNG, SECRETARY, unit=ticket["unit"], area=item.area, now=at)
    who = free(directory, told_of, item.accused, at)
    rung = Escalation(
        escalation_id=new_id(),
        ticket_id=item.ticket_id,
        number=item.number,
        round=ticket["round"],
        level=TOP_RUNG,
        clock=ClockKind.RESULT,
        reason=f"carried_over@{item.carried}",
        unit=ticket["unit"],
        area=item.area,
        urgency=Urgency(ticket["urgency"]),
        recipients=who.posts,
        vacant=who.vacant,
        due_at=ticket["due_at"] or at,
        raised_at=at,
    )
    if not await store_ladder.raise_rungs(conn, [rung]):
        return []
    return [say("escalation.raised", rung.event(at), to=TOP_RUNG)]
