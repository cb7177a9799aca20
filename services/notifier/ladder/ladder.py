"""The ladder: what stays unresolved climbs, rung by rung (domain.md D5).

Rungs are planned when the clock they watch starts, with absolute times, and keep the rules they were
planned with. A rung fires once per ticket, round and level, and only while its clock runs: signing,
contact, handling, a hold and closing are the stop conditions. Of two rungs of one level the first to
come fires. Going up never removes the level below.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NotRequired, Protocol, TypedDict

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.limits import LadderStep
from services.notifier.clocks import moving
from services.notifier.clocks.clock import Book, Clock
from services.notifier.clocks.timing import Timing
from services.notifier.ladder.rules import repeat_s
from services.notifier.worktime.calendar import CalendarError, WorkCalendar
from services.notifier.worktime.limits import limit_of, moment
from services.notifier.worktime.reckoning import base


class LadderBook(Book, Protocol):
    """The city's rules, with the steps of the ladder."""

    @property
    def version(self) -> int:
        """Directory version of the rules."""
        ...

    @property
    def steps(self) -> Mapping[Urgency, tuple[LadderStep, ...]]:
        """By urgency, as `rules.rules` completes them."""
        ...


class Rung(TypedDict):
    """A planned rung, exactly as it is kept in the policy snapshot: a flood of them costs no parsing."""

    level: int
    clock: str
    """Kind of the clock it watches."""
    at: str
    """The moment as the city wrote it: `due+1wd`."""
    due_at: str
    """UTC, always with microseconds, so that texts compare as times do."""
    who: Sequence[str]
    """Roles that are told."""
    reception: str | None
    """The office on whose table it ends."""
    version: NotRequired[int]
    """Directory version of the rules it was planned with."""
    phone: NotRequired[bool]
    repeat_s: NotRequired[int]
    repeat_max: NotRequired[int]


@dataclass(slots=True, eq=False)
class Ladder:
    """The ladder of one ticket and round."""

    round: int
    rungs: list[Rung] = field(default_factory=list)
    """Still to come."""
    raised: list[int] = field(default_factory=list)
    """Levels that fired."""
    next_due_at: datetime | None = None
    """When to look again; None while no rung has a running clock."""
    stopped_at: datetime | None = None

    def plan(
        self, clock: Clock, steps: Iterable[LadderStep], calendar: WorkCalendar, version: int
    ) -> None:
        """Put the rungs that watch `clock` in the place of those that watched the one before it.

        They keep the rules of directory `version`, whatever is published later.

        Raises CalendarError when a year on the way is not loaded.
        """
        self.rungs = [rung for rung in self.rungs if rung["clock"] != clock.kind]
        for step in steps:
            if step.clock is clock.kind and step.level not in self.raised:
                self.rungs.append(_planned(step, _due_at(step.at, clock, calendar), version))

    def move(self, clock: Clock, calendar: WorkCalendar) -> None:
        """Follow a clock whose due time moved. Raises CalendarError when a year on the way is not loaded."""
        self.rungs = [
            rung if rung["clock"] != clock.kind else _moved(rung, clock, calendar)
            for rung in self.rungs
        ]

    def recount(self, clock: Clock, calendar: WorkCalendar) -> None:
        """Set the rungs that hang on working time anew, after the calendar changed (D3 rule 5)."""
        self.rungs = [
            rung if rung["clock"] != clock.kind else _recounted(rung, clock, calendar)
            for rung in self.rungs
        ]

    def settle(self, ticking: Collection[str]) -> None:
        """Find the next time, given the kinds of clock that run."""
        times = [rung["due_at"] for rung in self.rungs if rung["clock"] in ticking]
        idle = self.stopped_at is not None or not times
        self.next_due_at = None if idle else datetime.fromisoformat(min(times))

    def forget(self, kind: ClockKind) -> None:
        """Drop the rungs on a kind of clock that will not run again in this round."""
        if any(rung["clock"] == kind for rung in self.rungs):
            self.rungs = [rung for rung in self.rungs if rung["clock"] != kind]

    def stop(self, at: datetime) -> None:
        """Nothing of it fires any more."""
        self.stopped_at = self.stopped_at or at
        self.next_due_at = None

    def fire(self, ticking: Collection[str], now: datetime) -> list[Rung]:
        """Take the rungs that are due, each level once, in order of time, and find the next time."""
        by = written(now)
        due = [rung for rung in self.rungs if rung["due_at"] <= by and rung["clock"] in ticking]
        fired = []
        for rung in sorted(due, key=lambda rung: (rung["due_at"], rung["level"], rung["clock"])):
            if rung["level"] not in self.raised:
                self.raised.append(rung["level"])
                fired.append(rung)
        self.rungs = [rung for rung in self.rungs if rung["level"] not in self.raised]
        self.settle(ticking)
        return fired


