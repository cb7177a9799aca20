"""The times of one ticket: what its events do to its clocks (domain.md D1 and D3).

Every rule here is one of: clocks start at `received` or at dispatch, never at sign-for; edits, moves,
returns and re-categorising never reset one; only an approved hold pauses, and only the result clock; an
extension moves one due time and keeps the old one on record; refused proof resumes the result clock as
if it had never stopped; a new round gets half of the first result limit while the resident clock goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.clock import ClockKind
from contracts.complaint import ComplaintReceived, Urgency
from contracts.ticket import TicketDispatched, TicketEvent, TicketMerged, TicketStatus
from services.notifier.clocks import moving
from services.notifier.clocks.changes import MERGED, Changes
from services.notifier.clocks.clock import FINAL, NOBODY, RUNNING, UNIT_DUTIES, Book, Clock, started
from services.notifier.worktime.calendar import STANDARD
from services.notifier.worktime.limits import HALF

DISPATCHED: Final = "ticket.dispatched"
UNMERGED: Final = "ticket.unmerged"
URGENCY_SET: Final = "ticket.urgency_set"
_FROM_DISPATCH: Final = (*UNIT_DUTIES, ClockKind.RESULT)
UNDONE: Final = frozenset({"ticket.returned", "ticket.reassigned"})
"""Events that end a unit's duties without their having been done."""


