"""From the rows of `calendar/<year>.csv` to work calendars."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from contracts.directory import CalendarDay
from kit.errors import Kind
from services.notifier.worktime.calendar import (
    ALWAYS,
    DAY,
    FIRST_DAY,
    OFFSET,
    SECOND,
    Always,
    CalendarError,
    Shifts,
    Span,
    WorkCalendar,
    year_of,
)

_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORKING: Final = frozenset({"workday", "makeup"})
_EPOCH_WEEKDAY: Final = 3
"""1970-01-01 was a Thursday."""
DIGEST_CHARS: Final = 16

Day = tuple[tuple[int, int], ...]
"""Shifts of one day, microseconds after midnight."""


def build(rows: Iterable[CalendarDay]) -> dict[str, WorkCalendar]:
    """Calendars by name; there is always an `always`. Raises CalendarError on rows without sense.

    A year counts as loaded when it has at least one dated row: `calendar/<year>.csv` lists its
    holidays. A calendar without any dated row knows no holidays (duty on rest days) and is loaded for
    the years of the others. The weekly defaults hold for every loaded year.
    """
    sorted_rows: dict[str, list[CalendarDay]] = defaultdict(list)
    for row in rows:
        sorted_rows[row.calendar].append(row)
    days = [row for own in sorted_rows.values() for row in own if row.date not in _WEEK]
    years = sorted({year_of(_day_of(row)) for row in days})
    built: dict[str, WorkCalendar] = {ALWAYS: Always()}
    for name, own in sorted_rows.items():
        if name != ALWAYS:
            built[name] = _shifts(name, own, years)
    return built


def _shifts(name: str, rows: Sequence[CalendarDay], loaded: Sequence[int]) -> Shifts:
    weekly: dict[int, Day] = {}
    dated: dict[int, CalendarDay] = {}
    for row in rows:
        if row.date in _WEEK:
            weekly[_WEEK.index(row.date)] = _intervals(row)
        else:
            dated[_day_of(row)] = row
    standard = next((weekly[day] for day in sorted(weekly) if weekly[day]), ())
    if not standard:
        raise _senseless(name, "没有一个工作日", "has no working weekday")
    own = {day: _intervals(row, standard) for day, row in dated.items()}
    years = sorted({year_of(day) for day in dated}) or loaded
    day_s = sum(end - start for start, end in standard) // SECOND
    spans = tuple(_span(run, weekly, own) for run in _runs(years))
    return Shifts(name, day_s, spans, _digest(day_s, spans))


def _digest(day_s: int, spans: Sequence[Span]) -> str:
    """Of everything a due time depends on; names of holidays are not among it."""
    told = [(day_s, s.first_year, s.last_year, s.starts, s.ends) for s in spans]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:DIGEST_CHARS]


def _span(years: Sequence[int], weekly: Mapping[int, Day], own: Mapping[int, Day]) -> Span:
    first = date(years[0], 1, 1).toordinal() - FIRST_DAY
    last = date(years[-1], 12, 31).toordinal() - FIRST_DAY
    starts, ends, before, workdays, total = [], [], [], set(), 0
    for day in range(first, last + 1):
        shifts = own[day] if day in own else weekly.get((day + _EPOCH_WEEKDAY) % 7, ())
        midnight = day * DAY - OFFSET
        for start, end in shifts:
            starts.append(midnight + start)
            ends.append(midnight + end)
            before.append(total)
            total += end - start
            workdays.add(day)
    return Span(years[0], years[-1], tuple(starts), tuple(ends), tuple(before), frozenset(workdays))


def _day_of(row: CalendarDay) -> int:
    try:
        return date.fromisoformat(row.date).toordinal() - FIRST_DAY
    except ValueError:
        raise _senseless(
            row.calendar, f"没有 {row.date} 这一天", f"no such day {row.date}"
        ) from None


def _runs(years: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for year in years:
        if runs and runs[-1][-1] == year - 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return runs


def _intervals(row: CalendarDay, standard: Day = ()) -> Day:
    """Shifts of a day in microseconds after midnight; a workday without shifts has the standard ones."""
    if row.kind not in _WORKING:
        return ()
    found = sorted(_interval(row, shift) for shift in row.shifts)
    for (_, end), (start, _) in pairwise(found):
        if start < end:
            raise _senseless(row.calendar, f"{row.date} 班次重叠", f"{row.date}: shifts overlap")
    return tuple(found) or standard


def _interval(row: CalendarDay, shift: str) -> tuple[int, int]:
    start, end = (_clock_time(text) for text in shift.split("-"))
    if not 0 <= start < end <= DAY:
        raise _senseless(row.calendar, f"{row.date} 班次 {shift} 首尾颠倒", f"{row.date}: {shift}")
    return start, end


def _clock_time(text: str) -> int:
    hours, minutes = text.split(":")
    return (int(hours) * 60 + int(minutes)) * 60 * SECOND


def _senseless(calendar: str, zh: str, en: str) -> CalendarError:
    return CalendarError(
        "calendar-wrong",
        Kind.INVALID,
        field="calendar",
        zh=f"工作历 {calendar}: {zh}; 请改正 calendar/ 下的文件。",
        en=f"Work calendar {calendar}: {en}; correct the files in calendar/.",
    )
