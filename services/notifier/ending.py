"""What a ticket's end takes off the ladder and the secretaries' tables, and what an undone merger puts back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.clock import ClockEvent
from contracts.escalation import EscalationEvent, ReceptionEvent
from kit import audit
from kit.db import Conn
from kit.errors import DomainError, Kind
from kit.outbox import Outgoing, outgoing
from services.notifier.clocks.timing import Timing
from services.notifier.ladder import store_ending
from services.notifier.ladder.escalation import Escalation
from services.notifier.reception import store_decisions, store_reception
from services.notifier.reception.item import Item

SOURCE: Final = "notifier"
ACTOR: Final = "system:notifier"


async def end(conn: Conn, ended: Mapping[UUID, datetime]) -> list[Outgoing]:
    """Clear what was raised for tickets that ended, and take them off the secretaries' queues."""
    events = []
    for row in await store_ending.clear(conn, ended):
        data = Escalation.of(row).event(ended[row["ticket_id"]])
        events.append(say("escalation.cleared", data, to=data.level))
    items = await store_reception.withdraw(conn, ended)
    for item in items:
        told = item.event(ended[item.ticket_id])
        events.append(say("reception.withdrawn", told, to=told.level.value))
    if items:
        at = max(ended.values())
        await store_decisions.settle_sent(conn, [i.item_id for i in items], ACTOR, at)
    entries = [_entry("reception.withdraw", i, ended[i.ticket_id]) for i in items]
    await audit.record(conn, entries)
    return events


async def take_back(conn: Conn, returned: Sequence[Timing]) -> list[Outgoing]:
    """Raise and queue again what a merger had ended, so that merging and unmerging loses no rung."""
    rows = []
    times: dict[UUID, datetime] = {}
    for timing in returned:
        ticket = timing.ticket
        if ticket.merged_at is not None:
            rows.append((ticket.ticket_id, ticket.round, ticket.merged_at))
            times[ticket.ticket_id] = timing.heard_at or ticket.merged_at
    events = []
    for row in await store_ending.unclear(conn, rows):
        data = Escalation.of(row).event(times[row["ticket_id"]])
        if data.recipients:
            events.append(say("escalation.raised", data, to=data.level))
    items = await store_reception.queue_again(conn, rows)
    for item in items:
        told = item.event(times[item.ticket_id])
        events.append(say("reception.queued", told, to=told.level.value))
    entries = [_entry("reception.queue", i, times[i.ticket_id]) for i in items]
    await audit.record(conn, entries)
    return events


def say(
    name: str, data: ClockEvent | EscalationEvent | ReceptionEvent, *, to: str | int
) -> Outgoing:
    """An event of the notifier, about a ticket or a whistle, to a unit or level."""
    about = (data.whistle_id if isinstance(data, ClockEvent) else None) or data.ticket_id
    return outgoing(name, data, source=SOURCE, about=about, at=data.at, to=to, area=data.area)


def parse_id(text: str) -> UUID:
    """A ticket's or complaint's id. Raises DomainError, so that a foreign one is buried at once."""
    try:
        return UUID(text)
    except ValueError:
        raise DomainError(
            "bad-id", Kind.INVALID, field="ticket_id", zh="编号不是 UUID。", en="The id is no UUID."
        ) from None


def _entry(action: str, item: Item, at: datetime) -> audit.Entry:
    return audit.Entry(at, ACTOR, action, str(item.ticket_id), {"item": str(item.item_id)})
