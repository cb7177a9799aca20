"""The city's work calendar: learned opening hours, weekly patterns and public holidays, as rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from benchmarks.replay311.cases import Case
from contracts.directory import CalendarDay
from services.notifier.worktime.calendar import ALWAYS, WorkCalendar
from services.notifier.worktime.calendar_rows import build

SAME: Final = timedelta(minutes=2)
"""A target is set some seconds before or after the opening is written down."""
_FEW: Final = 20
_DAY_S: Final = 86_400
_STEP_S: Final = 1_800
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAYS, WITH_HOLIDAYS, SIX_DAYS = "weekdays", "weekdays-holidays", "six-days"
_WORKED: Final = {WEEKDAYS: 5, WITH_HOLIDAYS: 5, SIX_DAYS: 6}
_FIXED: Final = ((1, 1), (7, 4), (11, 11), (12, 25))
_FLOATING: Final = ((1, 0, 3), (2, 0, 3), (4, 0, 3), (5, 0, -1), (9, 0, 1), (10, 0, 2), (11, 3, 4))
"""Month, weekday and which of the month: King, Presidents, Patriots, Memorial, Labor, Columbus, Thanksgiving."""
YEARS_AFTER: Final = 6


@dataclass(frozen=True, slots=True)
class Hours:
    """When the city's offices open and close, seconds after midnight."""

    opening: int = 0
    closing: int = _DAY_S

    @property
    def shift(self) -> str:
        """`08:30-17:00`."""
        return f"{_clock(self.opening)}-{_clock(self.closing)}"


def hours_of(cases: Sequence[Case]) -> Hours:
    """Learn the hours from what was opened in the evening and is due at an opening, not at its own hour."""
    told = [(case, _second(case.opened), _second(case.due)) for case in cases if case.due]
    odd = Counter(due for _, opened, due in told if due % 60 == 0 and not _same(opened, due))
    if not odd or (top := odd.most_common(1)[0])[1] < _FEW:
        return Hours()
    opening = top[0]
    moved, kept = _evenings(told, opening)
    closings = range(opening + _STEP_S, _DAY_S + 1, _STEP_S)
    wrong = {
        closing: sum(at < closing for at in moved) + sum(at >= closing for at in kept)
        for closing in closings
    }
    return Hours(opening, min(closings, key=lambda closing: wrong[closing]))


def _evenings(told: Sequence[tuple[Case, int, int]], opening: int) -> tuple[list[int], list[int]]:
    """Opening times of the day that were moved to the morning, and that were not, of the types that do so."""
    moved, kept = defaultdict(list), defaultdict(list)
    for case, opened, due in told:
        if due == opening:
            moved[case.type].append(opened)
        elif _same(opened, due):
            kept[case.type].append(opened)
    return [at for own in moved.values() for at in own], [at for kind in moved for at in kept[kind]]


def calendars(cases: Sequence[Case], hours: Hours) -> dict[str, WorkCalendar]:
    """What limits may run on, by name, with the years the cases need."""
    first = min(case.opened.year for case in cases)
    last = max(case.opened.year for case in cases) + YEARS_AFTER
    rows = [row for name in _WORKED for row in _rows(name, range(first - 1, last + 1), hours)]
    return build(rows)


def names() -> tuple[str, ...]:
    """All calendars, the simplest first."""
    return (ALWAYS, *_WORKED)


def _rows(name: str, years: range, hours: Hours) -> Iterator[CalendarDay]:
    for index, day in enumerate(_WEEK):
        works = index < _WORKED[name]
        kind = "workday" if works else "rest"
        yield CalendarDay(
            calendar=name, date=day, kind=kind, shifts=(hours.shift,) if works else ()
        )
    for year in years:
        if name == WITH_HOLIDAYS:
            for free in sorted(set(_holidays(year))):
                yield CalendarDay(calendar=name, date=free.isoformat(), kind="holiday")
        else:
            yield _ordinary(name, date(year, 1, 1))


def _ordinary(name: str, day: date) -> CalendarDay:
    """A dated row that changes nothing: it says that the year is loaded."""
    works = day.weekday() < _WORKED[name]
    return CalendarDay(calendar=name, date=day.isoformat(), kind="workday" if works else "rest")


def _holidays(year: int) -> Iterator[date]:
    """Public holidays of Massachusetts; one on a Sunday is kept on Monday."""
    for month, day in _FIXED:
        kept = date(year, month, day)
        yield kept + timedelta(days=kept.weekday() == 6)  # noqa: PLR2004 - Sunday
    for month, weekday, which in _FLOATING:
        yield _nth(year, month, weekday, which)


def _nth(year: int, month: int, weekday: int, which: int) -> date:
    if which < 0:
        last = date(year, month + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))


def _second(at: datetime) -> int:
    return at.hour * 3_600 + at.minute * 60 + at.second


def _same(one: int, other: int) -> bool:
    return abs(one - other) <= SAME.total_seconds()


def _clock(second: int) -> str:
    return f"{second // 3_600:02}:{second // 60 % 60:02}"
