"""What people send about reception sessions and decisions; unknown fields are refused."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from contracts.base import Code
from contracts.command import Plain
from contracts.escalation import DecisionKind
from contracts.notation import Amount
from services.notifier.reception.session import CAP, Form, SessionKind

MOST: Final = 60
"""People and units present, and ids in one list."""
Words = Annotated[Plain, Field(min_length=1, max_length=2_000)]
Reason = Annotated[Plain, Field(min_length=1, max_length=500)]
Codes = Annotated[tuple[Code, ...], Field(max_length=MOST)]


class Body(BaseModel):
    """`version` is the one the sender saw; another one now is answered 409."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int | None = None


class NewSession(BaseModel):
    """A session to be held."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    org: Code
    kind: SessionKind = SessionKind.SECRETARY
    starts_at: AwareDatetime
    place: Annotated[Plain, Field(min_length=1, max_length=200)] | None = None
    """Left out, at the office itself."""
    chair: Code | None = None
    """Post that presides; left out, the office's secretary."""
    participants: Codes = ()
    """Posts or units of the directory, never names."""
    cap: Annotated[int, Field(strict=True, ge=1, le=CAP)] | None = None


class Scheduling(Body):
    """Which matters come on the agenda: those named, in that order; none named: the weightiest."""

    items: Annotated[tuple[UUID, ...], Field(max_length=MOST)] | None = None
    off: Annotated[tuple[UUID, ...], Field(max_length=MOST)] = ()
    """Matters to take off the agenda again; not counted as carried over."""


class Hearing(Body):
    """A matter was heard."""

    item: UUID
    form: Form
    note: Words | None = None
    present: Codes = ()


class Deciding(BaseModel):
    """One decision: who does what by when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: DecisionKind
    owner: Code | None = None
    """A unit, or a post of one; not needed to send the matter upward."""
    text: Words
    due_at: Annotated[
        AwareDatetime | None, Field(validation_alias=AliasChoices("due_at", "due"))
    ] = None
    limit: Amount | None = None
    """`5wd`, `72h`; beside it no `due_at`; neither: the office's usual limit."""
    whistle_id: UUID | None = None
    done: Words | None = None
    """It was carried out at the table: what was done."""

    @model_validator(mode="after")
    def _one_time(self) -> Deciding:
        if self.due_at is not None and self.limit is not None:
            raise ValueError("due_at 和 limit 只写一个 | give due_at or limit, not both")
        if self.owner is None and self.kind is not DecisionKind.SEND_UPWARD:
            raise ValueError("请写明 owner 由谁落实 | name the owner who carries it out")
        return self


class Decisions(Body):
    """What was decided about a matter: one decision or several.

    A single one may be written beside `item`, without the list around it.
    """

    item: UUID
    decisions: Annotated[tuple[Deciding, ...], Field(min_length=1, max_length=10)]

    @model_validator(mode="before")
    @classmethod
    def _single(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "decisions" in given or "kind" not in given:
            return given
        own = {name: given[name] for name in given if name in {"item", "version"}}
        return own | {"decisions": [{name: given[name] for name in given if name not in own}]}


class CarryingOver(Body):
    """A matter is put off."""

    item: UUID
    reason: Reason


class Closing(Body):
    """The session ends; what was not decided is carried over."""

    minutes: Annotated[Plain, Field(max_length=10_000)] | None = None


class Reporting(Body):
    """The owner says it is carried out."""

    text: Words
    whistle_id: UUID | None = None


class Confirming(Body):
    """The community secretary has seen that it is carried out."""


class Refusing(Body):
    """The community secretary does not accept the report; the clock goes on."""

    reason: Reason
