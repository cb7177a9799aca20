"""How a due time moves: a hold that ended, a granted extension, callers who waited longer. Pure.

Every move keeps the time before on record and says why in the clock's sentence (domain.md D3 rule 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from contracts.clock import ClockKind, Trace
from contracts.ticket import Since
from services.notifier.clocks.clock import NOBODY, Book, Clock
from services.notifier.worktime.calendar import STANDARD
from services.notifier.worktime.limits import DUTY_ZH, HALF, Basis, Duration, limit_of, moment_zh

SHARED: Final = (ClockKind.RESIDENT, ClockKind.DISPATCH, ClockKind.RESULT)
"""Clocks that merged tickets have in common: the earliest wins (domain.md E19). Signing for and contact
are what one unit owes; a follower's unit owes them no more."""


def resume(clock: Clock, at: datetime, book: Book) -> None:
    """Go on where a hold stopped it: what was left of the limit is left now."""
    held_from = clock.paused_at or at
    clock.paused_at = None
    calendar = book.calendar(clock.trace.calendar)
    limit, _ = limit_of(clock.trace)

    def later(then: datetime) -> datetime:
        if limit.working and then > held_from:
            return calendar.add_working(at, calendar.working_s(held_from, then))
        return then + (at - held_from)

    near_at = later(clock.near_at)
    reason = f"{moment_zh(held_from)} 至 {moment_zh(at)} 挂账，期间不计"
    _move(clock, later(clock.due_at), reason)
    clock.near_at = near_at


def extend(clock: Clock, by: Duration, at: datetime, book: Book) -> None:
    """One due time moves by a granted extension, and the warning with it."""
    old = clock.due_at
    _move(clock, by.after(old, book.calendar(clock.trace.calendar)), f"经批准延期 {by.zh}")
    clock.near_at += clock.due_at - old
    clock.warn_again = clock.near_at > at


def review(clock: Clock, review_at: datetime) -> None:
    """A hold is looked at again when its approval says, at the latest when the profile does."""
    if review_at < clock.due_at:
        _move(clock, review_at, "按批准挂账时定的复核时间")
        clock.near_at = min(clock.near_at, review_at)


def hurry(clock: Clock, basis: Basis, book: Book) -> bool:
    """Let a clock come forward because the matter is more urgent now; it never goes back (D3 rule 2).

    False when nothing changes. What a hold or an extension had added stays added. Raises CalendarError.
    """
    own = clock.own or clock.trace
    _, share = limit_of(own)
    sooner = basis.due(own.start, share).trace
    if _due(sooner, book) >= _due(own, book):
        return False
    by = min(_due(sooner, book) - _due(clock.trace, book), timedelta(0))
    if by:
        clock.trace, clock.own = sooner, None
        clock.near_at += by
        _move(clock, clock.due_at + by, "紧急程度提高，按新的时限计")
    else:
        clock.own = sooner
    return True


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
    by = _due(counts, book) - _due(clock.trace, book)
    if not by and (counts is not own or clock.own is None):
        return False
    reason = (
        "并单已撤销，恢复本单计时"
        if counts is own
        else f"并入的诉求自 {moment_zh(counts.start)} 起计时，以较早的为准"
    )
    clock.own = None if counts is own else own
    clock.trace = counts
    clock.near_at += by
    _move(clock, clock.due_at + by, reason)
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
    """When a clock with this trace is due if nothing moves it."""
    limit, share = limit_of(trace)
    return limit.after(trace.start, book.calendar(trace.calendar), share)


def _move(clock: Clock, due_at: datetime, reason: str) -> None:
    old = clock.due_at
    clock.earlier_due.append(old)
    clock.due_at = due_at
    clock.sentence = (
        f"应于 {moment_zh(due_at)} 前{DUTY_ZH[clock.kind]}：原定 {moment_zh(old)}，{reason}。"
    )
