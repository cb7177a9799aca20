"""Who is obliged: the catalogue, most specific rule first. Pure.

Order of specificity: category, then area, then compound type (product.md section 7). Every reading of the
catalogue ends at the `*` row, so there is always an owner; a rule that names nobody at this place is
passed over with a note, and the next less specific one is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.directory import CatalogueEntry, UnitKind
from services.router.directory.directory import Directory
from services.router.directory.rulebook import RuleKey

SHALLOW: Final = 2
"""A subdistrict must be known before a unit named by its code is made responsible."""
OWNER: Final = "@owner"
NEEDS: Final[Mapping[str, int]] = {"@grid": 4, "@property": 4, "@community": 3, "@subdistrict": 2}
"""Depth of place (1 district to 5 building) from which on a word surely names the right unit."""
BY_PLACE: Final = (OWNER, *NEEDS)
"""Words of the catalogue that name a unit by the place of the matter."""
_KINDS: Final[Mapping[str, tuple[UnitKind, ...]]] = {
    "@grid": (UnitKind.GRID_TEAM,),
    "@property": (UnitKind.PROPERTY, UnitKind.GRID_TEAM),
    "@community": (UnitKind.COMMUNITY,),
    "@subdistrict": (UnitKind.SUBDISTRICT,),
}
"""Whom a word names, the first kind that covers the place; without a property company the grid."""


class Lost(StrEnum):
    """Why a rule of the catalogue did not decide."""

    NOBODY_HERE = "nobody_here"
    """What it asks for (a special owner, a property company) is not at this place."""
    PLACE_TOO_SHALLOW = "place_too_shallow"
    """It would name somebody if the place were known more exactly."""
    NOBODY_REACHABLE = "nobody_reachable"
    OTHER_TYPE = "other_type"
    """For compounds of another type, or of a type nobody knows here."""
    OTHER_AREA = "other_area"
    OTHER_CATEGORY = "other_category"
    """For this very area, but for another category of the same branch."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A rule that might have decided, and why it did not."""

    rule: RuleKey
    lead: str
    why: Lost


@dataclass(frozen=True, slots=True)
class Duty:
    """The unit obliged, by which rule, and what was passed over on the way."""

    unit: str
    assists: tuple[str, ...]
    profile: str
    rule: RuleKey
    lead: str
    """The catalogue's own word for the lead: a unit code or `@grid`, `@owner`, …"""
    source: str
    skipped: tuple[Miss, ...]
    """Rules that were more specific but named nobody here, and why."""
    place_unsure: bool
    """A place known more exactly could lead to another unit: this rule or one before it asks for more."""


@dataclass(frozen=True, slots=True)
class Duties:
    """All that the catalogue says about a category at a place, most specific first."""

    options: tuple[Duty, ...]
    misses: tuple[Miss, ...]
    """Applicable rules that name nobody."""

    @property
    def place_unsure(self) -> bool:
        """Some rule would have named somebody at a deeper place."""
        return any(miss.why is Lost.PLACE_TOO_SHALLOW for miss in self.misses)


def duties(directory: Directory, category: str, area: str | None, owner: str | None) -> Duties:
    """What the catalogue says; remembered for the life of this directory version."""
    key = (category, area, owner)
    known: Duties | None = directory.memo.get(key)
    if known is None:
        known = _duties(directory, category, area, owner)
        directory.remember(key, known)
    return known


def find(directory: Directory, category: str, area: str | None, owner: str | None) -> Duty:
    """The duty by the most specific rule that names somebody; not remembered, for asking millions.

    Raises LookupError when no rule does, which publishing refuses for every grid.
    """
    for said in _read(directory, category, area, owner):
        if isinstance(said, Duty):
            return said
    raise LookupError(f"no rule for {category} in {area}")


def _duties(directory: Directory, category: str, area: str | None, owner: str | None) -> Duties:
    said = tuple(_read(directory, category, area, owner))
    return Duties(
        tuple(one for one in said if isinstance(one, Duty)),
        tuple(one for one in said if isinstance(one, Miss)),
    )


def _read(
    directory: Directory, category: str, area: str | None, owner: str | None
) -> Iterator[Duty | Miss]:
    """Rule by rule, most specific first."""
    misses: list[Miss] = []
    unsure = False
    depth = directory.depth(area)
    for key, entry in applicable(directory, category, area):
        shallow = entry.lead != OWNER and depth < NEEDS.get(entry.lead, SHALLOW)
        unsure = unsure or shallow
        unit = _unit(directory, entry.lead, area, owner)
        if unit is None:
            why = Lost.PLACE_TOO_SHALLOW if shallow else Lost.NOBODY_HERE
            misses.append(Miss(key, entry.lead, why))
            yield misses[-1]
            continue
        found = (_unit(directory, wanted, area, owner) for wanted in entry.assists)
        assists = dict.fromkeys(helper for helper in found if helper and helper != unit)
        yield Duty(
            unit,
            tuple(assists),
            entry.profile,
            key,
            entry.lead,
            entry.source,
            tuple(misses),
            unsure,
        )


def applicable(
    directory: Directory, category: str, area: str | None
) -> Iterator[tuple[RuleKey, CatalogueEntry]]:
    """Rules that hold for a category at a place, most specific first; no two are equally specific."""
    kind = directory.compound_type(area)
    areas: tuple[str | None, ...] = (*directory.chains.get(area or "", ()), None)
    kinds = (kind, None) if kind else (None,)
    for line in directory.lines.get(category, ("*",)):
        for code in areas:
            for compound_type in kinds:
                key = (line, code, compound_type)
                entry = directory.rules.get(key)
                if entry is not None:
                    yield key, entry


def _unit(directory: Directory, wanted: str, area: str | None, owner: str | None) -> str | None:
    if wanted == OWNER:
        return owner
    if wanted in _KINDS:
        covering = (directory.unit_covering(kind, area) for kind in _KINDS[wanted])
        return next((unit for unit in covering if unit), None)
    return wanted if wanted in directory.units and directory.depth(area) >= SHALLOW else None
