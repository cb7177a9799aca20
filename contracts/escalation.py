"""The ladder: what stays unresolved climbs, level by level, to a secretary's table (domain.md D5, D7)."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

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


class ReceptionState(StrEnum):
    """Life of a matter on a secretary's table (domain.md D7); carrying over leads back to the queue."""

    QUEUED = "queued"
    SCHEDULED = "scheduled"
    HEARD = "heard"
    DECIDED = "decided"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class DecisionKind(StrEnum):
    """What a secretary decides about a matter (domain.md D7)."""

    ASSIGN = "assign"
    """交办: a unit has to deal with it; the router hands it the ticket."""
    WHISTLE = "whistle"
    """吹哨: departments are to be called."""
    MONEY_OR_MATERIALS = "money_or_materials"
    SEND_UPWARD = "send_upward"
    """It goes to the table of the office above, with its history."""
    DELIBERATE = "deliberate"
    EXPLAIN = "explain"
    """It will not be done; the owner explains why to whoever asked for it."""


class DecisionTold(BaseModel):
    """A decision as events tell of it: codes and times, never its words."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    decision_id: str
    kind: DecisionKind
    owner: str
    """Unit that has to carry it out."""
    due_at: AwareDatetime | None = None
    """None where nothing is left to carry out: what went upward."""
    whistle_id: str | None = None


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
    decision_id: str | None = None
    """The reception decision whose clock ran out: such a rung is none of the ticket's own ladder."""
    vacant: tuple[str, ...] = ()
    """Roles of the level that nobody fills (`leader@GT-001`); those of the next level were told at once."""
    rule_version: int | None = None
    """Directory version of the ladder the rung was planned with."""
    phone: bool = False
    """The recipients are to be rung up."""
    repeat: int = 0
    """0 when it is raised, n when it is said for the n-th time again; acknowledging ends that."""
    by: str | None = None
    """Only of `acknowledged`: the post that knows of it."""


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
    state: ReceptionState | None = None
    """Of the matter after this event."""
    carried: int = 0
    """How many times it was carried over."""
    session_id: str | None = None
    reason: str | None = None
    """A code: why it was carried over, or is queued again."""
    actor: str | None = None
    """Staff id of who did it."""
    decision: DecisionTold | None = None
    """Of `decided`, which is said once for each decision; of `done` the one confirmed last."""
