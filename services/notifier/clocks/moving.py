"""How a due time moves: a hold that ended, a granted extension, callers who waited longer, another calendar.

Pure. Every move is added to the clock's trace, keeps the time before on record, and says why in the
clock's sentence (domain.md D3 rules 3 and 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import Final, Protocol

from contracts.clock import ClockKind, Move, MoveKind, Trace
from contracts.ticket import Since
from services.notifier.clocks.clock import NOBODY, Book, Clock
from services.notifier.worktime.calendar import STANDARD, WorkCalendar
from services.notifier.worktime.limits import DUTY_ZH, HALF, Basis, Duration, limit_of, moment_zh
from services.notifier.worktime.reckoning import Times, base, moved, reckon, skipped

SHARED: Final = (ClockKind.RESIDENT, ClockKind.DISPATCH, ClockKind.RESULT)
"""Clocks that merged tickets have in common: the earliest wins (domain.md E19). Signing for and contact
are what one unit owes; a follower's unit owes them no more."""


class Calendars(Protocol):
    """The work calendars in force."""

    @property
    def version(self) -> int:
        """Of the directory they come from."""
        ...

    def calendar(self, name: str) -> WorkCalendar:
        """The calendar of that name, the standard one where it is gone."""
        ...


class Timed(Protocol):
    """A clock of a ticket or of a whistle, as far as its times go."""

    kind: ClockKind
    near_at: datetime
    due_at: datetime
    trace: Trace
    sentence: str
    earlier_due: list[datetime]


class Recounted(Enum):
    """What its calendar did to a clock."""

    CURRENT = "current"
    """It was reckoned on this calendar already."""
    SAME = "same"
    """The calendar is another one, and leads to the same times: only the trace says so."""
    MOVED = "moved"
    """Its due time differs."""
    ALIGNED = "aligned"
    """Its due time is the same, the warning comes at another."""
    LEFT = "left"
    """It was moved before moves were kept, so nobody can say from its trace when it would be due."""


RECKONED: Final = frozenset({Recounted.SAME, Recounted.ALIGNED, Recounted.MOVED})
"""Another calendar was taken to the clock; whatever hangs on working time may differ."""


def resume(clock: Clock, at: datetime, book: Book) -> None:
    """Go on where a hold stopped it: what was left of the limit is left now."""
    held_from = clock.paused_at or at
    clock.paused_at = None
    reason = f"{moment_zh(held_from)} 至 {moment_zh(at)} 挂账，期间不计"
    _moved(clock, Move(what=MoveKind.HOLD, since=held_from, until=at), book, reason)


def extend(clock: Clock, by: Duration, at: datetime, book: Book) -> None:
    """One due time moves by a granted extension, and the warning with it."""
    _moved(clock, Move(what=MoveKind.EXTENSION, by=by.text), book, f"经批准延期 {by.zh}")
    clock.warn_again = clock.near_at > at


def review(clock: Clock, review_at: datetime, book: Book) -> None:
    """A hold is looked at again when its approval says, at the latest when the profile does."""
    if review_at < clock.due_at:
        move = Move(what=MoveKind.REVIEW, until=review_at)
        _moved(clock, move, book, "按批准挂账时定的复核时间")


def hurry(clock: Clock, basis: Basis, book: Book) -> bool:
    """Let a clock come forward because the matter is more urgent now; it never goes back (D3 rule 2).

    False when nothing changes. What a hold or an extension had added stays added. Raises CalendarError.
    """
    own = clock.own or clock.trace
    _, share = limit_of(own)
    sooner = basis.due(own.start, share).trace
    if _due(sooner, book) >= _due(own, book):
        return False
    if _due(sooner, book) < _due(clock.trace, book):
        clock.own = None
        _count_by(clock, sooner, book, "紧急程度提高，按新的时限计")
    else:
        clock.own = sooner
    return True


def recount(clock: Timed, book: Calendars) -> Recounted:
    """Reckon a clock again on its calendar as it is now; start, limit and moves stay as they were.

    Raises CalendarError where a year on the way is not loaded any more.
    """
    calendar = book.calendar(clock.trace.calendar)
    if clock.trace.calendar_digest == calendar.digest:
        return Recounted.CURRENT
    if clock.trace.warn is None and clock.earlier_due:
        return Recounted.LEFT
    times = reckon(clock.trace, calendar)
    if clock.trace.warn is None:
        times = Times(clock.near_at + (times.due_at - clock.due_at), times.due_at)
    known = Times(clock.near_at, clock.due_at)
    _set(clock, clock.trace, times, book)
    if times.due_at == clock.due_at:
        return Recounted.SAME if times == known else Recounted.ALIGNED
    _move(clock, times.due_at, f"工作历有变更（第 {book.version} 版名录），按新的工作历重算")
    return Recounted.MOVED


