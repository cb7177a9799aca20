"""How the sums of walls stood: quarters of an hour, and the sample that yesterday is compared by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.console.hall import history, replay
from services.console.hall.picture import Picture

NOW = datetime(2026, 11, 22, 9, 37, 12, 5, tzinfo=UTC)


def test_a_quarter_begins_at_its_full_minutes() -> None:
    assert history.quarter(NOW) == datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def test_of_a_day_is_counted_in_the_citys_day() -> None:
    assert "received.2026-11-22" in history.flows(datetime(2026, 11, 21, 16, 0, tzinfo=UTC))
    assert "received.2026-11-21" in history.flows(datetime(2026, 11, 21, 15, 59, tzinfo=UTC))


@pytest.mark.parametrize(("hours", "found"), [(23.5, 5), (24.9, 5), (25.1, None), (2, None)])
def test_yesterday_is_the_nearest_sample_within_the_hour(hours: float, found: int | None) -> None:
    sample = history.yesterday([(NOW - timedelta(hours=hours), {"open": 5})], NOW)
    assert (sample and sample["open"]) == found


def test_a_sum_nobody_has_is_nought() -> None:
    (point,) = history.points([(NOW, {"open": 2})], NOW - history.DAY)
    assert point == {
        "at": NOW.isoformat(), "open": 2, "overdue": 0, "near_due": 0, "queue": 0, "received": 0, "closed": 0,
    }  # fmt: skip


def test_a_picture_is_known_pages_and_areas_only() -> None:
    assert Picture().model_dump()["page"] == "overview"
    for wrong in ({"page": "x"}, {"area": "12"}, {"rotate_s": -1}, {"pages": ["x"]}, {"more": 1}):
        with pytest.raises(ValueError, match=r"."):
            Picture.model_validate(wrong)


@pytest.mark.parametrize(
    ("hours", "pace", "minutes"), [(24, 361, 4), (24, 2, 15), (24, 0, 15), (24, 1, 15), (0, 361, 0)]
)
def test_a_replay_ends_when_it_has_caught_up_and_after_a_quarter_of_an_hour_at_the_latest(
    hours: int, pace: int, minutes: int
) -> None:
    assert replay.lasts(timedelta(hours=hours), pace) == timedelta(minutes=minutes)
