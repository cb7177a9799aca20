"""What an event adds to the facts of its ticket (domain.md D8). Pure; the clocks say what was due when.

Response and on time are judged against the very clocks that ran: a hold, an extension, a refused proof or an
undone merger counts here exactly as it counts there. A move, a return or a merger never makes a late unit
punctual: what had run out before it is late.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.clock import ClockKind
from contracts.complaint import ComplaintChanged
from contracts.ticket import TicketEvent, TicketMerged, TicketStatus
from services.notifier.clocks.clock import FINAL, Clock
from services.notifier.rates.fact import Answer, Counted, Fact
from services.notifier.worktime.calendar import CalendarError, WorkCalendar

RESTING: Final = frozenset(
    {TicketStatus.HANDLED.value, TicketStatus.CALLBACK.value, *(s.value for s in FINAL)}
)
"""States in which nobody holds the matter back: it waits for the caller's answer, or is over."""
_BY_NAME: Final = {
    "ticket.dispatched": "dispatched",
    "ticket.triaged": "triaged",
    "ticket.returned": "returned",
    "ticket.ruled": "ruled",
    "ticket.contacted": "contacted",
    "ticket.handled": "handled",
    "ticket.rejected": "rejected",
    "ticket.reopened": "reopened",
}


@dataclass(slots=True)
class Counter:
    """One ticket's facts, while events of a batch are added."""

    counted: Counted
    received_at: datetime
    calendar_of: Callable[[str], WorkCalendar]
    """The calendar a unit works by, in which working time is counted."""

    def hear(self, name: str, data: TicketEvent, at: datetime, clocks: Sequence[Clock]) -> None:
        """Add one ticket event, in version order; `clocks` as they stand after it."""
        self._credit(at)
        step = _BY_NAME.get(name)
        if step is not None:
            getattr(self, f"_{step}")(data, at)
        elif data.status not in FINAL and self.counted.lead(data.round) is None:
            self._hold(data, at)
        fact = self.counted.lead(data.round)
        if fact is not None:
            fact.area, fact.urgency = data.area, data.urgency.value
            fact.category = data.category or fact.category
            if data.status not in FINAL or fact.result_due is not None:
                _note_due(fact, clocks)
            if step in {"contacted", "handled"}:
                self._judge(fact, step, at)
            _end(fact, data, at)
        if data.status is TicketStatus.MERGED and isinstance(data, TicketMerged):
            self.counted.follows = data.into or self.counted.follows
        self.counted.status, self.counted.heard_at = data.status.value, at

    def answer(self, data: ComplaintChanged, at: datetime) -> None:
        """Add one call-back, in any order: of two about the same work the later one counts."""
        if data.outcome is None:
            return
        told = Answer(
            data.ticket_round or 1,
            data.handed_in or 0,
            at,
            data.outcome,
            data.attempts or 1,
            bool(data.final),
            data.satisfied,
            data.actor,
        )
        answers = self.counted.answers
        known = next(
            (a for a in answers if (a.round, a.handed_in) == (told.round, told.handed_in)), None
        )
        if known is None:
            answers.append(told)
            answers.sort(key=lambda a: (a.round, a.handed_in))
        elif known.order < told.order:
            answers[answers.index(known)] = told

    def _credit(self, at: datetime) -> None:
        """Time since the last event belongs to whoever held the ticket while something was to be done."""
        since, status = self.counted.heard_at, self.counted.status
        if since is None or status in RESTING or not self.counted.facts:
            return
        latest = max(fact.round for fact in self.counted.facts)
        holder = self.counted.lead(latest)
        if holder is not None and at > since:
            holder.held_s += round((at - since).total_seconds())

    def _hold(self, data: TicketEvent, at: datetime) -> Fact:
        """The fact of the unit that holds the ticket now; whoever held it before loses the lead."""
        for other in self.counted.facts:
            if other.round == data.round and other.lead and other.unit != data.holder:
                other.lead = False
                _lapse(other, at, result=False)
        fact = self.counted.fact(data.round, data.holder)
        if fact is None:
            first = not self.counted.facts
            fact = Fact(data.round, data.holder, at, opening=first)
            self.counted.facts.append(fact)
        fact.lead = True
        return fact

    def _triaged(self, data: TicketEvent, at: datetime) -> None:
        self._hold(data, at)

    def _dispatched(self, data: TicketEvent, at: datetime) -> None:
        fact = self._hold(data, at)
        if not fact.dispatched:
            fact.dispatched, fact.begun_at = True, at
        for other in self._returned_in(data.round):
            if other.upheld is None:
                other.upheld = other.unit != data.holder

    def _returned(self, data: TicketEvent, at: datetime) -> None:
        fact = self._hold(data, at)
        if fact.returned_at is None:
            fact.returned_at, fact.return_reason = at, data.reason_code

    def _ruled(self, data: TicketEvent, at: datetime) -> None:
        """A ruling is final in its round: it answers every return of it, those answered before too."""
        self._hold(data, at)
        for other in self._returned_in(data.round):
            other.upheld = other.unit != data.holder

    def _contacted(self, data: TicketEvent, at: datetime) -> None:
        fact = self._hold(data, at)
        fact.contacted_at = fact.contacted_at or at

    def _handled(self, data: TicketEvent, at: datetime) -> None:
        fact = self._hold(data, at)
        fact.handled_at = at

    def _rejected(self, data: TicketEvent, at: datetime) -> None:
        """As if it had never been handed in; a limit that has passed meanwhile was passed."""
        fact = self._hold(data, at)
        fact.handled_at = fact.work_s = fact.result_ok = None

    def _reopened(self, data: TicketEvent, at: datetime) -> None:
        for other in self.counted.facts:
            if other.round == data.round - 1 and other.lead:
                other.reopened_at = at
        self._hold(data, at)

    def _returned_in(self, round_: int) -> list[Fact]:
        return [f for f in self.counted.facts if f.round == round_ and f.returned_at is not None]

    def _judge(self, fact: Fact, step: str, at: datetime) -> None:
        """Inside the limit or not, by the clock that was stopped just now."""
        if step == "contacted":
            if fact.contact_ok is None and fact.contact_due is not None:
                fact.contact_ok = at <= fact.contact_due
            return
        fact.result_ok = at <= fact.result_due if fact.result_due is not None else None
        try:
            fact.work_s = round(self.calendar_of(fact.unit).working_s(self.received_at, at))
        except CalendarError:
            fact.work_s = None