def align(clock: Clock, since: Iterable[Since], book: Book, *, parted: bool) -> bool:
    """Let the earliest of its own and the followers' clocks count; False when nothing changes.

    Never later than it is, unless followers `parted` from it. What a hold or an extension had added stays
    added, and the own trace is kept to return to, so that without followers the clock is due when it
    would have been. Raises CalendarError.
    """
    if clock.kind not in SHARED:
        return False
    own = clock.own or clock.trace
    known = (own,) if parted else (own, clock.trace)
    counts = min((*known, *_traces(clock, own, since, book)), key=lambda trace: _due(trace, book))
    same = _due(counts, book) == _due(clock.trace, book)
    if same and (counts is not own or clock.own is None):
        return False
    reason = (
        "并单已撤销，恢复本单计时"
        if counts is own
        else f"并入的诉求自 {moment_zh(counts.start)} 起计时，以较早的为准"
    )
    clock.own = None if counts is own else own
    _count_by(clock, counts, book, reason)
    return True


def _traces(clock: Clock, own: Trace, since: Iterable[Since], book: Book) -> Iterator[Trace]:
    """Where each group of followers would have this clock start, and with which limit."""
    for one in since:
        start, profile, share = one.received_at, STANDARD, 1.0
        if clock.kind is ClockKind.RESULT:
            if one.dispatched_at is None or one.joined != clock.round:
                continue
            start, profile = one.dispatched_at, one.profile
            share = HALF if one.round > 1 else 1.0
        elif clock.kind is ClockKind.DISPATCH and one.dispatched_at is not None:
            continue
        basis = book.basis(clock.kind, profile, one.urgency, NOBODY)
        if basis is not None:
            yield replace(basis, calendar=book.calendar(own.calendar)).due(start, share).trace


def _due(trace: Trace, book: Book) -> datetime:
    return base(trace, book.calendar(trace.calendar))


def _count_by(clock: Clock, trace: Trace, book: Book, reason: str) -> None:
    """Let another trace count from now on; what a hold or an extension had added stays added."""
    if clock.trace.warn is None:
        by = _due(trace, book) - _due(clock.trace, book)
        times = Times(clock.near_at + by, clock.due_at + by)
        trace = trace.model_copy(update={"warn": None})
    else:
        trace = trace.model_copy(update={"moves": clock.trace.moves})
        times = reckon(trace, book.calendar(trace.calendar))
    _set(clock, trace, times, book)
    _move(clock, times.due_at, reason)


def _moved(clock: Clock, move: Move, book: Book, reason: str) -> None:
    """Add a move to the trace, and do what it says."""
    trace = clock.trace.model_copy(update={"moves": (*clock.trace.moves, move)})
    calendar = book.calendar(trace.calendar)
    if trace.warn is None:
        limit, _ = limit_of(trace)
        times = moved(Times(clock.near_at, clock.due_at), move, limit, calendar)
    else:
        times = reckon(trace, calendar)
    _set(clock, trace, times, book)
    _move(clock, times.due_at, reason)


def _set(clock: Timed, trace: Trace, times: Times, book: Calendars) -> None:
    """Keep the trace with the calendar it was reckoned on, and the warning."""
    calendar = book.calendar(trace.calendar)
    reckoned_on = {
        "calendar": calendar.name,
        "calendar_version": book.version,
        "calendar_digest": calendar.digest,
        "skipped": skipped(trace, times.due_at, calendar),
    }
    clock.trace, clock.near_at = trace.model_copy(update=reckoned_on), times.near_at


def _move(clock: Timed, due_at: datetime, reason: str) -> None:
    old = clock.due_at
    clock.earlier_due.append(old)
    clock.due_at = due_at
    clock.sentence = (
        f"应于 {moment_zh(due_at)} 前{DUTY_ZH[clock.kind]}：原定 {moment_zh(old)}，{reason}。"
    )
