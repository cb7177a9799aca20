"""What messages changed about one ticket's clocks: each change kept for the store and said as it became true."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.clock import ClockEvent, ClockKind
from services.notifier.clocks import moving
from services.notifier.clocks.clock import NOBODY, Book, Clock
from services.notifier.clocks.moving import RECKONED, Recounted
from services.notifier.clocks.ticket import Ticket
from services.notifier.worktime.calendar import CalendarError

MERGED: Final = "ticket.merged"
"""What a merger stops runs on when it is undone, a hold included (docs/adr/0018)."""


@dataclass(slots=True)
class Changes:
    """One ticket's clocks, and what the messages of this batch changed about them."""

    ticket: Ticket
    clocks: list[Clock]
    new_id: Callable[[], UUID]
    cause: str | None = None
    """Id of the event being applied."""
    heard_at: datetime | None = None
    """When the last applied event became true; None while only the complaint was heard."""
    said: list[tuple[str, ClockEvent]] = field(default_factory=list)
    """Clock events to publish, as things stood when they became true."""
    begun: list[Clock] = field(default_factory=list)
    """Clocks that are not stored yet."""
    changed: dict[UUID, Clock] = field(default_factory=dict)
    """Stored clocks that differ now."""
    moved: list[tuple[Clock, str]] = field(default_factory=list)
    """Clocks whose due time moved, with the urgency whose limit counted before."""
    revived: list[Clock] = field(default_factory=list)
    """Clocks that run on as if they had never stopped."""
    aligned: list[tuple[Clock, datetime]] = field(default_factory=list)
    """Clocks whose trace or moves differ, with the time that was said."""
    over: dict[int, datetime] = field(default_factory=dict)
    """Rounds that events of this batch ended, and when."""
    finished_at: datetime | None = None
    """When an event of this batch ended the ticket, though a later one opened it again; a merger ends nothing."""
    recounted: list[tuple[Clock, Recounted]] = field(default_factory=list)
    """Clocks that another calendar was taken to, and what it did to each; their rungs follow."""

    def recount(self, at: datetime, book: Book) -> None:
        """The city changed a calendar: what still runs is due when it says now (D3 rule 5)."""
        for clock in self.clocks:
            if clock.open and self._recount(clock, at, book):
                self._say(_runs(clock), clock, at)

    def _recount(self, clock: Clock, at: datetime, book: Book) -> bool:
        """True when its due time moved. A clock that needs a year nobody loaded stays as it is."""
        try:
            done = moving.recount(clock, book)
        except CalendarError:
            done = Recounted.LEFT
        self.recounted.append((clock, done))
        if done in RECKONED:
            self.aligned.append((clock, at))
        if done in (Recounted.ALIGNED, Recounted.MOVED):
            self._note(clock)
        return done is Recounted.MOVED

    def _begin(self, clock: Clock, book: Book, *, shared: bool = True) -> None:
        """A clock that is `shared` counts from the earliest of those who wait for the ticket."""
        self.clocks.append(clock)
        self.begun.append(clock)
        if (
            shared
            and self.ticket.since
            and moving.align(clock, self.ticket.since, book, parted=False)
        ):
            self.aligned.append((clock, clock.started_at))
        self._say("clock.set", clock, clock.started_at)

    def _stop(self, clock: Clock, name: str, at: datetime) -> None:
        clock.stopped_at, clock.stopped_by = at, name
        if name != MERGED:
            clock.paused_at = None
        self._changed("clock.stopped", clock, at)

    def _revive(self, clocks: list[Clock], at: datetime, book: Book) -> None:
        """Let stopped clocks run as if they had never stopped, on the calendar as it is now."""
        for clock in clocks:
            if not clock.open:
                clock.stopped_at = clock.stopped_by = None
                self.revived.append(clock)
                self._recount(clock, at, book)
                self._changed(_runs(clock), clock, at)

    def _readdress(self, clock: Clock | None, unit: str, at: datetime) -> None:
        """Tell the unit that answers from now on; the time does not change."""
        if clock is not None and clock.open and clock.unit != unit:
            clock.unit = unit
            self._changed("clock.set", clock, at)

    def _pause(self, clock: Clock, at: datetime) -> None:
        if clock.paused_at is None:
            clock.paused_at = at
            self._changed("clock.paused", clock, at)

    def _resume(self, clock: Clock, at: datetime, book: Book) -> None:
        self.moved.append((clock, clock.trace.urgency))
        moving.resume(clock, at, book)
        self.aligned.append((clock, at))
        self._changed("clock.resumed", clock, at)

    def _extend(self, clock: Clock, at: datetime, book: Book) -> None:
        by = book.extension(self.ticket.profile, self.ticket.urgency)
        if by is None or not clock.ticking:
            return
        self.moved.append((clock, clock.trace.urgency))
        moving.extend(clock, by, at, book)
        self.aligned.append((clock, at))
        self._changed("clock.set", clock, at)

    def _hurry(self, at: datetime, book: Book) -> None:
        """What is more urgent now is due sooner, from the same start; the resident's promise stays."""
        ticket = self.ticket
        for clock in self.clocks:
            if not clock.open or clock.kind is ClockKind.RESIDENT:
                continue
            basis = book.basis(clock.kind, ticket.profile, ticket.urgency, clock.unit)
            old = clock.trace.urgency
            if basis is not None and moving.hurry(clock, basis, book):
                self.moved.append((clock, old))
                self.aligned.append((clock, at))
                self._changed(_runs(clock), clock, at)

    def _align(self, clocks: Sequence[Clock], at: datetime, book: Book, *, parted: bool) -> None:
        """Callers who came with another ticket wait no longer than they did before (E19)."""
        for clock in clocks:
            if not clock.open:
                continue
            old = clock.trace.urgency
            if moving.align(clock, self.ticket.since, book, parted=parted):
                self.moved.append((clock, old))
                self.aligned.append((clock, at))
                self._changed("clock.set", clock, at)

    def _changed(self, name: str, clock: Clock, at: datetime) -> None:
        self._note(clock)
        self._say(name, clock, at)

    def _note(self, clock: Clock) -> None:
        if clock not in self.begun:
            self.changed[clock.clock_id] = clock

    def _say(self, name: str, clock: Clock, at: datetime) -> None:
        if not _unheard(clock):
            self.said.append((name, clock.event(self.ticket, at, self.cause)))


def _runs(clock: Clock) -> str:
    """What to say of a clock that is not stopped."""
    return "clock.paused" if clock.paused_at else "clock.set"


def _unheard(clock: Clock) -> bool:
    """A dispatch clock that has no addressee yet: most live some milliseconds, so none is told.

    It runs all the same: when it comes near its limit, passes it or gets a desk, that is said, and then
    also how it ends.
    """
    silent = clock.alarmed_at is None
    return silent and clock.kind is ClockKind.DISPATCH and clock.unit == NOBODY
