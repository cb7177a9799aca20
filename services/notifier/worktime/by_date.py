"""Working days counted by date: a duty of three days that begins on Monday at ten ends on Thursday at ten.

So most cities count the targets they publish, whatever the length of their shifts. Working time
(`1wd`, domain.md D3) instead runs out inside a shift; the two differ for what begins outside of one. The
rule: what begins on a day off counts as begun at the same hour of the next workday; what begins after the
day's last shift counts as begun when the next workday opens; then every workday after that counts one.
(Begun on Monday evening it is due at the opening, begun before Tuesday's opening at that early hour.)
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from kit.city_time import CITY_TIME
from services.notifier.worktime.calendar import WorkCalendar

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)


def add_workdays(calendar: WorkCalendar, start: datetime, days: float) -> datetime:
    """The instant `days` workdays after `start`, a part of a day as working time at the end.

    Raises CalendarError when a year on the way is not loaded.
    """
    at = _first(calendar, start.astimezone(CITY_TIME))
    days = round(days, 6)
    whole = int(days)
    missing = whole
    while missing:
        begun, at = at, at + missing * _DAY
        missing = len(calendar.skipped(begun + _DAY, at))
    return calendar.add_working(at, (days - whole) * calendar.working_day_s)


def _first(calendar: WorkCalendar, at: datetime) -> datetime:
    """When the count begins."""
    at = _workday(calendar, at)
    if calendar.working_s(at, datetime.combine(at.date(), time.max, CITY_TIME)) > 0:
        return at
    midnight = _workday(calendar, datetime.combine(at.date() + _DAY, time(), CITY_TIME))
    return (calendar.add_working(midnight, 1) - _SECOND).astimezone(CITY_TIME)


def _workday(calendar: WorkCalendar, at: datetime) -> datetime:
    """`at`, or the same hour of the next workday."""
    while calendar.skipped(at, at):
        at += _DAY
    return at
