"""Where a matter is, as far as intake can tell: names, door numbers and points made comparable. Pure.

Only to find what is likely the same matter: which grid answers for it is the router's to decide.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import chain
from math import floor
from typing import Any, Final

from services.intake.position import metres

ROAD: Final = "road"
NEAR_M: Final = 60.0
"""Farther apart two points are not one spot: 311 practice takes 10 to 46 m (domain.md A6), phones err by some."""
DOORS_APART: Final = 10
"""On one road, house numbers farther apart are another place."""
MOST_OPTIONS: Final = 4
MOST_NAMES: Final = 4
CELL: Final = 1_000
"""Cells of the map a degree: about 110 m north to south, more than NEAR_M."""
_NUMERAL: Final = "零一二三四五六七八九"
_DOOR: Final = re.compile(
    r"[^\d一二三四五六七八九十]{0,4}?(\d{1,4}|[一二三四五六七八九]?十?[一二三四五六七八九十])"
    r"(?:-\d|\s*(?:号|栋|幢|座|#|弄|楼))"
)
_ABOVE: Final = re.compile(r"^.*(?:省|市|(?<!小)区|县|街道|镇|乡|社区|村委会|居委会)(?=\D{2})")
_ROAD_NAME: Final = re.compile(r"[路街巷道弄]$")

SUBDISTRICT: Final = 9
"""Digits of a subdistrict's code."""

Row = Mapping[str, Any]
Door = tuple[str, int]
"""A place and the number of a house there."""
Point = tuple[float, float]


class Nearness(Enum):
    """How two places stand to each other; the value weighs in the score."""

    SPOT = 1.0
    """The same house, or within NEAR_M."""
    PLACE = 0.7
    """The same compound, road or landmark, as far as both say."""
    BESIDE = 0.3
    """The same compound, another building."""
    UNKNOWN = 0.0
    ELSEWHERE = -1.0


@dataclass(frozen=True, slots=True)
class Where:
    """Places a matter names: tokens, (token, number) of houses, and a point in degrees WGS-84."""

    places: frozenset[str] = frozenset()
    doors: frozenset[tuple[str, int]] = frozenset()
    point: Point | None = None

    def marks(self) -> list[tuple[str, str]]:
        """(kind, token) of all under which the matter is kept."""
        kept = [("place", place) for place in sorted(self.places)]
        kept += [("door", f"{place}#{number}") for place, number in sorted(self.doors)]
        return kept + ([("cell", _cell(self.point, 0, 0))] if self.point else [])

    def asked(self) -> list[tuple[str, str]]:
        """The same for a question: a point is looked for in the cells around it too."""
        kept = [mark for mark in self.marks() if mark[0] != "cell"]
        if self.point is None:
            return kept
        around = ((east, north) for east in (-1, 0, 1) for north in (-1, 0, 1))
        return kept + [("cell", _cell(self.point, *step)) for step in around]


NOWHERE: Final = Where()


def nearness(one: Where, other: Where) -> Nearness:
    """What can be said of two places; UNKNOWN where they cannot be compared."""
    apart = metres(one.point, other.point) if one.point and other.point else None
    if one.doors & other.doors or (apart is not None and apart <= NEAR_M):
        return Nearness.SPOT
    shared = one.places & other.places
    if shared:
        return max((_on(place, one, other) for place in shared), key=lambda found: found.value)
    # A road may run along a compound, and a name nobody entered may be another word for one.
    comparable = apart is not None or not _kinds(one).isdisjoint(_kinds(other))
    return Nearness.ELSEWHERE if comparable else Nearness.UNKNOWN


def _kinds(where: Where) -> set[str]:
    return {place.rpartition(":")[0] for place in where.places}


def _on(place: str, one: Where, other: Where) -> Nearness:
    ours = [number for token, number in one.doors if token == place]
    theirs = [number for token, number in other.doors if token == place]
    if not ours or not theirs:
        return Nearness.PLACE
    if not place.startswith(ROAD):
        return Nearness.BESIDE
    apart = min(abs(a - b) for a in ours for b in theirs)
    return Nearness.PLACE if apart <= DOORS_APART else Nearness.ELSEWHERE


