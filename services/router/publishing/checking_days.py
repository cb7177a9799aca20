"""The work calendar: no day twice, shifts that make sense, and the years that will be needed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from services.router.directory.faults import Fault
from services.router.directory.hours import moment
from services.router.publishing.inspection import Inspection, Table

CALENDAR_AHEAD_D: Final = 60
STANDARD: Final = "standard"
_ALWAYS: Final = "always"
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORKING: Final = ("workday", "makeup")


def check_days(seen: Inspection, at: datetime) -> Iterator[Fault]:
    """Every fault of calendar/."""
    table = seen.table("calendar")
    yield from _twice(table)
    rows = zip(table.keys, table.column("kind"), table.column("shifts"), strict=True)
    for number, (day, kind, shifts) in enumerate(rows):
        if day not in _WEEK and not _exists(day):
            yield table.fault(
                number, "date", f"没有 {day} 这一天 / there is no such day", "no-such-day"
            )
        elif kind in _WORKING and not _in_order(shifts):
            remedy = "班次首尾颠倒或相互重叠 / shifts end before they begin, or overlap"
            yield table.fault(number, "shifts", remedy, "shifts")
    if seen.complete("calendar"):
        yield from _weekdays(table)
        yield from _years(table, at)


def _twice(table: Table) -> Iterator[Fault]:
    """A date once in a calendar; a weekday once in a file, and alike in the files of all years."""
    columns = (table.column(name) for name in ("calendar", "date", "kind", "shifts"))
    first: dict[tuple[str, ...], tuple[int, Any]] = {}
    in_file: set[tuple[str, ...]] = set()
    for number, (calendar, day, *rest) in enumerate(zip(*columns, strict=True)):
        file, line = table.place(number)
        before, said = first.setdefault((calendar, day), (number, rest))
        if before != number and (day not in _WEEK or (line and (calendar, day, file) in in_file)):
            remedy = f"与{_said(table, before)}重复，只留一行 / repeats a day; keep one line"
            yield table.fault(number, "date", remedy, "day-twice")
        elif said != rest:
            remedy = f"与{_said(table, before)}不同，每年的周内安排须一致 / weekdays must be alike every year"
            yield table.fault(number, "shifts", remedy, "weekdays-differ")
        in_file.add((calendar, day, file))


def _said(table: Table, number: int) -> str:
    file, _ = table.place(number)
    return f" {file} {table.named(number)[0]}"


def _exists(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _in_order(shifts: tuple[str, ...]) -> bool:
    spans = sorted(tuple(shift.split("-")) for shift in shifts)
    return all(start < end <= "24:00" for start, end in spans) and all(
        end <= start for (_, end), (start, _) in pairwise(spans)
    )


def _weekdays(table: Table) -> Iterator[Fault]:
    names, kinds = table.column("calendar"), table.column("kind")
    for calendar in sorted({STANDARD, *names} - {_ALWAYS}):
        working = any(
            name == calendar and day in _WEEK and kind == "workday"
            for name, day, kind in zip(names, table.keys, kinds, strict=True)
        )
        if not working:
            remedy = "没有一个工作日 (mon…sun, workday) / has no working weekday; add mon to fri"
            yield Fault("calendar", 0, calendar, remedy, "no-workday")


def _years(table: Table, at: datetime) -> Iterator[Fault]:
    """The year of today must be loaded, and the next one 60 days before it begins (domain.md D3.6)."""
    today = moment(at).day
    needed = {today.year, (today + timedelta(days=CALENDAR_AHEAD_D)).year}
    names, kinds = table.column("calendar"), table.column("kind")
    weekly = {name for name, kind in zip(names, kinds, strict=True) if kind == "holiday"}
    for calendar in sorted(weekly):
        loaded = {day[:4] for name, day in zip(names, table.keys, strict=True) if name == calendar}
        for year in sorted(needed):
            if str(year) not in loaded:
                remedy = f"请补上 {year} 年的工作历 / load the calendar of {year}"
                yield Fault(f"calendar/{year}.csv", 0, calendar, remedy, "year-missing")
