"""Whether a request may come in, by how long those before it wait for the database (reliability.md row 33).

Who would be answered too late anyway is told at once: reads first, because they are asked again, then
everything else. What is in already is served. Noted are waits of requests alone, for a connection
(kit/db.py) and for a place in a group (kit/coalesce.py): consumers, loops and the lines of a batch wait for
nobody's patience.

How long the next one would wait is how many wait times the pace at which waits have ended lately (Little's
law). The pace is measured only while enough wait, so that a quiet hour says nothing about it, and is
forgotten within seconds: a database that was slow and has recovered is used again at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

from kit.errors import unavailable

WAIT_S: Final = 0.3
"""Longest wait an accepted request is let into: its answer is to come within 0.5 s (reliability.md E.2)."""
READ_SHARE: Final = 0.5
"""Of it, for reads."""
FEW: Final = 96
"""As many may always wait, half as many before reads: a group and a half (kit/coalesce.py), so that however slow
the database is, the next group is nearly full."""
WINDOW_S: Final = 0.1
PACE_S: Final = 0.002
"""Taken for the pace where none was measured lately: 500 filings a second, as two cores do them."""
FADES_S: Final = 1.0
"""In which a pace measured last counts half."""
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Admission:
    """The waits of one service's requests."""

    def __init__(self, wait_s: float = WAIT_S, now_s: Callable[[], float] = time.monotonic) -> None:
        self._most_s = wait_s
        self._now_s = now_s
        self._waiting: dict[object, float] = {}
        self._pace_s = PACE_S
        self._paced_at = self._from = now_s()
        self._ended = 0

    def begin(self) -> object:
        """Somebody begins to wait; give what is returned to `end`."""
        ticket, now_s = object(), self._now_s()
        self._waiting[ticket] = now_s
        if len(self._waiting) <= FEW // 2:
            self._from, self._ended = now_s, 0
        return ticket

    def end(self, ticket: object) -> None:
        """The wait is over, well or not."""
        del self._waiting[ticket]
        now_s = self._now_s()
        spent_s = now_s - self._from
        if spent_s >= WINDOW_S:
            if self._ended:
                self._learn(spent_s / self._ended, now_s)
            self._from, self._ended = now_s, 0
        # Groups end in one moment: who comes first in it belongs to the next window, with the others.
        self._ended += 1

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return len(self._waiting)

    def wait_s(self) -> float:
        """How long one more would wait: as the pace says, or as long as the first of them has waited."""
        now_s = self._now_s()
        oldest_s: float = next(iter(self._waiting.values()), now_s)
        return max(now_s - oldest_s, len(self._waiting) * self._pace(now_s))

    def admits(self, method: str) -> bool:
        """False for what would come too late."""
        share = READ_SHARE if method in READS else 1.0
        if len(self._waiting) < FEW * share:
            return True
        return self.wait_s() <= self._most_s * share

    def admit(self, method: str) -> None:
        """Raises DomainError 503 for what would come too late."""
        if not self.admits(method):
            raise unavailable()

    def _learn(self, pace_s: float, now_s: float) -> None:
        self._pace_s = (self._pace(now_s) + pace_s) / 2
        self._paced_at = now_s

    def _pace(self, now_s: float) -> float:
        known = 0.5 ** ((now_s - self._paced_at) / FADES_S)
        return float(PACE_S + (self._pace_s - PACE_S) * known)


WAITING: ContextVar[Admission | None] = ContextVar("waiting", default=None)
"""Who notes the waits of the request this task works for."""
