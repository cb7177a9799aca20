"""The work calendar: no day twice, shifts that make sense, and the years that limits reach (domain.md D3.6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from services.router.directory.faults import Fault
from services.router.directory.hours import moment
from services.router.publishing import calendar_reach
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
        else:
            yield from _odd(table, number)
    if seen.complete("calendar"):
        yield from _weekdays(table)
        yield from _years(seen, at)


def _odd(table: Table, number: int) -> Iterator[Fault]:
    """Shifts where nobody works, none where somebody does, a day in the file of another year."""
    day = table.keys[number]
    kind, shifts = (table.column(name)[number] for name in ("kind", "shifts"))
    if kind not in _WORKING and shifts:
        remedy = (
            "休息日写了班次：上班请写 workday 或 makeup，否则删去班次"
            " / a day off has shifts: write workday or makeup, or remove them"
        )
        yield table.fault(number, "shifts", remedy, "rest-with-shifts")
    elif day in _WEEK and kind in _WORKING and not shifts:
        remedy = (
            "上班的日子没有班次，请写如 09:00-12:00;13:30-17:30 / a working day needs its shifts"
        )
        yield table.fault(number, "shifts", remedy, "no-shifts")
    file, _ = table.place(number)
    year = file.removesuffix(".csv")
    if day not in _WEEK and year.isdecimal() and day[:4] != year:
        remedy = f"{day} 应写在 {day[:4]}.csv 里 / belongs into {day[:4]}.csv"
        yield table.fault(number, "date", remedy, "other-year")


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


def _years(seen: Inspection, at: datetime) -> Iterator[Fault]:
    """A year that a limit starting today can reach must be loaded; one that begins soon is warned of."""
    today = moment(at).day
    table, limits, ladder = (seen.table(name) for name in ("calendar", "limits", "ladder"))
    columns = (table.column(name) for name in ("calendar", "date", "kind", "shifts"))
    steps = zip(ladder.column("urgency"), ladder.column("steps"), strict=True)
    chains = calendar_reach.chains(limits.column("limits"), limits.column("whistle"), steps)
    soon = (today + timedelta(days=CALENDAR_AHEAD_D)).year
    for name, worked in sorted(calendar_reach.calendars(zip(*columns, strict=True)).items()):
        if not worked.day_minutes:
            continue
        reached = {worked.missing(chain, today) for chain in chains} - {None}
        if today.year not in worked.years:
            reached.add(today.year)
        for year in sorted(year for year in reached if year is not None):
            yield _missing(name, year, "今天起算的时限会用到", "limits that start today reach it")
        if soon not in worked.years and soon not in reached:
            fault = _missing(name, soon, "60 天内就要用到", "it is needed within 60 days")
            yield fault.as_warning()


def _missing(calendar: str, year: int, zh: str, en: str) -> Fault:
    remedy = f"请补上 {year} 年的工作历，{zh} / load the calendar of {year}: {en}"
    return Fault(f"calendar/{year}.csv", 0, calendar, remedy, "year-missing")
