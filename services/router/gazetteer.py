"""Place from words: every name the directory knows, found in one pass, and agreed into one grid.

A name may stand for several areas (a compound in two communities, a road crossing three); door numbers
pick the stretch of a road, the other names in the address pick among the rest. What stays open is
answered by the deepest area all candidates share, never by a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import ahocorasick

from contracts.directory import Area, AreaLevel, Place
from services.router.numerals import building_label
from services.router.tree import ancestry

_DOOR: Final = re.compile(r"\s*(\d{1,4})\s*(?:-\d+)?\s*号(?!楼|院楼)")
_STRETCH: Final = re.compile(r"(?:(odd|even):)?(\d+)-(\d+)")
_LEVEL_DEPTH: Final = {level: n for n, level in enumerate(AreaLevel, 1)}
MIN_NAME: Final = 2
NEAR: Final = 16
"""How many characters behind a compound's name its building is looked for."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An area a name may stand for; `owner` where the place has a special owner."""

    area: str
    name: str
    kind: str
    numbers: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceGuess:
    """The deepest sure area, how sure, what else it could have been, and who owns the place itself."""

    area: str | None
    score: float
    """1 when one reading fits, 0.5 when readings were merged into their common ancestor, 0 unknown."""
    names: tuple[str, ...]
    """Names of the directory that were found."""
    runners_up: tuple[str, ...]
    owner: str | None = None
    near_border: bool = False


UNKNOWN: Final = PlaceGuess(None, 0.0, (), ())


