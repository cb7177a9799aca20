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
PAIR_SHARE: Final = 0.15
"""Steps in which a second fault strikes while the first is in force."""


@dataclass(frozen=True, slots=True)
class Step:
    """Wait, strike one or two kinds, hold, heal in reverse."""

    gap_s: float
    kinds: tuple[str, ...]
    hold_s: float


def plan(
    seed: int, kinds: Sequence[str], count: int, *, alone: frozenset[str] = frozenset()
) -> list[Step]:
    """Steps with `count` faults at least; those of `alone` never overlap another.

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
        if waiting and rng.random() < PAIR_SHARE and not {first, waiting[-1]} & alone:
            pair = (first, waiting.pop())
        steps.append(Step(rng.uniform(*GAP_S), pair, rng.uniform(*HOLD_S)))
        done += len(pair)
    return steps
