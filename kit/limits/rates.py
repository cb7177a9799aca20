"""How often one person, another service or a partner's system may ask one process over HTTP (reliability.md D.7 #22).

A person's allowance is a share: who asks more often is refused while anybody else asks, and first of all when
the service cannot keep up. Alone, as at night or when one clerk's tool brings in the day's forms, a person may
have as much as ALONE of them; a limit that refuses what nobody else wants serves nobody.

State is per process: behind two replicas a person has twice the allowance. That is good enough for what
it is for, to keep one client from taking what is everybody's; it saves every request a question to a
server.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kit.errors import DomainError, Kind
from kit.limits.allowance import Allowance, Allowances

HELD_MOST: Final = 1_000
"""Tokens of up to 8 KiB that have just used up their share; forgotten ones are judged again."""
ALONE: Final = 20
"""Shares of one person whom nobody else asks beside."""
BESIDE_S: Final = 2.0
"""For so long after a request somebody counts as asking."""
GREEDY_S: Final = 1.0
"""For so long after a request beyond the share somebody is refused first when not all can be served."""


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody known by the header they show, who has used up their share."""

    name: str | None
    """None for a system, which has a limit and no share."""
    until_s: float
    """When the next request is within it."""
    greedy_s: float


class Rates:
    """The allowances of whoever has a token or a key."""

    def __init__(
        self,
        people: Allowance,
        systems: Allowance,
        *,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._people = Allowances(people)
        self._alone = Allowances(Allowance(people.per_s * ALONE, people.at_once * ALONE))
        self._systems = Allowances(systems)
        self._now_s = now_s
        self._held: dict[bytes, Held] = {}
        self._last = self._before = ("", -math.inf)
        """The last two people who asked, and when."""

    def take(self, sub: str, *, system: bool, shown: bytes = b"") -> None:
        """One request. Raises DomainError 429 that says when to come back.

        `shown`: the header that was judged good, so that the same again is known until then.
        """
        now_s = self._now_s()
        if system:
            wait_s = over_s = self._systems.take(sub, now_s)
        else:
            self._note(sub, now_s)
            over_s = self._people.take(sub, now_s)
            wait_s = max(self._alone.take(sub, now_s), over_s if self._crowded(sub, now_s) else 0.0)
        if over_s and shown:
            if len(self._held) >= HELD_MOST:
                self._held.clear()
            name = None if system else sub
            self._held[shown] = Held(name, now_s + over_s, now_s + GREEDY_S)
        if wait_s:
            raise too_many(wait_s)

    @property
    def any_held(self) -> bool:
        """Whether anybody is known to have used up a share."""
        return bool(self._held)

    def held_s(self, shown: bytes, *, full: bool = False) -> float:
        """For how long whoever shows this is refused without being judged again; 0.0 for whoever may ask.

        `full`: not all who ask can be served now, so that whoever asked beyond their share just now waits.
        """
        held = self._held.get(shown)
        if held is None:
            return 0.0
        now_s = self._now_s()
        if full and now_s < held.greedy_s:
            return max(held.until_s, held.greedy_s) - now_s
        if now_s < held.until_s:
            alone = held.name is not None and not self._crowded(held.name, now_s)
            return 0.0 if alone else held.until_s - now_s
        if now_s >= held.greedy_s:
            del self._held[shown]
        return 0.0

    def _note(self, sub: str, now_s: float) -> None:
        if sub != self._last[0]:
            self._before = self._last
        self._last = (sub, now_s)

    def _crowded(self, sub: str, now_s: float) -> bool:
        """Whether anybody else asked just now."""
        other = self._before if self._last[0] == sub else self._last
        return now_s - other[1] < BESIDE_S


def too_many(wait_s: float) -> DomainError:
    """The answer to somebody who asks faster than people do."""
    return DomainError(
        "too-many-requests",
        Kind.TOO_MANY,
        zh="请求过于频繁，请稍后用同一个键重试；批量导入请走批量接口。",
        en="Too many requests; try again later with the same key, and import through the batch route.",
        retry_after_s=max(1, math.ceil(wait_s)),
    )
