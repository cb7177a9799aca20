"""Due times around National Day and Spring Festival of 2024 to 2026, worked out by hand.

The State Council's arrangement: 2024 off 10 to 17 February (work on Sundays 4 and 18 February), 15 to 17
September (work on Saturday 14), 1 to 7 October (work on Sunday 29 September and Saturday 12 October); 2025 off
28 January to 4 February (work on Sunday 26 January and Saturday 8 February), 1 to 8 October (work on Sunday 28
September and Saturday 11 October); 2026 off 15 to 23 February (work on Saturdays 14 and 28), 25 to 27 September,
1 to 7 October (work on Sunday 20 September and Saturday 10 October). Offices work 09:00-12:00 and 13:30-17:30:
seven hours a day, 3 + 4.
"""

from __future__ import annotations

from datetime import date, datetime

import chinese_calendar
import pytest

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from kit.city_time import CITY_TIME
from services.notifier.worktime.limits import duration
from tests.support import city

CASES = [
    # 2024, National Day
    ("2024-09-30 15:00", "1wd", "2024-10-08 15:00"),  # 2.5 h on Monday, 3 h + 1.5 h on Tuesday 8th
    ("2024-09-29 10:00", "1wd", "2024-09-30 10:00"),  # make-up Sunday: 2 h + 4 h, 1 h on Monday
    ("2024-10-05 12:00", "4wh", "2024-10-08 14:30"),  # in the holiday: 3 h + 1 h on the 8th
    ("2024-09-30 17:59:30", "1wd", "2024-10-08 17:30"),  # after hours: all of the 8th
    ("2024-09-30 12:00", "4wh", "2024-09-30 17:30"),  # as lunch begins: the whole afternoon
    ("2024-09-30 12:30", "5wh", "2024-10-08 10:00"),  # in lunch: 4 h, then 1 h on the 8th
    ("2024-10-08 00:00", "1wd", "2024-10-08 17:30"),  # midnight of a workday: all of it
    ("2024-10-01 00:00", "4wh", "2024-10-08 14:30"),  # midnight of the first day off
    ("2024-10-11 16:30", "1wd", "2024-10-12 16:30"),  # 1 h on Friday, 3 h + 3 h on make-up Saturday
    ("2024-09-30 16:00", "24h", "2024-10-01 16:00"),  # by the clock on the wall: into the holiday
    ("2024-09-28 10:00", "7d", "2024-10-05 10:00"),  # as well
    # 2024, Mid-autumn: Saturday 14 September is worked, 15 to 17 are off
    ("2024-09-13 17:00", "1wd", "2024-09-14 17:00"),  # 0.5 h on Friday, 3 h + 3.5 h on Saturday
    ("2024-09-14 17:00", "1wd", "2024-09-18 17:00"),  # 0.5 h on Saturday, 3 h + 3.5 h on Wednesday
    # 2024, Spring Festival: its eve, Friday 9 February, is a workday by the notice
    ("2024-02-09 15:00", "1wd", "2024-02-18 15:00"),  # 2.5 h, then 3 h + 1.5 h on make-up Sunday
    ("2024-02-04 12:00", "4wh", "2024-02-04 17:30"),  # the afternoon of make-up Sunday
    ("2024-02-14 10:00", "7d", "2024-02-21 10:00"),
    # 2025, Spring Festival
    ("2025-01-27 11:30", "1wd", "2025-02-05 11:30"),  # 0.5 h + 4 h, then 2.5 h on Wednesday the 5th
    (
        "2025-01-26 17:00",
        "2wd",
        "2025-02-05 17:00",
    ),  # 0.5 h on Sunday, 7 h Monday, 6.5 h on the 5th
    ("2025-01-25 09:00", "4wh", "2025-01-26 14:30"),  # a free Saturday: 3 h + 1 h on make-up Sunday
    ("2025-02-07 17:30", "1wh", "2025-02-08 10:00"),  # as Friday ends: make-up Saturday morning
    ("2025-01-28 00:00", "24h", "2025-01-29 00:00"),
    # 2025, National Day with Mid-autumn
    ("2025-09-30 17:29:30", "1wh", "2025-10-09 09:59:30"),  # 30 s, then 59 min 30 s on Thursday
    ("2025-09-28 09:00", "15wd", "2025-10-23 17:30"),  # 28 29 30, 9 10 11, 13-17, 20-23: 3+3+5+4
    # 2026, Spring Festival
    ("2026-02-14 14:00", "1wd", "2026-02-24 14:00"),  # 3.5 h on make-up Saturday, 3 h + 0.5 h
    ("2026-02-13 10:00", "24h", "2026-02-14 10:00"),
    ("2026-02-16 00:00", "1wh", "2026-02-24 10:00"),
    ("2026-02-27 17:00", "4wh", "2026-02-28 14:00"),  # 0.5 h, then 3 h + 0.5 h on make-up Saturday
    # 2026, Mid-autumn and National Day
    ("2026-09-24 16:00", "2wd", "2026-09-29 16:00"),  # 1.5 h, 7 h on Monday, 3 h + 2.5 h on Tuesday
    ("2026-09-30 13:00", "1wd", "2026-10-08 12:00"),  # in lunch: 4 h, then the morning of the 8th
    ("2026-09-30 10:00", "7d", "2026-10-07 10:00"),
]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_TIME)


