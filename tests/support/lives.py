"""Whole lives of tickets, told in events, for what is counted of them. Hours count from Monday 10:00."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, Self
from uuid import UUID

from contracts.complaint import CallbackOutcome, ComplaintChanged, ComplaintDeclined
from contracts.ticket import TicketStatus
from kit.delivery import Received
from kit.ids import new_id
from tests.support.heard import AREA, MONDAY, complaint, received, ticket

S = TicketStatus
_STATUS: Final = {
    "dispatched": S.DISPATCHED, "assisted": S.DISPATCHED, "triaged": S.TRIAGE, "accepted": S.ACCEPTED,
    "contacted": S.IN_PROGRESS,
    "returned": S.RETURNED, "referred": S.ARBITRATION, "ruled": S.DISPATCHED, "handled": S.CALLBACK,
    "rejected": S.IN_PROGRESS, "held": S.ON_HOLD, "resumed": S.IN_PROGRESS, "reopened": S.IN_PROGRESS,
    "closed": S.CLOSED, "declined": S.DECLINED, "withdrawn": S.WITHDRAWN, "merged": S.MERGED,
    "unmerged": S.DISPATCHED, "reassigned": S.DISPATCHED,
}  # fmt: skip


class Life:
    """One ticket; each method adds an event so many hours after Monday 10:00."""

    def __init__(self, number: str, area: str = AREA, category: str = "L1", **more: Any) -> None:
        self.ticket_id: UUID = new_id()
        self.number, self.area, self.category = number, area, category
        self.more = {"urgency": "urgent"} | more
        self.version, self.round, self.unit, self.handed_in = 0, 1, "", 0
        self.filed = [_numbered(complaint(self.ticket_id), number)]
        self.told: list[Received] = []
        self.called: list[Received] = []

    def on(self, event: str, hours: float, unit: str | None = None, **more: Any) -> Self:
        """A ticket event; `unit` holds the ticket from then on."""
        self.version += 1
        self.unit = unit or self.unit
        self.round += event == "reopened"
        self.handed_in = self.version if event == "handled" else self.handed_in
        about = {
            "number": self.number, "round": self.round, "area": self.area, "category": self.category,
        }  # fmt: skip
        one = ticket(
            event, self.ticket_id, self.version, status=_STATUS[event], hours=hours, unit=self.unit,
            **self.more | about | more,
        )  # fmt: skip
        self.told.append(one)
        return self

    def call(self, hours: float, outcome: str, **more: Any) -> Self:
        """A call-back about the last handing-in, unless told otherwise."""
        answered = outcome in {"solved", "not_solved"}
        values: dict[str, Any] = {
            "complaint_id": str(self.ticket_id), "number": self.number, "contacted": answered,
            "solved": outcome == "solved" if answered else None, "outcome": CallbackOutcome(outcome),
            "attempts": 1, "final": outcome != "not_reached", "ticket_round": self.round,
            "handed_in": self.handed_in, "actor": "P9001",
        }  # fmt: skip
        at = MONDAY + timedelta(hours=hours)
        data = ComplaintChanged(**values | more)
        self.called.append(received("complaint.callback_recorded", data, at))
        return self

    def worked(self, unit: str, *, at: float = 0, contact: float = 1, handed_in: float = 5) -> Self:
        """Dispatched, contacted, handed in."""
        self.on("dispatched", at, unit).on("accepted", at + 0.25)
        return self.on("contacted", contact).on("handled", handed_in)


def at_the_desk(number: str, hours: float = 0, area: str = AREA) -> Received:
    """A matter that was answered at filing."""
    at = MONDAY + timedelta(hours=hours)
    data = ComplaintDeclined(
        complaint_id=str(new_id()), number=number, area=area, reason="known_answer", door="12345",
        received_at=at,
    )  # fmt: skip
    return received("complaint.declined", data, at)


def _numbered(one: Received, number: str) -> Received:
    data = one.event.data.model_copy(update={"number": number})
    return received(one.name, data, one.event.time)
