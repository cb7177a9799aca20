"""What the router does with what it hears: route complaints, project clocks and levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from contracts.clock import ClockEvent
from contracts.complaint import ComplaintReceived
from contracts.escalation import EscalationEvent
from kit.db import Conn
from kit.delivery import Effects, Received
from kit.patience import lacks_complaint
from services.router import metrics
from services.router.decision import matching
from services.router.publishing.in_use import DirectoryInUse
from services.router.publishing.model_in_use import ModelInUse
from services.router.ticket import routing, store, store_routing
from services.router.ticket.routing import Opening

ENDED: Final = ("stopped", "paused")
_STATE_OF: Final = {
    "clock.set": "running",
    "clock.resumed": "running",
    "clock.near_due": "near_due",
    "clock.paused": "paused",
    "clock.stopped": "stopped",
    "clock.breached": "breached",
}


async def route(
    conn: Conn,
    received: Sequence[Received],
    in_use: DirectoryInUse,
    models: ModelInUse | None = None,
) -> Effects:
    """Open a ticket for every complaint of a batch, in one statement; without a directory they wait.

    Without `models`, keywords alone say what a complaint is about.

    A ticket has its complaint's id, so a complaint that comes again opens nothing and says nothing.
    """
    now, version, model_version = await store_routing.now_and_version(conn)
    directory = await in_use.at_least(version, conn)
    if directory is None:
        return Effects(waiting=list(received))
    model = await models.of(model_version, conn) if models else None
    openings = {
        data.complaint_id: routing.opening(
            data, matching.decide(data, directory, now, model), one.event.id, now
        )
        for one in received
        if isinstance(data := one.event.data, ComplaintReceived)
    }
    if not openings:
        return Effects()
    said = {o.ticket_id: routing.events(o) for o in openings.values()}
    rows = store_routing.Rows(
        [routing.ticket_row(o) for o in openings.values()],
        [row for o in openings.values() for row in routing.history_rows(o)],
        [(t, e.event_id, e.subject, e.body) for t, events in said.items() for e in events],
    )
    opened = await store_routing.open_tickets(conn, rows, now)
    _measure([o for o in openings.values() if o.ticket_id in opened])
    return Effects([event for ticket in opened for event in said[ticket]])


def _measure(openings: Sequence[Opening]) -> None:
    for o in openings:
        metrics.DECISIONS.labels(o.decision.reason.value).inc()
        metrics.DISPATCH_S.observe((o.at - o.complaint.received_at).total_seconds())


async def project_clocks(conn: Conn, received: Sequence[Received]) -> None:
    """Keep the newest word on each clock beside its ticket; those of whistles and decisions are others'."""
    newest: dict[tuple[str, int, str], tuple[str, ClockEvent]] = {}
    for one in received:
        data = one.event.data
        if not isinstance(data, ClockEvent) or data.whistle_id or data.decision_id:
            continue
        key = (data.ticket_id, data.round, data.kind.value)
        known = newest.get(key)
        if known is None or _replaces(one.name, data, known):
            newest[key] = (one.name, _with_window(data, known))
        else:
            newest[key] = (known[0], _with_window(known[1], (one.name, data)))
    if newest:
        await store.project_clocks(conn, [_clock_row(*newest[key]) for key in sorted(newest)])


def _replaces(name: str, data: ClockEvent, known: tuple[str, ClockEvent]) -> bool:
    """A later word; of the same time, one on the same clock or the beginning of another."""
    if known[1].order != data.order:
        return known[1].order < data.order
    return known[1].clock_id == data.clock_id or _STATE_OF[name] not in ENDED


def _with_window(data: ClockEvent, known: tuple[str, ClockEvent] | None) -> ClockEvent:
    """The end of the return window is said once, when the clock begins: it must not be lost in a batch."""
    if known is None or known[1].clock_id != data.clock_id or data.return_until is not None:
        return data
    return data.model_copy(update={"return_until": known[1].return_until})


def _clock_row(name: str, data: ClockEvent) -> tuple[Any, ...]:
    return (
        UUID(data.ticket_id),
        data.round,
        data.kind.value,
        UUID(data.clock_id),
        _STATE_OF[name],
        data.unit,
        data.due_at,
        data.sentence,
        data.order,
        data.return_until,
        data.trace.model_dump(mode="json"),
    )


async def project_levels(conn: Conn, received: Sequence[Received]) -> Effects:
    """Keep the highest rung of the ticket's own ladder beside it.

    A complaint that was not routed in time climbs before its ticket is there: such rungs wait for it.
    """
    highest: dict[UUID, int] = {}
    raised: list[tuple[UUID, str, Received]] = []
    for one in received:
        data = one.event.data
        if not isinstance(data, EscalationEvent) or data.decision_id is not None:
            continue
        if one.name == "escalation.raised":
            ticket_id = UUID(data.ticket_id)
            highest[ticket_id] = max(data.level, highest.get(ticket_id, 0))
            raised.append((ticket_id, data.number, one))
    early = await store.project_levels(conn, sorted(highest.items())) if highest else set()
    effects = Effects()
    for ticket_id, number, one in raised:
        if ticket_id in early:
            effects.wait([one], lacks_complaint(number))
    return effects