@pytest.mark.parametrize(("start", "limit", "due"), CASES)
def test_worked_out_by_hand(start: str, limit: str, due: str) -> None:
    read = duration(limit)
    assert read is not None
    assert read.after(local(start), city.directory().calendar("standard")) == local(due)


@pytest.mark.parametrize(
    ("calendar", "start", "limit", "due"),
    [
        ("daily", "2026-10-01 10:00", "1wd", "2026-10-02 10:00"),  # works on rest days and holidays
        ("daily", "2026-10-03 17:00", "1wh", "2026-10-04 09:30"),
        (
            "window",
            "2026-10-09 18:00",
            "1wh",
            "2026-10-10 09:00",
        ),  # to 18:30, from 08:30 on make-up
        ("window", "2026-09-30 12:30", "1wd", "2026-10-08 12:00"),  # 5.5 h of its 9, then 3.5 h
        ("always", "2026-10-01 03:00", "1wd", "2026-10-02 03:00"),
    ],
)
def test_units_with_hours_of_their_own(calendar: str, start: str, limit: str, due: str) -> None:
    read = duration(limit)
    assert read is not None
    assert read.after(local(start), city.directory().calendar(calendar)) == local(due)


@pytest.mark.parametrize(
    ("unit", "due"),
    [("SZ", "2026-10-08 15:00"), ("SQ-005", "2026-10-01 15:00"), ("GD", "2026-10-01 15:00")],
)
def test_the_contact_is_due_by_the_holders_own_calendar(unit: str, due: str) -> None:
    basis = city.directory().basis(ClockKind.CONTACT, "standard", Urgency.NORMAL, unit)
    assert basis is not None
    assert basis.due(local("2026-09-30 15:00")).due_at == local(due)


def test_the_days_that_did_not_count_are_named_and_the_sentence_counts_them() -> None:
    basis = city.directory().basis(ClockKind.CONTACT, "standard", Urgency.NORMAL, "SZ")
    assert basis is not None
    due = basis.due(local("2026-02-14 14:00"))
    assert due.trace.skipped == tuple(f"2026-02-{day}" for day in range(15, 24))
    assert due.sentence == (
        "应于 2026年2月24日 14:00 前首次联系来电人：自 2026年2月14日 14:00 起，"
        "按《通用时限》（一般）1 个工作日计，其间 9 天不上班不计。"
    )


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_day_is_worked_or_free_as_the_national_arrangement_says(year: int) -> None:
    calendar = city.directory().calendar("standard")
    days = [
        date.fromordinal(n) for n in range(*(date(y, 1, 1).toordinal() for y in (year, year + 1)))
    ]
    worked = [
        calendar.is_working(datetime(d.year, d.month, d.day, 10, tzinfo=CITY_TIME)) for d in days
    ]
    assert worked == [chinese_calendar.is_workday(day) for day in days]
