"""The times of one whistle: what its events do to its clocks (domain.md D6). Pure.

One clock per kind and unit: the duty leader's to sign, each called department's own to check in, the
blower's to resolve and to rate. One department's step never stops another's clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from contracts.clock import ClockEvent, ClockKind, Trace
from contracts.limits import WhistleLimits
from contracts.whistle import CallState, WhistleEvent, WhistleKind
from services.notifier.clocks import moving
from services.notifier.clocks.moving import RECKONED, Calendars, Recounted
from services.notifier.worktime.calendar import CalendarError
from services.notifier.worktime.limits import Basis, Duration, duration

ANSWERED: Final = frozenset({"whistle.checked_in", "whistle.declined"})
"""A department has answered: it came, or said why not."""
ENDED: Final = frozenset({"refused", "cancelled", "closed"})


class WhistleBook(Protocol):
    """The city's limits in force, as far as whistles need them."""

    def whistle_basis(self, kind: ClockKind, whistle: WhistleKind, unit: str) -> Basis | None:
        """What a clock's due time is computed from; None where there is no limit."""
        ...


@dataclass(slots=True, eq=False)
class WhistleClock:
    """A row of table `whistle_clock`."""

    clock_id: UUID
    kind: ClockKind
    unit: str
    started_at: datetime
    near_at: datetime
    due_at: datetime
    trace: Trace
    sentence: str
    stopped_at: datetime | None = None
    stopped_by: str | None = None
    """Name of the event that stopped it."""
    earlier_due: list[datetime] = field(default_factory=list)
    """Due times it had before a calendar was changed, oldest first (D3 rule 5)."""


@dataclass(slots=True)
class Whistle:
    """What is known of a whistle; version 0 until its first event."""

    whistle_id: UUID
    version: int
    ticket_id: UUID | None
    number: str | None
    round: int
    kind: WhistleKind
    blower: str
    area: str

    def event(self, clock: WhistleClock, at: datetime, cause: str | None = None) -> ClockEvent:
        """A clock's state as published."""
        return ClockEvent(
            cause=cause,
            clock_id=str(clock.clock_id),
            ticket_id=str(self.ticket_id) if self.ticket_id else "",
            number=self.number or "",
            round=self.round,
            kind=clock.kind,
            unit=clock.unit,
            area=self.area,
            due_at=clock.due_at,
            trace=clock.trace,
            sentence=clock.sentence,
            at=at,
            whistle_id=str(self.whistle_id),
        )


@dataclass(slots=True)
class WhistleTiming:
    """One whistle's clocks, and what the messages of this batch changed about them."""

    whistle: Whistle
    clocks: list[WhistleClock]
    new_id: Callable[[], UUID]
    begun: list[WhistleClock] = field(default_factory=list)
    changed: dict[UUID, WhistleClock] = field(default_factory=dict)
    said: list[tuple[str, ClockEvent]] = field(default_factory=list)
    recounted: list[tuple[WhistleClock, Recounted]] = field(default_factory=list)
    """Running clocks that another calendar was taken to, and what it did to each."""

    def recount(self, at: datetime, book: Calendars) -> None:
        """The city changed a calendar: what still runs is due when it says now (D3 rule 5).

        A clock that needs a year nobody loaded stays as it is.
        """
        for clock in self.clocks:
            if clock.stopped_at is not None:
                continue
            try:
                done = moving.recount(clock, book)
            except CalendarError:
                done = Recounted.LEFT
            self.recounted.append((clock, done))
            if done in RECKONED:
                self.changed[clock.clock_id] = clock
            if done is Recounted.MOVED:
                self.said.append(("clock.set", self.whistle.event(clock, at)))

    def hear(self, name: str, data: WhistleEvent, cause: str, book: WhistleBook) -> None:
        """Apply one event. Raises CalendarError when a year on the way is not loaded."""
        self.whistle.version = data.version
        at = data.at
        match name:
            case "whistle.blown" if data.kind is not WhistleKind.EMERGENCY:
                self._start(ClockKind.SIGN_OFF, data.office or data.blower, data, cause, book)
            case "whistle.issued":
                self._stop(
                    [c for c in self.clocks if c.kind is ClockKind.SIGN_OFF], name, at, cause
                )
                self._start(ClockKind.CHECK_IN, data.unit, data, cause, book)
                self._start(ClockKind.RESOLVE, data.blower, data, cause, book)
            case "whistle.resolved":
                working = [c for c in self.clocks if c.kind is not ClockKind.RATING]
                self._stop(working, name, at, cause)
                self._start(ClockKind.RATING, data.blower, data, cause, book)
            case "whistle.rated" if _all_rated(data):
                self._stop([c for c in self.clocks if c.kind is ClockKind.RATING], name, at, cause)
            case _ if data.status in ENDED:
                self._stop(self.clocks, name, at, cause)
            case _ if name in ANSWERED or name == "whistle.cancelled":
                self._stop(self._check_in_of(data.unit), name, at, cause)
            case _:
                pass

    def _check_in_of(self, unit: str) -> list[WhistleClock]:
        return [c for c in self.clocks if c.kind is ClockKind.CHECK_IN and c.unit == unit]

    def _start(
        self, kind: ClockKind, unit: str, data: WhistleEvent, cause: str, book: WhistleBook
    ) -> None:
        """Once for a kind and unit, however many messages tell of it."""
        if any(c.kind is kind and c.unit == unit for c in self.clocks):
            return
        basis = book.whistle_basis(kind, data.kind, unit)
        if basis is None:
            return
        due = basis.due(data.at)
        clock = WhistleClock(
            self.new_id(), kind, unit, data.at, due.near_at, due.due_at, due.trace, due.sentence
        )
        self.clocks.append(clock)
        self.begun.append(clock)
        self.said.append(("clock.set", self.whistle.event(clock, data.at, cause)))

    def _stop(self, clocks: list[WhistleClock], name: str, at: datetime, cause: str) -> None:
        for clock in clocks:
            if clock.stopped_at is None:
                clock.stopped_at, clock.stopped_by = at, name
                if clock not in self.begun:
                    self.changed[clock.clock_id] = clock
                self.said.append(("clock.stopped", self.whistle.event(clock, at, cause)))


def _all_rated(data: WhistleEvent) -> bool:
    """Nobody is left whom the blower could rate."""
    return all(c.rated or c.state is CallState.EXCUSED for c in data.called)


def whistle_limit(limits: WhistleLimits, kind: ClockKind, whistle: WhistleKind) -> Duration | None:
    """The limit of one clock of a whistle; a kind the city does not name has the usual one."""
    usual = WhistleLimits()
    match kind:
        case ClockKind.CHECK_IN:
            return duration(limits.check_in.get(whistle, usual.check_in[whistle]))
        case ClockKind.RESOLVE:
            return duration(limits.resolve.get(whistle, usual.resolve[whistle]))
        case ClockKind.SIGN_OFF:
            return duration(limits.sign_off)
        case _:
            return duration(limits.rating)
