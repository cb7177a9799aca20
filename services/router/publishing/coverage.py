"""The coverage proof (domain.md F6): every smallest grid x leaf category has an owner with a reachable post.

Today and on each of the next seven days. Grids are proved by group (services/router/publishing/grouping.py): a million
grids fall into as many groups as there are compounds, and those into a few hundred for which a
different rule can win.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from services.router.decision.answering import answering_post
from services.router.directory.directory import ANY, Directory
from services.router.directory.hours import moment
from services.router.publishing.grouping import Grouping, Spot
from services.router.publishing.proof import (
    NO_OWNER,
    UNREACHABLE,
    Community,
    Gap,
    Proof,
    Top,
    vacancies,
)

DAYS_AHEAD: Final = 7
EXAMPLES: Final = 3
_EVERYWHERE: Final = ("*",)

Days = tuple[int, ...]
"""Which of the eight days, counted from today."""


@dataclass(slots=True)
class _Group:
    """Grids of one spot that are in force on the same of the eight days."""

    grids: int = 0
    examples: list[str] = field(default_factory=list)


Pause = Callable[[], object]
"""Called every millisecond or two of work, for who must not keep others waiting."""
_AREAS_A_PAUSE: Final = 500
_GROUPS_A_PAUSE: Final = 2

Groups = Mapping[tuple[Spot, Days], _Group]


def prove(directory: Directory, at: datetime, pause: Pause = bool) -> Proof:
    """The proof for the eight days from `at`; some ten seconds for a city of a million grids."""
    return _Proving(directory, at, pause).proof()


class _Proving:
    def __init__(self, directory: Directory, at: datetime, pause: Pause) -> None:
        self._at = at
        self._pause = pause
        self._days = [moment(at).day + timedelta(days=n) for n in range(DAYS_AHEAD + 1)]
        self._grouping = Grouping(directory)
        self._directory = self._grouping.directory
        self._answers: dict[tuple[str, tuple[str, ...]], tuple[bool, ...]] = {}

    def proof(self) -> Proof:
        groups = self._groups()
        gaps: dict[Gap, tuple[int, tuple[str, ...]]] = {}
        missing: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for n, ((spot, days), group) in enumerate(groups.items()):
            if n % _GROUPS_A_PAUSE == 0:
                self._pause()
            for gap in self._gaps(spot, days, group.examples[0]):
                grids, examples = gaps.get(gap, (0, ()))
                gaps[gap] = (grids + group.grids, (*examples, *group.examples)[:EXAMPLES])
                for category in gap.categories:
                    missing[spot.community][self._top(category)] += group.grids
        return Proof(
            version=self._directory.version,
            at=self._at,
            categories=len(self._grouping.leaves),
            tops=self._tops(),
            communities=self._communities(groups, missing),
            gaps=tuple(
                replace(gap, grids=grids, examples=examples)
                for gap, (grids, examples) in sorted(gaps.items(), key=_weight)
            ),
            vacancies=vacancies(self._directory, self._days[0], self._days[-1]),
        )

    def _groups(self) -> Groups:
        """Smallest grids by what can make a difference for them."""
        areas = self._directory.areas
        dated = not all(areas.all_valid(day) for day in self._days)
        days: Days = tuple(range(len(self._days)))
        parents = set()
        for code in self._unhurried(areas):
            if not dated or self._in_force(code):
                parents.add(areas.parent(code))
        groups: dict[tuple[Spot, Days], _Group] = defaultdict(_Group)
        for code in self._unhurried(areas):
            if code in parents:
                continue
            if dated and not (days := self._in_force(code)):
                continue
            group = groups[self._grouping.spot(code), days]
            group.grids += 1
            if len(group.examples) < EXAMPLES:
                group.examples.append(code)
        return groups

    def _unhurried(self, codes: Iterable[str]) -> Iterator[str]:
        for n, code in enumerate(codes):
            if n % _AREAS_A_PAUSE == 0:
                self._pause()
            yield code

    def _in_force(self, code: str) -> Days:
        valid = self._directory.areas.valid
        return tuple(n for n, day in enumerate(self._days) if valid(code, day))

    def _gaps(self, spot: Spot, days: Days, grid: str) -> Iterator[Gap]:
        for lead, categories in self._grouping.leads(spot.rules, grid).items():
            if lead is None:
                yield self._gap(NO_OWNER, categories, None, days[0], spot)
                continue
            unit = self._grouping.owner(lead, categories[0], grid)
            reached = self._reached(unit, spot, grid)
            lost = next((n for n in days if not reached[n]), None)
            if lost is not None:
                yield self._gap(UNREACHABLE, categories, unit, lost, spot)

    def _gap(self, kind: str, categories: list[str], unit: str | None, day: int, spot: Spot) -> Gap:
        return Gap(kind, tuple(categories), unit, self._days[day], day, spot.community)

    def _reached(self, unit: str, spot: Spot, grid: str) -> tuple[bool, ...]:
        """For each day whether a post of the unit answers for the grid."""
        own = self._grouping.posted_by.get(unit, frozenset())
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
        known = self._answers.get((unit, _EVERYWHERE))
        if known is None:
            known = tuple(self._answer(unit, None, n) for n in range(len(self._days)))
            self._answers[unit, _EVERYWHERE] = known
        return known

    def _answer(self, unit: str, grid: str | None, n: int) -> bool:
        at = self._at + timedelta(days=n)
        return answering_post(self._directory, unit, grid, at) is not None

    def _top(self, category: str) -> str:
        return next(code for code in reversed(self._directory.lines[category]) if code != ANY)

    def _tops(self) -> tuple[Top, ...]:
        counts: dict[str, int] = defaultdict(int)
        for leaf in self._grouping.leaves:
            counts[self._top(leaf)] += 1
        names = self._directory.categories
        return tuple(Top(code, names[code].name, leaves) for code, leaves in counts.items())

    def _communities(
        self, groups: Groups, missing: Mapping[str, Mapping[str, int]]
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


def _weight(item: tuple[Gap, tuple[int, tuple[str, ...]]]) -> Any:
    gap, (grids, _) = item
    first: date = gap.day
    return -grids * len(gap.categories), first, gap.unit or "", gap.community, gap.categories
