"""What the notifier's routes answer, for the OpenAPI document; fields may be added. Pure."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from contracts.escalation import DecisionKind, EntryRule, ReceptionLevel
from services.notifier.reception.decision import DecisionState
from services.notifier.reception.legacy import Path, Way


class ItemView(BaseModel):
    """A matter on a secretary's table."""

    item_id: UUID
    ticket_id: UUID
    number: str
    round: int
    level: ReceptionLevel
    org: str
    rule: EntryRule
    score: float
    score_parts: dict[str, float]
    unit: str | None
    area: str
    received_at: AwareDatetime
    queued_at: AwareDatetime
    state: str
    carried: int
    rules: list[dict[str, Any]]


class PostName(BaseModel):
    """A post in words; `holder` is who holds it today, where the reader may know that."""

    unit: str
    role: str
    holder: str | None


class DossierView(BaseModel):
    """All that is known of a matter; `missing` names what a neighbour could not say."""

    made_at: AwareDatetime
    item: ItemView
    holders: list[dict[str, Any]]
    timeline: list[dict[str, Any]]
    posts: dict[str, PostName]
    missing: list[Any]


class LegacyState(BaseModel):
    """A legacy problem as it stands."""

    legacy_id: UUID
    ticket_id: UUID
    number: str
    area: str
    org: str
    level: ReceptionLevel
    path: Path
    way: Way
    version: int
    opened_by: str
    opened_at: AwareDatetime
    review_at: AwareDatetime | None
    state: str


class LegacyView(LegacyState):
    """A legacy problem with every review."""

    reviews: list[dict[str, Any]]


class SessionLine(BaseModel):
    """A reception in the calendar."""

    session_id: UUID
    org: str
    level: ReceptionLevel
    kind: str
    starts_at: AwareDatetime
    chair: str
    participants: list[str]
    cap: int
    state: str
    version: int


class SessionView(SessionLine):
    """A reception with its agenda."""

    agenda: list[dict[str, Any]]


class ProposedView(BaseModel):
    """A date by the office's rhythm."""

    starts_at: AwareDatetime
    kind: str
    org: str
    cap: int
    place: str | None


class DecisionView(BaseModel):
    """What was decided about a matter."""

    decision_id: UUID
    session_id: UUID
    item_id: UUID
    ticket_id: UUID
    number: str
    area: str
    org: str
    kind: DecisionKind
    text: str
    state: DecisionState
    version: int
    decided_by: str
    decided_at: AwareDatetime


class ClocksView(BaseModel):
    """Every clock of a ticket, and who held it when."""

    ticket_id: UUID
    number: str
    status: str
    round: int
    holders: list[dict[str, Any]]
    items: list[dict[str, Any]]


class RaisedView(BaseModel):
    """A rung of the ladder that was raised."""

    escalation_id: UUID
    ticket_id: UUID
    level: int


class Acknowledged(BaseModel):
    """A rung that somebody knows of."""

    escalation_id: UUID
    ticket_id: UUID
    number: str
    level: int
    acknowledged_at: AwareDatetime
    acknowledged_by: str


class NoticeView(BaseModel):
    """Who was told of what."""

    notice_id: UUID
    cause: str
    person: str
    channel: str
    state: str
    planned_at: AwareDatetime
    attempts: int


class Retried(BaseModel):
    """A notice that goes out again."""

    notice_id: UUID
    state: str


class Span(BaseModel):
    """From when until before when the figures are."""

    since: Annotated[AwareDatetime, Field(alias="from")]
    to: AwareDatetime


class RatesView(Span):
    """Figures by group."""

    by: str
    total: dict[str, Any]
    items: list[dict[str, Any]]


class SignsView(Span):
    """Signs for a person to look into; no score."""

    items: list[dict[str, Any]]
    note: dict[str, str]


class ExclusionView(BaseModel):
    """A case that was asked to be left out."""

    exclusion_id: UUID
    ticket_id: UUID
    number: str
    round: int
    unit: str
    area: str
    rates: list[str]
    reason: str
    note: str
    state: str
    asked_by: str
    asked_at: AwareDatetime
    reviewed_by: str | None


class CampaignView(BaseModel):
    """Area, time and categories that are looked at together."""

    campaign_id: UUID
    name: str
    area: str
    since: Annotated[date, Field(alias="from")]
    to: date
    categories: list[str]
    made_by: str
    made_at: AwareDatetime


class ReportView(BaseModel):
    """A week or a campaign by grid."""

    heading: dict[str, str]
    rates: RatesView
    times: dict[str, Any]
