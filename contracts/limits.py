"""Limits and ladder: what has to be done by when, and who is told when it is not (domain.md D4 to D6)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.escalation import ReceptionLevel
from contracts.notation import AfterDue, Amount, Limit, Minute, Moment, Share
from contracts.whistle import WhistleKind

_CHECK_IN: Final[dict[WhistleKind, str]] = {
    WhistleKind.EMERGENCY: "30m",
    WhistleKind.JOINT_ENFORCEMENT: "1wd",
    WhistleKind.KEY_TASK: "2wd",
    WhistleKind.RESIDENT_REQUEST: "1wd",
}
_RESOLVE: Final[dict[WhistleKind, str]] = {
    WhistleKind.EMERGENCY: "1wd",
    WhistleKind.JOINT_ENFORCEMENT: "10wd",
    WhistleKind.KEY_TASK: "10wd",
    WhistleKind.RESIDENT_REQUEST: "10wd",
}


class Row(BaseModel):
    """A line of a directory file: unknown columns are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(Row):
    """Limits of one urgency in one profile; durations as `15m`, `24h`, `7d`, `4wh`, `1wd` or `none`."""

    dispatch: Limit = "24h"
    sign_for: Limit = "24h"
    contact: Limit = "1wd"
    result: Limit = "7d"
    return_window: Limit = "1wd"
    return_answer: Limit = "1wd"
    ruling: Limit = "2wd"
    extension: Limit = "none"
    hold_review: Limit = "30d"
    callback: Limit = "1wd"
    reopen: Limit = "7d"
    sources: dict[str, str] = Field(default_factory=dict)


class WhistleLimits(Row):
    """Limits of whistles (domain.md D6); of the standard profile they count for the whole city."""

    sign_off: Limit = "2h"
    """Blown to signed; an emergency needs no signature."""
    check_in: dict[WhistleKind, Limit] = Field(default_factory=lambda: dict(_CHECK_IN))
    """Issued to checked in, for each called department."""
    resolve: dict[WhistleKind, Limit] = Field(default_factory=lambda: dict(_RESOLVE))
    """Issued to resolved: a simple matter the same working day, a complex one ten working days."""
    rating: Limit = "3wd"
    """How long a resolved whistle may be rated."""
    sources: dict[str, str] = Field(default_factory=dict)


class Profile(Row):
    """A named set of limits with its source (domain.md D4)."""

    name: str
    title: str
    source: str = ""
    limits: dict[Urgency, Limits]
    whistle: WhistleLimits | None = None


class LadderStep(Row):
    """One rung: fires once per ticket, round and level (domain.md D5)."""

    level: int = Field(ge=1, le=5)
    clock: ClockKind
    at: Moment
    """`80%` of that clock's limit, `due`, `due+1wd`, `start+1h`."""
    who: tuple[str, ...] = ()
    reception: ReceptionLevel | None = None
    phone: bool = False
    """Who is told is also rung up."""
    repeat_every: Limit = "none"
    """How often it is said again while nobody acknowledges it; set from its rule."""
    repeat_max: int = Field(default=0, ge=0, le=50)
    source: str = ""


class LadderRule(Row):
    """The ladder of one urgency; `warn` is the share of the limit at which the holder is warned."""

    urgency: Urgency
    warn: Share = "80%"
    repeat_every: Limit | None = None
    """How often a rung nobody acknowledged is said again, by the clock on the wall; `none`: never.

    Left out: every ten minutes for critical matters, never for the others (domain.md D5).
    """
    repeat_max: int | None = Field(default=None, ge=1, le=50)
    """How many times at most; left out: five."""
    steps: tuple[LadderStep, ...] = ()


class ReceptionRule(Row):
    """When an office receives, and how long what is decided there may take (domain.md D7, C32)."""

    office: Annotated[str, StringConstraints(pattern=r"^(default|[A-Za-z0-9-]{1,32})$")] = "default"
    """A unit's code; `community`, `subdistrict` or `district` for all offices of a level; `default`."""
    kind: Literal["secretary_reception_day", "resident_reception_day"] = "secretary_reception_day"
    week: int = Field(default=2, ge=1, le=4)
    """The which of that weekday in a month."""
    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = "thu"
    time: Minute = "09:00"
    cap: int = Field(default=15, ge=1, le=15)
    """Most matters of one session."""
    place: str = ""
    decision: Amount = "10wd"
    """How long a decision may take where nobody says it."""
    warn: Share = "80%"
    lapse: AfterDue = "due+1wd"
    """When the matter of a decision that was not carried out goes back on a table, one level higher."""
    confirm: Amount = "2wd"
    """How long the community secretary may take to confirm."""
    told: tuple[str, ...] = ("leader", "duty_lead")
    """Roles of the owner that are told when a decision is overdue, beside the office that decided."""
    source: str = ""