def _note_due(fact: Fact, clocks: Sequence[Clock]) -> None:
    """Until when contact and result were due, as the clocks of this round say now; a pause has no due time."""
    for clock in sorted(clocks, key=lambda c: (c.started_at, c.open)):
        if clock.round != fact.round:
            continue
        if clock.kind is ClockKind.RESULT:
            fact.result_due = None if clock.paused_at is not None else clock.due_at
        elif clock.kind is ClockKind.CONTACT and clock.unit == fact.unit:
            fact.contact_due = clock.due_at


def _end(fact: Fact, data: TicketEvent, at: datetime) -> None:
    """A final state ends the fact; an undone merger or a withdrawn ending opens it again."""
    if data.status in FINAL:
        if fact.ended is None:
            _lapse(fact, at, result=fact.handled_at is None)
        fact.ended, fact.ended_at = data.status.value, fact.ended_at or at
    else:
        fact.ended = fact.ended_at = None


def _lapse(fact: Fact, at: datetime, *, result: bool) -> None:
    """A duty ends undone: late when its limit had passed, else nothing is counted.

    Contact was owed until the return that waits for its answer; the result all the while.
    """
    waits = fact.returned_at is not None and fact.upheld is None
    owed_until = fact.returned_at if waits and fact.returned_at is not None else at
    due = fact.contact_due
    if fact.dispatched and not fact.contacted_at and due is not None and due < owed_until:
        fact.contact_ok = False
    if result and fact.result_due is not None and fact.result_due < at:
        fact.result_ok = False
