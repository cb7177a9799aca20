"""What people are told about: which events are an occasion, and when one has become pointless. Pure.

The causes are data (CAUSES): an event not named there tells nobody. Residents' words never come this far:
an occasion holds codes, the number and times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.base import EventData
from contracts.clock import ClockEvent, ClockKind
from contracts.complaint import Urgency
from contracts.escalation import EscalationEvent, ReceptionEvent
from contracts.notices import Cause
from contracts.ticket import TicketDispatched, TicketEvent, TicketStatus
from contracts.whistle import WhistleEvent, WhistleKind
from services.notifier.clocks.clock import FINAL, NOBODY

CAUSES: Final[Mapping[str, Cause]] = {
    "ticket.dispatched": Cause.DISPATCHED,
    "ticket.assisted": Cause.ASSISTED,
    "ticket.reopened": Cause.REOPENED,
    "ticket.urged": Cause.URGED,
    "ticket.supervised": Cause.SUPERVISED,
    "clock.near_due": Cause.NEAR_DUE,
    "clock.breached": Cause.BREACHED,
    "escalation.raised": Cause.RAISED,
    "whistle.issued": Cause.CALLED,
    "whistle.no_show": Cause.NO_SHOW,
    "reception.queued": Cause.QUEUED,
    "reception.scheduled": Cause.SCHEDULED,
    "reception.decided": Cause.DECIDED,
}
"""Event to what people are told. A hold that expired is the `breached` of its review clock."""
OWN: Final = tuple(name for name in CAUSES if name.split(".")[0] not in ("ticket", "whistle"))
"""Said by the notifier itself: read from its own outbox."""
LEVEL_UP: Final = frozenset({Cause.RAISED})
"""Never in the digest by rule or for want of budget (domain.md E24)."""
_HANDLED: Final = frozenset({TicketStatus.HANDLED, TicketStatus.CALLBACK})


@dataclass(frozen=True, slots=True)
class Occasion:
    """A row of table `occasion`."""

    occasion_id: UUID
    """Id of the event: heard twice it is one occasion."""
    cause: Cause
    unit: str
    """Whose people are told, or whom it is about (of a rung and of the secretary's table)."""
    area: str
    at: datetime
    ticket_id: UUID | None = None
    whistle_id: UUID | None = None
    number: str = ""
    round: int = 1
    urgency: Urgency | None = None
    """None: that of the ticket."""
    category: str | None = None
    clock: ClockKind | None = None
    level: int | None = None
    post: str | None = None
    """The post that answers for it, where the router named one."""
    recipients: tuple[str, ...] = ()
    """Posts told, where the ladder named them."""
    due_at: datetime | None = None
    muted_by: UUID | None = None
    org: str | None = None
    """The office with the table, or the blower: who is told, where `unit` is whom it is about."""
    standing: bool = False
    """Goes on being true when the ticket's clocks stop: a decision's own rung."""
    repeated: int = 0
    """How many times the rung was said before."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds about an occasion when somebody is about to be told."""

    status: str | None = None
    """Of the ticket; None where there is none."""
    holder: str | None = None
    urgency: Urgency = Urgency.NORMAL
    running: bool = False
    """The clock it is about runs."""
    due_at: datetime | None = None
    """Of that clock, now."""
    cleared: bool = False
    """The rung was taken back."""
    on_table: bool = False
    """The ticket lies on the table it is about; where it is about an agenda, it is on that still."""


def of(name: str, event_id: UUID, data: EventData, at: datetime) -> Occasion | None:
    """The occasion an event is; None for one that tells nobody."""
    cause = CAUSES.get(name)
    if cause is None:
        return None
    match data:
        case TicketEvent():
            found: Occasion | None = _of_ticket(cause, event_id, data, at)
        case WhistleEvent():
            found = _of_whistle(cause, event_id, data)
        case ClockEvent():
            found = _of_clock(cause, event_id, data)
        case EscalationEvent():
            found = _of_rung(cause, event_id, data)
        case ReceptionEvent():
            found = _of_reception(cause, event_id, data)
        case _:
            found = None
    return found


def _of_ticket(cause: Cause, event_id: UUID, data: TicketEvent, at: datetime) -> Occasion:
    clocks = {Cause.DISPATCHED: ClockKind.SIGN_FOR, Cause.REOPENED: ClockKind.RESULT}
    return Occasion(
        event_id, cause, data.unit, data.area, at,
        ticket_id=_uuid(data.ticket_id), number=data.number, round=data.round,
        urgency=data.urgency, category=data.category, clock=clocks.get(cause, ClockKind.RESULT),
        post=data.post if isinstance(data, TicketDispatched) else None,
    )  # fmt: skip


def _of_whistle(cause: Cause, event_id: UUID, data: WhistleEvent) -> Occasion:
    emergency = data.kind is WhistleKind.EMERGENCY
    found = Occasion(
        event_id, cause, data.unit, data.area, data.at,
        ticket_id=_uuid(data.ticket_id), whistle_id=_uuid(data.whistle_id),
        number=data.number or "", round=data.round or 1,
        urgency=Urgency.CRITICAL if emergency else None,
    )  # fmt: skip
    if cause is Cause.NO_SHOW:
        return replace(found, org=data.blower)
    return replace(found, clock=ClockKind.CHECK_IN)


def _of_clock(cause: Cause, event_id: UUID, data: ClockEvent) -> Occasion | None:
    if data.unit == NOBODY:
        return None
    return Occasion(
        event_id, cause, data.unit, data.area, data.at,
        ticket_id=_uuid(data.ticket_id), whistle_id=_uuid(data.whistle_id), number=data.number,
        round=data.round, clock=data.kind, due_at=data.due_at, muted_by=_uuid(data.muted_by),
    )  # fmt: skip


def _of_rung(cause: Cause, event_id: UUID, data: EscalationEvent) -> Occasion:
    return Occasion(
        event_id, cause, data.unit, data.area, data.at,
        ticket_id=_uuid(data.ticket_id), number=data.number, round=data.round,
        urgency=data.urgency, clock=data.clock, level=data.level, recipients=data.recipients,
        due_at=data.due_at, standing=data.clock is ClockKind.DECISION, repeated=getattr(data, "repeat", 0),
    )  # fmt: skip


def _of_reception(cause: Cause, event_id: UUID, data: ReceptionEvent) -> Occasion:
    decision: Any = getattr(data, "decision", None)
    found = Occasion(
        event_id, cause, data.unit, data.area, data.at,
        ticket_id=_uuid(data.ticket_id), number=data.number, round=data.round, org=data.org,
    )  # fmt: skip
    if cause is Cause.DECIDED:
        owner = decision.owner if decision is not None else data.unit
        due_at = decision.due_at if decision is not None else None
        return replace(found, unit=owner, org=None, due_at=due_at)
    return found


def why_not(one: Occasion, facts: Facts, now: datetime) -> str | None:
    """Why nobody need be told any more, as a code; None while it stands (domain.md E14)."""
    if facts.status in FINAL and not one.standing:
        return "ended"
    rule = _STOPS.get(one.cause)
    return rule(one, facts, now) if rule else None


def _with_unit(one: Occasion, facts: Facts, now: datetime) -> str | None:  # noqa: ARG001 - a rule
    if facts.status in _HANDLED:
        return "handled"
    return None if facts.holder in (None, one.unit) else "moved"


def _unsigned(one: Occasion, facts: Facts, now: datetime) -> str | None:
    if facts.status == TicketStatus.DISPATCHED:
        return _with_unit(one, facts, now)
    return _with_unit(one, facts, now) or ("signed" if facts.status else None)


def _near(one: Occasion, facts: Facts, now: datetime) -> str | None:  # noqa: ARG001 - a rule
    if not facts.running:
        return "done"
    return "breached" if facts.due_at is not None and facts.due_at <= now else None


def _over(one: Occasion, facts: Facts, now: datetime) -> str | None:  # noqa: ARG001 - a rule
    if not facts.running:
        return "done"
    return "extended" if facts.due_at is not None and facts.due_at > now else None


def _climbed(one: Occasion, facts: Facts, now: datetime) -> str | None:  # noqa: ARG001 - a rule
    if facts.cleared:
        return "cleared"
    return None if facts.running or one.standing else "done"


def _called(one: Occasion, facts: Facts, now: datetime) -> str | None:  # noqa: ARG001 - a rule
    return None if facts.running else "answered"


def _tabled(one: Occasion, facts: Facts, now: datetime) -> str | None:  # noqa: ARG001 - a rule
    return None if facts.on_table else "off_the_table"


_STOPS: Final[Mapping[Cause, Callable[[Occasion, Facts, datetime], str | None]]] = {
    Cause.DISPATCHED: _unsigned,
    Cause.REOPENED: _with_unit,
    Cause.URGED: _with_unit,
    Cause.SUPERVISED: _with_unit,
    Cause.NEAR_DUE: _near,
    Cause.BREACHED: _over,
    Cause.RAISED: _climbed,
    Cause.CALLED: _called,
    Cause.QUEUED: _tabled,
    Cause.SCHEDULED: _tabled,
}
"""Stop conditions; of causes that are not named only the ticket's end counts."""


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
