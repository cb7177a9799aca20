"""When which faults strike: all from the seed, every kind once before any comes again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.chaos.saying import dice

GAP_S: Final = (1.0, 5.0)
"""Quiet between the end of one step and the next: long enough to see work go on, often too short to settle."""
HOLD_S: Final = (0.5, 4.0)
"""How long a fault is left in force."""
PAIR_SHARE: Final = 0.4
"""Of steps whose fault can meet the next one: those in which a second fault strikes while the first is in force."""


NEEDS_NOTHING: Final = ("kill_", "pause_", "partition_", "deaf_", "half_open_", "cut_off_", "slow_")


@dataclass(frozen=True, slots=True)
class Step:
    """Wait, strike one or two kinds, hold, heal in reverse."""

    gap_s: float
    kinds: tuple[str, ...]
    hold_s: float


def can_meet(one: str, other: str) -> bool:
    """Two faults may be in force together when neither needs what the other takes away to be struck.

    Those that need nothing are kills, pauses and broken networks, of different processes.
    """
    pair = (one, other)
    apart = one.rpartition("_")[2] != other.rpartition("_")[2]
    return apart and all(kind.startswith(NEEDS_NOTHING) for kind in pair)


def plan(seed: int, kinds: Sequence[str], count: int) -> list[Step]:
    """Steps with `count` faults at least; some overlap, where they can meet.

    Raises ValueError when there are more kinds than faults: each has to come once.
    """
    if len(kinds) > count:
        raise ValueError(f"{count} faults cannot hold {len(kinds)} kinds")
    rng = dice(seed, "schedule")
    steps: list[Step] = []
    waiting: list[str] = []
    done = 0
    while done < count:
        waiting = waiting or rng.sample(list(kinds), len(kinds))
        first = waiting.pop()
        pair: tuple[str, ...] = (first,)
        if waiting and rng.random() < PAIR_SHARE and can_meet(first, waiting[-1]):
            pair = (first, waiting.pop())
        steps.append(Step(rng.uniform(*GAP_S), pair, rng.uniform(*HOLD_S)))
        done += len(pair)
    return steps
