"""From a decision to what is stored and said: the ticket's row, its first history line, its events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from contracts.complaint import ComplaintReceived
from contracts.ticket import TicketDispatched, TicketEvent, TicketStatus, TicketTriaged
from kit.ids import new_id
from kit.outbox import Outgoing, outgoing
from services.router.matching import Decision

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


def opening(complaint: ComplaintReceived, decision: Decision, cause: str, at: datetime) -> Opening:
    """Give the decision its receipt id."""
    return Opening(complaint, decision, new_id(), cause, at)


def ticket_row(o: Opening, rule_version: int) -> tuple[Any, ...]:
    """In the order of SQL_OPEN_TICKETS."""
    c, d = o.complaint, o.decision
    return (
        o.ticket_id, c.number, o.status.value, d.unit, d.post, d.area, d.category, d.urgency.value,
        d.profile, 1, 1 + _announced_assists(o), c.channel.value, c.kind.value, c.title, c.text,
        c.address, c.accused, c.confidential, rule_version, o.receipt_id, c.received_at,
        None if d.triage else o.at, o.at, ",".join(d.assists),
    )  # fmt: skip


def receipt_row(o: Opening) -> tuple[Any, ...]:
    """(receipt id, ticket id, JSON text)."""
    return o.receipt_id, o.ticket_id, orjson.dumps(o.decision.receipt).decode()


def history_rows(o: Opening) -> list[tuple[Any, ...]]:
    """The first lines of the ticket's history."""
    d = o.decision
    first = "triaged" if d.triage else "dispatched"
    says = [(1, first, d.unit)] + [
        (n, "assisted", unit) for n, unit in enumerate(d.assists, 2) if not d.triage
    ]
    return [
        (
            o.ticket_id,
            n,
            name,
            o.status.value,
            unit,
            1,
            BY_ROUTER,
            d.reason.value,
            o.cause,
            {},
            o.at,
        )
        for n, name, unit in says
    ]


def events(o: Opening, rule_version: int) -> list[Outgoing]:
    """`ticket.triaged`, or `ticket.dispatched` to the lead and `ticket.assisted` to each assist."""
    c, d = o.complaint, o.decision
    common: dict[str, Any] = {
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
        "rule_version": rule_version,
        "receipt_id": str(o.receipt_id),
        "cause": o.cause,
        "profile": d.profile,
        "received_at": c.received_at,
    }
    if d.triage:
        data: TicketEvent = TicketTriaged(version=1, unit=d.unit, **common)
        return [say("triaged", data, o.at)]
    words = {} if c.confidential else {"title": c.title, "text": c.text, "address": c.address}
    common |= {
        "channel": c.channel, "kind": c.kind, "confidential": c.confidential, "assists": d.assists,
        "post": d.post, "dispatched_at": o.at, **words,
    }  # fmt: skip
    said = [say("dispatched", TicketDispatched(version=1, unit=d.unit, **common), o.at)]
    for n, unit in enumerate(d.assists, 2):
        said.append(say("assisted", TicketDispatched(version=n, unit=unit, **common), o.at))
    return said


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


def _announced_assists(o: Opening) -> int:
    return 0 if o.decision.triage else len(o.decision.assists)
