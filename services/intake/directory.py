"""What intake needs of the city's directory: which grid, category and unit codes there are."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from kit.errors import DomainError, Kind
from kit.validation import wrong_field
from services.intake.whereabouts import PlaceNames

PARTS: Final = ("areas", "categories", "units", "places")
MARGIN_DEG: Final = 0.5
"""About 50 km: what is farther from every place the city knows is not in the city."""

Box = tuple[float, float, float, float]
"""West, south, east, north, degrees."""


@dataclass(frozen=True, slots=True)
class Codes:
    """One version's codes; built anew and swapped in whole when a version is published."""

    version: int
    areas: frozenset[str]
    categories: frozenset[str]
    units: dict[str, str]
    """Unit code, name or alias to code."""
    names: PlaceNames
    box: Box | None = None
    """Around every place with coordinates, with a margin; None when no place has any."""

    @classmethod
    def of(cls, version: int, parts: dict[str, Any]) -> Codes:
        """From the parts as the router publishes them."""
        units: dict[str, str] = {}
        for row in parts["units"]:
            for name in (row["code"], row["name"], *row.get("aliases", ())):
                units[name] = row["code"]
        return cls(
            version,
            frozenset(row["code"] for row in parts["areas"]),
            frozenset(row["code"] for row in parts["categories"]),
            units,
            PlaceNames(parts["areas"], parts.get("places", ())),
            _box(parts.get("places", ())),
        )

    def check(self, grid_code: str | None, category: str | None) -> None:
        """Refuse unknown codes and name the nearest. Raises DomainError 422."""
        _known("grid_code", grid_code, self.areas)
        _known("category", category, self.categories)


def _box(places: Sequence[dict[str, Any]]) -> Box | None:
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

    def swap(self, version: int, parts: dict[str, Any]) -> None:
        """Build the new version, then switch."""
        self._codes = Codes.of(version, parts)

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


def _known(field: str, code: str | None, codes: frozenset[str]) -> None:
    if code is None or code in codes:
        return
    nearest = difflib.get_close_matches(code, codes, n=3, cutoff=0.5)
    hint = ", ".join(nearest) or "-"
    raise wrong_field(
        field,
        zh=f"目录中没有这个代码；最接近的是：{hint}",
        en=f"is in no directory; nearest: {hint}",
        nearest=nearest,
    )
