"""A raised rung: which level, who is told, because of which clock; logged and published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.escalation import EntryRule, EscalationEvent, ReceptionLevel
from services.notifier.ladder.ladder import Rung
from services.notifier.ladder.orgtree import Org, Told
from services.notifier.reception.entry import Arrival


class Escalation(NamedTuple):
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
        values = {name: row[name] for name in cls._fields}
        values["clock"], values["urgency"] = ClockKind(row["clock"]), Urgency(row["urgency"])
        return cls(**values)


class Raised(NamedTuple):
    """A rung that fired, and whether it puts the ticket on a secretary's queue."""

    escalation: Escalation
    item: Arrival | None

    @property
    def heard(self) -> bool:
        """False when nobody is there to be told: the level is skipped with a note."""
        return bool(self.escalation.recipients) or self.item is not None


class Raiser:
    """Raises rungs at one moment; remembers who is told, for thousands may be due at once."""

    def __init__(self, org: Org, now: datetime, new_id: Callable[[], UUID]) -> None:
        self._org = org
        self._now = now
        self._new_id = new_id
        self._told: dict[tuple[int, tuple[str, ...], str, str], Told] = {}

    def fire(self, row: Mapping[str, Any], rung: Rung, due_at: datetime) -> Raised:
        """Fire a rung of a claimed ladder; `due_at` is the due time of the clock it watches.

        Where nobody is responsible yet, the desk of the area stands for the unit.
        """
        area, unit = row["area"], row["unit"]
        if rung["clock"] == ClockKind.DISPATCH:
            unit = self._org.desk(area)
        told = self._who(rung, unit, area)
        escalation = Escalation(
            escalation_id=self._new_id(),
            ticket_id=row["ticket_id"],
            number=row["number"],
            round=row["round"],
            level=rung["level"],
            clock=ClockKind(rung["clock"]),
            reason=f"{rung['clock']}@{rung['at']}",
            unit=unit,
            area=area,
            urgency=Urgency(row["urgency"]),
            recipients=told.posts,
            vacant=told.vacant,
            due_at=due_at,
            raised_at=self._now,
        )
        return Raised(escalation, self._item(escalation, rung))

    def _who(self, rung: Rung, unit: str, area: str) -> Told:
        key = (rung["level"], tuple(rung["who"]), unit, area)
        told = self._told.get(key)
        if told is None:
            told = self._org.told(rung["level"], rung["who"], unit=unit, area=area, now=self._now)
            self._told[key] = told
        return told

    def _item(self, e: Escalation, rung: Rung) -> Arrival | None:
        if rung["reception"] is None:
            return None
        return Arrival(
            e.ticket_id,
            EntryRule.OVERDUE_L4,
            self._now,
            cause=f"level {e.level}",
            round=e.round,
            level=ReceptionLevel(rung["reception"]),
            unit=e.unit,
        )
