"""Rows of the city's directory (product.md section 7) as every service reads them.

The router owns the directory and publishes it in versions; a version is a set of parts, each a list
of these rows. Field meanings follow the columns of the plain files.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from contracts.base import AreaCode, Code
from contracts.clock import ClockKind
from contracts.complaint import Datum, Urgency
from contracts.escalation import ReceptionLevel
from contracts.whistle import WhistleKind

_DURATION: Final = "[1-9][0-9]{0,3}(m|h|d|wh|wd)"
Limit = Annotated[str, StringConstraints(pattern=rf"^(none|{_DURATION})$")]
"""`15m`, `24h`, `7d` by the clock on the wall; `4wh`, `1wd` by the work calendar; `none`."""

Moment = Annotated[str, StringConstraints(pattern=rf"^([1-9][0-9]?%|(start|due)(\+{_DURATION})?)$")]
"""`80%` of a clock's limit, `due`, `due+1wd`, `start+1h`."""

Share = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]?%$")]
Shift = Annotated[str, StringConstraints(pattern=r"^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$")]
Minute = Annotated[str, StringConstraints(pattern=r"^[0-2][0-9]:[0-5][0-9]$")]
Day = Annotated[
    str,
    StringConstraints(
        pattern=r"^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])|mon|tue|wed|thu|fri|sat|sun)$"
    ),
]
Stretch = Annotated[str, StringConstraints(pattern=r"^((odd|even):)?[0-9]{1,4}-[0-9]{1,4}$")]
_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def _in_order(absence: str) -> str:
    """Both ends are days of the calendar, the first not after the last. Raises ValueError."""
    first, _, last = absence.partition("..")
    if date.fromisoformat(first) > date.fromisoformat(last or first):
        raise ValueError("起止日期颠倒 | the first day comes after the last")
    return absence


Absence = Annotated[
    str,
    StringConstraints(pattern=rf"^{_DATE}(\.\.{_DATE})?$"),
    AfterValidator(_in_order),
]
"""Days on which nobody can be reached at a post: `2026-11-20`, `2026-11-20..2026-11-27`, both included."""


class Row(BaseModel):
    """A line of a directory file: unknown columns are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AreaLevel(StrEnum):
    """Levels of the grid tree; labels differ by city, the tree does not."""

    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    COMPOUND = "compound"
    BUILDING = "building"


class Area(Row):
    """A node of the grid tree; valid from `valid_from` until before `valid_to`."""

    code: AreaCode
    parent: AreaCode | None = None
    level: AreaLevel
    name: str
    aliases: tuple[str, ...] = ()
    compound_type: Literal["closed", "open", "unit_dormitory", "office"] | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    successors: tuple[AreaCode, ...] = ()
    """What takes its place from `valid_to` on: one (several areas may name the same: a merger) or several
    (a split)."""


class Place(Row):
    """A name residents use and the deepest grid it surely lies in."""

    name: str
    kind: Literal["road", "compound", "building", "landmark", "facility"]
    grid: AreaCode
    aliases: tuple[str, ...] = ()
    numbers: Stretch | None = None
    """Door numbers of a stretch of road: `1-99`, `odd:1-99`, `even:2-88`."""
    owner: Code | None = None
    """Special owner (road, utility, unit dormitory) that answers above the grid."""
    lon: float | None = None
    lat: float | None = None


class Outline(Row):
    """The outline of an area on the map (areas.geojson), in the datum it was drawn in."""

    code: AreaCode
    datum: Datum = Datum.WGS84
    geometry: dict[str, Any]
    """A GeoJSON Polygon or MultiPolygon, degrees east and north."""


class UnitKind(StrEnum):
    """Who can hold a ticket."""

    GRID_TEAM = "grid_team"
    COMMUNITY = "community"
    SUBDISTRICT = "subdistrict"
    DISTRICT = "district"
    DEPARTMENT = "department"
    PROPERTY = "property"
    ENTERPRISE = "enterprise"
    COMMITTEE = "committee"
    DESK = "desk"


class Unit(Row):
    """A body that can be made responsible; `parent` is the org tree the ladder climbs."""

    code: Code
    name: str
    kind: UnitKind
    parent: Code | None = None
    area: tuple[AreaCode, ...] = ()
    calendar: str = "standard"
    deputy: Code | None = None
    nats: bool = False
    """Has its own NATS account and durable consumer."""
    aliases: tuple[str, ...] = ()


class Post(Row):
    """A post inside a unit. Routes go to posts, never to names."""

    post: Code
    unit: Code
    area: AreaCode | None = None
    role: Literal[
        "leader", "member", "liaison", "specialist", "desk", "duty_lead",
        "secretary", "deputy", "dispatcher", "ruling",
    ]  # fmt: skip
    person: Code
    """Staff id; also the subject of the person's sign-in token."""
    name: str
    phone: str = ""
    """Without one the post is passed over at dispatch, with a note."""
    hours: Literal["work", "always"] = "work"
    deputy: Code | None = None
    """Post that stands in; at dispatch one of the same unit, whose people may sign for the ticket."""
    valid_to: date | None = None
    """First day on which nobody holds the post any more."""
    away: tuple[Absence, ...] = ()
    """Leave, training, illness: stretches of days, city time. posts.csv need not have the column."""


class Category(Row):
    """A leaf or branch of the category tree, with the words residents use for it."""

    code: Code
    parent: Code | None = None
    name: str
    keywords: tuple[str, ...] = ()
    """`词` or `词:weight`."""
    default_urgency: Urgency = Urgency.NORMAL
    duty: str = ""


class CatalogueEntry(Row):
    """派单目录: category x area or compound type -> lead, assists, limit profile. Most specific wins."""

    category: str
    area: AreaCode | None = None
    compound_type: Literal["closed", "open", "unit_dormitory", "office"] | None = None
    lead: str
    assists: tuple[str, ...] = ()
    profile: str = "standard"
    source: str = ""


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
    source: str = ""


class LadderRule(Row):
    """The ladder of one urgency; `warn` is the share of the limit at which the holder is warned."""

    urgency: Urgency
    warn: Share = "80%"
    steps: tuple[LadderStep, ...] = ()


class CalendarDay(Row):
    """A date, or a weekday default (`mon`..`sun`), with its shifts of working time."""

    calendar: str = "standard"
    date: Day
    kind: Literal["workday", "rest", "holiday", "makeup"]
    name: str = ""
    shifts: tuple[Shift, ...] = ()
    """`09:00-12:00`; several a day; `24:00` is the end of the day."""


class DutyTurn(Row):
    """A line of the duty rota: who of a unit's general posts answers, city time.

    `24:00` is the end of the day; a turn over midnight is two lines.
    """

    date: date
    unit: Code
    post: Code
    start: Minute = "00:00"
    end: Minute = "24:00"


class Reader(Row):
    """A follower that is no unit: a command hall, a dashboard."""

    code: Code
    name: str
    kind: Literal["command_hall", "dashboard"]
    area: AreaCode


PARTS: Final[dict[str, type[Row]]] = {
    "areas": Area,
    "places": Place,
    "outlines": Outline,
    "units": Unit,
    "posts": Post,
    "categories": Category,
    "catalogue": CatalogueEntry,
    "limits": Profile,
    "ladder": LadderRule,
    "calendar": CalendarDay,
    "duty": DutyTurn,
    "readers": Reader,
}
"""Part name to the model of its rows."""
