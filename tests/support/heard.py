"""Messages as a consumer of the notifier receives them, without a broker in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

import asyncpg
from nats.aio.msg import Msg

from contracts.base import EventData
from contracts.catalog import make
from contracts.complaint import Channel, ComplaintReceived, Kind
from contracts.ticket import (
    TicketDispatched,
    TicketEvent,
    TicketMerged,
    TicketStatus,
    TicketTriaged,
)
from kit import inbox
from kit.city_time import CITY_TIME
from kit.db import Conn, Pool, transaction
from kit.delivery import Effects, Received
from kit.ids import new_id
from services.notifier.directory import Directory
from services.notifier.ticking import Ticked, tick
from tests.support import city

MONDAY: Final = datetime(2026, 11, 23, 10, 0, tzinfo=CITY_TIME)
AREA: Final = "370105001008001"
NUMBER: Final = "261123000001"

Apply = Callable[[Conn, Sequence[Received], Directory], Awaitable[Effects]]


def complaint(ticket_id: UUID, hours: float = 0) -> Received:
    """A complaint received so many hours after Monday 10:00."""
    at = MONDAY + timedelta(hours=hours)
    data = ComplaintReceived(
        complaint_id=str(ticket_id), number=NUMBER, channel=Channel.HOTLINE, kind=Kind.HELP,
        text="路灯坏了", received_at=at,
    )  # fmt: skip
    return received("complaint.received", data, at)


def ticket(  # noqa: PLR0913 - what an event is told apart by
    event: str,
    ticket_id: UUID,
    version: int,
    *,
    status: TicketStatus,
    hours: float = 0,
    unit: str = "SZ",
    **more: Any,
) -> Received:
    """A ticket event so many hours after Monday 10:00."""
    at = MONDAY + timedelta(hours=hours)
    values: dict[str, Any] = {
        "ticket_id": str(ticket_id), "number": NUMBER, "complaint_id": str(ticket_id),
        "version": version, "round": more.pop("round", 1), "status": status, "unit": unit, "holder": unit,
        "area": AREA, "urgency": "normal", "rule_version": 1, **more,
    }  # fmt: skip
    data: TicketEvent = TicketEvent(**values)
    if event in {"dispatched", "assisted"}:
        data = TicketDispatched(
            **values, channel=Channel.HOTLINE, kind=Kind.HELP, profile="standard",
            received_at=MONDAY, dispatched_at=at,
        )  # fmt: skip
    elif event == "triaged":
        data = TicketTriaged(**values, profile="standard", received_at=MONDAY)
    elif event in {"merged", "unmerged"}:
        data = TicketMerged(**values)
    return received(f"ticket.{event}", data, at)


def dispatched(ticket_id: UUID) -> Received:
    """The first event of a usual ticket: dispatched to SZ on Monday 10:00."""
    return ticket("dispatched", ticket_id, 1, status=TicketStatus.DISPATCHED)


async def apply(pool: Pool, action: Apply, *batch: Received) -> Effects:
    """What a delivery does with a batch: inbox, action, one transaction."""
    async with transaction(pool) as conn:
        fresh = await inbox.claim(conn, "test", [one.event_id for one in batch])
        return await action(conn, [r for r in batch if r.event_id in fresh], city.directory())


def received(name: str, data: EventData, at: datetime) -> Received:
    event_id = new_id()
    event = make(name, data, event_id=str(event_id), source="test", about="test", at=at)
    return Received(event, event_id, cast("Msg", None), name)


async def at(dsn: str, hours: float) -> datetime:
    """Set business time to so many hours after Monday 10:00."""
    conn = await asyncpg.connect(dsn)
    now: datetime = await conn.fetchval(
        "select chuishao.set_business_clock($1)", MONDAY + timedelta(hours=hours)
    )
    await conn.close()
    return now


async def ticks(pool: Pool, *, limit: int = 500) -> Ticked:
    """Tick until nothing more is due."""
    total = Ticked()
    while True:
        done = await tick(pool, city.directory(), limit=limit)
        total.events += done.events
        total.levels += done.levels
        if not done.more:
            return total
