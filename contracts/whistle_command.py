"""How people blow whistles and answer them: bodies of `/v1/whistles` and of `cmd.whistle-….<unit>`.

Over NATS a whistle is named by `data.whistle`, its id, or by `ticket` alone where exactly one open
whistle of that ticket calls the unit (product.md section 5: body `{command_id, ticket, version?,
actor, data}`; `ticket` may be left out where `data.whistle` is given, for not every whistle has one).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from contracts.base import AreaCode, Code
from contracts.command import CommandId, Plain, TicketName
from contracts.complaint import Point
from contracts.whistle import CallState, WhistleKind, WhistleStatus

MOST_CALLED: Final = 20
MOST_PROOF: Final = 20
Words = Annotated[Plain, Field(min_length=1, max_length=1_000)]
ProofId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,64}$")]
"""Id of an attachment."""
WhistleId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f-]{32,36}$")]
Mark = Annotated[int, Field(strict=True, ge=1, le=5)]


class WhistleReason(StrEnum):
    """Why departments are needed: codes, so that whistles for small things show (domain.md E27)."""

    SEVERAL_UNITS = "several_units"
    BEYOND_MEANS = "beyond_means"
    NEEDS_ENFORCEMENT = "needs_enforcement"
    NO_OWNER = "no_owner"
    REPEATED = "repeated"
    DANGER = "danger"
    TASK = "task"
    OTHER = "other"


class Summons(BaseModel):
    """A department to be called; a bare code stands for a required one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Code
    required: bool = True


def _summons(value: Any) -> Any:
    return {"unit": value} if isinstance(value, str) else value


class Blowing(BaseModel):
    """Body of `POST /v1/whistles`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command_id: CommandId | None = None
    """The same id of the same person gives the same answer, so that a retry blows no second whistle."""
    kind: WhistleKind
    ticket: TicketName | None = None
    """Id or number; a whistle of kind `resident_request` has one, the others may."""
    area: AreaCode | None = None
    """Where, if the ticket does not say; needed without a ticket."""
    unit: Code | None = None
    """Whose whistle it is, where the person has posts in several grid teams or communities."""
    units: Annotated[
        tuple[Annotated[Summons, BeforeValidator(_summons)], ...],
        Field(min_length=1, max_length=MOST_CALLED),
    ]
    reason: WhistleReason
    text: Words
    place: Annotated[Plain, Field(max_length=200)] | None = None
    meet_at: AwareDatetime | None = None


class Score(BaseModel):
    """The blower's marks for one department."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Code
    speed: Mark
    result: Mark
    note: Annotated[Plain, Field(max_length=500)] | None = None


class WhistleData(BaseModel):
    """What a step may carry; what it does not heed is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    whistle: WhistleId | None = None
    """Over NATS: which whistle."""
    unit: Code | None = None
    """Of `cancel`: let this one alone go. Of a department's step over HTTP: for which, if for several."""
    person: Code | None = None
    """Of `check-in`: staff id of who comes."""
    reason: Words | None = None
    result: Words | None = None
    """Of `done`: what was done; of `resolve`: how it ended."""
    point: Point | None = None
    proof: Annotated[tuple[ProofId, ...], Field(max_length=MOST_PROOF)] = ()
    ratings: Annotated[tuple[Score, ...], Field(max_length=MOST_CALLED)] = ()


class WhistleCommand(BaseModel):
    """Body of `POST /v1/whistles/{id}/{action}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command_id: CommandId | None = None
    version: int | None = None
    """The version the sender saw; another one now is answered 409. Left out: any."""
    data: WhistleData = WhistleData()


class WhistleRequest(WhistleCommand):
    """Body of `cmd.whistle-….<unit>`; `actor` is a person who holds a post in that unit."""

    command_id: CommandId
    ticket: TicketName | None = None
    actor: Code


class CallView(BaseModel):
    """One called department as shown."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    unit: str
    required: bool
    state: CallState
    late: bool
    person: str | None = None
    due_at: AwareDatetime | None = None


class WhistleState(BaseModel):
    """The reply to a step that was done: the whistle as the asker may see it; members may be added."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    whistle_id: str
    kind: WhistleKind
    status: WhistleStatus
    version: int
    blower: str
    ticket_id: str | None = None
    number: str | None = None
    area: str
    units: tuple[CallView, ...]
