"""How often one person, another service or a partner's system may ask one process over HTTP (reliability.md D.7 #22).

State is per process: behind two replicas a person has twice the allowance. That is good enough for what
it is for, to keep one client from taking what is everybody's; it saves every request a question to a
server.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from kit.errors import DomainError, Kind
from kit.limits.allowance import Allowance, Allowances


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

    def take(self, sub: str, *, system: bool) -> None:
        """One request. Raises DomainError 429 that says when to come back."""
        buckets = self._systems if system else self._people
        wait_s = buckets.take(sub, self._now_s())
        if wait_s:
            raise too_many(wait_s)


def too_many(wait_s: float) -> DomainError:
    """The answer to somebody who asks faster than people do."""
    return DomainError(
        "too-many-requests",
        Kind.TOO_MANY,
        zh="请求过于频繁，请稍后用同一个键重试；批量导入请走批量接口。",
        en="Too many requests; try again later with the same key, and import through the batch route.",
        retry_after_s=max(1, math.ceil(wait_s)),
    )
