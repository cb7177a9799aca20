"""The secretary's queue: why a matter is on it, and how much it weighs (domain.md D7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from contracts.escalation import EntryRule, ReceptionEvent, ReceptionLevel, ReceptionState
from kit.city_time import CITY_TIME

WEIGHT: Final[Mapping[EntryRule, int]] = {
    EntryRule.OVERDUE_L4: 40,
    EntryRule.REOPENED_2: 35,
    EntryRule.RETURNED_2: 30,
    EntryRule.RULING_LATE: 30,
    EntryRule.WHISTLE_NO_SHOW: 30,
    EntryRule.HOLD_EXPIRED: 25,
    EntryRule.HOT_ISSUE: 45,
    EntryRule.REPEAT_3: 35,
    EntryRule.LEGACY: 20,
    EntryRule.MANUAL: 30,
}
"""Points of the entry rule; source: `choice`. They only order one queue."""
CARE: Final = 10
"""Points of a care flag, whatever its kind; source: `choice`, ten days of waiting."""
DAY_0: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Item:
    """A matter on a queue."""

    item_id: UUID
    ticket_id: UUID
    number: str
    round: int
    level: ReceptionLevel
    org: str
    rule: EntryRule
    requesters: int
    care: int
    unit: str
    area: str
    received_at: datetime
    queued_at: datetime
    points: int
    """Weight of the heaviest rule when it came."""
    issue_id: UUID | None = None
    """The hot issue that this item stands for."""
    category: str | None = None
    care_kind: str | None = None
    care_by: str | None = None
    """Who set the care flag."""
    state: ReceptionState = ReceptionState.QUEUED
    carried: int = 0
    """How many times it was carried over."""
    session_id: UUID | None = None
    """The session on whose agenda it is, or was decided."""
    accused: frozenset[str] = frozenset()
    """Units it is about, as far as whoever reads it may know; read, never written (store_about.py)."""

    def parts(self, now: datetime) -> dict[str, int]:
        """What the score is the sum of: entry rule, days since received, requesters, care flag.

        Days of the city's calendar: the day it was received is 0, and all matters age at midnight.
        """
        return {
            "rule": self.points,
            "days_open": max(0, day_of(now) - day_of(self.received_at)),
            "requesters": self.requesters,
            "care": self.care,
        }

    def event(self, at: datetime) -> ReceptionEvent:
        """As published."""
        parts = self.parts(at)
        return ReceptionEvent(
            item_id=str(self.item_id),
            ticket_id=str(self.ticket_id),
            number=self.number,
            round=self.round,
            level=self.level,
            org=self.org,
            rule=self.rule,
            score=sum(parts.values()),
            score_parts=parts,
            unit=self.unit,
            area=self.area,
            at=at,
            state=self.state,
            carried=self.carried,
            session_id=str(self.session_id) if self.session_id else None,
        )

    def show(self, now: datetime) -> dict[str, Any]:
        """As listed on the queue."""
        parts = self.parts(now)
        return {
            "item_id": str(self.item_id),
            "ticket_id": str(self.ticket_id),
            "number": self.number,
            "round": self.round,
            "level": self.level.value,
            "org": self.org,
            "rule": self.rule.value,
            "score": sum(parts.values()),
            "score_parts": parts,
            "unit": self.unit,
            "area": self.area,
            "received_at": self.received_at.isoformat(),
            "queued_at": self.queued_at.isoformat(),
            "issue_id": str(self.issue_id) if self.issue_id else None,
            "category": self.category,
            "care": {"kind": self.care_kind, "by": self.care_by} if self.care_kind else None,
            "state": self.state.value,
            "carried": self.carried,
            "session_id": str(self.session_id) if self.session_id else None,
        }


def day_of(at: datetime) -> int:
    """Which day of the city's calendar, counted from 1970-01-01."""
    return (at.astimezone(CITY_TIME).date() - DAY_0).days
