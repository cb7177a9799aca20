"""City time, and when a calendar of the directory has working time. Pure.

Only the question "is it working time now"; how long a limit runs is the notifier's (its calendar.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final, Self

from contracts.directory import CalendarDay
from kit.city_time import CITY_TIME

ALWAYS: Final = "always"
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORKING: Final = frozenset({"workday", "makeup"})

Shifts = tuple[tuple[str, str], ...]
"""(`09:00`, `12:00`) pairs; the end does not belong to the shift."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant as people of the city read it: the day and the time on the clock."""

    day: date
    clock: str
    """`HH:MM`."""


@lru_cache(maxsize=16)
def moment(at: datetime) -> Moment:
    """The instant in city time; `at` must have an offset. One batch asks for the same one many times."""
    local = at.astimezone(CITY_TIME)
    return Moment(local.date(), f"{local.hour:02}:{local.minute:02}")


class WorkingTime:
    """The shifts of every calendar of one directory version."""

    def __init__(self, shifts: Mapping[tuple[str, str], Shifts]) -> None:
        self._shifts = shifts

    @classmethod
    def of(cls, rows: Iterable[CalendarDay]) -> Self:
        """A dated row comes before its weekday's; a workday without shifts has the first weekday's."""
        kept = {(row.calendar, row.date): row for row in rows}
        shifts: dict[tuple[str, str], Shifts] = {}
        for (calendar, day), row in kept.items():
            own = _pairs(row) if row.kind in _WORKING else ()
            shifts[calendar, day] = own
            if row.kind in _WORKING and not own:
                days = (kept.get((calendar, weekday)) for weekday in _WEEK)
                standard = (pairs for one in days if one is not None and (pairs := _pairs(one)))
                shifts[calendar, day] = next(standard, ())
        return cls(shifts)

    def runs(self, calendar: str, now: Moment) -> bool:
        """True inside a shift; False in a calendar nobody wrote."""
        if calendar == ALWAYS:
            return True
        found = self._shifts.get((calendar, now.day.isoformat()))
        if found is None:
            found = self._shifts.get((calendar, _WEEK[now.day.weekday()]), ())
        return any(start <= now.clock < end for start, end in found)


def _pairs(row: CalendarDay) -> Shifts:
    pairs = (shift.partition("-") for shift in row.shifts)
    return tuple((start, end) for start, _, end in pairs)
