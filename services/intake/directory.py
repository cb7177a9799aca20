"""What intake needs of the city's directory: which grid, category and unit codes there are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from contracts.complaint import Urgency
from contracts.limits import Limits
from kit.aside import in_pieces
from kit.errors import DomainError, Kind
from kit.staff import Staff
from kit.validation import known_code
from services.intake.standing import WINDOWS
from services.intake.whereabouts import SUBDISTRICT, PlaceNames

PARTS: Final = ("areas", "categories", "units", "places", "posts", "limits")
COMMUNITY: Final = 12
"""Digits of a community's code."""
MARGIN_DEG: Final = 0.5
"""About 50 km: what is farther from every place the city knows is not in the city."""

STANDARD: Final = "standard"
TOLD_LIMITS: Final = {"sign_for", "contact", "result"}
"""Of a profile's limits, those a caller can be told: when somebody will call, and by when it is done."""
_SPAN: Final = re.compile(r"([1-9][0-9]{0,3})(m|h|d)")
_SPAN_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}

Seat = tuple[str, date | None]
"""A unit, and the first day on which the post is held no more."""
Box = tuple[float, float, float, float]
"""West, south, east, north, degrees."""


@dataclass(frozen=True, slots=True)
class Category:
    """A category as other systems see it."""

    code: str
    name: str
    keywords: tuple[str, ...]
    group: str | None
    """Name of the branch it hangs on."""
    leaf: bool


@dataclass(frozen=True, slots=True)
class Codes:
    """One version's codes; built anew and swapped in whole when a version is published."""

    version: int
    categories: frozenset[str]
    units: dict[str, str]
    """Unit code, name or alias to code."""
    names: PlaceNames
    staff: Staff
    box: Box | None = None
    """Around every place with coordinates, with a margin; None when no place has any."""
    unit_names: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, tuple[Seat, ...]] = field(default_factory=dict)
    """By staff id: the units whose posts a person holds, and until when."""
    reopen: Mapping[tuple[str, Urgency], timedelta] = field(default_factory=dict)
    """Reopen window by limit profile and urgency, where it runs by the clock."""
    tree: Mapping[str, Category] = field(default_factory=dict)
    """Every category by its code."""
    limits: Mapping[tuple[str, Urgency], Mapping[str, str]] = field(default_factory=dict)
    """What a unit has to keep, by limit profile and urgency, as the city wrote it: `24h`, `1wd`, `none`."""

    @classmethod
    def of(cls, version: int, parts: Mapping[str, Iterable[Mapping[str, Any]]]) -> Codes:
        """From the rows of the parts as the router publishes them."""
        units: dict[str, str] = {}
        for row in parts["units"]:
            for name in (row["code"], row["name"], *row.get("aliases", ())):
                units[name] = row["code"]
        return cls(
            version,
            frozenset(row["code"] for row in parts["categories"]),
            units,
            PlaceNames(parts["areas"], parts.get("places", ())),
            Staff.of(parts.get("posts", ()), parts["units"]),
            _box(parts.get("places", ())),
            {row["code"]: row["name"] for row in parts["units"]},
            _people(parts.get("posts", ())),
            _windows(parts.get("limits", ())),
            _tree(parts["categories"]),
            _limits(parts.get("limits", ())),
        )

    def units_of(self, person: str, day: date) -> frozenset[str]:
        """The units a person stands for on a day of the city."""
        seats = self.people.get(person, ())
        return frozenset(unit for unit, until in seats if until is None or day < until)

    def window(self, profile: str | None, urgency: Urgency) -> timedelta:
        """How long after closing the same matter may be reopened."""
        for name in (profile, STANDARD):
            found = self.reopen.get((name, urgency)) if name else None
            if found is not None:
                return found
        return WINDOWS[urgency]

    def limits_of(self, profile: str | None, urgency: Urgency) -> Mapping[str, str]:
        """The limits a unit has to keep: of its profile, else the city's standard; empty without either."""
        own = self.limits.get((profile, urgency)) if profile else None
        return own or self.limits.get((STANDARD, urgency), {})

    def check(self, grid_code: str | None, category: str | None) -> None:
        """Refuse unknown codes and name the nearest. Raises DomainError 422."""
        if grid_code is not None:
            known_code("grid_code", grid_code, self._around(grid_code))
        known_code("category", category, self.categories)

    def knows(self, area: str) -> bool:
        """True for an area code of this version."""
        return area in self.names.blocks.get(area[:SUBDISTRICT], {})

    def _around(self, grid_code: str) -> Collection[str]:
        """The codes a grid code may have been meant for: of its own community, else the areas above.

        Few enough to be compared one by one, also in a city of a million.
        """
        blocks = self.names.blocks
        own = blocks.get(grid_code[:SUBDISTRICT], {})
        if grid_code in own:
            return own
        near = [code for code in own if code.startswith(grid_code[:COMMUNITY])]
        return near or [code for code in own if len(code) <= COMMUNITY] or blocks.keys()

    def pieces(self) -> list[Any]:
        """What there is much of, for `kit.aside.let_go`."""
        staff = self.staff
        tables = [self.units, self.unit_names, self.people, staff.posts, staff.units]
        return [*in_pieces([*tables, *self.names.tables()]), *self.names.blocks.values()]


