"""When a person is told: at once, together with others, or in the digest of the next shift. Pure.

Quiet hours, budget and digest are the city's numbers (notices.toml). Critical matters ignore all three and
go through every channel; rungs of the ladder never wait for want of budget, their repetitions for the digest
(domain.md D5, E11, E24, F8).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from contracts.complaint import Urgency
from contracts.notices import Cause, NoticeRules
from services.notifier.notices.hours import quiet_until
from services.notifier.notices.occasion import LEVEL_UP
from services.notifier.notices.people import People

DIGEST: Final = "digest"
"""The bundle of what waits for a person's next shift."""
_NONE: Final = "none"
_OFF_DUTY: Final = "off_duty"
_DAY_S: Final = 86_400.0


@dataclass(slots=True)
class Budget:
    """One person's notices: refilled evenly, a day's worth at most. A row of table `notice_budget`."""

    person: str
    left: float
    at: datetime
    a_day: int

    def take(self, now: datetime) -> bool:
        """Spend one; False when none is left."""
        passed_s = max(0.0, (now - self.at).total_seconds())
        self.left = min(float(self.a_day), self.left + passed_s * self.a_day / _DAY_S)
        self.at = max(self.at, now)
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


@dataclass(frozen=True, slots=True)
class Matter:
    """What decides about waiting."""

    cause: Cause
    urgency: Urgency
    bundle: str
    """What it may be told together with: a unit or a hot issue."""
    again: bool = False
    """A rung that is said once more."""


@dataclass(frozen=True, slots=True)
class Slot:
    """When, and together with what; an empty bundle is told by itself."""

    not_before: datetime
    bundle: str
    reason: str | None = None
    """Why it waits for the digest: `quiet`, `digest`, `budget`."""


@dataclass(frozen=True, slots=True)
class Planner:
    """The city's rules at one moment."""

    rules: NoticeRules
    people: People
    now: datetime

    def slot(self, matter: Matter, post: str, budget: Budget) -> Slot:
        """When the holder of a post is told; spends the budget where it counts."""
        if matter.urgency is Urgency.CRITICAL:
            return Slot(self.now, "")
        if (quiet := self._quiet(matter.urgency, post)) is not None:
            return Slot(quiet, DIGEST, "quiet")
        if matter.cause not in LEVEL_UP or matter.again:
            if matter.cause in self.rules.digest or matter.again:
                return Slot(self._shift(post), DIGEST, "digest")
            if not budget.take(self.now):
                return Slot(self._shift(post), DIGEST, "budget")
        return Slot(self.now + timedelta(seconds=self.rules.group_wait_s), matter.bundle)

    def _quiet(self, urgency: Urgency, post: str) -> datetime | None:
        span = self.rules.quiet.get(urgency, _OFF_DUTY)
        if span == _NONE or self.people.on_duty(post, self.now):
            return None
        if span == _OFF_DUTY:
            return self._shift(post)
        until = quiet_until(span, self.now)
        return None if until is None else min(until, self._shift(post))

    def _shift(self, post: str) -> datetime:
        return self.people.next_shift(post, self.now, self.rules.digest_at)


def wait_s(rules: NoticeRules, attempts: int, asked_s: float | None) -> float | None:
    """How long to wait after so many tries failed; None when it is given up.

    A receiver that asks for more time gets it.
    """
    if attempts > len(rules.retry_s):
        return None
    return max(float(rules.retry_s[attempts - 1]), asked_s or 0.0)
