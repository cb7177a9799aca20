"""A raised rung: which level, for whom, because of which clock; logged and published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.escalation import EscalationEvent


@dataclass(frozen=True, slots=True)
class Escalation:
    """A row of table `escalation`."""

    escalation_id: UUID
    ticket_id: UUID
    number: str
    round: int
    level: int
    clock: ClockKind
    reason: str
    """The rung's clock and moment: `result@due+1wd`."""
    unit: str
    area: str
    urgency: Urgency
    recipients: tuple[str, ...]
    vacant: tuple[str, ...]
    """Roles nobody fills: `secretary@SQ-001`."""
    due_at: datetime
    """Due time of the watched clock."""
    raised_at: datetime

    def event(self, at: datetime) -> EscalationEvent:
        """As published."""
        return EscalationEvent(
            escalation_id=str(self.escalation_id),
            ticket_id=str(self.ticket_id),
            number=self.number,
            round=self.round,
            level=self.level,
            clock=self.clock,
            reason=self.reason,
            unit=self.unit,
            recipients=self.recipients,
            area=self.area,
            urgency=self.urgency,
            due_at=self.due_at,
            at=at,
        )

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Escalation:
        """From a row of the table."""
        values = {name: row[name] for name in cls.__dataclass_fields__}
        values["clock"], values["urgency"] = ClockKind(row["clock"]), Urgency(row["urgency"])
        return cls(**values)
