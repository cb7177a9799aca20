"""The later half lived through once more: the notifier's own clocks, on a clock that goes from event to event.

What happens at the same instant happens in this order: a request opens, it closes, its due time passes.
"""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from benchmarks.replay311.cases import Case
from benchmarks.replay311.learning import Learned, Rule
from contracts.clock import ClockKind
from contracts.complaint import Channel, Kind, Urgency
from contracts.ticket import TicketDispatched, TicketEvent, TicketStatus
from services.notifier.clocks.clock import NOBODY, Clock
from services.notifier.clocks.ticket import Ticket
from services.notifier.clocks.timing import Timing
from services.notifier.worktime.calendar import WorkCalendar
from services.notifier.worktime.limits import Basis, Duration

Tell = Callable[[str, int, int], None]
ONTIME, OVERDUE = "ONTIME", "OVERDUE"
OPENS, CLOSES, PASSES = 0, 1, 2
_WARN: Final = 0.8
_AREA: Final = "250000"
_STEP: Final = 2_000


@dataclass(slots=True)
class Book:
    """The learned limits as the rules in force: a profile for each."""

    learned: Learned
    rules: dict[str, Rule] = field(default_factory=dict)
    version: int = 1
    """What is learned does not change while it is replayed."""

    def profile(self, rule: Rule) -> str:
        """The name a ticket carries for it."""
        self.rules[rule.text] = rule
        return rule.text

    def basis(self, kind: ClockKind, profile: str, urgency: Urgency, unit: str) -> Basis | None:  # noqa: ARG002 - protocol
        """Of the result clock only: a city's file times nothing else."""
        rule = self.rules[profile]
        if kind is not ClockKind.RESULT or rule.limit is None:
            return None
        return Basis(
            kind=kind,
            limit=rule.limit,
            profile=profile,
            title=profile,
            urgency=urgency,
            calendar=self.calendar(rule.calendar),
            version=self.version,
            warn=_WARN,
        )

    def calendar(self, name: str) -> WorkCalendar:
        """By name."""
        return self.learned.calendars[name]

    def extension(self, profile: str, urgency: Urgency) -> Duration | None:  # noqa: ARG002 - protocol
        """Nothing is extended."""
        return None

    def return_window(self, profile: str, urgency: Urgency, unit: str, start: datetime) -> datetime:  # noqa: ARG002 - protocol
        """Nothing is returned."""
        return start

    def seat(self, kind: ClockKind, holder: str, area: str) -> str:  # noqa: ARG002 - protocol
        """The holder."""
        return holder


@dataclass(slots=True)
class Outcome:
    """What became of a case: its due time, and whether that passed while it was open."""

    due: datetime | None
    status: str = ONTIME
    sentence: str = ""


@dataclass(slots=True)
class City:
    """All requests that are open, and the clock."""

    book: Book
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    agenda: list[tuple[datetime, int, int]] = field(default_factory=list)
    open: dict[int, Timing] = field(default_factory=dict)
    now: datetime | None = None

    def live(self, cases: Sequence[Case], tell: Tell) -> Mapping[int, Outcome]:
        """Go through everything until the last opening or closing the file knows of; outcomes by line."""
        by_line = {case.line: case for case in cases}
        for case in cases:
            self.agenda.append((case.opened, OPENS, case.line))
            if case.closed is not None:
                self.agenda.append((max(case.opened, case.closed), CLOSES, case.line))
        end = max((at for at, _, _ in self.agenda), default=None)
        heapq.heapify(self.agenda)
        while self.agenda and end is not None and self.agenda[0][0] <= end:
            self.now, what, line = heapq.heappop(self.agenda)
            if what == OPENS:
                self._open(by_line[line], self.now)
                if len(self.outcomes) % _STEP == 0 or len(self.outcomes) == len(cases):
                    tell("replay", len(self.outcomes), len(cases))
            elif what == CLOSES:
                self._close(line, self.now)
            else:
                self._pass(line, self.now)
        return self.outcomes

    def _open(self, case: Case, at: datetime) -> None:
        profile = self.book.profile(self.book.learned.rule(case))
        timing = Timing(_ticket(case, profile), [], uuid.uuid4)
        timing.hear("ticket.dispatched", _dispatched(timing.ticket, at), at, self.book)
        clock = _result(timing)
        self.outcomes[case.line] = Outcome(clock.due_at if clock else None)
        if clock is not None:
            self.open[case.line] = timing
            self.outcomes[case.line].sentence = clock.sentence
            heapq.heappush(self.agenda, (clock.due_at, PASSES, case.line))

    def _close(self, line: int, at: datetime) -> None:
        timing = self.open.pop(line, None)
        if timing is not None:
            ended = _event(timing.ticket, TicketStatus.CLOSED)
            timing.hear("ticket.closed", ended, at, self.book)

    def _pass(self, line: int, at: datetime) -> None:
        timing = self.open.get(line)
        clock = _result(timing) if timing else None
        if clock is not None and clock.ticking and clock.due_at <= at:
            self.outcomes[line].status = OVERDUE


def replay(learned: Learned, cases: Sequence[Case], tell: Tell) -> Mapping[int, Outcome]:
    """Due time and outcome of every case, by line."""
    return City(Book(learned)).live(cases, tell)


def _result(timing: Timing) -> Clock | None:
    return next((clock for clock in timing.clocks if clock.kind is ClockKind.RESULT), None)


def _ticket(case: Case, profile: str) -> Ticket:
    return Ticket(
        ticket_id=uuid.uuid4(),
        number=str(case.line),
        version=0,
        round=1,
        status=TicketStatus.RECEIVED,
        unit=NOBODY,
        area=_AREA,
        urgency=Urgency.NORMAL,
        profile=profile,
        received_at=case.opened,
    )


def _event(ticket: Ticket, status: TicketStatus) -> TicketEvent:
    return TicketEvent(
        ticket_id=str(ticket.ticket_id),
        number=ticket.number,
        complaint_id=str(ticket.ticket_id),
        version=ticket.version + 1,
        round=ticket.round,
        status=status,
        unit="CITY_TIME",
        holder="CITY_TIME",
        area=_AREA,
        urgency=ticket.urgency,
        rule_version=1,
    )


def _dispatched(ticket: Ticket, at: datetime) -> TicketDispatched:
    told = _event(ticket, TicketStatus.DISPATCHED).model_dump(exclude={"profile"})
    return TicketDispatched(
        **told,
        channel=Channel.HOTLINE,
        kind=Kind.HELP,
        profile=ticket.profile,
        received_at=at,
        dispatched_at=at,
    )
