"""Limits that count workdays by date, as published targets do."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.city_time import CITY_TIME
from services.notifier.worktime.calendar import CalendarError, WorkCalendar
from services.notifier.worktime.limits import Duration, duration
from tests.support import city

STARTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 6, 30)).map(  # noqa: DTZ001 - made local below
    lambda at: at.replace(tzinfo=CITY_TIME)
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_TIME)


def sample() -> WorkCalendar:
    return city.directory().calendar("standard")


def days(amount: int) -> Duration:
    found = duration(f"{amount}bd")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("start", "amount", "due"),
    [
        ("2026-11-23 10:00", 3, "2026-11-26 10:00"),  # the same hour of the third day
        ("2026-11-23 02:00", 1, "2026-11-24 02:00"),  # before the day opens: its hour stays
        ("2026-11-23 12:30", 1, "2026-11-24 12:30"),  # lunch does not matter
        ("2026-11-23 17:30", 2, "2026-11-26 09:00"),  # after the close: from the next opening
        ("2026-11-26 10:00", 2, "2026-11-30 10:00"),  # over a weekend
        ("2026-11-28 10:00", 2, "2026-12-02 10:00"),  # begun on a Saturday: as on Monday
        ("2026-11-28 20:00", 2, "2026-12-03 09:00"),  # begun on its evening: as on Monday evening
        ("2026-09-30 15:00", 1, "2026-10-08 15:00"),  # over the National Day week
        ("2026-10-09 15:00", 1, "2026-10-10 15:00"),  # the make-up Saturday counts
        ("2026-12-31 20:00", 1, "2027-01-05 09:00"),  # over the turn of the year
    ],
)
def test_workdays_are_counted_by_date(start: str, amount: int, due: str) -> None:
    assert days(amount).after(local(start), sample()) == local(due)


def test_they_follow_the_calendar_and_need_its_years() -> None:
    assert days(2).working
    start = local("2026-11-28 20:00")
    always = city.directory().calendar("always")
    assert days(2).after(start, always) == start + timedelta(days=2)
    with pytest.raises(CalendarError, match="calendar-year-missing"):
        days(900).after(start, sample())


@given(STARTS, st.integers(1, 30), st.integers(1, 30))
def test_counting_on_from_a_due_time_is_counting_the_sum(
    start: datetime, first: int, second: int
) -> None:
    on = days(second).after(days(first).after(start, sample()), sample())
    assert on == days(first + second).after(start, sample())


@given(STARTS, st.integers(1, 20), st.floats(0.01, 1))
def test_more_days_are_never_due_earlier(start: datetime, amount: int, share: float) -> None:
    limit, calendar = days(amount), sample()
    assert start < limit.after(start, calendar, share) <= limit.after(start, calendar)
    assert limit.after(start, calendar) < days(amount + 1).after(start, calendar)
