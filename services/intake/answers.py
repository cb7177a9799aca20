"""What intake's routes answer, for the OpenAPI document; fields may be added. Pure."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from contracts.complaint import Channel, Kind, Urgency

Number = Annotated[str, Field(pattern=r"^\d{12}$")]


class FiledAnswer(BaseModel):
    """A complaint that was filed, now or before under the same key."""

    complaint_id: UUID
    number: Number
    received_at: AwareDatetime
    duplicates: list[str]


class ComplaintView(BaseModel):
    """One complaint as the desk sees it: words masked, identities left out."""

    complaint_id: UUID
    number: Number
    channel: Channel
    kind: Kind
    text: str
    confidential: bool
    received_at: AwareDatetime
    attachments: list[dict[str, Any]]
    later: list[dict[str, Any]]
    callbacks: list[dict[str, Any]]


class Mark(BaseModel):
    """What tells one copy from another."""

    reveal_id: UUID
    code: str
    zh: str
    en: str


class Revealed(BaseModel):
    """An identity, for whom it was asked."""

    mark: Mark


class Look(BaseModel):
    """Somebody was shown an identity."""

    reveal_id: UUID
    number: Number
    by: str
    at: AwareDatetime
    purpose: str
    reason: str | None
    code: str


class Traced(BaseModel):
    """Whose copy a text is."""

    copies: list[Look]
    unknown: list[str]
    looked: list[Look]


class Erased(BaseModel):
    """A complaint whose identity is gone."""

    complaint_id: UUID
    number: Number
    erased_at: AwareDatetime
    erased_why: str


class TermView(BaseModel):
    """How long identities of one kind of matter are kept."""

    kind: Kind
    days: int
    source: str
    due: int


class LaterAnswer(BaseModel):
    """Something was said about a matter."""

    complaint_id: UUID
    number: Number


class Routing(BaseModel):
    """Who would get it."""

    unit: str
    unit_name: str | None
    category: str | None
    area: str | None
    urgency: Urgency | None = None
    reason: str
    text: str
    score: float
    """How sure the reading behind it is, 0 to 1."""
    limits: dict[str, str] | None = None
    """`sign_for`, `contact`, `result` of who would have it, as the city's limits say them."""
