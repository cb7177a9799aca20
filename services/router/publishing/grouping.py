"""Grids for which the catalogue can only answer alike: what is asked of one holds for the whole group.

What a rule depends on beside the category: how deep the grid is, its compound type, which areas on the
way up have rules of their own, and which kinds of units cover it. Whom it names depends on the covering
units; who answers there, on the areas that posts are for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from contracts.directory import AreaLevel, UnitKind
from services.router.decision import duty
from services.router.directory.directory import Directory
from services.router.place.blocks import DEPTH

COMMUNITY = DEPTH[AreaLevel.COMMUNITY]

RuleSign = tuple[int, str | None, tuple[str, ...], tuple[bool, ...]]
"""Depth, compound type, areas with rules on the way up, kinds of units that cover it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """What is the same for all grids of a group."""

    rules: RuleSign
    units: tuple[str | None, ...]
    """Covering unit by kind."""
    posted: tuple[str, ...]
    """Areas on the way up that some post is for."""
    community: str


class Grouping:
    """The spots of one directory, and which rule leads there."""

    def __init__(self, directory: Directory) -> None:
        # What is looked up here is not worth remembering for routing.
        self.directory = replace(directory, memo={})
        self.posted_by = _posted_areas(directory)
        self._posted = frozenset(area for areas in self.posted_by.values() for area in areas)
        self._covered = frozenset(area for _, area in directory.covering)
        self._ruled = frozenset(area for _, area, _ in directory.rules if area)
        self._spots: dict[str, Spot] = {}
        self._leads: dict[RuleSign, dict[str | None, list[str]]] = {}
        inner = {row.parent for row in directory.categories.values()}
        self.leaves = tuple(code for code in directory.categories if code not in inner)
        """Categories without any below them."""

    def spot(self, code: str) -> Spot:
        """From the spot of the area above it; only what is special about the area itself is added."""
        areas = self.directory.areas
        parent = areas.parent(code)
        over = self._spots.get(parent) if parent else None
        if over is None and parent is not None and parent in areas:
            over = self._spots[parent] = self.spot(parent)
        if over is None:
            over = Spot((0, None, (), ()), (None,) * len(UnitKind), (), code)
        depth, kind = areas.depth(code), areas.kind(code)
        units = over.units
        if code in self._covered:
            covering = self.directory.covering
            units = tuple(covering.get((k, code)) or over.units[n] for n, k in enumerate(UnitKind))
        _, inherited, ruled, _ = over.rules
        if code in self._ruled:
            ruled = (code, *ruled)
        posted = (code, *over.posted) if code in self._posted else over.posted
        community = code if depth <= COMMUNITY else over.community
        covered = tuple(unit is not None for unit in units)
        return Spot((depth, kind or inherited, ruled, covered), units, posted, community)

    def leads(self, sign: RuleSign, grid: str) -> Mapping[str | None, list[str]]:
        """The winning rule's word for the lead to the categories it leads; None: no rule names anybody.

        `grid` is any one of the grids with that sign.
        """
        known = self._leads.get(sign)
        if known is None:
            known = defaultdict(list)
            for category in self.leaves:
                try:
                    found = duty.find(self.directory, category, grid, None)
                    known[found.lead].append(category)
                except LookupError:
                    known[None].append(category)
            self._leads[sign] = known
        return known

    def owner(self, lead: str, category: str, grid: str) -> str:
        """The unit a lead's word stands for at a grid, where it wins for the category."""
        if lead.startswith("@"):
            return duty.find(self.directory, category, grid, None).unit
        return lead


def _posted_areas(directory: Directory) -> dict[str, frozenset[str]]:
    found = {
        unit: frozenset(post.area for post in posts if post.area)
        for unit, posts in directory.posts_of.items()
    }
    return {unit: areas for unit, areas in found.items() if areas}
