"""Place from words: every name the directory knows, found in one pass, and agreed into one grid.

A name may stand for several areas (a compound in two communities, a road crossing three); door numbers
pick the stretch of a road, the other names in the address pick among the rest, and the wrong district
before a right street is outvoted. What stays open is answered by the deepest area all candidates share,
never by a guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from services.router.place.areas import Areas
from services.router.place.blocks import DEPTH, GRID_DIGITS
from services.router.place.names import Candidate, Match, Names, inside
from services.router.place.numerals import building_label, narrow

_DOOR: Final = re.compile(r"\s*(\d{1,4})\s*(?:-\d+)?\s*号(?!楼|院楼)")
_STRETCH: Final = re.compile(r"(?:(odd|even):)?(\d+)-(\d+)")
_BESIDE: Final = re.compile(
    r"\s*(?:的|大?门口?|马路|街)?(?:斜?对面|斜?对过|对门|附近|周边|一带|隔壁|[东南西北](?:侧|边|面|邻)|以[东南西北])"
)
"""Said behind a landmark: the matter is near it, not in it."""
COMMUNITY: Final = DEPTH["community"]
BUILDING: Final = DEPTH["building"]
AGREED: Final = 1.0
WRONG_ABOVE: Final = 0.9
"""A district or subdistrict was named that does not hold the place: people are often wrong about it."""
CONTRADICTED: Final = 0.6
"""Two names of one address exclude each other at community level or below."""
SHARED: Final = 0.5
"""Several readings were merged into their common ancestor."""
FEW: Final = 4
"""A name with more readings than this is narrowed by the other names before they are compared."""
NEAR: Final = 16
"""How many characters behind a compound's name its building is looked for."""


@dataclass(frozen=True, slots=True)
class PlaceGuess:
    """The deepest sure area, how sure, what else it could have been, and who owns the place itself."""

    area: str | None
    score: float
    """1 when one reading fits, less when names contradict each other, 0 unknown."""
    names: tuple[str, ...]
    """Names of the directory that were found."""
    runners_up: tuple[str, ...]
    owner: str | None = None
    near_border: bool = False
    """Another grid is as near as makes no difference; it is among the runners-up."""
    by: str = "words"
    """`given` (grid code), `point`, `words`, or `words+point`."""
    contradicted: tuple[str, ...] = ()
    """Names that were said and do not fit the area."""
    datum: str | None = None
    """The frame in which the point fits the words, where it does not in the one it was given in."""


UNKNOWN: Final = PlaceGuess(None, 0.0, (), ())


