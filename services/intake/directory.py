"""What intake needs of the city's directory: which grid, category and unit codes there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kit.errors import DomainError, Kind
from kit.validation import known_code
from services.intake.staff import Staff
from services.intake.whereabouts import PlaceNames

PARTS: Final = ("areas", "categories", "units", "places", "posts")
SUBDISTRICT: Final = 9
"""Digits of a subdistrict's code."""
MARGIN_DEG: Final = 0.5
"""About 50 km: what is farther from every place the city knows is not in the city."""

Box = tuple[float, float, float, float]
"""West, south, east, north, degrees."""


@dataclass(frozen=True, slots=True)
class Codes:
    """One version's codes; built anew and swapped in whole when a version is published."""

    version: int
    areas: Mapping[str, frozenset[str]]
    """Area codes by their first nine digits, the subdistrict."""
    categories: frozenset[str]
    units: dict[str, str]
    """Unit code, name or alias to code."""
    names: PlaceNames
    staff: Staff
    box: Box | None = None
    """Around every place with coordinates, with a margin; None when no place has any."""

    @classmethod
    def of(cls, version: int, parts: Mapping[str, Iterable[Mapping[str, Any]]]) -> Codes:
        """From the rows of the parts as the router publishes them."""
        units: dict[str, str] = {}
        for row in parts["units"]:
            for name in (row["code"], row["name"], *row.get("aliases", ())):
                units[name] = row["code"]
        return cls(
            version,
            _by_subdistrict(row["code"] for row in parts["areas"]),
            frozenset(row["code"] for row in parts["categories"]),
            units,
            PlaceNames(parts["areas"], parts.get("places", ())),
            Staff.of(parts.get("posts", ()), parts["units"]),
            _box(parts.get("places", ())),
        )

    def check(self, grid_code: str | None, category: str | None) -> None:
        """Refuse unknown codes and name the nearest. Raises DomainError 422."""
        if grid_code is not None:
            known_code("grid_code", grid_code, self._around(grid_code))
        known_code("category", category, self.categories)

    def _around(self, grid_code: str) -> frozenset[str]:
        """The codes a grid code may have been meant for: of its own subdistrict, or the subdistricts."""
        own = self.areas.get(grid_code[:SUBDISTRICT])
        return own or frozenset(self.areas)


def _by_subdistrict(codes: Iterable[str]) -> dict[str, frozenset[str]]:
    parted: dict[str, set[str]] = {}
    for code in codes:
        parted.setdefault(code[:SUBDISTRICT], set()).add(code)
    return {key: frozenset(found) for key, found in parted.items()}


def _box(places: Iterable[Mapping[str, Any]]) -> Box | None:
    found = [(row["lon"], row["lat"]) for row in places if row.get("lon") and row.get("lat")]
    if not found:
        return None
    lons, lats = zip(*found, strict=True)
    return (
        min(lons) - MARGIN_DEG,
        min(lats) - MARGIN_DEG,
        max(lons) + MARGIN_DEG,
        max(lats) + MARGIN_DEG,
    )


class Holder:
    """The codes in use; empty until the first version arrives."""

    def __init__(self) -> None:
        self._codes: Codes | None = None

    def use(self, codes: Codes) -> None:
        """Switch to a version that is built."""
        self._codes = codes

    @property
    def codes(self) -> Codes:
        """Raises DomainError 503 before the first version."""
        if self._codes is None:
            raise DomainError(
                "no-directory",
                Kind.UNAVAILABLE,
                zh="区划目录尚未加载，请稍后重试。",
                en="The directory is not loaded yet; try again shortly.",
                retry_after_s=1,
            )
        return self._codes
