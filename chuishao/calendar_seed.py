"""A first `calendar/<year>.csv` from the State Council's holiday arrangement, for the city to look through.

The arrangement comes from the package chinesecalendar, which learns of a year some weeks after its notice.
The city's own file wins: nothing is ever written over.
"""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from contracts.directory import CalendarDay

HEADER: Final = ("calendar", "date", "kind", "name", "shifts")
SHIFTS: Final = "09:00-12:00,13:30-17:30"
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORKDAYS: Final = 5


class UnknownYearError(ValueError):
    """The package does not know the holidays of that year."""


class BadShiftsError(ValueError):
    """Shifts that cannot be read, overlap, or end before they begin."""


class FileThereError(ValueError):
    """The city has a file for that year."""


def seed(year: int, shifts: str = SHIFTS, calendar: str = "standard") -> list[CalendarDay]:
    """Weekdays with their shifts, then holidays and make-up workdays by date.

    Raises UnknownYearError, BadShiftsError.
    """
    own = _read(shifts, calendar)
    rows = [
        CalendarDay(calendar=calendar, date=day, kind="workday", name="工作日", shifts=own)
        if number < _WORKDAYS
        else CalendarDay(calendar=calendar, date=day, kind="rest", name="周末")
        for number, day in enumerate(_WEEK)
    ]
    holidays, makeups = _arranged(year)
    rows += [
        CalendarDay(calendar=calendar, date=day.isoformat(), kind="holiday", name=name)
        for day, name in holidays.items()
    ]
    rows += [
        CalendarDay(
            calendar=calendar,
            date=day.isoformat(),
            kind="makeup",
            name=f"{name}调休上班",
            shifts=own,
        )
        for day, name in makeups.items()
    ]
    return [*rows[: len(_WEEK)], *sorted(rows[len(_WEEK) :], key=lambda row: row.date)]


def written(rows: list[CalendarDay]) -> str:
    """The rows as the file holds them."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(HEADER)
    lines.writerows((r.calendar, r.date, r.kind, r.name, ";".join(r.shifts)) for r in rows)
    return text.getvalue()


def save(file: Path, text: str) -> None:
    """Write a new file. Raises FileThereError where there is one, OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8", newline="") as new:
            new.write(text)
    except FileExistsError:
        raise FileThereError(
            f"{file} 已有，以本市的文件为准，不覆盖；可用 --out 另存后对照。"
            f" / {file} is there and wins; write elsewhere with --out and compare."
        ) from None


def _arranged(year: int) -> tuple[dict[date, str], dict[date, str]]:
    """Holidays and make-up workdays of a year with their Chinese names."""
    import chinese_calendar

    names = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    first = date(year, 1, 1)
    try:
        chinese_calendar.is_workday(first)
    except NotImplementedError:
        raise UnknownYearError(
            f"chinesecalendar 还不知道 {year} 年的放假安排：请在国务院办公厅通知发布后升级该软件包"
            f"（pip install -U chinesecalendar），或按通知手工编写 calendar/{year}.csv。"
            f" / chinesecalendar does not know {year} yet: upgrade it once the notice is out,"
            f" or write calendar/{year}.csv by hand."
        ) from None
    days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    holidays, makeups = chinese_calendar.holidays, chinese_calendar.workdays
    return (
        {day: names[holidays[day]] for day in days if day in holidays},
        {day: names[makeups[day]] for day in days if day in makeups},
    )


def _read(text: str, calendar: str) -> tuple[str, ...]:
    shifts = tuple(part.strip() for part in text.split(","))
    try:
        row = CalendarDay(calendar=calendar, date="mon", kind="workday", shifts=shifts)
    except ValidationError:
        raise _bad(text) from None
    spans = [shift.split("-") for shift in row.shifts]
    ends = [time for span in spans for time in span]
    if ends != sorted(set(ends)) or ends[-1] > "24:00":
        raise _bad(text)
    return row.shifts


def _bad(text: str) -> BadShiftsError:
    return BadShiftsError(
        f"班次“{text}”无法识别：请写作 09:00-12:00,13:30-17:30，先后不重叠。"
        f" / cannot read shifts {text!r}: write 09:00-12:00,13:30-17:30 in order, without overlaps."
    )
