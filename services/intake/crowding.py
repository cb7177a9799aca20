"""How fast complaints may come in from one caller, and how many batches may be open.

A person in need calls again, and people file for their neighbours: refused is only what no person does. What
is critical is taken however often it comes (reliability.md D.6 API6).
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from contracts.complaint import Urgency
from kit.errors import DomainError, Kind
from kit.limits.allowance import Allowance, Allowances
from kit.limits.rates import too_many
from services.intake.filing import Draft
from services.intake.vault import Vault

BATCHES_EACH: Final = 4
BATCHES: Final = 16
"""At once in one process: each holds up to 512 lines."""
LINES: Final = 256
"""Of all batches, on their way into the database at once: the rest of the queue is for people on the phone."""
BATCH_WAIT_S: Final = 5.0


class Callers:
    """Counts filings by the blind index of the phone; nothing is kept but numbers, in memory."""

    def __init__(
        self, vault: Vault, per_hour: int, *, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._vault = vault
        self._buckets = Allowances(Allowance(per_hour / 3600, per_hour))
        self._now_s = now_s

    def check(self, draft: Draft) -> None:
        """Raises DomainError 429 for a caller who files faster than a person can."""
        filing = draft.filing
        reach = filing.requester.reach if filing.requester else None
        if not reach or filing.urgency is Urgency.CRITICAL:
            return
        wait_s = self._buckets.take(self._vault.phone_indexes(reach)[0], self._now_s())
        if wait_s:
            raise DomainError(
                "caller-too-frequent",
                Kind.TOO_MANY,
                field="requester.phone",
                zh="requester.phone: 同一来电号码短时间内提交过多，请稍后重试；紧急事项请将 urgency 标为 critical。",
                en="requester.phone: too many complaints from this caller in a short time; try later,"
                " and mark an emergency with urgency critical.",
                retry_after_s=max(1, math.ceil(wait_s)),
            )


class Batches:
    """Which batches are open; an import has no other allowance, its lines wait for one another."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self.lines = asyncio.Semaphore(LINES)

    def enter(self, sub: str) -> Callable[[], None]:
        """Open one; what is returned closes it. Raises DomainError 429."""
        if self._open[sub] >= BATCHES_EACH or self._open.total() >= BATCHES:
            raise too_many(BATCH_WAIT_S)
        self._open[sub] += 1

        def leave() -> None:
            self._open[sub] -= 1
            if not self._open[sub]:
                del self._open[sub]

        return leave
