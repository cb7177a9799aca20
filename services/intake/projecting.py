"""From ticket events to intake's own view of each ticket: one row a ticket of a batch. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.ticket import TicketEvent, TicketMerged
from contracts.ticket import TicketStatus as S

RESPONSIBLE: Final = frozenset(
    {S.DISPATCHED, S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD, S.HANDLED, S.CALLBACK, S.CLOSED}
)
"""States in which the holder is answerable for the matter itself, not only for finding out who is."""


@dataclass(frozen=True, slots=True)
class Told:
    """A ticket event, its name and business time."""

    name: str
    at: datetime
    data: TicketEvent


def view_row(told: Sequence[Told]) -> tuple[Any, ...]:
    """What a batch says about one ticket, whatever the order of its events; in the order of SQL_PROJECT."""
    events = sorted(told, key=lambda one: one.data.version)
    newest = events[-1].data
    first = len(events) - 1
    while first and _same(events[first - 1].data, newest):
        first -= 1
    held = {one.data.holder for one in events if one.data.status in RESPONSIBLE}
    return (
        UUID(newest.complaint_id),
        newest.status.value,
        newest.holder,
        newest.round,
        newest.version,
        newest.area,
        newest.category,
        events[first].at,
        newest.urgency.value,
        _profile(events),
        _into(events) if newest.status is S.MERGED else None,
        "{" + ",".join(f'"{unit}"' for unit in sorted(held)) + "}",
        _handler(events),
        max((version for _, _, version in handings(told)), default=0),
    )


def changes(told: Sequence[Told]) -> list[tuple[Any, ...]]:
    """Each change of state a batch tells of one ticket; in the order of SQL_PROJECT.

    The first may be no change at all: only the view knows what was before it.
    """
    events = [one.data for one in sorted(told, key=lambda one: one.data.version)]
    return [
        (UUID(now.complaint_id), now.version, now.status.value, now.round, place == 0)
        for place, now in enumerate(events)
        if place == 0 or not _same(events[place - 1], now)
    ]


def handings(told: Sequence[Told]) -> list[tuple[UUID, int, int]]:
    """Each time the work was handed in: complaint, round, version; in the order of SQL_ASK_AGAIN."""
    return [
        (UUID(one.data.complaint_id), one.data.round, one.data.version)
        for one in told
        if one.name == "ticket.handled"
    ]


def _same(one: TicketEvent, other: TicketEvent) -> bool:
    return (one.status, one.round) == (other.status, other.round)


def _profile(events: Sequence[Told]) -> str | None:
    for one in reversed(events):
        if one.data.profile is not None:
            return one.data.profile
    return None


def _into(events: Sequence[Told]) -> str | None:
    for one in reversed(events):
        if isinstance(one.data, TicketMerged) and one.data.status is S.MERGED:
            return one.data.into
    return None


def _handler(events: Sequence[Told]) -> str | None:
    for one in reversed(events):
        if one.name == "ticket.handled":
            return one.data.actor
    return None
