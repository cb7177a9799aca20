"""What events said of one ticket, in any order: of two words on one thing the later one counts. Pure.

A document is JSON: each entry keeps the order of the word it holds, so that the same events lead to the same
document whatever came twice, late or not in turn. Nothing waits here, and nothing is remembered beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from contracts.base import Event, EventData
from contracts.clock import ClockEvent
from contracts.complaint import ComplaintChanged, ComplaintReceived
from contracts.escalation import EscalationEvent, ReceptionEvent
from contracts.ticket import (
    TicketDispatched,
    TicketEvent,
    TicketMerged,
    TicketStatus,
    TicketTriaged,
)
from contracts.whistle import WhistleEvent

Doc = dict[str, Any]
MICRO: Final = 1_000_000
CLOCK_STATES: Final = {
    "clock.set": "running",
    "clock.resumed": "running",
    "clock.near_due": "near_due",
    "clock.paused": "paused",
    "clock.stopped": "stopped",
    "clock.breached": "breached",
}
RUNG_STATES: Final = {
    "escalation.raised": 0,
    "escalation.acknowledged": 1,
    "escalation.cleared": 2,
}
"""A rung is raised once a round and level, then known of, then cleared; never the other way."""
ASKED: Final = {"ticket.hold_asked": "hold", "ticket.extension_asked": "extension"}
BESIDE_THE_POINT: Final = frozenset(
    {"ticket.urged", "ticket.supervised", "ticket.noted", "ticket.assisted", "ticket.contacted",
     "ticket.urgency_set"}
)  # fmt: skip
"""After these, what the holder asked for is still unanswered."""


def about(data: EventData) -> str | None:
    """Id of the matter an event tells of: the ticket, or the whistle without one; None: of no matter.

    What callers whose ticket was merged say is theirs: a complaint has its ticket's id.
    """
    if isinstance(data, ComplaintReceived | ComplaintChanged):
        return data.complaint_id
    if isinstance(data, ClockEvent | WhistleEvent):
        return data.ticket_id or data.whistle_id
    if isinstance(data, TicketEvent | EscalationEvent | ReceptionEvent):
        return data.ticket_id or None
    return None


def hear(doc: Doc, name: str, event: Event[Any]) -> bool:
    """Add what an event says; True where the document says something else now."""
    for kind, add in _HEARERS:
        if isinstance(event.data, kind):
            return add(doc, name, event)
    return False


def micros(at: datetime) -> int:
    """Microseconds since 1970: to tell the order of words."""
    return round(at.timestamp() * MICRO)


def iso(at: datetime | None) -> str | None:
    """The time in UTC."""
    return at.astimezone(UTC).isoformat() if at else None


def _put(doc: Doc, key: str, order: list[Any], value: Doc) -> bool:
    known = doc.get(key)
    if known is not None and known["order"] >= order:
        return False
    doc[key] = {"order": order, **value}
    return True


def _received(doc: Doc, _: str, event: Event[ComplaintReceived]) -> bool:
    data = event.data
    return _put(
        doc,
        "c",
        [0],
        {
            "number": data.number,
            "channel": data.channel.value,
            "kind": data.kind.value,
            "area": data.grid_code or data.area,
            "category": data.category,
            "urgency": data.urgency.value if data.urgency else None,
            "accused": data.accused,
            "confidential": data.confidential,
            "received_at": iso(data.received_at),
        },
    )


def _called_back(doc: Doc, name: str, event: Event[ComplaintChanged]) -> bool:
    if name != "complaint.callback_recorded":
        return False
    data = event.data
    outcome = data.outcome.value if data.outcome else None
    told = {"round": data.ticket_round, "attempts": data.attempts, "outcome": outcome}
    return _put(doc, "cb", [micros(event.time), event.id], told)


def _ticket(doc: Doc, name: str, event: Event[TicketEvent]) -> bool:
    data = event.data
    order = [data.version]
    told = {
        "number": data.number,
        "status": data.status.value,
        "unit": data.holder,
        "round": data.round,
        "area": data.area,
        "category": data.category,
        "urgency": data.urgency.value,
        "coordinator": data.coordinator,
        "at": iso(event.time),
    }
    changed = _put(doc, "t", order, told)
    if data.reason_code:
        changed |= _put(doc, "why", order, {"code": data.reason_code})
    if data.result:
        changed |= _put(doc, "result", order, {"code": data.result, "round": data.round})
    if name not in BESIDE_THE_POINT:
        changed |= _put(doc, "asked", order, {"kind": ASKED.get(name)})
    if isinstance(data, TicketTriaged | TicketDispatched):
        since = iso(data.received_at)
        changed |= _put(doc, "since", order, {"received_at": since})
    if isinstance(data, TicketDispatched):
        changed |= _dispatched(doc, data)
    if isinstance(data, TicketMerged) and data.into:
        merged = data.status is TicketStatus.MERGED
        changed |= _put(doc, "m", order, {"into": data.into, "merged": merged})
    return changed


def _dispatched(doc: Doc, data: TicketDispatched) -> bool:
    words = {"title": data.title, "text": data.text, "address": data.address}
    return _put(
        doc,
        "d",
        [data.version],
        {
            "assists": list(data.assists),
            "channel": data.channel.value,
            "kind": data.kind.value,
            "confidential": data.confidential,
            "words": None if data.confidential else words,
            "dispatched_at": iso(data.dispatched_at),
        },
    )


def _clock(doc: Doc, name: str, event: Event[ClockEvent]) -> bool:
    data = event.data
    if data.decision_id is not None:
        return False
    return _put(
        doc.setdefault("clocks", {}),
        data.clock_id,
        [micros(data.order), event.id],
        {
            "kind": data.kind.value,
            "round": data.round,
            "unit": data.unit,
            "due_at": iso(data.due_at),
            "state": CLOCK_STATES[name],
            "whistle_id": data.whistle_id,
        },
    )


def _rung(doc: Doc, name: str, event: Event[EscalationEvent]) -> bool:
    data = event.data
    if data.decision_id is not None:
        return False
    return _put(
        doc.setdefault("rungs", {}),
        data.escalation_id,
        [RUNG_STATES[name], micros(data.at), event.id],
        {
            "number": data.number,
            "round": data.round,
            "level": data.level,
            "clock": data.clock.value,
            "reason": data.reason,
            "unit": data.unit,
            "area": data.area,
            "urgency": data.urgency.value,
            "due_at": iso(data.due_at),
            "repeat": data.repeat,
            "state": name.partition(".")[2],
            "at": iso(data.at),
        },
    )


def _item(doc: Doc, name: str, event: Event[ReceptionEvent]) -> bool:
    data = event.data
    return _put(
        doc.setdefault("items", {}),
        data.item_id,
        [micros(data.at), event.id],
        {
            "number": data.number,
            "round": data.round,
            "level": data.level.value,
            "org": data.org,
            "rule": data.rule.value,
            "score": data.score,
            "score_parts": dict(data.score_parts),
            "unit": data.unit,
            "area": data.area,
            "state": data.state.value if data.state else name.partition(".")[2],
            "carried": data.carried,
            "session_id": data.session_id,
            "reason": data.reason,
            "at": iso(data.at),
        },
    )


def _whistle(doc: Doc, name: str, event: Event[WhistleEvent]) -> bool:
    data = event.data
    whistles = doc.setdefault("whistles", {})
    changed = _put(
        whistles,
        data.whistle_id,
        [data.version],
        {
            "kind": data.kind.value,
            "status": data.status.value if data.status else None,
            "blower": data.blower,
            "area": data.area,
            "number": data.number,
            "round": data.round,
            "office": data.office,
            "called": [one.model_dump(mode="json") for one in data.called],
            "at": iso(data.at),
        },
    )
    if name in {"whistle.blown", "whistle.issued"} and not data.confidential:
        words = {"text": data.text, "place": data.place, "meet_at": iso(data.meet_at)}
        changed |= _put(doc.setdefault("needs", {}), data.whistle_id, [data.version], words)
    return changed


_HEARERS: Final[tuple[tuple[type[EventData], Callable[[Doc, str, Event[Any]], bool]], ...]] = (
    (ComplaintReceived, _received),
    (ComplaintChanged, _called_back),
    (TicketEvent, _ticket),
    (ClockEvent, _clock),
    (EscalationEvent, _rung),
    (ReceptionEvent, _item),
    (WhistleEvent, _whistle),
)
