"""One version of the city's directory, built for looking things up; frozen, swapped in whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from contracts.complaint import Urgency
from contracts.directory import CatalogueEntry, Category, Post, Reader, Unit, UnitKind
from contracts.limits import Limits, Profile
from services.router.category.keywords import Keywords
from services.router.directory.codes import unit_names
from services.router.directory.files import Tables
from services.router.directory.hours import moment
from services.router.directory.roster import Roster, in_office
from services.router.directory.rows import records
from services.router.directory.rulebook import Rulebook, RuleKey
from services.router.place.areas import Areas, Chains, areas_of
from services.router.place.gazetteer import Gazetteer
from services.router.place.naming import names_of
from services.router.place.outlines import Outlines
from services.router.place.tree import ancestry

ANY: Final = "*"
STANDARD: Final = "standard"
MEMO_MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Directory:
    """Areas, units, posts, categories and catalogue of one version, indexed."""

    version: int
    areas: Areas
    chains: Mapping[str, tuple[str, ...]]
    """Area code to itself and its ancestors, deepest first."""
    units: Mapping[str, Unit]
    unit_names: Mapping[str, str]
    """Code, name or alias to unit code."""
    posts_of: Mapping[str, tuple[Post, ...]]
    posts_by_person: Mapping[str, tuple[Post, ...]]
    categories: Mapping[str, Category]
    lines: Mapping[str, tuple[str, ...]]
    """Category code to itself, its ancestors and `*`, most specific first."""
    rules: Mapping[RuleKey, CatalogueEntry]
    covering: Mapping[tuple[UnitKind, str], str]
    """(unit kind, area code it names) to unit code; of two the first code, whatever their order."""
    profiles: Mapping[str, Profile]
    """Limits by name of the profile; what they mean in time only the notifier computes."""
    roster: Roster
    rulebook: Rulebook
    readers: tuple[Reader, ...]
    gazetteer: Gazetteer
    outlines: Outlines
    keywords: Keywords
    memo: dict[Any, Any] = field(default_factory=dict)
    """What follows from this version alone, by its inputs (duty.py, near_misses.py, answering.py)."""

    def depth(self, area: str | None) -> int:
        """0 for no area, 5 for a building."""
        return self.areas.depth(area)

    def compound_type(self, area: str | None) -> str | None:
        """Type of the compound an area lies in."""
        kinds = (self.areas.kind(code) for code in self.chains.get(area or "", ()))
        return next((kind for kind in kinds if kind), None)

    def unit_covering(self, kind: UnitKind, area: str | None) -> str | None:
        """The unit of a kind whose area is the deepest one around `area`."""
        for code in self.chains.get(area or "", ()):
            unit = self.covering.get((kind, code))
            if unit:
                return unit
        return None

    def desk(self, area: str | None) -> str:
        """The named triage desk for an area: the nearest one, else any; nothing goes nowhere."""
        return self.unit_covering(UnitKind.DESK, area) or next(
            code for code, unit in self.units.items() if unit.kind is UnitKind.DESK
        )

    def limits(self, profile: str, urgency: Urgency) -> Limits:
        """As the city wrote them, of a profile or else of the standard one."""
        for name in (profile, STANDARD):
            known = self.profiles.get(name)
            if known is not None and urgency in known.limits:
                return known.limits[urgency]
        return Limits()

    def remember(self, key: tuple[object, ...], value: object) -> None:
        """Keep what follows from this version alone; forgets everything when there is too much of it."""
        if len(self.memo) > MEMO_MOST:
            self.memo.clear()
        self.memo[key] = value

    def units_of(self, person: str, at: datetime) -> frozenset[str]:
        """Units in which a person holds a post today."""
        return frozenset(
            post.unit for post in self.posts_by_person.get(person, ()) if holds(post, at)
        )


def holds(post: Post, at: datetime) -> bool:
    """True while the post's holder is in office, by the city's calendar."""
    return in_office(post, moment(at).day)


def build(tables: Tables, version: int) -> Directory:
    """Index checked tables (services/router/publishing/checks.py says whether they are fit to be built)."""
    return assemble(tables, areas_of(records(tables["areas"])), version=version)


def assemble(tables: Tables, areas: Areas, *, version: int) -> Directory:
    """The directory over areas that are indexed already; their table is not looked at."""
    units: dict[str, Unit] = {unit.code: unit for unit in tables["units"]}
    categories: dict[str, Category] = {row.code: row for row in tables["categories"]}
    posts_of: dict[str, list[Post]] = defaultdict(list)
    by_person: dict[str, list[Post]] = defaultdict(list)
    for post in tables["posts"]:
        posts_of[post.unit].append(post)
        by_person[post.person].append(post)
    return Directory(
        version=version,
        areas=areas,
        chains=Chains(areas),
        units=units,
        unit_names=unit_names(units.values()),
        posts_of={code: tuple(posts) for code, posts in posts_of.items()},
        posts_by_person={person: tuple(posts) for person, posts in by_person.items()},
        categories=categories,
        lines={code: (*ancestry(code, categories), ANY) for code in categories},
        rules={(e.category, e.area, e.compound_type): e for e in tables["catalogue"]},
        covering={
            (units[code].kind, area): code
            for code in sorted(units, reverse=True)
            for area in units[code].area
        },
        profiles={profile.name: profile for profile in tables["limits"]},
        roster=Roster.of(tables["posts"], tables["duty"], tables["calendar"]),
        rulebook=Rulebook.of(tables["catalogue"]),
        readers=tuple(tables["readers"]),
        gazetteer=Gazetteer(names_of(areas, tables["places"]), areas),
        outlines=Outlines.of(areas, tables["outlines"], tables["places"]),
        keywords=Keywords.of(tables["categories"]),
    )
