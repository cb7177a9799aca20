"""The coverage proof (domain.md F6): every smallest grid x leaf category has an owner with a reachable post.

Today and on each of the next seven days. Grids are proved by group: two grids for which the catalogue's
areas, compound type, covering units and posted areas on the way up are the same get the same answer from
`duty`, so one of them is asked. A million grids fall into as many groups as there are compounds, and
those into a few hundred for which a different rule can win.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from contracts.directory import AreaLevel, UnitKind
from services.router import duty
from services.router.areas import DEPTH, city_day
from services.router.directory import ANY, Directory
from services.router.proof import NO_OWNER, UNREACHABLE, Community, Gap, Proof, Top, vacancies

DAYS_AHEAD: Final = 7
EXAMPLES: Final = 3
COMMUNITY: Final = DEPTH[AreaLevel.COMMUNITY]


RuleSign = tuple[int, str | None, tuple[str, ...], tuple[bool, ...]]
"""Depth, compound type, areas with rules on the way up, kinds of units that cover it."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """What is the same for all grids of a group."""

    rules: RuleSign
    units: tuple[str | None, ...]
    """Covering unit by kind."""
    posted: tuple[str, ...]
    """Areas on the way up that some post is for."""
    community: str


@dataclass(slots=True)
class _Group:
    """Grids of one spot that are in force on the same of the eight days."""

    grids: int = 0
    examples: list[str] = field(default_factory=list)


def prove(directory: Directory, at: datetime) -> Proof:
    """The proof for the eight days from `at`; a few seconds for a city of a million grids."""
    return _Proving(directory, at).proof()


class _Proving:
    def __init__(self, directory: Directory, at: datetime) -> None:
        self._at = at
        self._days = [city_day(at) + timedelta(days=n) for n in range(DAYS_AHEAD + 1)]
        # What is looked up here is not worth remembering for routing.
        self._directory = replace(directory, memo={})
        self._covered = {area for _, area in directory.covering}
        self._ruled = {area for _, area, _ in directory.rules if area}
        self._posted_by = _posted_areas(directory)
        self._posted = frozenset(a for areas in self._posted_by.values() for a in areas)
        self._leads: dict[RuleSign, dict[str | None, list[str]]] = {}
        self._answers: dict[tuple[str, tuple[str, ...]], tuple[bool, ...]] = {}
        inner = {row.parent for row in directory.categories.values()}
        self._leaves = [code for code in directory.categories if code not in inner]

    def proof(self) -> Proof:
        groups = self._groups()
        gaps: dict[Gap, tuple[int, tuple[str, ...]]] = {}
        missing: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for (spot, days), group in groups.items():
            for gap in self._gaps(spot, days, group.examples[0]):
                grids, examples = gaps.get(gap, (0, ()))
                gaps[gap] = (grids + group.grids, (*examples, *group.examples)[:EXAMPLES])
                for category in gap.categories:
                    missing[spot.community][self._top(category)] += group.grids
        return Proof(
            version=self._directory.version,
            at=self._at,
            categories=len(self._leaves),
            tops=self._tops(),
            communities=self._communities(groups, missing),
            gaps=tuple(
                replace(gap, grids=grids, examples=examples)
                for gap, (grids, examples) in sorted(gaps.items(), key=_weight)
            ),
            vacancies=vacancies(self._directory, self._days[0], self._days[-1]),
        )

    def _groups(self) -> dict[tuple[_Spot, tuple[int, ...]], _Group]:
        """Smallest grids by what can make a difference for them."""
        areas = self._directory.areas
        always = tuple(range(len(self._days)))
        dated = not all(areas.all_valid(day) for day in self._days)
        days = always
        parents = {areas.parent(code) for code in areas if not dated or self._in_force(code)}
        above: dict[str, _Spot] = {}
        groups: dict[tuple[_Spot, tuple[int, ...]], _Group] = defaultdict(_Group)
        for code in areas:
            if code in parents:
                continue
            if dated and not (days := self._in_force(code)):
                continue
            group = groups[self._spot(code, above), days]
            group.grids += 1
            if len(group.examples) < EXAMPLES:
                group.examples.append(code)
        return groups

    def _in_force(self, code: str) -> tuple[int, ...]:
        valid = self._directory.areas.valid
        return tuple(n for n, day in enumerate(self._days) if valid(code, day))

    def _spot(self, code: str, above: dict[str, _Spot]) -> _Spot:
        """From the spot of the area above it; only what is special about the area itself is added."""
        areas = self._directory.areas
        parent = areas.parent(code)
        over = above.get(parent) if parent else None
        if over is None and parent is not None and parent in areas:
            over = above[parent] = self._spot(parent, above)
        depth, kind = areas.depth(code), areas.kind(code)
        if over is None:
            over = _Spot((0, None, (), ()), (None,) * len(UnitKind), (), code)
        units = over.units
        if code in self._covered:
            covering = self._directory.covering
            units = tuple(covering.get((k, code)) or over.units[n] for n, k in enumerate(UnitKind))
        _, inherited, ruled, _ = over.rules
        if code in self._ruled:
            ruled = (code, *ruled)
        posted = (code, *over.posted) if code in self._posted else over.posted
        community = code if depth <= COMMUNITY else over.community
        covered = tuple(unit is not None for unit in units)
        return _Spot((depth, kind or inherited, ruled, covered), units, posted, community)

    def _gaps(self, spot: _Spot, days: tuple[int, ...], grid: str) -> Iterator[Gap]:
        for lead, categories in self._leading(spot.rules, grid).items():
            if lead is None:
                yield self._gap(NO_OWNER, categories, None, days[0], spot)
                continue
            unit = lead
            if lead.startswith("@"):
                unit = duty.find(self._directory, categories[0], grid, None).unit
            reached = self._reached(unit, spot, grid)
            lost = next((n for n in days if not reached[n]), None)
            if lost is not None:
                yield self._gap(UNREACHABLE, categories, unit, lost, spot)

    def _gap(
        self, kind: str, categories: list[str], unit: str | None, day: int, spot: _Spot
    ) -> Gap:
        return Gap(kind, tuple(categories), unit, self._days[day], day, spot.community)

    def _leading(self, sign: RuleSign, grid: str) -> Mapping[str | None, list[str]]:
        """The winning rule's word for the lead to the categories it leads; None: no rule names anybody."""
        known = self._leads.get(sign)
        if known is None:
            known = defaultdict(list)
            for category in self._leaves:
                try:
                    found = duty.find(self._directory, category, grid, None)
                    known[found.lead].append(category)
                except LookupError:
                    known[None].append(category)
            self._leads[sign] = known
        return known

    def _reached(self, unit: str, spot: _Spot, grid: str) -> tuple[bool, ...]:
        """For each day whether a post of the unit answers for the grid."""
        own = self._posted_by.get(unit, frozenset())
        near = tuple(code for code in spot.posted if code in own) if own else ()
        known = self._answers.get((unit, near))
        if known is None:
            known = self._anywhere(unit) if near else None
            if known is None or not all(known):
                known = tuple(self._answer(unit, grid, n) for n in range(len(self._days)))
            self._answers[unit, near] = known
        return known

    def _anywhere(self, unit: str) -> tuple[bool, ...]:
        """The same without a place: whoever answers for no area in particular answers for all."""
        known = self._answers.get((unit, ("*",)))
        if known is None:
            known = tuple(self._answer(unit, None, n) for n in range(len(self._days)))
            self._answers[unit, ("*",)] = known
        return known

    def _answer(self, unit: str, grid: str | None, n: int) -> bool:
        at = self._at + timedelta(days=n)
        return duty.answering_post(self._directory, unit, grid, at) is not None

    def _top(self, category: str) -> str:
        return next(code for code in reversed(self._directory.lines[category]) if code != ANY)

    def _tops(self) -> tuple[Top, ...]:
        counts: dict[str, int] = defaultdict(int)
        for leaf in self._leaves:
            counts[self._top(leaf)] += 1
        names = self._directory.categories
        return tuple(Top(code, names[code].name, leaves) for code, leaves in counts.items())

    def _communities(
        self,
        groups: Mapping[tuple[_Spot, tuple[int, ...]], _Group],
        missing: Mapping[str, Mapping[str, int]],
    ) -> tuple[Community, ...]:
        grids: dict[str, int] = defaultdict(int)
        for (spot, _), group in groups.items():
            grids[spot.community] += group.grids
        areas = self._directory.areas
        return tuple(
            Community(
                code, areas.name(code), areas.parent(code), grids[code], dict(missing.get(code, {}))
            )
            for code in sorted(grids)
        )


def _posted_areas(directory: Directory) -> dict[str, frozenset[str]]:
    found = {
        unit: frozenset(post.area for post in posts if post.area)
        for unit, posts in directory.posts_of.items()
    }
    return {unit: areas for unit, areas in found.items() if areas}


def _weight(item: tuple[Gap, tuple[int, tuple[str, ...]]]) -> Any:
    gap, (grids, _) = item
    first: date = gap.day
    return -grids * len(gap.categories), first, gap.unit or "", gap.community, gap.categories
