"""Signs that good answers were begged for or made up (domain.md E28): how unlikely, never how bad. Pure.

Each finding carries the figures it rests on, for a person to look at. Nobody gets a score. The numbers below
are this product's own choice.
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p
from typing import Final

BURST: Final = 5
"""Answers by one person within a minute: a call takes longer than 12 seconds."""
AT_ONCE_S: Final = 60
"""Seconds after the handing-in within which nobody can have looked at the work."""
LEAST: Final = 10
"""Answers below which chance explains everything."""
UNLIKELY: Final = 0.001
PAST_DAYS: Final = 180
"""How far back a unit's own past goes."""
NO_WORK_S: Final = 3600
"""From a new round's start to its handing-in, without a contact between: hardly any work."""

WORDS: Final = {
    "many_in_a_minute": (
        "同一人一分钟内登记多条回访",
        "many answers recorded by one person within a minute",
    ),
    "at_once": (
        "办结后数秒即登记回访",
        "answers recorded within seconds of the handing-in",
    ),
    "all_satisfied": (
        "连续满意，与本单位以往相比概率极低",
        "a run of satisfied answers improbable against the unit's own past",
    ),
    "before_the_end": (
        "考核期末一小时内回访集中",
        "call-backs crowded into one hour just before a period's end",
    ),
    "no_work_between": (
        "刚答未解决，未见办理即转满意",
        "satisfied right after not solved, with no work between",
    ),
}


def tail(n: int, k: int, p: float) -> float:
    """Chance of `k` or more successes in `n` tries with chance `p` each (binomial)."""
    if k <= 0:
        return 1.0
    if k > n or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return 1.0
    terms = (exp(_choose(n, i) + i * log(p) + (n - i) * log1p(-p)) for i in range(k, n + 1))
    return min(1.0, sum(terms))


def past_share(satisfied: int, n: int) -> float:
    """A unit's share of satisfied answers before, drawn a little to the middle while there are few (Laplace)."""
    return (satisfied + 1) / (n + 2)


def run_chance(run: int, n: int, p: float) -> float:
    """Upper bound on the chance of a run of `run` successes somewhere among `n` tries."""
    if run > n:
        return 0.0
    return min(1.0, (n - run + 1) * tail(run, run, p))


def crowd_chance(most: int, n: int, hours: int, looked_at: int) -> float:
    """Upper bound on the chance that one of `looked_at` hours holds `most` of `n` answers spread over `hours`."""
    return min(1.0, max(1, looked_at) * tail(n, most, 1 / max(1, hours)))


def _choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