class Gazetteer:
    """The names of one directory version over its areas."""

    def __init__(self, names: Names, areas: Areas) -> None:
        self.names = names
        self._areas = areas

    def locate(self, address: str | None, text: str, day: date | None = None) -> PlaceGuess:
        """The place an address names; what the text says counts where the address is silent or vaguer.

        `day` leaves out areas that are not in force on it. Never raises on any text.
        """
        first = self._read(narrow(address), day, stems=True) if address else UNKNOWN
        if self._areas.depth(first.area) >= BUILDING:
            return first
        second = self._read(narrow(text), day, stems=False)
        if not first.area:
            return second if second.area or not first.names else first
        if first.runners_up and second.area:
            told = [r for r in first.runners_up if self._agree(r, second.area)]
            if len(told) == 1:
                return (
                    replace(second, names=(*first.names, *second.names))
                    if (second.area in told or told[0] in self._areas.chain(second.area))
                    else replace(first, area=told[0], score=WRONG_ABOVE, near_border=False)
                )
        if second.area and first.area in self._areas.chain(second.area)[1:]:
            return second if second.score >= first.score else first
        return first

    def _read(self, said: str, day: date | None, *, stems: bool) -> PlaceGuess:
        found = self.names.find(said, stems=stems)
        if not found:
            return UNKNOWN
        readings = _narrowed([m for one in found if (m := self._fitting(said, one, day)).options])
        top = self._best(readings)
        if not top:
            return UNKNOWN
        areas = sorted({option.area for option in top})
        area = areas[0] if len(areas) == 1 else common(self._areas, areas)
        names = tuple(m.name for m in readings)
        owner = self._owner(readings, area)
        if len(areas) > 1:
            score = SHARED if area else 0.0
            return PlaceGuess(area, score, names, tuple(areas), owner, near_border=True)
        return self._single(said, readings, areas[0], names, owner)

    def _single(
        self, said: str, readings: Sequence[Match], area: str, names: tuple[str, ...],
        owner: str | None,
    ) -> PlaceGuess:  # fmt: skip
        """One reading fits best: its building, what speaks against it, and whether it is only near."""
        wrong = [m for m in readings if not any(self._agree(o.area, area) for o in m.options)]
        deep = {o.area for m in wrong for o in m.options if self._areas.depth(o.area) >= COMMUNITY}
        others = tuple(sorted(deep))
        score = AGREED
        if wrong:
            score = CONTRADICTED if others else WRONG_ABOVE
        beside = any(
            _BESIDE.match(said, m.end) and all(o.kind != "road" for o in m.options)
            for m in readings
            if any(o.area == area for o in m.options)
        )
        if beside and self._areas.depth(area) > COMMUNITY:
            above = self._lift(area)
            return PlaceGuess(above, score, names, (area, *others), None, near_border=True,
                              contradicted=tuple(m.name for m in wrong))  # fmt: skip
        deepest = self._building(said, readings, area)
        return PlaceGuess(
            deepest, score, names, others, owner, contradicted=tuple(m.name for m in wrong)
        )

    def _fitting(self, said: str, match: Match, day: date | None) -> Match:
        """With the readings of the name that are in force and fit the door number behind it."""
        if day is not None and not self._areas.all_valid(day):
            valid = tuple(o for o in match.options if self._areas.valid(o.area, day))
            match = match._replace(options=valid)
        if match.name in self.names.numbered:
            match = match._replace(options=_at_door(said, match))
        return match

    def _best(self, readings: Sequence[Match]) -> list[Candidate]:
        """The readings most other names agree with, the deepest of them; all that are equal."""
        support: dict[Candidate, tuple[int, int]] = {}
        for match in readings:
            others = [m.options for m in readings if m.name != match.name]
            for option in match.options:
                agreed = sum(
                    1
                    for options in others
                    if any(self._agree(option.area, other.area) for other in options)
                )
                if agreed or not option.weak:
                    support[option] = agreed, self._areas.depth(option.area)
        if not support:
            return []
        most = max(support.values())
        return [option for option, found in support.items() if found == most]

    def _building(self, said: str, readings: Sequence[Match], area: str) -> str:
        for match in readings:
            if any(option.area == area for option in match.options):
                after = said[match.end : match.end + NEAR]
                return self._areas.building(area, building_label(after), after) or area
        return area

    def _owner(self, readings: Sequence[Match], area: str | None) -> str | None:
        """The special owner of what is named; a bridge or a dormitory says more than the road it is on."""
        for roads in (False, True):
            for match in readings:
                owners = {
                    o.owner
                    for o in match.options
                    if o.owner
                    and (o.kind == "road") is roads
                    and (area is None or self._agree(o.area, area))
                }
                if len(owners) == 1:
                    return owners.pop()
        return None

    def _lift(self, area: str) -> str:
        """The community an area lies in."""
        chain = self._areas.chain(area)
        return next((code for code in chain if self._areas.depth(code) <= COMMUNITY), area)

    def _agree(self, one: str, other: str) -> bool:
        return one in self._areas.chain(other) or other in self._areas.chain(one)


def _narrowed(readings: list[Match]) -> list[Match]:
    """Of a name with many readings, those inside the deepest area that another name is sure of."""
    if all(len(match.options) <= FEW for match in readings):
        return readings
    sure = {m.options[0].area for m in readings if len(m.options) == 1}
    anchors = sorted((a for a in sure if len(a) < GRID_DIGITS), key=len, reverse=True)
    return [m if len(m.options) <= FEW else _inside(m, anchors) for m in readings]


def _inside(match: Match, anchors: Sequence[str]) -> Match:
    found = (inside(match.options, anchor) for anchor in anchors)
    options = next((tuple(some) for some in found if some), match.options)
    return match._replace(options=options)


def common(areas: Areas, codes: Sequence[str]) -> str | None:
    """The deepest area that all the given ones lie in."""
    shared = list(areas.chain(codes[0]))
    for code in codes[1:]:
        chain = set(areas.chain(code))
        shared = [one for one in shared if one in chain]
    return shared[0] if shared else None


def _at_door(said: str, match: Match) -> tuple[Candidate, ...]:
    options = match.options
    door = _DOOR.match(said, match.end)
    whole = tuple(option for option in options if option.numbers is None)
    if door is None:
        return whole or options
    number = int(door[1])
    fitting = tuple(o for o in options if o.numbers and _holds(o.numbers, number))
    return fitting or whole or options


def _holds(stretch: str, number: int) -> bool:
    found = _STRETCH.fullmatch(stretch)
    if found is None:
        return False
    side, low, high = found.groups()
    parity = {"odd": 1, "even": 0}.get(side or "")
    return int(low) <= number <= int(high) and (parity is None or number % 2 == parity)
