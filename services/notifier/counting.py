"""What the consumers add to the facts of the rates: at most one statement more for a batch (docs/adr/0033)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.complaint import ComplaintChanged, ComplaintDeclined
from contracts.ticket import TicketDispatched, TicketEvent
from kit.db import Conn
from kit.delivery import Received
from services.notifier.clocks import store
from services.notifier.clocks.clock import NOBODY, Clock
from services.notifier.clocks.ticket import Ticket
from services.notifier.directory import Directory
from services.notifier.ending import parse_id
from services.notifier.rates.counter import Counter
from services.notifier.rates.fact import AT_THE_DESK, Counted, Fact
from services.notifier.rates.store_facts import About, Kept, keep
from services.notifier.worktime.calendar import WorkCalendar

CALLBACK: Final = "complaint.callback_recorded"


class Tally:
    """One ticket's facts while the events of a batch are applied."""

    def __init__(self, ticket: Ticket, directory: Directory) -> None:
        self.ticket = ticket
        self._directory = directory
        self._counter = Counter(Counted.of(ticket.counted), ticket.received_at, self._calendar)

    def hear(self, one: Received, data: TicketEvent, clocks: Sequence[Clock]) -> None:
        """Add a ticket event, after its clocks were moved."""
        at = data.dispatched_at if isinstance(data, TicketDispatched) else one.event.time
        self._counter.hear(one.name, data, at, clocks)

    def answer(self, data: ComplaintChanged, at: datetime) -> None:
        """Add a call-back."""
        self._counter.answer(data, at)

    def put(self, kept: Kept) -> None:
        """Hand over what changed, and leave the rest with the ticket, which is stored later."""
        ticket = self.ticket
        about = About(ticket.ticket_id, ticket.number, ticket.received_at)
        ticket.counted = kept.add(about, ticket.counted, self._counter.counted)

    def _calendar(self, unit: str) -> WorkCalendar:
        return self._directory.roster.calendar(unit)


async def keep_all(conn: Conn, tallies: Sequence[Tally]) -> None:
    """Write the facts that a batch changed."""
    kept = Kept()
    for one in tallies:
        one.put(kept)
    await keep(conn, kept)


async def complaints(conn: Conn, batch: Sequence[Received], directory: Directory) -> list[Received]:
    """Count call-backs and what was answered at the desk; call-backs whose complaint is not known yet wait."""
    kept = Kept()
    calls: list[tuple[Received, UUID, ComplaintChanged]] = []
    for one in batch:
        data = one.event.data
        if isinstance(data, ComplaintDeclined):
            kept.desk(_at_the_desk(data), parse_id(data.complaint_id), data.number)
        elif isinstance(data, ComplaintChanged) and one.name == CALLBACK:
            calls.append((one, parse_id(data.complaint_id), data))
    tickets = await store.lock_tickets(conn, sorted({i for _, i, _ in calls})) if calls else {}
    tallies = {ticket_id: Tally(ticket, directory) for ticket_id, ticket in tickets.items()}
    for one, ticket_id, data in calls:
        if ticket_id in tallies:
            tallies[ticket_id].answer(data, one.event.time)
    for tally in tallies.values():
        tally.put(kept)
    if tickets:
        await store.save_tickets(conn, list(tickets.values()))
    await keep(conn, kept)
    return [one for one, ticket_id, _ in calls if ticket_id not in tickets]


def _at_the_desk(data: ComplaintDeclined) -> Fact:
    """Filed and answered in one call: no ticket, no unit, yet counted (C41)."""
    return Fact(
        0,
        NOBODY,
        data.received_at,
        area=data.area or "",
        opening=True,
        lead=False,
        ended_at=data.received_at,
        ended=AT_THE_DESK,
    )
