"""The secretary's queue: why a matter is on it, and how much it weighs (domain.md D7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.escalation import EntryRule, ReceptionEvent, ReceptionLevel

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
"""Points of the entry rule; no outside authority, they only order one queue."""
DAY_S: Final = 86_400


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

    def parts(self, now: datetime) -> dict[str, int]:
        """What the score is the sum of: entry rule, days since received, requesters, care flag."""
        return {
            "rule": WEIGHT[self.rule],
            "days_open": max(0, int((now - self.received_at).total_seconds()) // DAY_S),
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
        }