class Gazetteer:
    """The names of one directory version."""

    def __init__(
        self,
        automaton: Any,
        chains: Mapping[str, tuple[str, ...]],
        buildings: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._automaton = automaton
        self._chains = chains
        self._buildings = buildings

    @classmethod
    def of(cls, areas: Mapping[str, Area], places: Iterable[Place]) -> Gazetteer:
        """Index area names, place names and their aliases; buildings by label inside their compound."""
        names: dict[str, list[Candidate]] = {}
        buildings: dict[str, dict[str, str]] = {}
        for area in areas.values():
            if area.level is AreaLevel.BUILDING:
                labels = (area.name, building_label(area.name), *area.aliases)
                inside = buildings.setdefault(area.parent or "", {})
                inside.update({label: area.code for label in labels if label})
                continue
            for name in (area.name, *area.aliases):
                _add(names, name, Candidate(area.code, name, area.level.value))
        for place in places:
            for name in (place.name, *place.aliases):
                candidate = Candidate(place.grid, name, place.kind, place.numbers, place.owner)
                _add(names, name, candidate)
        automaton = ahocorasick.Automaton()
        for name, candidates in names.items():
            automaton.add_word(name, (name, tuple(candidates)))
        automaton.make_automaton()
        chains = {code: ancestry(code, areas) for code in areas}
        return cls(automaton, chains, buildings)

    def locate(self, address: str | None, text: str) -> PlaceGuess:
        """The place an address names; what the text says counts where the address is silent or vaguer."""
        first = self._read(address) if address else UNKNOWN
        if first.area and len(self._chains[first.area]) >= _LEVEL_DEPTH[AreaLevel.BUILDING]:
            return first
        second = self._read(text)
        if not first.area:
            return second
        if second.area and first.area in self._chains[second.area][1:]:
            return second if second.score >= first.score else first
        return first

    def _read(self, said: str) -> PlaceGuess:
        found = self._matches(said)
        if not found:
            return UNKNOWN
        readings = [(name, self._by_door(said, end, options), end) for name, options, end in found]
        support: dict[Candidate, int] = {}
        for name, options, _ in readings:
            for option in options:
                support[option] = sum(
                    1
                    for other, others, _ in readings
                    if other != name and any(self._agree(option.area, o.area) for o in others)
                )
        best = max(support.items(), key=lambda item: (item[1], self._depth(item[0].area)))
        top = [
            option
            for option, score in support.items()
            if score == best[1] and self._depth(option.area) == self._depth(best[0].area)
        ]
        areas = sorted({option.area for option in top})
        area = areas[0] if len(areas) == 1 else self._common(areas)
        score = 1.0 if len(areas) == 1 else 0.5
        if len(areas) == 1 and area is not None:
            area = self._building(said, readings, area)
        return PlaceGuess(
            area,
            score if area else 0.0,
            tuple(name for name, _, _ in found),
            tuple(areas if len(areas) > 1 else ()),
            self._owner(readings, area),
            near_border=len(areas) > 1,
        )

    def _matches(self, said: str) -> list[tuple[str, tuple[Candidate, ...], int]]:
        """Leftmost-longest names that do not overlap: (name, candidates, end)."""
        if not len(self._automaton):
            return []
        spans = [
            (end - len(name) + 1, end + 1, name, options)
            for end, (name, options) in self._automaton.iter(said)
        ]
        spans.sort(key=lambda span: (span[0], -span[1]))
        found: list[tuple[str, tuple[Candidate, ...], int]] = []
        free_from = 0
        for start, end, name, options in spans:
            if start >= free_from:
                found.append((name, options, end))
                free_from = end
        return found

    def _by_door(
        self, said: str, end: int, options: tuple[Candidate, ...]
    ) -> tuple[Candidate, ...]:
        """Stretches of a road that hold the door number behind its name; without one, the road as a whole."""
        if all(option.numbers is None for option in options):
            return options
        door = _DOOR.match(said, end)
        whole = tuple(option for option in options if option.numbers is None)
        if door is None:
            return whole or options
        number = int(door[1])
        inside = tuple(o for o in options if o.numbers and _holds(o.numbers, number))
        return inside or whole or options

    def _building(
        self,
        said: str,
        readings: list[tuple[str, tuple[Candidate, ...], int]],
        area: str,
    ) -> str:
        for _, options, end in readings:
            if any(option.area == area for option in options):
                return self._building_in(area, said[end : end + NEAR]) or area
        return area

    def _building_in(self, compound: str, after: str) -> str | None:
        inside = self._buildings.get(compound, {})
        label = building_label(after)
        if label is not None and label in inside:
            return inside[label]
        return next(
            (code for name, code in inside.items() if len(name) > 1 and name in after), None
        )

    def _owner(
        self, readings: list[tuple[str, tuple[Candidate, ...], int]], area: str | None
    ) -> str | None:
        """The special owner of what is named; a bridge or a dormitory says more than the road it is on."""
        for roads in (False, True):
            for _, options, _ in readings:
                owners = {
                    o.owner
                    for o in options
                    if o.owner
                    and (o.kind == "road") is roads
                    and (area is None or self._agree(o.area, area))
                }
                if len(owners) == 1:
                    return owners.pop()
        return None

    def _depth(self, area: str) -> int:
        return len(self._chains.get(area, ()))

    def _agree(self, one: str, other: str) -> bool:
        return one in self._chains.get(other, ()) or other in self._chains.get(one, ())

    def _common(self, areas: list[str]) -> str | None:
        shared = list(self._chains.get(areas[0], ()))
        for area in areas[1:]:
            chain = set(self._chains.get(area, ()))
            shared = [code for code in shared if code in chain]
        return shared[0] if shared else None


def _add(names: dict[str, list[Candidate]], name: str, candidate: Candidate) -> None:
    if len(name) >= MIN_NAME:
        known = names.setdefault(name, [])
        if not any(
            o.area == candidate.area
            and o.numbers == candidate.numbers
            and o.owner == candidate.owner
            for o in known
        ):
            known.append(candidate)


def _holds(stretch: str, number: int) -> bool:
    found = _STRETCH.fullmatch(stretch)
    if found is None:
        return False
    side, low, high = found.groups()
    parity = {"odd": 1, "even": 0}.get(side or "")
    return int(low) <= number <= int(high) and (parity is None or number % 2 == parity)
