"""How hot an issue is that many people raise (domain.md A6 rows 71 and 72, E18, E20). Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

HOLDS_TOGETHER: Final = 0.4
"""Average likeness from which a cluster of texts counts in full."""
BURST_DAYS: Final = 30


def heat(people: int, likes: int, burst: float, likeness: float) -> float:
    """How hot a cluster is: (people + sqrt(likes)) * (1 + burst) / 2 * min(1, likeness / 0.4).

    `people` are different persons, so ten messages of one person count once. A like costs less than a
    message and tends to follow the ones before, hence the root. `burst` is the share of the people
    first heard inside the busiest 30 days: the same number within a month is up to twice as hot as
    spread over years. A cluster that hardly holds together counts less.
    """
    together = min(1.0, likeness / HOLDS_TOGETHER)
    return (people + math.sqrt(max(0, likes))) * (1 + burst) / 2 * together


def burst(days: Sequence[float]) -> float:
    """The largest share of some times (in days) that falls inside 30 days; 0 when there are none."""
    ordered = sorted(days)
    first = most = 0
    for last, day in enumerate(ordered):
        while day - ordered[first] > BURST_DAYS:
            first += 1
        most = max(most, last - first + 1)
    return most / len(ordered) if ordered else 0.0
