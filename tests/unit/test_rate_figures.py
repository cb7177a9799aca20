"""Arithmetic of rates and of the signs of begging: by hand, without a server (domain.md D8, E28)."""

from __future__ import annotations

from datetime import UTC, datetime
from math import comb
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.city_time import CITY_TIME
from kit.errors import DomainError
from services.notifier.rates import figure, report_page, sign
from services.notifier.rates.period import Period
from services.notifier.rates.store_flags import ends_of

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def test_nothing_counted_gives_no_rate_and_no_division() -> None:
    rates = figure.figures({})
    assert all(one["rate"] is None and one["denominator"] == 0 for one in rates.values())
    assert figure.example(rates) is None
    assert figure.desk({})["share"] is None


def test_each_figure_prints_formula_counts_and_what_stands_beside() -> None:
    counts: dict[str, Any] = {"solve_n": 9, "solve_d": 10, "solve_x": 1, "not_reached": 4}
    solve = figure.figures(counts)["solve"]
    assert solve["rate"] == 0.9
    assert (solve["numerator"], solve["denominator"], solve["excluded"]) == (9, 10, 1)
    assert solve["not_reached"] == 4
    assert "÷" in solve["formula"]["zh"]
    assert "÷" in solve["formula"]["en"]
    assert solve["source"]


def test_the_example_weights_are_an_example_and_sum_up() -> None:
    counts = {f"{n}_{k}": v for n in figure.EXAMPLE_WEIGHTS for k, v in (("n", 1), ("d", 2))}
    assert sum(figure.EXAMPLE_WEIGHTS.values()) == 100
    assert figure.example(figure.figures(counts)) == 50.0
    assert "示例" in figure.EXAMPLE_NOTE["zh"]


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 99))
def test_the_tail_is_the_binomial_one(n: int, k: int, percent: int) -> None:
    p = percent / 100
    exact = sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))
    assert sign.tail(n, k, p) == pytest.approx(min(1.0, exact), abs=1e-9)


def test_the_ends_of_the_tail() -> None:
    assert sign.tail(10, 0, 0.5) == 1.0
    assert sign.tail(10, 11, 0.5) == 0.0
    assert (sign.tail(10, 3, 0.0), sign.tail(10, 3, 1.0)) == (0.0, 1.0)
    assert sign.tail(20_000, 20_000, 0.9) == pytest.approx(0.0, abs=1e-12)


def test_a_run_is_bounded_over_all_places_where_it_could_begin() -> None:
    assert sign.run_chance(3, 3, 0.5) == pytest.approx(0.125)
    assert sign.run_chance(3, 5, 0.5) == pytest.approx(3 * 0.125)
    assert sign.run_chance(1, 50, 0.9) == 1.0
    assert sign.run_chance(6, 5, 0.9) == 0.0
    assert sign.past_share(0, 0) == 0.5
    assert sign.past_share(9, 10) == 10 / 12


def test_a_period_is_days_of_the_city_or_times_with_offset() -> None:
    asked = Period.of("2026-11-01", "2026-11-08T00:00:00+08:00", NOW)
    assert (asked.until - asked.since).days == 7
    assert asked.since == datetime(2026, 11, 1, tzinfo=CITY_TIME)
    assert Period.of(None, None, NOW).until == NOW


def test_a_week_runs_from_monday_to_sunday() -> None:
    week = Period.week("2026-W47")
    assert week.since == datetime(2026, 11, 16, tzinfo=CITY_TIME)
    assert week.until == datetime(2026, 11, 23, tzinfo=CITY_TIME)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-08", "2026-11-01"),
        ("2020-01-01", "2026-01-01"),
        ("0001-01-01", "0001-01-02"),
        ("2026-11-01T00:00:00", "2026-11-08"),
        ("yesterday", None),
    ],
)
def test_a_period_without_sense_is_refused(since: str, until: str | None) -> None:
    with pytest.raises(DomainError) as refused:
        Period.of(since, until, NOW)
    assert refused.value.kind == 422


@pytest.mark.parametrize("week", ["2026-W54", "2026-W00", "2026-47", "0000-W01", ""])
def test_a_week_that_is_none_is_refused(week: str) -> None:
    with pytest.raises(DomainError):
        Period.week(week)


def test_periods_end_on_mondays_and_firsts() -> None:
    found = ends_of(
        datetime(2026, 11, 16, tzinfo=CITY_TIME), datetime(2026, 12, 2, tzinfo=CITY_TIME)
    )
    assert [at.day for at in found] == [23, 30, 1]


def test_a_page_has_no_script_and_escapes_names() -> None:
    group = {"rates": figure.figures({"solve_n": 1, "solve_d": 4}), "desk": figure.desk({})}
    rates = {
        "from": "2026-11-16", "to": "2026-11-23", "area": None, "total": group, "exclusions": [],
        "items": [{"key": "<script>", **group}], "definitions": figure.definitions(),
    }  # fmt: skip
    times: dict[str, Any] = {
        "total": None,
        "items": [],
        "held": [],
        "note": {"zh": "注", "en": "note"},
    }
    page = report_page.page(
        {"heading": {"zh": "周报", "en": "Weekly"}, "rates": rates, "times": times}
    )
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "25.0%" in page
    assert "@media print" in page
    assert "style=" not in page  # the policy allows the one style element only
