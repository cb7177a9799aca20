"""How often one name may ask: a token bucket each, kept as one number. Pure; time is handed in.

The number is the moment at which the bucket will be full again. Who has let that moment pass is as good as
unknown, so that names which are at rest take no memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

KEPT: Final = 20_000
"""Names at once, of one kind; over it those that are full again go, then the fullest, never whoever floods."""
NOTHING_S: Final = 1e-9
"""What sums of floating point numbers are apart."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """`per_s` in the long run, `at_once` after a rest."""

    per_s: float
    at_once: float


@dataclass(slots=True)
class Allowances:
    """The buckets of everybody with the same allowance."""

    allowance: Allowance
    kept: int = KEPT
    _full_at: dict[object, float] = field(default_factory=dict)

    def take(self, name: object, now_s: float, cost: float = 1.0) -> float:
        """0.0 when it is granted, else in how many seconds it would be; what is refused costs nothing."""
        one = self.allowance
        full_at = max(now_s, self._full_at.get(name, now_s)) + cost / one.per_s
        over_s = full_at - now_s - one.at_once / one.per_s
        if over_s > NOTHING_S:
            return over_s
        self._full_at[name] = full_at
        if len(self._full_at) > self.kept:
            self._forget(now_s)
        return 0.0

    def _forget(self, now_s: float) -> None:
        taken = [(at, name) for name, at in self._full_at.items() if at > now_s]
        taken.sort(key=lambda one: one[0], reverse=True)
        self._full_at = {name: at for at, name in taken[: self.kept // 2]}
