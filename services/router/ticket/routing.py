"""From a decision to what is stored and said: the ticket's row, its first history line, its events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.complaint import ComplaintReceived, Settled
from contracts.ticket import TicketDispatched, TicketEvent, TicketStatus, TicketTriaged
from kit.ids import new_id
from kit.outbox import Outgoing, outgoing
from services.router.decision import receipt
from services.router.decision.conflict import conflicts
from services.router.decision.decision import Decision

SERVICE: Final = "router"
BY_ROUTER: Final = "system:router"
SETTLED: Final = "settled_on_the_spot"
"""Reason of a ticket that opened and ended at once."""


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

    settled: Settled | None = None
    """What somebody entitled to it has dealt with on the spot: the ticket opens and ends at once."""

    @property
    def status(self) -> TicketStatus:
        """The state it is in when all is announced."""
        return self.announced[-1][2]

    @property
    def unit(self) -> str:
        """Who holds it: the unit decided on, or the one that settled it on the spot."""
        return self.settled.unit if self.settled else self.decision.unit

    @property
    def assists(self) -> tuple[str, ...]:
        """Who helps; nobody with what is settled."""
        return () if self.settled else self.decision.assists

    @property
    def announced(self) -> list[tuple[str, str, TicketStatus]]:
        """(event, addressee, state after it) in order; the position is the ticket's version."""
        if self.settled:
            unit = self.settled.unit
            return [
                ("dispatched", unit, TicketStatus.DISPATCHED),
                ("handled", unit, TicketStatus.CALLBACK),
                ("closed", unit, TicketStatus.CLOSED),
            ]
        if self.decision.triage:
            return [("triaged", self.decision.unit, TicketStatus.TRIAGE)]
        told = [("dispatched", self.unit), *(("assisted", unit) for unit in self.assists)]
        return [(event, unit, TicketStatus.DISPATCHED) for event, unit in told]


def opening(complaint: ComplaintReceived, decision: Decision, cause: str, at: datetime) -> Opening:
    """Give the decision its receipt id; see whether it was settled on the spot by who may say so.

    The filer must hold a post in that unit, and the matter must not be about it: else it goes the way of
    every complaint.
    """
    settled = complaint.settled
    if settled is not None:
        directory = decision.directory
        mine = settled.unit in directory.units_of(settled.person, at)
        if not mine or conflicts(directory, settled.unit, complaint.accused, decision.area, at):
            settled = None
    return Opening(complaint, decision, new_id(), cause, at, settled)


def ticket_row(o: Opening) -> tuple[Any, ...]:
    """In the order of SQL_OPEN."""
    c, d = o.complaint, o.decision
    return (
        o.ticket_id,
        c.number,
        o.status.value,
        o.unit,
        None if o.settled else d.post,
        ",".join(o.assists),
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
        None if d.triage and not o.settled else o.at,
        receipt.dump(d.receipt),
        new_id(),
        {"unit": o.unit, "reason": _reason(o)},
        ",".join(c.attachments),
        SETTLED if o.settled else None,
    )


def history_rows(o: Opening) -> list[tuple[Any, ...]]:
    """The first lines of the ticket's history, in the order of SQL_OPEN."""
    reason, actor = _reason(o), o.settled.person if o.settled else BY_ROUTER
    return [
        (
            o.ticket_id, version, name, status.value, unit, actor, reason, o.cause,
            _done(o) if name == "handled" else {},
        )
        for version, (name, unit, status) in enumerate(o.announced, 1)
    ]  # fmt: skip


def events(o: Opening) -> list[Outgoing]:
    """`ticket.triaged`, or `ticket.dispatched` to the lead and `ticket.assisted` to each assist.

    Of what was settled on the spot: dispatched, handled, closed.
    """
    common, dispatch = _common(o), _dispatch(o)
    said = []
    for version, (name, unit, status) in enumerate(o.announced, 1):
        about = common | {"version": version, "unit": unit, "status": status}
        if name == "triaged":
            data: TicketEvent = TicketTriaged(**about, **_clocked(o))
        elif name in {"dispatched", "assisted"}:
            data = TicketDispatched(**about, **_clocked(o), **dispatch)
        else:
            data = TicketEvent(**about, result=o.settled.result if o.settled else None)
        said.append(say(name, data, o.at))
    return said


def _done(o: Opening) -> dict[str, Any]:
    """What was done, as a holder who hands in a result would have said it."""
    told = o.settled.model_dump(exclude={"unit", "person"}, exclude_none=True) if o.settled else {}
    return {**told, "attachments": list(o.complaint.attachments)}


def _reason(o: Opening) -> str:
    return SETTLED if o.settled else o.decision.reason.value


def _common(o: Opening) -> dict[str, Any]:
    c, d = o.complaint, o.decision
    return {
        "ticket_id": c.complaint_id,
        "number": c.number,
        "complaint_id": c.complaint_id,
        "round": 1,
        "holder": o.unit,
        "area": d.area or "",
        "category": d.category,
        "urgency": d.urgency,
        "actor": o.settled.person if o.settled else BY_ROUTER,
        "reason": _reason(o),
        "rule_version": d.directory_version,
        "receipt_id": str(o.receipt_id),
        "coordinator": o.unit if o.settled else d.coordinator,
        "cause": o.cause,
    }


def _clocked(o: Opening) -> dict[str, Any]:
    return {"profile": o.decision.profile, "received_at": o.complaint.received_at}


def _dispatch(o: Opening) -> dict[str, Any]:
    c, d = o.complaint, o.decision
    words = {} if c.confidential else {"title": c.title, "text": c.text, "address": c.address}
    return words | {
        "channel": c.channel,
        "kind": c.kind,
        "confidential": c.confidential,
        "assists": o.assists,
        "post": None if o.settled else d.post,
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
