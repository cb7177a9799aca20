"""What the notifier does with what it hears: one function per verb, in the consumer's transaction.

Complaints and tickets come through two consumers and may race. Both first insert the ticket's row,
in order of id: the later one waits for the earlier one's commit and then sees what it wrote. The
complaint alone starts the resident and dispatch clocks, so the outcome does not depend on who came first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.complaint import ComplaintReceived, Urgency
from contracts.publication import IssueEvent
from contracts.ticket import (
    TicketDispatched,
    TicketEvent,
    TicketMerged,
    TicketStatus,
    TicketTriaged,
)
from kit import outbox
from kit.db import Conn
from kit.delivery import Effects, Received
from kit.ids import new_id
from kit.outbox import Outgoing
from kit.patience import lacks_complaint, lacks_version
from services.notifier import counting, ending, noticing, queueing, whistling
from services.notifier.clocks import store, store_about, store_issues
from services.notifier.clocks.clock import NOBODY, Clock
from services.notifier.clocks.ticket import Ticket
from services.notifier.clocks.timing import Timing
from services.notifier.directory import Directory
from services.notifier.ending import parse_id
from services.notifier.ladder import ladder, store_ladder
from services.notifier.ladder.ladder import Ladder
from services.notifier.reception.entry import Arrival
from services.notifier.telling import tell
from services.notifier.worktime.calendar import STANDARD


@dataclass(frozen=True, slots=True)
class Heard:
    """A ticket event with the message it came in."""

    received: Received
    data: TicketEvent


async def apply_complaints(conn: Conn, batch: Sequence[Received], directory: Directory) -> Effects:
    """Start the clocks of received complaints, count call-backs; what else is said is the router's to judge."""
    told: dict[UUID, tuple[ComplaintReceived, str]] = {}
    for one in batch:
        if isinstance(data := one.event.data, ComplaintReceived):
            told[parse_id(data.complaint_id)] = (data, one.event.id)
    effects = Effects()
    for one in await counting.complaints(conn, batch, directory):
        effects.wait([one], lacks_complaint(one.event.data.number))
    if not told:
        return effects
    tickets = {ticket_id: _newcomer(ticket_id, data) for ticket_id, (data, _) in told.items()}
    about = [(one, data.accused) for one, (data, _) in told.items() if data.accused]
    await store_about.note(conn, about)
    fresh = await store.open_tickets(conn, list(tickets.values()))
    ladders: dict[UUID, list[Ladder]] = {}
    clocks: dict[UUID, list[Clock]] = {}
    if late := [ticket_id for ticket_id in told if ticket_id not in fresh]:
        tickets |= await store.lock_tickets(conn, late)
        ladders = await store_ladder.lock_ladders(conn, late)
        clocks = await store.clocks(conn, late)
    timings = []
    for ticket_id, (data, cause) in told.items():
        timing = Timing(tickets[ticket_id], clocks.get(ticket_id, []), new_id, cause)
        timing.receive(data, directory)
        if timing.begun:
            timings.append(timing)
    effects.events = await write(conn, timings, ladders, directory)
    again = {ticket_id: data.repeats for ticket_id, (data, _) in told.items() if data.repeats}
    if again:
        effects.events += await queueing.repeated(conn, again, tickets, directory.roster)
    return effects


async def apply_tickets(conn: Conn, batch: Sequence[Received], directory: Directory) -> Effects:
    """Apply ticket events in version order: older ones change nothing, gaps wait.

    Whistles come the same way, each with a history of its own, and hot issues; what they mute is
    decided when a warning is due. Last, what of all this belongs on a secretary's table goes there.
    """
    issues = await _note_issues(conn, batch)
    arrivals: list[Arrival] = []
    effects = await whistling.apply(conn, batch, directory, arrivals)
    heard = _by_ticket(batch)
    due: dict[UUID, list[Heard]] = {}
    if heard:
        if first := [_stranger(i, own[0]) for i, own in heard.items() if own[0].data.version == 1]:
            await store.open_tickets(conn, first)
        tickets = await store.lock_tickets(conn, list(heard))
        for ticket_id, own in heard.items():
            now, early = _in_turn(own, tickets.get(ticket_id))
            if early:
                known = tickets[ticket_id].version if ticket_id in tickets else 0
                lacks = lacks_version("工单", "ticket", ticket_id, known + len(now) + 1)
                effects.wait([one.received for one in early], lacks)
            if now:
                due[ticket_id] = now
    if due:
        effects.events += await _hear(conn, due, tickets, directory)
    told = [(x.received.name, x.data, x.received.event.time) for own in due.values() for x in own]
    into = [
        (parse_id(data.ticket_id), data.into)
        for _, data, _ in told
        if isinstance(data, TicketMerged) and data.into
    ]
    await store_about.merged(conn, into)
    effects.events += await queueing.follow(conn, told, arrivals, issues, directory.roster)
    await noticing.hear(conn, batch, effects.waiting)
    return effects