def _tree(rows: Iterable[Mapping[str, Any]]) -> dict[str, Category]:
    rows = list(rows)
    names = {row["code"]: row["name"] for row in rows}
    branches = {row.get("parent") for row in rows}
    return {
        row["code"]: Category(
            row["code"],
            row["name"],
            tuple(word.partition(":")[0] for word in row.get("keywords", ())),
            names.get(row.get("parent")),
            leaf=row["code"] not in branches,
        )
        for row in rows
    }


def _people(posts: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Seat, ...]]:
    found: dict[str, tuple[Seat, ...]] = {}
    for row in posts:
        until = row.get("valid_to")
        seat = (row["unit"], date.fromisoformat(until) if until else None)
        found[row["person"]] = (*found.get(row["person"], ()), seat)
    return found


def _limits(
    profiles: Iterable[Mapping[str, Any]],
) -> dict[tuple[str, Urgency], dict[str, str]]:
    """With the defaults of the contract, which are left out where they are published."""
    return {
        (profile["name"], Urgency(urgency)): Limits.model_validate(limits).model_dump(
            mode="json", include=TOLD_LIMITS
        )
        for profile in profiles
        for urgency, limits in profile["limits"].items()
    }


def _windows(profiles: Iterable[Mapping[str, Any]]) -> dict[tuple[str, Urgency], timedelta]:
    """Windows of working days are left out: intake keeps no work calendar, WINDOWS stands in."""
    found = {}
    for profile in profiles:
        for urgency, limits in profile["limits"].items():
            said = limits.get("reopen", "")
            span = _SPAN.fullmatch(said)
            if span is not None:
                days = timedelta(**{_SPAN_UNITS[span[2]]: int(span[1])})
                found[profile["name"], Urgency(urgency)] = days
            elif said == "none":
                found[profile["name"], Urgency(urgency)] = timedelta(0)
    return found


def _box(places: Iterable[Mapping[str, Any]]) -> Box | None:
    found = [(row["lon"], row["lat"]) for row in places if row.get("lon") and row.get("lat")]
    if not found:
        return None
    lons, lats = zip(*found, strict=True)
    return (
        min(lons) - MARGIN_DEG,
        min(lats) - MARGIN_DEG,
        max(lons) + MARGIN_DEG,
        max(lats) + MARGIN_DEG,
    )


class Holder:
    """The codes in use; empty until the first version arrives."""

    def __init__(self) -> None:
        self._codes: Codes | None = None

    def use(self, codes: Codes) -> None:
        """Switch to a version that is built."""
        self._codes = codes

    @property
    def codes(self) -> Codes:
        """Raises DomainError 503 before the first version."""
        if self._codes is None:
            raise DomainError(
                "no-directory",
                Kind.UNAVAILABLE,
                zh="区划目录尚未加载，请稍后重试。",
                en="The directory is not loaded yet; try again shortly.",
                retry_after_s=1,
            )
        return self._codes
