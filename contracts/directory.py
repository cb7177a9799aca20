"""Rows of the city's directory (product.md section 7) as every service reads them.

The router owns the directory and publishes it in versions; a version is a set of parts, each a list
of these rows. Field meanings follow the columns of the plain files.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any, Final, Literal

from contracts.base import AreaCode, Code
from contracts.complaint import Datum, Urgency
from contracts.limits import LadderRule, Profile, ReceptionRule, Row
from contracts.notation import Absence, Day, Minute, Shift, Stretch
from contracts.notices import Contact, NoticeRules


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
    "contacts": Contact,
    "notices": NoticeRules,
    "reception": ReceptionRule,
}
"""Part name to the model of its rows."""
