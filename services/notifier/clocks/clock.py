"""A clock: one running due time of a ticket, and which clocks a ticket's state keeps running.

What runs follows from the state (domain.md D1), so an event nobody thought of cannot leave a clock
behind. Rules of D3 that need more than the state are in `timing.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from contracts.catalog import NONE_TOKEN
from contracts.clock import ClockEvent, ClockKind, Trace
from contracts.complaint import Urgency
from contracts.ticket import TicketStatus
from services.notifier.worktime.calendar import WorkCalendar
from services.notifier.worktime.limits import Basis, Due, Duration

NOBODY: Final = NONE_TOKEN
"""Unit of a clock no unit answers for: the resident's, and the call-back's (never the handler's)."""

FINAL: Final = frozenset(
    {TicketStatus.CLOSED, TicketStatus.DECLINED, TicketStatus.MERGED, TicketStatus.WITHDRAWN}
)
"""States in which nothing runs; in every other one the resident clock does."""

RUNNING: Final[Mapping[TicketStatus, tuple[ClockKind, ...]]] = {
    TicketStatus.RECEIVED: (ClockKind.DISPATCH,),
    TicketStatus.TRIAGE: (ClockKind.DISPATCH,),
    TicketStatus.DISPATCHED: (ClockKind.SIGN_FOR, ClockKind.CONTACT, ClockKind.RESULT),
    TicketStatus.ACCEPTED: (ClockKind.CONTACT, ClockKind.RESULT),
    TicketStatus.IN_PROGRESS: (ClockKind.RESULT,),
    TicketStatus.RETURNED: (ClockKind.RESULT, ClockKind.RETURN_ANSWER),
    TicketStatus.ARBITRATION: (ClockKind.RESULT, ClockKind.RULING),
    TicketStatus.ON_HOLD: (ClockKind.HOLD_REVIEW,),
    TicketStatus.HANDLED: (ClockKind.CALLBACK,),
    TicketStatus.CALLBACK: (ClockKind.CALLBACK,),
    TicketStatus.CLOSED: (),
    TicketStatus.DECLINED: (),
    TicketStatus.MERGED: (),
    TicketStatus.WITHDRAWN: (),
}
"""Column "clock running" of domain.md D1, beside the resident clock."""

UNIT_DUTIES: Final = (ClockKind.SIGN_FOR, ClockKind.CONTACT)
"""What every newly responsible unit owes anew; the result clock goes on instead."""


class Book(Protocol):
    """The city's rules in force, as far as clocks need them."""

    @property
    def version(self) -> int:
        """Of the directory they come from."""
        ...

    def basis(self, kind: ClockKind, profile: str, urgency: Urgency, unit: str) -> Basis | None:
        """What a clock's due time is computed from; None where the profile sets no limit."""
        ...

    def calendar(self, name: str) -> WorkCalendar:
        """The calendar of that name, the standard one where it is gone."""
        ...

    def extension(self, profile: str, urgency: Urgency) -> Duration | None:
        """By how much a granted extension moves the result clock."""
        ...

    def return_window(self, profile: str, urgency: Urgency, unit: str, start: datetime) -> datetime:
        """Until when a unit that was made responsible at `start` may return the matter."""
        ...

    def seat(self, kind: ClockKind, holder: str, area: str) -> str:
        """The unit that must act before a clock of this kind runs out."""
        ...


class About(Protocol):
    """The ticket a clock belongs to."""

    @property
    def ticket_id(self) -> UUID:
        """The ticket's id, which is its complaint's."""
        ...

    @property
    def number(self) -> str:
        """The number people know it by."""
        ...

    @property
    def area(self) -> str:
        """Deepest sure area code; empty where none is known."""
        ...


@dataclass(slots=True, eq=False)
class Clock:
    """A row of table `clock`."""

    clock_id: UUID
    round: int
    kind: ClockKind
    unit: str
    started_at: datetime
    near_at: datetime
    """When the holder is warned."""
    due_at: datetime
    trace: Trace
    sentence: str
    earlier_due: list[datetime] = field(default_factory=list)
    """Due times it had before it was extended or held, oldest first (D3 rule 3)."""
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    stopped_by: str | None = None
    """Name of the event that stopped it: `ticket.accepted`."""
    own: Trace | None = None
    """Its own trace, while the earlier one of a follower counts instead (domain.md E19)."""
    return_until: datetime | None = None
    """Of a sign-for clock that begins: until when the unit may return the matter; told once, not stored."""
    alarmed_at: datetime | None = None
    """When it last sounded an alarm that still counts: near its due time, or past it. The tick's to write."""
    warn_again: bool = False
    """An extension moved the warning into the future, so it is due once more."""

    @property
    def open(self) -> bool:
        """Running or paused."""
        return self.stopped_at is None

    @property
    def ticking(self) -> bool:
        """Running, and not paused by a hold."""
        return self.stopped_at is None and self.paused_at is None

    def event(self, about: About, at: datetime, cause: str | None = None) -> ClockEvent:
        """Its state as published; `at` is the business time of the change."""
        return ClockEvent(
            cause=cause,
            clock_id=str(self.clock_id),
            ticket_id=str(about.ticket_id),
            number=about.number,
            round=self.round,
            kind=self.kind,
            unit=self.unit,
            area=about.area,
            due_at=self.due_at,
            trace=self.trace,
            sentence=self.sentence,
            at=at,
            return_until=self.return_until,
        )


def started(clock_id: UUID, kind: ClockKind, due: Due, *, unit: str, round_: int) -> Clock:
    """A new clock."""
    return Clock(
        clock_id=clock_id,
        round=round_,
        kind=kind,
        unit=unit,
        started_at=due.trace.start,
        near_at=due.near_at,
        due_at=due.due_at,
        trace=due.trace,
        sentence=due.sentence,
    )
