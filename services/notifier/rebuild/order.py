"""In which order the live service did what it did: what it heard, and when it ticked.

Events say what became true when; what a tick found depends on what was applied before it. The inbox knows
when each message was applied and the outbox when each tick spoke, both by the clock on the wall; messages
of one transaction share that time and are applied together again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Heard(Generic[T]):
    """A message that was applied."""

    applied_at: datetime
    """By the clock on the wall."""
    consumer: str
    place: int
    """In the order in which its service said it."""
    what: T


@dataclass(frozen=True, slots=True)
class Spoke:
    """A tick that had an effect."""

    spoke_at: datetime | None
    """By the clock on the wall; None where only the audit log knows of it."""
    business_at: datetime


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """Messages of one transaction, or a tick."""

    at: datetime
    """By the clock on the wall."""
    consumer: str = ""
    messages: Sequence[T] = ()
    tick: datetime | None = None
    """Business time of the tick."""


def steps(heard: Iterable[Heard[T]], ticks: Sequence[Spoke]) -> Iterator[Step[T]]:
    """Everything in the order in which it was done."""
    done: list[tuple[datetime, int, Step[T]]] = []
    ordered = sorted(heard, key=lambda one: (one.applied_at, one.consumer, one.place))
    for (at, consumer), own in groupby(ordered, key=lambda one: (one.applied_at, one.consumer)):
        done.append((at, 0, Step(at, consumer, [one.what for one in own])))
    for at, business in _placed(ticks):
        done.append((at, 1, Step(at, tick=business)))
    done.sort(key=lambda one: one[:2])
    return (step for _, _, step in done)


def _placed(ticks: Sequence[Spoke]) -> list[tuple[datetime, datetime]]:
    """Each moment once; a tick without a time of its own comes beside the last one not later than it."""
    spoken = sorted({(t.spoke_at, t.business_at) for t in ticks if t.spoke_at is not None})
    known = {business for _, business in spoken}
    silent = {t.business_at for t in ticks if t.spoke_at is None} - known
    placed = list(spoken)
    for business in silent:
        before = [at for at, other in spoken if other <= business]
        if spoken:
            placed.append((max(before) if before else spoken[0][0], business))
    return sorted(placed)


@dataclass(slots=True)
class Versions:
    """Which directory version was in use when."""

    _since: list[tuple[datetime, int]] = field(default_factory=list)

    def note(self, at: datetime, version: int) -> None:
        """It was in use at that time by the clock on the wall, or from then on."""
        self._since.append((at, version))

    def ready(self) -> None:
        """Nothing more is noted; versions only grow."""
        grown: list[tuple[datetime, int]] = []
        for at, version in sorted(self._since):
            if not grown or version > grown[-1][1]:
                grown.append((at, version))
        self._since = grown

    def at(self, moment: datetime) -> int:
        """The version in use; the first one before any is known."""
        index = bisect_right(self._since, moment, key=lambda one: one[0]) - 1
        return self._since[max(index, 0)][1] if self._since else 1
