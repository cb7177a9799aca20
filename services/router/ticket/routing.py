"""From a decision to what is stored and said: the ticket's row, its first history line, its events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.complaint import ComplaintReceived
from contracts.ticket import TicketDispatched, TicketEvent, TicketStatus, TicketTriaged
from kit.ids import new_id
from kit.outbox import Outgoing, outgoing
from services.router.decision import receipt
from services.router.decision.decision import Decision

SERVICE: Final = "router"
BY_ROUTER: Final = "system:router"


@dataclass(frozen=True, slots=True)
class Opening:
    """A ticket about to be opened."""

    complaint: ComplaintReceived
    decision: Decision
    receipt_id: UUID
    cause: str
    at: datetime

    @property
    def ticket_id(self) -> UUID:
        """A ticket has its complaint's id: one duty for one complaint."""
        return UUID(self.complaint.complaint_id)

    @property
    def status(self) -> TicketStatus:
        """The state it opens in."""
        return TicketStatus.TRIAGE if self.decision.triage else TicketStatus.DISPATCHED

    @property
    def announced(self) -> list[tuple[str, str]]:
        """(event, addressee) in order; the position is the ticket's version."""
        if self.decision.triage:
            return [("triaged", self.decision.unit)]
        assists = [("assisted", unit) for unit in self.decision.assists]
        return [("dispatched", self.decision.unit), *assists]


def opening(complaint: ComplaintReceived, decision: Decision, cause: str, at: datetime) -> Opening:
    """Give the decision its receipt id."""
    return Opening(complaint, decision, new_id(), cause, at)


def ticket_row(o: Opening) -> tuple[Any, ...]:
    """In the order of SQL_OPEN."""
    c, d = o.complaint, o.decision
    return (
        o.ticket_id,
        c.number,
        o.status.value,
        d.unit,
        d.post,
        ",".join(d.assists),
        d.area,
        d.category,
        d.urgency.value,
        d.profile,
        len(o.announced),
        c.channel.value,
        c.kind.value,
        c.title,
        c.text,
        c.address,
        c.accused,
        c.confidential,
        d.directory_version,
        o.receipt_id,
        c.received_at,
        None if d.triage else o.at,
        receipt.dump(d.receipt),
        new_id(),
        {"unit": d.unit, "reason": d.reason.value},
        ",".join(c.attachments),
    )


def history_rows(o: Opening) -> list[tuple[Any, ...]]:
    """The first lines of the ticket's history, in the order of SQL_OPEN."""
    reason = o.decision.reason.value
    return [
        (o.ticket_id, version, name, o.status.value, unit, BY_ROUTER, reason, o.cause)
        for version, (name, unit) in enumerate(o.announced, 1)
    ]


def events(o: Opening) -> list[Outgoing]:
    """`ticket.triaged`, or `ticket.dispatched` to the lead and `ticket.assisted` to each assist."""
    common = _common(o)
    if o.decision.triage:
        return [say("triaged", TicketTriaged(version=1, unit=o.decision.unit, **common), o.at)]
    common |= _dispatch(o)
    return [
        say(name, TicketDispatched(version=version, unit=unit, **common), o.at)
        for version, (name, unit) in enumerate(o.announced, 1)
    ]


def _common(o: Opening) -> dict[str, Any]:
    c, d = o.complaint, o.decision
    return {
        "ticket_id": c.complaint_id,
        "number": c.number,
        "complaint_id": c.complaint_id,
        "round": 1,
        "status": o.status,
        "holder": d.unit,
        "area": d.area or "",
        "category": d.category,
        "urgency": d.urgency,
        "actor": BY_ROUTER,
        "reason": d.reason.value,
        "rule_version": d.directory_version,
        "receipt_id": str(o.receipt_id),
        "coordinator": d.coordinator,
        "cause": o.cause,
        "profile": d.profile,
        "received_at": c.received_at,
    }


def _dispatch(o: Opening) -> dict[str, Any]:
    c, d = o.complaint, o.decision
    words = {} if c.confidential else {"title": c.title, "text": c.text, "address": c.address}
    return words | {
        "channel": c.channel,
        "kind": c.kind,
        "confidential": c.confidential,
        "assists": d.assists,
        "post": d.post,
        "dispatched_at": o.at,
    }


def say(event: str, data: TicketEvent, at: datetime) -> Outgoing:
    """One ticket event to its addressee."""
    return outgoing(
        f"ticket.{event}",
        data,
        source=SERVICE,
        about=data.ticket_id,
        at=at,
        to=data.unit,
        area=data.area,
    )
