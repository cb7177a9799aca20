"""How often one person, another service or a partner's system may ask one process over HTTP (reliability.md D.7 #22).

State is per process: behind two replicas a person has twice the allowance. That is good enough for what
it is for, to keep one client from taking what is everybody's; it saves every request a question to a
server.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from kit.errors import DomainError, Kind
from kit.limits.allowance import Allowance, Allowances

HELD_MOST: Final = 1_000
"""Tokens of up to 8 KiB that have just used up their allowance; forgotten ones are judged again."""


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
        self._systems = Allowances(systems)
        self._now_s = now_s
        self._held: dict[bytes, float] = {}

    def take(self, sub: str, *, system: bool, shown: bytes = b"") -> None:
        """One request. Raises DomainError 429 that says when to come back.

        `shown`: the header that was judged good, so that the same again is known until then.
        """
        buckets = self._systems if system else self._people
        now_s = self._now_s()
        wait_s = buckets.take(sub, now_s)
        if not wait_s:
            return
        if shown:
            if len(self._held) >= HELD_MOST:
                self._held.clear()
            self._held[shown] = now_s + wait_s
        raise too_many(wait_s)

    @property
    def any_held(self) -> bool:
        """Whether anybody is known to have used up an allowance."""
        return bool(self._held)

    def held_s(self, shown: bytes) -> float:
        """For how long whoever shows this need not be judged again; 0.0 for whoever may ask."""
        until_s = self._held.get(shown)
        if until_s is None:
            return 0.0
        left_s = until_s - self._now_s()
        if left_s > 0:
            return left_s
        del self._held[shown]
        return 0.0


def too_many(wait_s: float) -> DomainError:
    """The answer to somebody who asks faster than people do."""
    return DomainError(
        "too-many-requests",
        Kind.TOO_MANY,
        zh="请求过于频繁，请稍后用同一个键重试；批量导入请走批量接口。",
        en="Too many requests; try again later with the same key, and import through the batch route.",
        retry_after_s=max(1, math.ceil(wait_s)),
    )