async def _hear(
    conn: Conn,
    due: dict[UUID, list[Heard]],
    tickets: dict[UUID, Ticket],
    directory: Directory,
) -> list[Outgoing]:
    """What events do to the clocks and ladders of their tickets, and what of them is counted."""
    ladders = await store_ladder.lock_ladders(conn, list(due))
    clocks = await store.clocks(conn, list(due))
    timings, tallies = [], []
    for ticket_id, own in due.items():
        timing = Timing(tickets[ticket_id], clocks[ticket_id], new_id)
        tally = counting.Tally(timing.ticket, directory)
        for one in own:
            event = one.received.event
            timing.cause = event.id
            timing.hear(one.received.name, one.data, event.time, directory)
            tally.hear(one.received, one.data, timing.clocks)
        timings.append(timing)
        tallies.append(tally)
    await counting.keep_all(conn, tallies)
    await store.save_tickets(conn, [timing.ticket for timing in timings])
    return await write(conn, timings, ladders, directory)


async def _note_issues(conn: Conn, batch: Sequence[Received]) -> dict[UUID, datetime]:
    """Remember who belongs to which hot issue, in whatever order it is told; which grew, and when."""
    told = [(one.name, one.event.data) for one in batch if isinstance(one.event.data, IssueEvent)]
    members = [
        (parse_id(data.ticket_id), parse_id(data.issue_id)) for _, data in told if data.ticket_id
    ]
    closed = {parse_id(data.issue_id): data.at for name, data in told if name == "issue.closed"}
    await store_issues.join(conn, sorted(members))
    await store_issues.close(conn, sorted(closed.items()))
    return {parse_id(data.issue_id): data.at for _, data in told if data.ticket_id}


async def write(
    conn: Conn,
    timings: Sequence[Timing],
    ladders: dict[UUID, list[Ladder]],
    directory: Directory,
) -> list[Outgoing]:
    """Store clocks and ladders, end what ended, and say so. Stopped clocks go before new ones."""
    changed = [(t.ticket.ticket_id, c) for t in timings for c in t.changed.values()]
    begun = [(t.ticket.ticket_id, c) for t in timings for c in t.begun]
    climbing = [
        (t.ticket.ticket_id, x)
        for t in timings
        for x in ladder.follow(ladders.get(t.ticket.ticket_id, []), t, directory)
    ]
    await store.save_clocks(conn, changed)
    await store.insert_clocks(conn, begun)
    aligned = [(t.ticket.ticket_id, c, at) for t in timings for c, at in t.aligned]
    await store.align_clocks(conn, aligned)
    await store_ladder.save_ladders(conn, climbing)
    events = await tell(conn, [t.said for t in timings])
    times = {t.ticket.ticket_id: t.ended_at or t.finished_at for t in timings}
    ended = {one: at for one, at in times.items() if at is not None}
    if ended:
        events += await ending.end(conn, ended)
    returned = [
        t for t in timings if t.ticket.merged_at is not None and t.ticket.ticket_id not in ended
    ]
    if returned:
        events += await ending.take_back(conn, returned)
    await outbox.append(conn, events)
    return events


def _by_ticket(batch: Sequence[Received]) -> dict[UUID, list[Heard]]:
    """Ticket events by ticket, each list in version order."""
    found: dict[UUID, list[Heard]] = defaultdict(list)
    for one in batch:
        if isinstance(data := one.event.data, TicketEvent):
            found[parse_id(data.ticket_id)].append(Heard(one, data))
    for own in found.values():
        own.sort(key=lambda heard: heard.data.version)
    return found


def _in_turn(own: list[Heard], ticket: Ticket | None) -> tuple[list[Heard], list[Heard]]:
    """What can be applied now, and what must wait for an earlier version."""
    version = ticket.version if ticket else 0
    now: list[Heard] = []
    for index, one in enumerate(own):
        if ticket is None or one.data.version > version + 1:
            return now, own[index:]
        if one.data.version == version + 1:
            now.append(one)
            version += 1
    return now, []


def _newcomer(ticket_id: UUID, data: ComplaintReceived) -> Ticket:
    """A ticket of which only the complaint is known."""
    return Ticket(
        ticket_id=ticket_id,
        number=data.number,
        version=0,
        round=1,
        status=TicketStatus.RECEIVED,
        unit=NOBODY,
        area=data.area or data.grid_code or "",
        urgency=data.urgency or Urgency.NORMAL,
        profile=STANDARD,
        received_at=data.received_at,
    )


def _stranger(ticket_id: UUID, heard: Heard) -> Ticket:
    """A ticket whose first event came before its complaint."""
    data = heard.data
    at = heard.received.event.time
    if isinstance(data, TicketDispatched | TicketTriaged):
        at = data.received_at
    return Ticket(
        ticket_id=ticket_id,
        number=data.number,
        version=0,
        round=data.round,
        status=TicketStatus.RECEIVED,
        unit=NOBODY,
        area=data.area,
        urgency=data.urgency,
        profile=STANDARD,
        received_at=at,
    )
