"""One ticket's life, told in events, for tests of the rules of clocks and ladders."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, Self
from uuid import uuid4

from hypothesis import strategies as st

from contracts.catalog import EVENTS
from contracts.clock import ClockKind
from contracts.complaint import Channel, ComplaintReceived, Kind, Urgency
from contracts.ticket import (
    TicketDispatched,
    TicketEvent,
    TicketMerged,
    TicketStatus,
    TicketTriaged,
)
from kit.city_time import CITY_TIME
from services.notifier.clocks.clock import NOBODY, Clock
from services.notifier.clocks.ticket import Ticket
from services.notifier.clocks.timing import Timing
from services.notifier.directory import Directory
from services.notifier.ladder.ladder import Ladder, follow
from tests.support import city

S = TicketStatus
MONDAY: Final = datetime(2026, 11, 23, 10, 0, tzinfo=CITY_TIME)
AREA: Final = "370105001008001"


Turn = tuple[str, TicketStatus, str, int]
"""A ticket event, the state after it, the unit, and the hours since the one before."""
_EVENTS = [row.event for row in EVENTS if row.noun == "ticket"]
LIVES: Final[st.SearchStrategy[list[Turn]]] = st.lists(
    st.tuples(
        st.sampled_from(_EVENTS),
        st.sampled_from(list(TicketStatus)),
        st.sampled_from(["SZ", "GD", "GT-001"]),
        st.integers(0, 48),
    ),
    max_size=12,
)
"""Any events in any order, sensible or not."""


class Case:
    """One ticket's life, told in events; hours count from the complaint on Monday at 10:00."""

    def __init__(
        self, urgency: Urgency | None = None, since: float = 0, book: Directory | None = None
    ) -> None:
        self.book = book or city.directory()
        """The city's rules its messages are applied by."""
        self.received_at = after(since)
        ticket = Ticket(
            uuid4(),
            "261123000001",
            0,
            1,
            S.RECEIVED,
            NOBODY,
            "",
            Urgency.NORMAL,
            "standard",
            self.received_at,
        )
        self.timing = Timing(ticket, [], uuid4)
        self.ladders: list[Ladder] = []
        self.urgency = urgency
        self.told: list[tuple[str, TicketEvent, datetime]] = []
        """What was heard, in order."""

    def complaint(self) -> ComplaintReceived:
        return ComplaintReceived(
            complaint_id=str(self.timing.ticket.ticket_id), number="261123000001",
            channel=Channel.HOTLINE, kind=Kind.HELP, text="路灯坏了", urgency=self.urgency,
            received_at=self.received_at,
        )  # fmt: skip

    def received(self) -> Self:
        self.timing.receive(self.complaint(), self.book)
        self._climb(self.timing)
        return self

    def hear(
        self, event: str, status: TicketStatus, hours: float = 0, unit: str = "SZ", **more: Any
    ) -> Self:
        at = MONDAY + timedelta(hours=hours)
        old = self.timing.ticket
        values: dict[str, Any] = {
            "ticket_id": str(old.ticket_id), "number": old.number, "complaint_id": str(old.ticket_id),
            "version": old.version + 1, "round": old.round, "status": status, "unit": unit,
            "holder": unit, "area": AREA, "urgency": self.urgency or Urgency.NORMAL,
            "rule_version": 1,
        }  # fmt: skip
        values |= more
        profiled = {"profile": "standard"} | values
        data = TicketMerged(**values) if event in ("merged", "unmerged") else TicketEvent(**values)
        if event == "triaged":
            data = TicketTriaged(**profiled, received_at=self.received_at)
        if event in ("dispatched", "assisted"):
            data = TicketDispatched(
                **profiled, channel=Channel.HOTLINE, kind=Kind.HELP,
                received_at=self.received_at, dispatched_at=at,
            )  # fmt: skip
        timing = Timing(old, self.timing.clocks, uuid4)
        self.told.append((f"ticket.{event}", data, at))
        timing.hear(f"ticket.{event}", data, at, self.book)
        self._climb(timing)
        self.timing = timing
        return self

    def together(self) -> Case:
        """The same life, all of it fetched in one batch."""
        other = Case(book=self.book)
        other.timing.receive(other.complaint(), self.book)
        for told in self.told:
            other.timing.hear(*told, self.book)
        other._climb(other.timing)
        return other

    def _climb(self, timing: Timing) -> None:
        for ladder in follow(self.ladders, timing, self.book):
            if ladder not in self.ladders:
                self.ladders.append(ladder)

    def dispatched(self, hours: float = 0, unit: str = "SZ") -> Self:
        return self.hear("dispatched", S.DISPATCHED, hours, unit)

    def handled(self, hours: float = 5) -> Self:
        return (
            self.dispatched(1)
            .hear("accepted", S.ACCEPTED, 2)
            .hear("contacted", S.IN_PROGRESS, 3)
            .hear("handled", S.CALLBACK, hours)
        )

    @property
    def ticking(self) -> set[ClockKind]:
        return {c.kind for c in self.timing.clocks if c.ticking}

    def clock(self, kind: ClockKind) -> Clock:
        """The newest clock of a kind."""
        return [c for c in self.timing.clocks if c.kind is kind][-1]

    def said(self) -> list[tuple[str, str]]:
        """Clock events of the last message: name and kind."""
        return [(name.removeprefix("clock."), data.kind.value) for name, data in self.timing.said]


def after(hours: float) -> datetime:
    """So many hours after Monday 10:00."""
    return MONDAY + timedelta(hours=hours)
