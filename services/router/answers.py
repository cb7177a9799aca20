"""What the router's routes answer, for the OpenAPI document; fields may be added. Pure."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from contracts.command import TicketState
from contracts.complaint import Urgency
from contracts.ticket import TicketStatus
from contracts.whistle_command import WhistleState


class TicketLine(TicketState):
    """A ticket in a list."""

    due: dict[str, AwareDatetime]
    """By kind of clock."""
    issue_id: UUID | None


class TicketView(TicketLine):
    """A ticket with all that was ever done about it."""

    history: list[dict[str, Any]]
    held: list[dict[str, Any]]
    clocks: list[dict[str, Any]]
    whistles: list[dict[str, Any]]
    proofs: list[dict[str, Any]]
    receipt: dict[str, Any] | None
    receipt_text: str | None
    may: list[str]
    """Actions open to the asker now, `whistle` for blowing one; whether one is taken is judged when asked."""


class WaitingLine(TicketState):
    """A ticket that waits for a person."""

    confidential: bool
    reason: dict[str, Any]
    suggestions: list[dict[str, Any]]


class Member(BaseModel):
    """A ticket of a hot issue."""

    ticket_id: UUID
    number: str
    status: TicketStatus
    unit: str
    received_at: AwareDatetime
    joined_at: AwareDatetime


class IssueView(BaseModel):
    """A hot issue with the members the asker may see."""

    issue_id: UUID
    level: str
    area: str
    category: str | None
    tickets: int
    heat: float
    opened_at: AwareDatetime
    last_at: AwareDatetime
    closed_at: AwareDatetime | None
    closed_by: str | None
    reason: str | None
    members: list[Member]


class WhistleView(WhistleState):
    """A whistle with what was done about it."""

    history: list[dict[str, Any]]
    clocks: list[dict[str, Any]]


class Explained(BaseModel):
    """Who would get it and why."""

    outcome: str
    reason: str
    unit: str
    unit_name: str | None
    urgency: Urgency
    assists: list[str]
    inputs: dict[str, Any]
    place: dict[str, Any]
    category: dict[str, Any]
    alternatives: list[dict[str, Any]]
    versions: dict[str, Any]
    text: str


class VersionView(BaseModel):
    """The directory in force."""

    version: int
    digest: str
    effective_from: AwareDatetime
    parts: dict[str, str]
    """By name: the digest."""


class VersionLine(BaseModel):
    """A version of the directory in a list."""

    version: int
    digest: str
    published_by: str
    published_at: AwareDatetime
    effective_from: AwareDatetime
    in_force: bool


class FaultView(BaseModel):
    """Something in a directory folder that must be mended, or should be looked at."""

    file: str
    line: int
    """As an editor counts them; 0 where it is about the whole file."""
    field: str
    kind: str
    remedy: str
    """Chinese, then ` / ` and English."""


class TrialView(BaseModel):
    """A directory that was tried: what is wrong in it, and what it would change."""

    fit: bool
    faults: list[FaultView]
    warnings: list[FaultView]
    rows: dict[str, int]
    """Part to how many rows it has."""
    coverage: dict[str, int] | None
    tests: dict[str, Any] | None
    difference: dict[str, Any] | None
    """As `chuishao directory diff --json` has it; null where faults keep the directory from being built."""


class ContactView(BaseModel):
    """How reachable a unit is."""

    unit: str
    name: str | None
    stale: bool
    why: str | None
    unsigned: int
    posts: list[dict[str, Any]]
