"""Working time on calendars nobody thought of: shifts, lunch, holidays, make-up days, duty on rest days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from contracts.directory import CalendarDay
from kit.city_time import CITY_TIME
from services.notifier.worktime.calendar import CalendarError, WorkCalendar
from services.notifier.worktime.calendar_rows import build

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
QUARTER_M = 15


def _shifts(marks: list[int]) -> tuple[str, ...]:
    """Every other stretch between marks of a quarter of an hour; what is between two of them is a break."""
    times = [f"{n * QUARTER_M // 60:02}:{n * QUARTER_M % 60:02}" for n in sorted(marks)]
    return tuple(f"{a}-{b}" for a, b in list(pairwise(times))[::2])


def _row(day: str, kind: str, shifts: tuple[str, ...]) -> CalendarDay:
    return CalendarDay.model_validate({"date": day, "kind": kind, "shifts": shifts})


SHIFTS = st.lists(st.integers(0, 96), min_size=2, max_size=6, unique=True).map(_shifts)
DATES = st.dates(FIRST, LAST).map(date.isoformat)
OFF = st.just(())


@st.composite
def calendars(draw: st.DrawFn) -> list[CalendarDay]:
    """Two loaded years of a city with any habits, at least one of its weekdays worked."""
    weekly = [draw(SHIFTS), *(draw(st.one_of(SHIFTS, OFF)) for _ in WEEK[1:])]
    rows = [
        _row(day, "workday" if own else "rest", own)
        for day, own in zip(draw(st.permutations(WEEK)), weekly, strict=True)
    ]
    dated = draw(st.dictionaries(DATES, st.one_of(SHIFTS, OFF), max_size=30))
    dated |= {FIRST.isoformat(): (), LAST.isoformat(): ()}
    return rows + [_row(d, "makeup" if own else "holiday", own) for d, own in dated.items()]


STARTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 3, 1)).map(  # noqa: DTZ001 - made local here
    lambda at: at.replace(tzinfo=CITY_TIME)
)
SECONDS = st.one_of(st.integers(0, 400_000), st.integers(0, 40).map(lambda n: n * 3_600))


def added(calendar: WorkCalendar, start: datetime, seconds: float) -> datetime:
    """Leaves out what runs beyond the loaded years: that is refused, which other tests look at."""
    try:
        return calendar.add_working(start, seconds)
    except CalendarError:
        assume(condition=False)
        raise


@given(calendars(), STARTS, SECONDS, SECONDS)
def test_adding_in_two_steps_is_adding_at_once(
    rows: list[CalendarDay], start: datetime, first: int, second: int
) -> None:
    calendar = build(rows)["standard"]
    whole = added(calendar, start, first + second)
    assert added(calendar, added(calendar, start, first), second) == whole
    assert added(calendar, added(calendar, start, second), first) == whole


@given(calendars(), STARTS, SECONDS, st.timedeltas(timedelta(0), timedelta(30)), SECONDS)
def test_later_starts_and_longer_limits_never_fall_due_earlier(
    rows: list[CalendarDay], start: datetime, seconds: int, later: timedelta, longer: int
) -> None:
    calendar = build(rows)["standard"]
    due = added(calendar, start, seconds)
    assert due >= start
    assert added(calendar, start + later, seconds) >= due
    assert added(calendar, start, seconds + longer) >= due


@given(calendars(), STARTS, SECONDS)
def test_it_is_what_going_through_the_days_one_by_one_gives(
    rows: list[CalendarDay], start: datetime, seconds: int
) -> None:
    calendar = build(rows)["standard"]
    due = added(calendar, start, seconds)
    assert due == _walked(rows, start, seconds)
    assert calendar.working_s(start, due) == seconds
    free = set(calendar.skipped(start, due))
    span = (due.astimezone(CITY_TIME).date() - start.date()).days
    days = [start.date() + timedelta(days=n) for n in range(span + 1)]
    kept = {row.date: row.shifts for row in rows}
    assert {day.isoformat() for day in days if not _worked(kept, day)} == free


def _worked(kept: dict[str, tuple[str, ...]], day: date) -> tuple[str, ...]:
    return kept.get(day.isoformat(), kept[WEEK[day.weekday()]])


def _walked(rows: list[CalendarDay], start: datetime, seconds: int) -> datetime:
    """The same answer without any of the calendar's own sums."""
    if not seconds:
        return start.astimezone(UTC)
    left, day = timedelta(seconds=seconds), start.date()
    kept = {row.date: row.shifts for row in rows}
    while day <= LAST:
        midnight = datetime.combine(day, time(), CITY_TIME)
        for shift in sorted(_worked(kept, day)):
            begins, ends = (_at(midnight, text) for text in shift.split("-"))
            begins = max(begins, start)
            if begins < ends:
                if ends - begins >= left:
                    return begins + left
                left -= ends - begins
        day += timedelta(days=1)
    raise AssertionError("beyond the loaded years")


def _at(midnight: datetime, text: str) -> datetime:
    hours, minutes = text.split(":")
    return midnight + timedelta(hours=int(hours), minutes=int(minutes))
