"""How long somebody waited while all was well: what it is fair to call late. Pure.

What was under way when a fault ended has to be offered again and may take that long. What begins later only
waits for those who sign in again. Faults that come one after the other must not excuse for ever, so there is
a bound besides for the time in which none was in force (tests/chaos/checker.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tests.chaos.told import Window

BOUND_S: Final = 15.0
"""How long a dispatch or an alarm may take in all, not counting what is excused."""
MENDED_S: Final = 75.0
"""From the end of a fault until everything that was under way has come: an office's durable offers again
after 60 s what it had sent to a connection that was gone (contracts/topology.py `unit_consumer`).
"""
RESTORED_S: Final = 180.0
"""The same where the broker lost what it had: the reconciler finds that within a minute or two."""
BACK_S: Final = 30.0
"""From the end of a fault until what begins then is served as if there had been none."""
BACK_FROM_LOSS_S: Final = 120.0
"""The same where the broker lost what it had: offices are offered all of it again, and new matters come behind."""
DAMAGE: Final = ("store", "bit", "truncat", "corrupt", "index")
"""Words in the kinds of faults that take something from the broker's disk."""
SETTLED_S: Final = BACK_FROM_LOSS_S + BOUND_S + 30.0
"""Load after the last fault: half a minute and more of it is held to the bound without any excuse."""

Span = tuple[float, float]


def damages(kind: str) -> bool:
    """True for a fault that takes something from the broker's disk."""
    return any(word in kind for word in DAMAGE)


@dataclass(frozen=True, slots=True)
class Wait:
    """How long something took from `start` to `end`, and how much of it nothing excuses."""

    start: float
    end: float
    plain_s: float
    """Seconds outside of every excuse."""
    calm_s: float
    """Seconds in which no fault was in force, excused or not."""
    calm_most_s: float
    """How many of them there may be."""
    judged: bool
    """Nothing excused any part of it, as far as the bound reaches."""

    @property
    def late(self) -> bool:
        """It took longer than is fair."""
        return self.plain_s > BOUND_S or self.calm_s > self.calm_most_s


def wait(windows: Sequence[Window], start: float, end: float) -> Wait:
    """Judge one wait by the faults of the run, which are in order of their beginning."""
    near = [window for window in windows if window.start < end]
    excuses = _merged(_excuses(near, start))
    lost = any(damages(one.kind) and one.end + RESTORED_S > start for one in near)
    return Wait(
        start,
        end,
        _outside(excuses, start, end),
        _outside(_merged((one.start, one.end) for one in near), start, end),
        BOUND_S + (RESTORED_S if lost else 2 * MENDED_S),
        all(till <= start or begin >= start + BOUND_S for begin, till in excuses),
    )


def _excuses(windows: Sequence[Window], start: float) -> Iterator[Span]:
    for one in windows:
        loss = damages(one.kind)
        if start < one.end:
            yield one.start, one.end + (RESTORED_S if loss else MENDED_S)
        else:
            yield one.start, one.end + (BACK_FROM_LOSS_S if loss else BACK_S)


def _merged(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _outside(spans: Sequence[Span], start: float, end: float) -> float:
    edges = [(-1.0, 0.0), *spans, (end, end)]
    return sum(
        max(0.0, min(right[0], end) - max(left[1], start)) for left, right in pairwise(edges)
    )
