"""Who is obliged: the catalogue, most specific rule first, and the post that answers inside the unit.

Order of specificity: category, then area, then compound type (product.md section 7). Every reading of the
catalogue ends at the `*` row, so there is always an owner; what a rule could not name is noted and the
next less specific one is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.directory import CatalogueEntry, Post, Unit, UnitKind
from services.router.directory import Directory, RuleKey, holds

SHALLOW: Final = 2
"""A subdistrict must be known before any unit is made responsible."""
NEAR_MISSES: Final = 4
BY_PLACE: Final = ("@owner", "@grid", "@property", "@community", "@subdistrict")
"""Words of the catalogue that name a unit by the place of the matter."""
_ROLE_ORDER: Final = ("specialist", "liaison", "leader", "desk", "duty_lead", "member", "deputy")


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
    skipped: tuple[str, ...]
    """Rules that were more specific but named nobody here, and why."""


def find(directory: Directory, category: str, area: str | None, owner: str | None) -> Duty:
    """The duty for a category at a place; remembered for the life of this directory version.

    Raises LookupError when the catalogue has no `*` row that names a unit, which publishing refuses.
    """
    key = (category, area, owner)
    known: Duty | None = directory.memo.get(key)
    if known is None:
        known = _find(directory, category, area, owner)
        if len(directory.memo) > 100_000:  # noqa: PLR2004 - a bound on memory, not a rule
            directory.memo.clear()
        directory.memo[key] = known
    return known


def _find(directory: Directory, category: str, area: str | None, owner: str | None) -> Duty:
    skipped: list[str] = []
    for key, entry in _applicable(directory, category, area):
        unit = _unit(directory, entry.lead, area, owner)
        if unit is None:
            skipped.append(f"{_say(key)} {entry.lead}: nobody here")
            continue
        assists = tuple(
            found
            for wanted in entry.assists
            if (found := _unit(directory, wanted, area, owner)) and found != unit
        )
        return Duty(
            unit,
            assists,
            entry.profile,
            key,
            entry.lead,
            entry.source,
            tuple(skipped[:NEAR_MISSES]),
        )
    raise LookupError(f"no rule for {category} in {area}")


def _applicable(
    directory: Directory, category: str, area: str | None
) -> Iterator[tuple[RuleKey, CatalogueEntry]]:
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
    if wanted == "@owner":
        return owner
    if wanted == "@grid":
        return directory.unit_covering(UnitKind.GRID_TEAM, area)
    if wanted == "@property":
        return directory.unit_covering(UnitKind.PROPERTY, area) or directory.unit_covering(
            UnitKind.GRID_TEAM, area
        )
    if wanted == "@community":
        return directory.unit_covering(UnitKind.COMMUNITY, area)
    if wanted == "@subdistrict":
        return directory.unit_covering(UnitKind.SUBDISTRICT, area)
    return wanted if wanted in directory.units and directory.depth(area) >= SHALLOW else None


def answering_post(directory: Directory, unit: str, area: str | None, at: datetime) -> Post | None:
    """The named specialist for the area before the general desk; a vacant post gives way to its deputy."""
    chain = directory.chains.get(area or "", ())
    best: tuple[int, int, str] | None = None
    chosen: Post | None = None
    for post in directory.posts_of.get(unit, ()):
        if post.role not in _ROLE_ORDER or not holds(post, at):
            continue
        if post.area is not None and post.area not in chain:
            continue
        near = chain.index(post.area) if post.area in chain else len(chain)
        rank = (
            0 if post.role == "specialist" else 1,
            near * 10 + _ROLE_ORDER.index(post.role),
            post.post,
        )
        if best is None or rank < best:
            best, chosen = rank, post
    return chosen


def conflicts(directory: Directory, unit: str, accused: str | None) -> bool:
    """True when a matter would go to the party complained about, or to the unit right above it."""
    if accused is None:
        return False
    accused_unit: Unit | None = directory.units.get(accused)
    return unit == accused or (accused_unit is not None and accused_unit.parent == unit)


def desk(directory: Directory, area: str | None, accused: str | None) -> str:
    """The triage desk for an area, or the nearest unit above it that the matter is not about."""
    unit = directory.desk(area)
    while conflicts(directory, unit, accused) and (above := directory.units[unit].parent):
        unit = above
    return unit


def _say(key: RuleKey) -> str:
    return " / ".join(part or "-" for part in key)