@dataclass(slots=True)
class Timing(Changes):
    """What the events of one ticket do to its clocks."""

    @property
    def ended_at(self) -> datetime | None:
        """When the ticket reached a final state; None while it is open."""
        return self.heard_at if self.ticket.status in FINAL else None

    def receive(self, data: ComplaintReceived, book: Book) -> None:
        """A complaint was received: resident clock, and dispatch clock until somebody is responsible.

        What its ticket has lived through before the complaint was heard counts for both: they stopped when
        they would have stopped, and a dispatch that was made is not hurried by whoever joined since. An
        unknown urgency counts as normal; edits never change either clock (D3 rules 1 and 2).
        """
        ticket = self.ticket
        dispatched_at = min(
            (c.started_at for c in self.clocks if c.kind in _FROM_DISPATCH), default=None
        )
        if ticket.status in FINAL:
            self.heard_at = ticket.ended_at
        for kind in (ClockKind.RESIDENT, ClockKind.DISPATCH):
            basis = book.basis(kind, STANDARD, data.urgency or Urgency.NORMAL, NOBODY)
            if basis is None:
                continue
            resident = kind is ClockKind.RESIDENT
            unit = NOBODY if resident else ticket.holder_before(dispatched_at)
            due = basis.due(data.received_at)
            clock = started(self.new_id(), kind, due, unit=unit, round_=1)
            over = None if resident or kind in RUNNING[ticket.status] else dispatched_at
            self._begin(clock, book, shared=over is None)
            if over is not None:
                self._stop(clock, DISPATCHED, over)
            elif ticket.status in FINAL:
                self._stop(clock, f"ticket.{ticket.status.value}", ticket.ended_at)

    def hear(self, name: str, data: TicketEvent, at: datetime, book: Book) -> None:
        """Apply one ticket event; `at` is when it became true."""
        self._turn(data, at)
        self.ticket.note(data, at)
        if isinstance(data, TicketDispatched) and name == DISPATCHED:
            at = data.dispatched_at
        self.heard_at = at
        self._stop_what_ended(name, at)
        if self.ticket.status in FINAL:
            return
        if name == UNMERGED:
            self._revive([c for c in self.clocks if self._was_merged(c)], at, book)
        if name == URGENCY_SET:
            self._hurry(at, book)
        resident = [c for c in self.clocks if c.kind is ClockKind.RESIDENT and not c.open]
        self._revive(resident, at, book)
        for kind in RUNNING[self.ticket.status]:
            if kind in UNIT_DUTIES:
                if name == DISPATCHED:
                    self._owe(kind, at, book)
            elif kind is ClockKind.RESULT:
                self._run_result(name, at, book)
            elif kind is ClockKind.DISPATCH:
                self._wait_at_the_desk(at, book)
            else:
                self._wait_for(kind, at, book)
        merged = isinstance(data, TicketMerged)
        self._align(self.clocks if merged else self.revived, at, book, parted=name == UNMERGED)

    def _turn(self, data: TicketEvent, at: datetime) -> None:
        """Remember what the events before this one ended, where this one begins anew."""
        ticket, ended_at = self.ticket, self.ended_at
        if data.round != ticket.round:
            self.over[ticket.round] = ended_at or at
        if ended_at and data.status not in FINAL and ticket.status is not TicketStatus.MERGED:
            self.finished_at = ended_at

    def _stop_what_ended(self, name: str, at: datetime) -> None:
        status, wanted = self.ticket.status, RUNNING[self.ticket.status]
        for clock in self.clocks:
            if not clock.open:
                continue
            if clock.kind is ClockKind.RESIDENT:
                keep = status not in FINAL
            else:
                keep = clock.kind in wanted and clock.round == self.ticket.round
                keep |= clock.kind is ClockKind.RESULT and status is TicketStatus.TRIAGE
            if keep and not (name in UNDONE and clock.kind in UNIT_DUTIES):
                continue
            if clock.kind is ClockKind.RESULT and status is TicketStatus.ON_HOLD:
                self._pause(clock, at)
            else:
                self._stop(clock, name, at)

    def _owe(self, kind: ClockKind, at: datetime, book: Book) -> None:
        """Signing for and contact: anew for another unit; for the same one as if never returned."""
        last = self._last(kind)
        if last is not None and last.unit == self.ticket.unit:
            if last.stopped_by in UNDONE:
                self._revive([last], at, book)
            return
        if last is not None and last.open:
            self._stop(last, DISPATCHED, at)
        self._start(kind, at, book)

    def _run_result(self, name: str, at: datetime, book: Book) -> None:
        """Runs from dispatch to `handled` in all states between; never starts twice in a round."""
        last = self._last(ClockKind.RESULT)
        if last is None:
            first_round = not any(c.kind is ClockKind.RESULT for c in self.clocks)
            self._start(ClockKind.RESULT, at, book, share=1.0 if first_round else HALF)
            return
        if last.paused_at is not None:
            self._resume(last, at, book)
        self._revive([last], at, book)
        self._readdress(last, self.ticket.unit, at)
        if name == "ticket.extended":
            self._extend(last, at, book)

    def _wait_at_the_desk(self, at: datetime, book: Book) -> None:
        """Back at the desk: somebody is to be found anew, and the result goes on being due (D3 rule 2)."""
        last = self._last(ClockKind.DISPATCH)
        unheard = last is None and self.ticket.round == 1  # its complaint starts that one
        if not unheard and (last is None or not last.open):
            self._start(ClockKind.DISPATCH, at, book)
        for kind in (ClockKind.DISPATCH, ClockKind.RESULT):
            self._readdress(self._last(kind), self.ticket.unit, at)

    def _wait_for(self, kind: ClockKind, at: datetime, book: Book) -> None:
        last = self._last(kind)
        if last is None or not last.open:
            self._start(kind, at, book)

    def _start(self, kind: ClockKind, at: datetime, book: Book, *, share: float = 1.0) -> None:
        ticket = self.ticket
        unit = book.seat(kind, ticket.unit, ticket.area)
        basis = book.basis(kind, ticket.profile, ticket.urgency, unit)
        if basis is None:
            return
        clock = started(self.new_id(), kind, basis.due(at, share), unit=unit, round_=ticket.round)
        if kind is ClockKind.SIGN_FOR:
            clock.return_until = book.return_window(ticket.profile, ticket.urgency, unit, at)
        if kind is ClockKind.HOLD_REVIEW and ticket.review_at is not None:
            moving.review(clock, ticket.review_at, book)
        self._begin(clock, book)

    def _was_merged(self, clock: Clock) -> bool:
        """Stopped by the merger, and of a kind that this round's state lets run."""
        if clock.round != self.ticket.round or clock.stopped_by != MERGED:
            return False
        held = self.ticket.status is TicketStatus.ON_HOLD and clock.kind is ClockKind.RESULT
        return held or clock.kind in RUNNING[self.ticket.status]

    def _last(self, kind: ClockKind) -> Clock | None:
        """The clock of a kind that runs in this round, else the newest.

        A host's clock that was set back puts the one that runs before one that ended.
        """
        own = [c for c in self.clocks if c.kind is kind and c.round == self.ticket.round]
        return max(own, key=lambda c: (c.open, c.started_at), default=None)