class PlaceNames:
    """Names of one directory version: compounds, roads and landmarks, with their aliases."""

    def __init__(self, areas: Iterable[Row] = (), places: Iterable[Row] = ()) -> None:
        """Rows of the two parts."""
        self.blocks: dict[str, dict[str, Door | None]] = {}
        """Every area code by its subdistrict; of a building with a number, its compound and number."""
        self._tokens: dict[str, set[str]] = {}
        self._communities: dict[str, set[str]] = {}
        self._compounds: dict[str, str | None] = {}
        """Compound to its community."""
        same: dict[str, str] = {}
        for row in areas:
            self._add_area(row, same)
        for row in places:
            self._add_place(row)
        lengths: dict[str, set[int]] = {}
        for name in chain(self._tokens, self._communities):
            lengths.setdefault(name[:2], set()).add(len(name))
        self._lengths = {head: tuple(sorted(n, reverse=True)) for head, n in lengths.items()}
        """First two characters to the lengths of names that begin so, longest first."""

    def where(
        self,
        address: str | None,
        text: str,
        *,
        grids: Iterable[str | None] = (),
        point: Point | None = None,
    ) -> Where:
        """The places named by grid codes and the address; where there is neither, by the text."""
        places: set[str] = set()
        doors: set[tuple[str, int]] = set()
        for grid in grids:
            self._read_grid(grid or "", places, doors)
        if address:
            said = unicodedata.normalize("NFKC", address)
            if not self._read(said, places, doors):
                _read_bare(said, places, doors)
        elif not places:
            self._read(text, places, doors)
        return Where(frozenset(places), frozenset(doors), point)

    def tables(self) -> list[Mapping[str, object]]:
        """Its tables beside the blocks."""
        return [self._tokens, self._communities, self._compounds, self._lengths]

    def _add_area(self, row: Row, same: dict[str, str]) -> None:
        code, level, names = row["code"], row["level"], (row["name"], *row.get("aliases", ()))
        block = self.blocks.setdefault(code[:SUBDISTRICT], {})
        block[code] = None
        if level == "compound":
            self._compounds[code] = row.get("parent")
            for name in names:
                self._tokens.setdefault(name, set()).add(code)
        elif level == "community":
            for name in names:
                self._communities.setdefault(name, set()).add(code)
        elif level == "building":
            number = _DOOR.match(row["name"])
            parent = row.get("parent")
            if number and parent:
                block[code] = (same.setdefault(parent, parent), _number(number[1]))

    def _add_place(self, row: Row) -> None:
        road = row["kind"] == "road"
        tokens = {f"{ROAD}:{row['name']}" if road else f"at:{row['name']}"}
        if not road:
            tokens |= {row["grid"]} & self._compounds.keys()
        for name in (row["name"], *row.get("aliases", ())):
            options = self._tokens.setdefault(name, set())
            if self._compounds.keys().isdisjoint(options):
                options |= tokens

    def _read_grid(self, grid: str, places: set[str], doors: set[tuple[str, int]]) -> None:
        if grid in self._compounds:
            places.add(grid)
        elif door := self.blocks.get(grid[:SUBDISTRICT], {}).get(grid):
            places.add(door[0])
            doors.add(door)

    def _read(self, said: str, places: set[str], doors: set[tuple[str, int]]) -> bool:
        found = self._names(said)
        communities = {code for name, _, _ in found for code in self._communities.get(name, ())}
        for name, end, until in found:
            tokens = self._tokens.get(name, set())
            inside = {token for token in tokens if self._compounds.get(token) in communities}
            tokens = inside or tokens
            if len(tokens) > MOST_OPTIONS:
                tokens = {f"name:{name}"}
            places |= tokens
            door = _DOOR.match(said, end, until)
            if door:
                doors |= {(token, _number(door[1])) for token in tokens}
        return any(name in self._tokens for name, _, _ in found)

    def _names(self, said: str) -> list[tuple[str, int, int]]:
        """Names the directory knows, where each ends, and where the next one begins; of several the longest."""
        found: list[tuple[str, int, int]] = []
        at = 0
        while at < len(said) - 1 and len(found) < MOST_NAMES:
            for length in self._lengths.get(said[at : at + 2], ()):
                name = said[at : at + length]
                if name in self._tokens or name in self._communities:
                    if found:
                        found[-1] = (*found[-1][:2], at)
                    at += length
                    found.append((name, at, len(said)))
                    break
            else:
                at += 1
        return found


def _read_bare(said: str, places: set[str], doors: set[tuple[str, int]]) -> None:
    """An address no name of which is known: what stands before its first number, and that number."""
    bare = _ABOVE.sub("", re.sub(r"[^\w#-]+", "", said))
    number = re.search(r"\d", bare)
    name = bare[: number.start()] if number else bare
    if len(name) > 1:
        token = f"{ROAD}:{name}" if _ROAD_NAME.search(name) else f"name:{name}"
        places.add(token)
        door = _DOOR.match(bare, len(name))
        if door:
            doors.add((token, _number(door[1])))


def _number(digits: str) -> int:
    """1 to 9999, or a Chinese numeral up to 99."""
    if digits.isdecimal():
        return int(digits)
    tens, ten, ones = digits.rpartition("十") if "十" in digits else ("", "", digits)
    return (10 * (_NUMERAL.index(tens) if tens else 1) if ten else 0) + (
        _NUMERAL.index(ones) if ones else 0
    )


def _cell(point: Point, east: int, north: int) -> str:
    return f"{floor(point[0] * CELL) + east},{floor(point[1] * CELL) + north}"
