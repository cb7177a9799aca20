"""What the notifier knows of a ticket: its own view, kept from the router's events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.complaint import Urgency
from contracts.ticket import (
    Since,
    TicketEvent,
    TicketMerged,
    TicketStatus,
)
from services.notifier.clocks.clock import FINAL, NOBODY


@dataclass(slots=True)
class Ticket:
    """What is known of a ticket; version 0 until its first event."""

    ticket_id: UUID
    number: str
    version: int
    round: int
    status: TicketStatus
    unit: str
    area: str
    urgency: Urgency
    profile: str
    received_at: datetime
    holders: list[dict[str, str | None]] = field(default_factory=list)
    """Who held it from when to when: `unit`, `from`, `to` (D3 rule 4)."""
    since: tuple[Since, ...] = ()
    """From when the callers of tickets merged into it wait."""
    counted: dict[str, Any] = field(default_factory=dict)
    """What the rates count of it (services.notifier.rates.fact), kept here so that one lock guards both."""
    review_at: datetime | None = None
    """Of a hold that an event of this batch approved; not stored."""
    merged_at: datetime | None = None
    """When it was merged, once an event of this batch lets it stand by itself again; not stored."""

    def holder_before(self, moment: datetime | None) -> str:
        """Who held it last before then, or at all; NOBODY where nobody did."""
        until = [
            held["unit"]
            for held in self.holders
            if moment is None or datetime.fromisoformat(held["from"] or "") < moment
        ]
        return (until[-1] if until else None) or NOBODY

    @property
    def ended_at(self) -> datetime:
        """When it ended, or last changed hands."""
        times = [time for held in self.holders for time in (held["from"], held["to"]) if time]
        return datetime.fromisoformat(times[-1]) if times else self.received_at

    def note(self, data: TicketEvent, at: datetime) -> None:
        """Take over what an event tells."""
        last = self.holders[-1] if self.holders else None
        if self.status is TicketStatus.MERGED and data.status not in FINAL:
            self.merged_at = datetime.fromisoformat(last["to"]) if last and last["to"] else at
        self.version, self.round, self.status = data.version, data.round, data.status
        self.unit, self.area, self.urgency = data.holder, data.area, data.urgency
        self.profile = data.profile or self.profile
        self.review_at = data.review_at if data.status is TicketStatus.ON_HOLD else None
        if isinstance(data, TicketMerged):
            self.since = data.since
        over = self.status in FINAL
        if last is not None and last["to"] is None and (over or last["unit"] != self.unit):
            last["to"] = at.isoformat()
        if not over and (last is None or last["to"] is not None):
            self.holders.append({"unit": self.unit, "from": at.isoformat(), "to": None})
