"""When all was well, so that it is fair to call something late. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from tests.chaos.told import Window

MENDED_S: Final = 75.0
"""From the end of a fault until everything that waited for it has come: an office's durable offers again
after 60 s what it had sent to a connection that was gone (contracts/topology.py `unit_consumer`).
"""
RESTORED_S: Final = 180.0
"""The same where the broker lost what it had: the reconciler finds that within a minute or two."""
DAMAGE: Final = ("store", "bit", "truncat", "corrupt", "index")
"""Words in the kinds of faults that take something from the broker's disk."""


def damages(kind: str) -> bool:
    """True for a fault that takes something from the broker's disk."""
    return any(word in kind for word in DAMAGE)


def failing(windows: Sequence[Window]) -> list[tuple[float, float]]:
    """Merged spans in which something failed, or had failed so shortly before that work still waited for it."""
    spans: list[tuple[float, float]] = []
    for window in windows:
        end = window.end + (RESTORED_S if damages(window.kind) else MENDED_S)
        if spans and window.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((window.start, end))
    return spans


def healthy_s(spans: Sequence[tuple[float, float]], start: float, end: float) -> float:
    """Seconds between two moments in which nothing was failing."""
    edges = [(-1.0, 0.0), *spans, (end, end)]
    return sum(
        max(0.0, min(right[0], end) - max(left[1], start)) for left, right in pairwise(edges)
    )
