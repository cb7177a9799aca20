"""Working time: shifts, lunch, holidays, make-up workdays, and the years that are loaded."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.directory import CalendarDay
from kit.city_time import CITY_TIME
from services.notifier.worktime.calendar import Always, CalendarError, Shifts, WorkCalendar
from services.notifier.worktime.calendar_rows import build
from tests.support import city

HOUR_S = 3_600
DAY_S = 7 * HOUR_S
"""09:00-12:00 and 13:30-17:30."""
STARTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 6, 30)).map(  # noqa: DTZ001 - made local below
    lambda at: at.replace(tzinfo=CITY_TIME)
)
SECONDS = st.integers(0, 40 * DAY_S)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_TIME)


def sample() -> WorkCalendar:
    return city.directory().calendar("standard")


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-23 09:00", 1, "2026-11-23 10:00"),
        ("2026-11-23 11:30", 1, "2026-11-23 14:00"),  # over lunch
        ("2026-11-23 12:30", 1, "2026-11-23 14:30"),  # from the middle of lunch
        ("2026-11-23 07:00", 1, "2026-11-23 10:00"),  # before the day began
        ("2026-11-23 17:00", 1, "2026-11-24 09:30"),  # into the next morning
        ("2026-11-27 16:30", 2, "2026-11-30 10:00"),  # over a weekend
        ("2026-11-28 10:00", 1, "2026-11-30 10:00"),  # filed on a Saturday
        ("2026-11-23 16:30", 1, "2026-11-23 17:30"),  # used up at the very end of the day
    ],
)
def test_working_hours_run_only_inside_shifts(start: str, hours: int, due: str) -> None:
    assert sample().add_working(local(start), hours * HOUR_S) == local(due)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-09-30 15:00", 1, "2026-10-08 15:00"),  # over the National Day week
        ("2026-10-09 15:00", 1, "2026-10-10 15:00"),  # the make-up Saturday is a workday
        ("2026-02-13 10:00", 1, "2026-02-14 10:00"),  # the make-up Saturday before Spring Festival
        ("2026-12-31 10:00", 1, "2027-01-04 10:00"),  # over the turn of the year
    ],
)
def test_holidays_and_makeup_workdays_are_ordinary_intervals(
    start: str, days: int, due: str
) -> None:
    assert sample().add_working(local(start), days * DAY_S) == local(due)


def test_one_working_day_is_one_standard_days_working_seconds() -> None:
    assert sample().working_day_s == DAY_S


def test_dates_without_working_time_are_named() -> None:
    start, due = local("2026-09-30 15:00"), local("2026-10-08 15:00")
    assert sample().skipped(start, due) == tuple(f"2026-10-0{day}" for day in range(1, 8))
    assert sample().skipped(local("2026-11-23 09:00"), local("2026-11-24 09:00")) == ()


def test_a_year_that_is_not_loaded_is_refused_by_name() -> None:
    with pytest.raises(CalendarError) as refused:
        sample().add_working(local("2027-12-30 10:00"), 5 * DAY_S)
    assert refused.value.slug == "calendar-year-missing"
    assert "2028" in refused.value.zh
    with pytest.raises(CalendarError, match="calendar-year-missing"):
        sample().add_working(local("2023-06-05 10:00"), HOUR_S)


def test_a_gap_between_loaded_years_is_not_bridged() -> None:
    rows = [_day("mon", "09:00-17:00"), _holiday("2025-01-01"), _holiday("2027-01-01")]
    calendar = build(rows)["standard"]
    assert isinstance(calendar, Shifts)
    with pytest.raises(CalendarError, match="calendar-year-missing"):
        calendar.add_working(local("2025-12-29 16:00"), 2 * HOUR_S)
    assert calendar.loaded_until(local("2025-06-01 00:00")) == local("2026-01-01 00:00")
    assert calendar.loaded_until(local("2026-06-01 00:00")) is None


def test_whoever_is_always_on_duty_has_no_calendar_to_wait_for() -> None:
    start = local("2031-10-01 03:00")
    assert Always().add_working(start, 90) == start + timedelta(seconds=90)
    assert Always().skipped(start, start + timedelta(days=9)) == ()
    assert city.directory().calendar("always").working_day_s == 24 * HOUR_S


@pytest.mark.parametrize(
    "shifts", [("09:00-08:00",), ("22:00-26:00",), ("09:00-12:00", "11:00-13:00")]
)
def test_shifts_without_sense_are_refused(shifts: tuple[str, ...]) -> None:
    with pytest.raises(CalendarError, match="calendar-wrong"):
        build([_day("mon", *shifts), _holiday("2026-01-01")])


def test_a_day_that_is_in_no_calendar_is_refused() -> None:
    with pytest.raises(CalendarError, match="calendar-wrong"):
        build([_day("mon", "09:00-17:00"), _holiday("2026-02-30")])


@given(STARTS, SECONDS, SECONDS)
def test_adding_in_two_steps_is_adding_at_once(start: datetime, first: int, second: int) -> None:
    calendar = sample()
    in_steps = calendar.add_working(calendar.add_working(start, first), second)
    assert in_steps == calendar.add_working(start, first + second)


@given(STARTS, SECONDS, st.integers(0, 90 * 86_400), st.integers(0, DAY_S))
def test_later_starts_and_longer_limits_never_fall_due_earlier(
    start: datetime, seconds: int, later: int, longer: int
) -> None:
    calendar = sample()
    due = calendar.add_working(start, seconds)
    assert due >= start
    assert calendar.add_working(start + timedelta(seconds=later), seconds) >= due
    assert calendar.add_working(start, seconds + longer) >= due


@given(STARTS, st.integers(1, 40 * DAY_S))
def test_exactly_the_given_working_time_lies_between_start_and_due(
    start: datetime, seconds: int
) -> None:
    calendar = sample()
    due = calendar.add_working(start, seconds)
    assert calendar.working_s(start, due) == seconds
    assert calendar.working_s(start, due - timedelta(seconds=1)) == seconds - 1


def _day(weekday: str, *shifts: str) -> CalendarDay:
    return CalendarDay(date=weekday, kind="workday", shifts=shifts)


def _holiday(day: str) -> CalendarDay:
    return CalendarDay(date=day, kind="holiday")
