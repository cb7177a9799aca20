"""What the triage desk may choose with one key: at most three owners, each with its reason. Pure.

The alternatives of the routing receipt come first (services/router/decision/alternatives.py). Where it has fewer,
or is of an older form, the directory in use adds: what the catalogue says for the reading as found, for
the other places it could have been, for the next best categories, then the units above. Never the desk
itself, never a unit in conflict of interest (domain.md D2, C30), no unit twice for the same category.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from contracts.directory import UnitKind
from services.router.decision.alternatives import Behind
from services.router.decision.conflict import Conflict, conflicts
from services.router.decision.duty import duties
from services.router.decision.labels import Labels
from services.router.directory.directory import Directory

MOST: Final = 3
AROUND: Final = "around"
"""Behind a unit that is offered because it covers the place, where no category is known."""
CLIMB: Final = (UnitKind.GRID_TEAM, UnitKind.COMMUNITY, UnitKind.SUBDISTRICT, UnitKind.DISTRICT)
_WHY: Final[Mapping[str, tuple[str, str]]] = {
    Behind.AS_FOUND: (
        "{category}，{area}：按派单目录由{unit}负责。",
        "{category}, {area}: by the catalogue it is {unit}'s.",
    ),
    Behind.OTHER_CATEGORY: (
        "若是{category}，由{unit}负责。",
        "If it is {category}, it is {unit}'s.",
    ),
    Behind.OTHER_PLACE: ("若在{area}，由{unit}负责。", "If it is in {area}, it is {unit}'s."),
    Behind.UNIT_ABOVE: (
        "{unit}是上一级单位，可先接下协调。",
        "{unit} is the next unit up and can coordinate.",
    ),
    AROUND: ("{area}在{unit}的责任区内。", "{area} lies in the area of {unit}."),
}
_PLAIN: Final = ("{unit}可以办理。", "{unit} may handle it.")
"""For a reading of a later version."""
_NONE: Final = (("类别不明", "地点不明"), ("category unknown", "place unknown"))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One owner the desk may choose."""

    unit: str
    category: str | None
    area: str | None
    behind: str
    """The reading that leads there."""
    score: float
    """0 to 1; 0 where nothing but place or org tree speaks for it."""

    def why(self, labels: Labels) -> str:
        """One sentence in the language of the labels."""
        no_category, no_area = _NONE[labels.english]
        return _WHY.get(self.behind, _PLAIN)[labels.english].format(
            unit=labels.unit(self.unit),
            category=labels.category(self.category) if self.category else no_category,
            area=labels.area(self.area) if self.area else no_area,
        )


@dataclass(frozen=True, slots=True)
class Matter:
    """What suggestions are drawn from: a ticket's place and category, its receipt, and who is barred."""

    desk: str
    category: str | None
    area: str | None
    receipt: Mapping[str, Any]
    accused: Collection[str]
    """Parties complained about, in this matter or in one merged into it."""
    at: datetime

    @property
    def categories(self) -> list[tuple[str | None, float]]:
        """Best guesses with their share of the weight, heaviest first; never empty."""
        best = [(b["code"], float(b["weight"])) for b in self.receipt["category"]["best"]]
        whole = sum(weight for _, weight in best)
        shares: list[tuple[str | None, float]] = [(c, w / whole) for c, w in best if whole > 0]
        return shares or [(self.category, 1.0 if self.category else 0.0)]


def suggest(matter: Matter, directory: Directory) -> tuple[Suggestion, ...]:
    """Up to three suggestions, best first."""
    found: dict[tuple[str, str | None], Suggestion] = {}
    for one in (*_noted(matter), *_found(matter), *_owners(matter, directory)):
        if len(found) < MOST and _fit(one, matter, directory):
            found.setdefault((one.unit, one.category), one)
    for one in _upwards(matter, directory, [one.unit for one in found.values()]):
        if len(found) < MOST and _fit(one, matter, directory):
            found.setdefault((one.unit, one.category), one)
    return tuple(found.values())


def tie(
    directory: Directory, unit: str, accused: Collection[str], area: str | None, at: datetime
) -> Conflict | None:
    """Why a unit must not handle a matter, by any of the parties complained about; None when it may."""
    found = (conflicts(directory, unit, code, area, at) for code in sorted(accused))
    return next((one for one in found if one is not None), None)


def _fit(one: Suggestion, matter: Matter, directory: Directory) -> bool:
    unit = directory.units.get(one.unit)
    return (
        unit is not None
        and unit.kind is not UnitKind.DESK
        and (one.category is None or one.category in directory.categories)
        and (one.area is None or one.area in directory.areas)
        and tie(directory, one.unit, matter.accused, one.area, matter.at) is None
    )


def _noted(matter: Matter) -> Iterator[Suggestion]:
    """Those the router noted itself, at the time it would not decide."""
    for one in matter.receipt.get("alternatives", ()):
        yield Suggestion(one["unit"], one["category"], one["area"], one["why"], one["score"])


def _found(matter: Matter) -> Iterator[Suggestion]:
    """What the catalogue said for the best reading, had there been no doubt."""
    said = matter.receipt["duty"]
    if said is not None and said["unit"] is not None:
        category, share = matter.categories[0]
        yield Suggestion(said["unit"], category, matter.area, Behind.AS_FOUND, round(share, 3))


def _owners(matter: Matter, directory: Directory) -> Iterator[Suggestion]:
    """The best category at the other places it could have been, then the next categories here."""
    (category, share), *others = matter.categories
    elsewhere = tuple(matter.receipt["place"]["runners_up"])
    for area in elsewhere:
        reading = (category, area, Behind.OTHER_PLACE)
        yield from _owner(matter, directory, reading, share / len(elsewhere))
    for other, less in others:
        reading = (other, matter.area, Behind.OTHER_CATEGORY)
        yield from _owner(matter, directory, reading, less)


def _owner(
    matter: Matter,
    directory: Directory,
    reading: tuple[str | None, str | None, Behind],
    score: float,
) -> Iterator[Suggestion]:
    """The owner by another reading, unless the place is known too little for that one as well."""
    category, area, behind = reading
    if category is not None and area is not None:
        options = duties(directory, category, area, matter.receipt["place"].get("owner")).options
        if options and not options[0].place_unsure:
            yield Suggestion(options[0].unit, category, area, behind, round(score, 3))


def _upwards(matter: Matter, directory: Directory, first: list[str]) -> Iterator[Suggestion]:
    """Nearest units around the place while no owner is known, then step by step up the org tree."""
    category, _ = matter.categories[0]
    said = matter.receipt["duty"]
    below = first[0] if first else said["unit"] if said else None
    if below is None:
        around = [directory.unit_covering(kind, matter.area) for kind in CLIMB]
        for unit in filter(None, around):
            below = below or unit
            yield Suggestion(unit, category, matter.area, AROUND, 0.0)
    below = below or matter.desk
    seen: set[str] = set()
    while below not in seen and (known := directory.units.get(below)) and known.parent:
        seen.add(below)
        below = known.parent
        yield Suggestion(below, category, matter.area, Behind.UNIT_ABOVE, 0.0)