def follow(ladders: list[Ladder], timing: Timing, book: LadderBook) -> list[Ladder]:
    """Bring a ticket's ladders in line with what its clocks did; those that must be written.

    A new clock plans its rungs, a moved one moves them, one that the limit of another urgency counts for
    plans them anew, an ended ticket or round stops its ladder; a round that began and ended in one batch
    has one too. The steps are those of the urgency whose
    limit the clock runs by, so it makes no difference which messages come in one batch.
    Raises CalendarError when a year on the way is not loaded.
    """
    known, now = {x.round: x for x in ladders}, timing.ticket.round
    going_on = (x.round for x in ladders if x.stopped_at is None)
    changed = []
    for round_ in sorted({*going_on, *timing.over, now}):
        own = known.get(round_) or Ladder(round_)
        before = (own.next_due_at, own.stopped_at, own.rungs)
        _plan(own, timing, book)
        if round_ == now:
            own.stopped_at = timing.ended_at
        else:
            heard_at = timing.heard_at or timing.ticket.received_at
            own.stop(timing.over.get(round_, heard_at))
        ticking = {c.kind for c in timing.clocks if c.ticking and c.round == round_}
        if ClockKind.DISPATCH not in ticking:
            own.forget(ClockKind.DISPATCH)
        own.settle(ticking)
        if before != (own.next_due_at, own.stopped_at, own.rungs):
            changed.append(own)
    return changed


def _plan(own: Ladder, timing: Timing, book: LadderBook) -> None:
    for clock, anew in _differing(timing, own.round):
        calendar = book.calendar(clock.trace.calendar)
        if anew:
            own.plan(clock, book.steps[Urgency(clock.trace.urgency)], calendar, book.version)
        else:
            own.move(clock, calendar)
    for clock, done in timing.recounted:
        if clock.round == own.round and done in moving.RECKONED:
            own.recount(clock, book.calendar(clock.trace.calendar))


def _differing(timing: Timing, round_: int) -> Iterator[tuple[Clock, bool]]:
    """A round's clocks whose rungs come at other times now; True: they are planned anew, as they stand."""
    new = {clock.clock_id for clock in timing.begun}
    found = [(clock, True) for clock in timing.begun]
    for clock, urgency in timing.moved:
        if clock.clock_id not in new:
            found.append((clock, clock.trace.urgency != urgency))
    return ((clock, anew) for clock, anew in found if clock.round == round_)


def written(at: datetime) -> str:
    """A time as rungs keep it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _planned(step: LadderStep, due_at: datetime, version: int) -> Rung:
    rung: Rung = {
        "level": step.level,
        "clock": step.clock.value,
        "at": step.at,
        "due_at": written(due_at),
        "who": step.who,
        "reception": step.reception,
        "version": version,
    }
    if step.phone:
        rung["phone"] = True
    if every := repeat_s(step.repeat_every):
        rung["repeat_s"], rung["repeat_max"] = every, step.repeat_max
    return rung


def _moved(rung: Rung, clock: Clock, calendar: WorkCalendar) -> Rung:
    return {**rung, "due_at": written(_due_at(rung["at"], clock, calendar))}


def _due_at(text: str, clock: Clock, calendar: WorkCalendar) -> datetime:
    """When a rung comes on a clock as it stands; what moved its due time later moves those from the start too."""
    at = moment(text)
    due_at = at.resolve(clock.trace, clock.due_at, calendar)
    if at.base == "start":
        due_at += max(timedelta(), clock.due_at - base(clock.trace, calendar))
    return due_at


def _recounted(rung: Rung, clock: Clock, calendar: WorkCalendar) -> Rung:
    """A rung that no working time leads to, or a year nobody loaded, stays where it is."""
    at = moment(rung["at"])
    limit, _ = limit_of(clock.trace)
    working = limit.working if at.share else at.offset is not None and at.offset.working
    if at.base == "start" and not working:
        return rung
    try:
        return _moved(rung, clock, calendar)
    except CalendarError:
        return rung
