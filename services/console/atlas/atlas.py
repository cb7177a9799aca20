"""One version's areas as maps draw them: what lies below what, what it is called, how it is outlined. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kit.aside import in_pieces
from services.console.atlas import simplified
from services.console.finding.index import Index

DETAIL: Final = 3000
"""The largest side of a picture has so many dots: what is smaller is not drawn."""
MANY: Final = 8_000
"""Corners from which on an answer is simplified."""
MOST: Final = 3_000
"""Areas in one answer."""
DEEPEST: Final = 5
"""Levels below the city's district: subdistrict, community, compound, building; one to spare."""

Shape = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Atlas:
    """Swapped in whole with its directory version."""

    areas: Index
    below: Mapping[str, Sequence[str]]
    """Area code to the codes right below it; those of no other under the empty code."""
    outlines: Mapping[str, tuple[str, Shape]]
    """Area code to datum and geometry."""

    @classmethod
    def of(cls, areas: Index, outlines: Iterable[Mapping[str, Any]]) -> Atlas:
        """From the rows of the part as the router publishes them."""
        below: dict[str, list[str]] = defaultdict(list)
        for code, area in areas.entries.items():
            below[area.parent or ""].append(code)
        drawn = {row["code"]: (str(row.get("datum", "wgs84")), row["geometry"]) for row in outlines}
        return cls(areas, dict(below), drawn)

    @property
    def top(self) -> str:
        """The area that all others lie in, the first one of a city of several; empty where there is none."""
        return min(self.below.get("", ()), default="")

    def map(self, area: str, levels: int) -> dict[str, Any]:
        """An area and what lies up to `levels` below it, each with its outline or none.

        `covers` are areas inside that are not listed themselves: what is counted there belongs to the listed one.
        Raises KeyError for an area that is not in this version.
        """
        codes = [area, *self.under(area, levels)][:MOST]
        listed = frozenset(codes)
        shapes = [self.outlines[code][1] for code in codes if code in self.outlines]
        tolerance = 0.0
        if sum(map(simplified.corners, shapes)) > MANY:
            tolerance = simplified.extent(shapes) / DETAIL
        return {
            "area": area,
            "datum": sorted({self.outlines[code][0] for code in codes if code in self.outlines}),
            "items": [self._item(code, tolerance, listed) for code in codes],
        }

    def under(self, area: str, levels: int = DEEPEST) -> list[str]:
        """Codes up to so many levels below an area, level by level."""
        found: list[str] = []
        step: Sequence[str] = [area]
        for _ in range(levels):
            step = [code for one in step for code in self.below.get(one, ())]
            found += step
        return found

    def _item(self, code: str, tolerance: float, listed: frozenset[str]) -> dict[str, Any]:
        entry, shape = self.areas.entries[code], self.outlines.get(code)
        hidden = not listed.issuperset(self.below.get(code, ()))
        return {
            "code": code,
            "parent": entry.parent,
            "level": entry.kind,
            "name": entry.name,
            "geometry": simplified.geometry(shape[1], tolerance) if shape else None,
            "covers": [c for c in self.under(code) if c not in listed] if hidden else [],
        }

    def pieces(self) -> list[Any]:
        """What there is much of, for `kit.aside.let_go`."""
        return in_pieces([self.below, self.outlines])
