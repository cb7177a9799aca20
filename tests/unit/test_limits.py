"""Limits as the city wrote them: reading them, due times, and the sentence that explains one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from kit.city_time import CITY_TIME
from services.notifier.worktime.limits import (
    Basis,
    LimitError,
    duration,
    limit_of,
    moment,
    share_of,
)
from tests.support import city

FRIDAY = datetime(2026, 11, 20, 16, 30, tzinfo=CITY_TIME)


def basis(
    kind: ClockKind, urgency: Urgency = Urgency.NORMAL, profile: str = "standard", unit: str = "SZ"
) -> Basis:
    found = city.directory().basis(kind, profile, urgency, unit)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("15m", timedelta(minutes=15)),
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
    ],
)
def test_minutes_hours_and_days_run_by_the_clock_on_the_wall(text: str, wall: timedelta) -> None:
    limit = duration(text)
    assert limit is not None
    assert not limit.working
    assert limit.after(FRIDAY, city.directory().calendar("standard")) == FRIDAY + wall


@pytest.mark.parametrize(
    ("text", "due"),
    [("1wh", "2026-11-20 17:30"), ("4wh", "2026-11-23 12:00"), ("1wd", "2026-11-23 16:30")],
)
def test_working_hours_and_days_run_on_the_units_calendar(text: str, due: str) -> None:
    limit = duration(text)
    assert limit is not None
    assert limit.working
    at = limit.after(FRIDAY, city.directory().calendar("standard"))
    assert at == datetime.fromisoformat(due).replace(tzinfo=CITY_TIME)
    assert limit.after(FRIDAY, city.directory().calendar("always")) > FRIDAY


def test_none_is_no_limit() -> None:
    assert duration("none") is None
    assert city.directory().basis(ClockKind.HOLD_REVIEW, "standard", Urgency.CRITICAL, "SZ") is None


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "1.5h", "-1h", "7 d", "1w", "99999h", "due"])
def test_a_duration_that_cannot_be_read_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(LimitError) as refused:
        duration(text)
    assert "1wd" in refused.value.en


@pytest.mark.parametrize("text", ["", "begin", "due+", "due+none", "due-1h", "100%", "0%", "end"])
def test_a_moment_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(LimitError):
        moment(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("due", "2026-11-27 16:30"),
        ("due+1wd", "2026-11-30 16:30"),
        ("due+6wd", "2026-12-07 16:30"),
        ("start+12h", "2026-11-21 04:30"),
        ("80%", "2026-11-26 06:54"),
    ],
)
def test_moments_of_the_ladder_hang_on_the_clocks_own_start_limit_and_due_time(
    text: str, at: str
) -> None:
    due = basis(ClockKind.RESULT).due(FRIDAY)
    calendar = city.directory().calendar("standard")
    found = moment(text).resolve(due.trace, due.due_at, calendar)
    assert found == datetime.fromisoformat(at).replace(tzinfo=CITY_TIME)


def test_a_share_of_a_working_limit_is_working_time() -> None:
    due = basis(ClockKind.CONTACT).due(FRIDAY)
    assert due.near_at == datetime(
        2026, 11, 23, 15, 6, tzinfo=CITY_TIME
    )  # 0.8 x 7 h after Friday 16:30
    assert share_of("50%") == 0.5


def test_a_due_time_carries_its_trace() -> None:
    due = basis(ClockKind.CONTACT).due(FRIDAY.astimezone(UTC))
    assert due.due_at == datetime(2026, 11, 23, 16, 30, tzinfo=CITY_TIME)
    assert due.trace.model_dump(mode="json") == {
        "start": "2026-11-20T08:30:00Z",
        "limit": "1wd",
        "profile": "standard",
        "urgency": "normal",
        "calendar": "standard",
        "calendar_version": 1,
        "calendar_digest": city.directory().calendar("standard").digest,
        "warn": 0.8,
        "moves": [],
        "skipped": ["2026-11-21", "2026-11-22"],
    }


def test_the_sentence_says_when_why_and_from_when_in_plain_chinese() -> None:
    assert basis(ClockKind.SIGN_FOR).due(FRIDAY).sentence == (
        "应于 2026年11月21日 16:30 前签收：自 2026年11月20日 16:30 起，按《通用时限》（一般）24 小时计。"
    )
    assert basis(ClockKind.CONTACT).due(FRIDAY).sentence == (
        "应于 2026年11月23日 16:30 前首次联系来电人：自 2026年11月20日 16:30 起，"
        "按《通用时限》（一般）1 个工作日计，其间 2 天不上班不计。"
    )


def test_a_later_round_gets_half_of_the_first_limit_and_says_so() -> None:
    due = basis(ClockKind.RESULT).due(FRIDAY, 0.5)
    assert due.due_at == FRIDAY + timedelta(days=3.5)
    assert "7 天的一半计" in due.sentence
    limit, part = limit_of(due.trace)
    assert (limit.text, part) == ("7d", 0.5)


def test_every_limit_of_the_sample_can_be_computed_on_both_calendars() -> None:
    parts = city.parts()
    for profile in parts["limits"]:
        for urgency in Urgency:
            for kind in ClockKind:
                for unit in ("SZ", "GD"):
                    found = city.directory().basis(kind, profile["name"], urgency, unit)
                    if found is not None:
                        assert found.due(FRIDAY).due_at > FRIDAY


def test_a_profile_nobody_has_published_yet_falls_back_to_the_standard_one() -> None:
    assert basis(ClockKind.RESULT, profile="from-the-future").profile == "standard"
