"""What the router does with what it hears: route complaints, project clocks and levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from contracts.clock import ClockEvent
from contracts.complaint import ComplaintReceived
from contracts.escalation import EscalationEvent
from kit import audit, outbox
from kit.db import Conn
from kit.delivery import Effects, Received
from services.router import matching, metrics, routing, store
from services.router.catalogue import DirectoryInUse
from services.router.routing import Opening

_STATE_OF: Final = {
    "clock.set": "running",
    "clock.resumed": "running",
    "clock.near_due": "near_due",
    "clock.paused": "paused",
    "clock.stopped": "stopped",
    "clock.breached": "breached",
}


async def route(conn: Conn, received: Sequence[Received], in_use: DirectoryInUse) -> Effects:
    """Open a ticket for every complaint of a batch; without a directory they wait."""
    now, version = await store.now_and_version(conn)
    directory = await in_use.at_least(version, conn)
    if directory is None:
        return Effects(waiting=list(received))
    openings = [
        routing.opening(data, matching.decide(data, directory, now), one.event.id, now)
        for one in received
        if isinstance(data := one.event.data, ComplaintReceived)
    ]
    if not openings:
        return Effects()
    fresh = await store.open_tickets(
        conn, [routing.ticket_row(o, directory.version) for o in openings]
    )
    openings = [o for o in openings if o.ticket_id in fresh]
    await store.keep_receipts(conn, [routing.receipt_row(o) for o in openings])
    await store.append_history(conn, [row for o in openings for row in routing.history_rows(o)])
    events = [event for o in openings for event in routing.events(o, directory.version)]
    await outbox.append(conn, events)
    _measure(openings)
    await audit.record(
        conn,
        [
            audit.Entry(
                now,
                routing.BY_ROUTER,
                f"ticket.{o.status.value}",
                o.complaint.complaint_id,
                {"unit": o.decision.unit, "reason": o.decision.reason.value},
            )
            for o in openings
        ],
    )
    return Effects(events)


def _measure(openings: Sequence[Opening]) -> None:
    for o in openings:
        metrics.DECISIONS.labels(o.decision.reason.value).inc()
        metrics.DISPATCH_S.observe((o.at - o.complaint.received_at).total_seconds())


async def project_clocks(conn: Conn, received: Sequence[Received]) -> Effects:
    """Keep the newest word on each clock beside its ticket."""
    newest: dict[tuple[str, int, str], tuple[Any, ...]] = {}
    for one in received:
        data = one.event.data
        if not isinstance(data, ClockEvent):
            continue
        key = (data.ticket_id, data.round, data.kind.value)
        row = (
            UUID(data.ticket_id), data.round, data.kind.value, UUID(data.clock_id),
            _STATE_OF[one.name], data.unit, data.due_at, data.sentence, data.at,
        )  # fmt: skip
        if key not in newest or newest[key][-1] <= data.at:
            newest[key] = row
    if newest:
        await store.project_clocks(conn, [newest[key] for key in sorted(newest)])
    return Effects()


async def project_levels(conn: Conn, received: Sequence[Received]) -> Effects:
    """Keep the highest rung raised beside its ticket."""
    highest: dict[str, int] = {}
    for one in received:
        data = one.event.data
        if isinstance(data, EscalationEvent) and one.name == "escalation.raised":
            highest[data.ticket_id] = max(data.level, highest.get(data.ticket_id, 0))
    if highest:
        await store.project_levels(conn, [(UUID(t), level) for t, level in sorted(highest.items())])
    return Effects()
