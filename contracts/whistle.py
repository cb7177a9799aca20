"""吹哨报到: a community calls departments, each of which checks in by itself (domain.md D6)."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.base import EventData
from contracts.complaint import Point


class WhistleKind(StrEnum):
    """The four kinds; sources differ between three and four, the code keeps four (domain.md G)."""

    RESIDENT_REQUEST = "resident_request"
    KEY_TASK = "key_task"
    JOINT_ENFORCEMENT = "joint_enforcement"
    EMERGENCY = "emergency"


class WhistleStatus(StrEnum):
    """Life of a whistle as a whole (domain.md D6); a draft lives with who writes it, never in a message."""

    DRAFTED = "drafted"
    BLOWN = "blown"
    ISSUED = "issued"
    REFUSED = "refused"
    RESOLVED = "resolved"
    RATED = "rated"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class CallState(StrEnum):
    """How one called department stands, each by itself (domain.md D6)."""

    PENDING = "pending"
    SEEN = "seen"
    CHECKED_IN = "checked_in"
    ON_SITE = "on_site"
    DONE = "done"
    DECLINED = "declined"
    NO_SHOW = "no_show"
    EXCUSED = "excused"
    """The blower let it go: accepted its refusal, or needs it no longer."""


class Called(BaseModel):
    """One called department as it stands after the event."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    unit: str
    required: bool = True
    """False: asked to come, but the whistle may be resolved without it."""
    state: CallState
    late: bool = False
    """It checked in after its check-in clock had run out; stays so for good."""
    rated: bool = False


class Rating(BaseModel):
    """评哨: what the blower thinks of one department, 1 poor to 5 excellent; final once given."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    speed: int
    result: int
    note: str | None = None


class WhistleEvent(EventData):
    """One step of a whistle. Until `issued` the addressee is the blower, from then on one called unit."""

    noun: ClassVar[str] = "whistle"

    whistle_id: str
    ticket_id: str | None = None
    version: int
    """Position in this whistle's own history, from 1, without gaps; consumers apply in this order."""
    kind: WhistleKind
    unit: str
    blower: str
    area: str
    actor: str | None = None
    reason: str | None = None
    """Of `blown` and `issued` the blower's reason code; else why, in masked words."""
    at: AwareDatetime
    status: WhistleStatus | None = None
    """State of the whistle as a whole after this event."""
    number: str | None = None
    """Number of the ticket it is about."""
    round: int | None = None
    """Round of that ticket when the whistle was blown."""
    office: str | None = None
    """The office whose duty leader signs whistles of this area."""
    called: tuple[Called, ...] = ()
    """Every called department; empty while the whistle is not issued."""
    confidential: bool = False
    """The words of a confidential matter are in no event."""
    text: str | None = None
    """What the departments are needed for, masked; of `blown` and `issued`."""
    place: str | None = None
    meet_at: AwareDatetime | None = None
    person: str | None = None
    """Of `checked_in`: staff id of who comes."""
    point: Point | None = None
    """Of `arrived`: where they are, when they say so."""
    late: bool | None = None
    """Of `checked_in`: it came after its clock had run out."""
    outcome: str | None = None
    """Of `done` what the department did, of `resolved` how the whistle ended; masked."""
    rating: Rating | None = None
    """Of `rated`: the addressee's own."""
