"""From a trace to the due time: the limit from the start, and each move after it. Pure.

The only place where a due time is made of a trace, so what is stored is what its trace says, and on a
calendar that has changed the same sum is done once more (domain.md D3 rule 5).
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from contracts.clock import Move, MoveKind, Trace
from services.notifier.worktime.calendar import WorkCalendar
from services.notifier.worktime.limits import Duration, duration, limit_of


class Times(NamedTuple):
    """When the holder is warned, and when the clock is due."""

    near_at: datetime
    due_at: datetime


def base(trace: Trace, calendar: WorkCalendar) -> datetime:
    """When a clock with this trace is due if nothing moves it. Raises CalendarError, LimitError."""
    limit, share = limit_of(trace)
    return limit.after(trace.start, calendar, share)


def reckon(trace: Trace, calendar: WorkCalendar) -> Times:
    """Warning and due time, all moves included; without a kept share the warning is the due time.

    Raises CalendarError where a year on the way is not loaded, LimitError for a limit nobody can read.
    """
    limit, share = limit_of(trace)
    warn = 1.0 if trace.warn is None else trace.warn
    near_at = limit.after(trace.start, calendar, share * warn)
    times = Times(near_at, limit.after(trace.start, calendar, share))
    for move in trace.moves:
        times = moved(times, move, limit, calendar)
    return times


def moved(times: Times, move: Move, limit: Duration, calendar: WorkCalendar) -> Times:
    """The times after one more move. Raises CalendarError, LimitError."""
    near_at, due_at = times
    match move:
        case Move(what=MoveKind.HOLD, since=datetime() as since, until=datetime() as until):
            return Times(*(_paused(at, since, until, limit, calendar) for at in times))
        case Move(what=MoveKind.REVIEW, until=datetime() as until):
            return Times(min(near_at, until), min(due_at, until))
        case Move(what=MoveKind.EXTENSION, by=str() as text):
            by = duration(text)
            later = by.after(due_at, calendar) if by else due_at
            return Times(near_at + (later - due_at), later)
        case _:
            return times


def skipped(trace: Trace, due_at: datetime, calendar: WorkCalendar) -> tuple[str, ...]:
    """Dates from start to due time that did not count; none where the limit runs on the wall clock."""
    limit, _ = limit_of(trace)
    return calendar.skipped(trace.start, due_at) if limit.working else ()


def _paused(
    at: datetime, since: datetime, until: datetime, limit: Duration, calendar: WorkCalendar
) -> datetime:
    """What was left of the limit when the hold began is left when it ends."""
    if limit.working and at > since:
        return calendar.add_working(until, calendar.working_s(since, at))
    return at + (until - since)
