"""The ladder: what stays unresolved climbs, level by level, to a secretary's table (domain.md D5, D7)."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime

from contracts.base import EventData
from contracts.clock import ClockKind
from contracts.complaint import Urgency


class ReceptionLevel(StrEnum):
    """Whose table a matter lies on."""

    COMMUNITY = "community"
    SUBDISTRICT = "subdistrict"
    DISTRICT = "district"


class EntryRule(StrEnum):
    """Why a matter is on the secretary's queue (domain.md D7)."""

    OVERDUE_L4 = "overdue_l4"
    REOPENED_2 = "reopened_2"
    RETURNED_2 = "returned_2"
    RULING_LATE = "ruling_late"
    WHISTLE_NO_SHOW = "whistle_no_show"
    HOLD_EXPIRED = "hold_expired"
    HOT_ISSUE = "hot_issue"
    REPEAT_3 = "repeat_3"
    LEGACY = "legacy"
    MANUAL = "manual"


class EscalationEvent(EventData):
    """A rung of the ladder was raised, acknowledged or cleared. Carries no text and no identity."""

    noun: ClassVar[str] = "escalation"

    escalation_id: str
    ticket_id: str
    number: str
    round: int
    level: int
    """0 (warning to the holder) to 5 (district reception queue)."""
    clock: ClockKind
    reason: str
    unit: str
    """The unit that holds the ticket."""
    recipients: tuple[str, ...] = ()
    """Posts told on this level, after deputies were resolved."""
    area: str
    urgency: Urgency
    due_at: AwareDatetime
    at: AwareDatetime


class ReceptionEvent(EventData):
    """One step of an item on a secretary's reception queue."""

    noun: ClassVar[str] = "reception"

    item_id: str
    ticket_id: str
    number: str
    round: int
    level: ReceptionLevel
    org: str
    """Unit code of the office whose queue it is."""
    rule: EntryRule
    score: int
    score_parts: dict[str, int]
    """The parts the score is the sum of, shown beside it (domain.md D7)."""
    unit: str
    area: str
    at: AwareDatetime
