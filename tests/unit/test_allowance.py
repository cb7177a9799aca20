"""Token buckets: never more than granted in any stretch of time, and always again after a rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import DomainError
from kit.limits.allowance import Allowance, Allowances
from kit.limits.rates import ALONE, BESIDE_S, GREEDY_S, HELD_MOST, Rates

GAPS = st.lists(st.floats(0, 5), min_size=1, max_size=200)


@given(GAPS, st.floats(0.1, 50), st.integers(1, 20))
def test_d7_22_no_stretch_of_time_holds_more_than_granted(
    gaps: list[float], per_s: float, at_once: int
) -> None:
    buckets, now_s, taken = Allowances(Allowance(per_s, at_once)), 0.0, []
    for gap in gaps:
        now_s += gap
        if buckets.take("x", now_s) == 0.0:
            taken.append(now_s)
    for first, start in enumerate(taken):
        for last in range(first, len(taken)):
            granted = at_once + per_s * (taken[last] - start)
            assert last - first + 1 <= granted + 1e-6


@given(GAPS, st.floats(0.1, 50), st.integers(1, 20))
def test_d7_22_who_comes_back_when_told_is_served(
    gaps: list[float], per_s: float, at_once: int
) -> None:
    buckets, now_s = Allowances(Allowance(per_s, at_once)), 0.0
    for gap in gaps:
        now_s += gap / 10
        wait_s = buckets.take("x", now_s)
        if wait_s:
            now_s += wait_s
            assert buckets.take("x", now_s) == 0.0


def test_d7_22_one_flood_costs_nobody_else_anything() -> None:
    buckets = Allowances(Allowance(1, 5))
    assert sum(buckets.take("flood", 0.0) == 0.0 for _ in range(1_000)) == 5
    assert all(buckets.take(f"P-{n}", 0.0) == 0.0 for n in range(100))


def test_names_that_are_at_rest_are_forgotten_and_others_bounded() -> None:
    buckets = Allowances(Allowance(1, 5), kept=100)
    for n in range(1_000):
        buckets.take(n, float(n // 50))
        assert len(buckets._full_at) <= 100
    one = Allowances(Allowance(1, 1), kept=10)
    one.take("busy", 100.0, 0.5)
    for n in range(10):
        one.take(n, 100.0, 0.1)
    assert one.take("busy", 100.0, 0.9) > 0


def test_d7_22_people_and_systems_have_their_own() -> None:
    now = [0.0]
    rates = Rates(Allowance(1, 2), Allowance(1, 10), now_s=lambda: now[0])
    rates.take("P-2", system=False)
    for _ in range(2):
        rates.take("P-1", system=False)
    with pytest.raises(DomainError) as refused:
        rates.take("P-1", system=False)
    assert (refused.value.kind, refused.value.retry_after_s) == (429, 1)
    for _ in range(10):
        rates.take("P-1", system=True)
    now[0] = 1.0
    rates.take("P-1", system=False)


def test_d7_22_who_was_refused_is_known_by_what_was_shown_until_the_allowance_is_back() -> None:
    now_s = 0.0
    rates = Rates(Allowance(2, 1), Allowance(1, 1), now_s=lambda: now_s)
    rates.take("P-2", system=False)
    rates.take("P-1", system=False, shown=b"Bearer 1")
    assert not rates.any_held
    with pytest.raises(DomainError):
        rates.take("P-1", system=False, shown=b"Bearer 1")
    assert (rates.held_s(b"Bearer 1"), rates.held_s(b"Bearer 2")) == (0.5, 0.0)
    now_s = 0.5
    assert rates.held_s(b"Bearer 1") == 0.0
    rates.take("P-1", system=False, shown=b"Bearer 1")
    now_s = GREEDY_S + 1
    assert rates.held_s(b"Bearer 1") == 0.0
    assert not rates.any_held


def test_d7_22_whoever_asks_alone_has_many_shares_until_somebody_else_asks() -> None:
    now_s = 0.0
    rates = Rates(Allowance(1, 2), Allowance(1, 1), now_s=lambda: now_s)
    for _ in range(2 * ALONE):
        rates.take("P-1", system=False, shown=b"Bearer 1")
    assert rates.held_s(b"Bearer 1") == 0.0
    with pytest.raises(DomainError):
        rates.take("P-1", system=False, shown=b"Bearer 1")
    now_s = 1.5
    for _ in range(ALONE):
        rates.take("P-1", system=False, shown=b"Bearer 1")
    rates.take("P-2", system=False)
    with pytest.raises(DomainError):
        rates.take("P-1", system=False, shown=b"Bearer 1")
    assert rates.held_s(b"Bearer 1") > 0
    now_s += BESIDE_S
    for _ in range(ALONE):
        rates.take("P-1", system=False, shown=b"Bearer 1")


def test_d7_22_whoever_asked_beyond_the_share_is_refused_first_when_not_all_can_be_served() -> None:
    now_s = 0.0
    rates = Rates(Allowance(50, 1), Allowance(1, 1), now_s=lambda: now_s)
    rates.take("P-1", system=False, shown=b"Bearer 1")
    assert rates.held_s(b"Bearer 1", full=True) == 0.0
    rates.take("P-1", system=False, shown=b"Bearer 1")
    assert rates.held_s(b"Bearer 1") == 0.0
    assert rates.held_s(b"Bearer 1", full=True) == GREEDY_S
    assert rates.held_s(b"Bearer 2", full=True) == 0.0
    now_s = GREEDY_S
    assert rates.held_s(b"Bearer 1", full=True) == 0.0


def test_what_is_known_of_those_who_were_refused_is_bounded() -> None:
    rates = Rates(Allowance(0.01, 1), Allowance(1, 1), now_s=lambda: 0.0)
    rates.take("P-other", system=False)
    for name in range(2 * HELD_MOST + 1):
        rates.take(f"P-{name}", system=False)
        with pytest.raises(DomainError):
            rates.take(f"P-{name}", system=False, shown=b"Bearer %d" % name)
    assert len(rates._held) <= HELD_MOST
    assert rates.held_s(b"Bearer %d" % (2 * HELD_MOST)) > 0
