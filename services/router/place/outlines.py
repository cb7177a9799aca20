"""Place from a point: the deepest outline around it, and which borders are too near to be sure.

Outlines lie in R-trees, one for the districts, subdistricts and communities and one for each
subdistrict's grids, on a plane in metres. Where a city has no outlines, places with coordinates speak:
the nearest one, if it is near enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from contracts.complaint import Datum, Point
from contracts.directory import Outline, Place
from services.router.place.areas import Areas
from services.router.place.blocks import block_key
from services.router.place.datum import on_earth, to_wgs84
from services.router.place.gazetteer import AGREED, SHARED, UNKNOWN, PlaceGuess, common

BORDER_M: Final = 30.0
"""A point this near to another grid may lie in it: what a telephone knows of its place (choice)."""
NEAREST_M: Final = 80.0
"""How far the nearest known place may be to speak for a point (choice)."""
BY_PLACE: Final = 0.8
"""Score of a point that only a known place nearby speaks for."""
_DEGREE_M: Final = 111_320.0


@dataclass(frozen=True, slots=True)
class Plane:
    """Metres east and north; exact enough inside one city (under 0.5 % over 2 degrees of latitude)."""

    lat: float

    def of(self, lon: Any, lat: Any) -> tuple[Any, Any]:
        """Metres of WGS 84 degrees."""
        return lon * (_DEGREE_M * float(np.cos(np.radians(self.lat)))), lat * _DEGREE_M


@dataclass(frozen=True, slots=True)
class Shapes:
    """Some outlines or points of areas under one R-tree."""

    codes: Sequence[str]
    tree: shapely.STRtree

    def near(self, point: BaseGeometry, metres: float) -> list[tuple[str, float]]:
        """(code, distance in metres, 0 inside) of what is within a distance."""
        at = self.tree.query(point, predicate="dwithin", distance=metres)
        distances = shapely.distance(self.tree.geometries[at], point)
        return [(self.codes[n], float(d)) for n, d in zip(at, distances, strict=True)]


@dataclass(frozen=True, slots=True)
class Outlines:
    """All outlines and known points of one directory version."""

    areas: Areas
    plane: Plane
    upper: Shapes | None
    blocks: Mapping[str, Shapes]
    boxes: Shapes | None
    """Bounding boxes of the blocks, with their keys as codes."""
    places: Shapes | None

    @classmethod
    def of(cls, areas: Areas, rows: Iterable[Outline], places: Iterable[Place]) -> Outlines:
        """Index outlines, in whatever datum, and the places whose coordinates (WGS 84) are known."""
        shapes = [(row.code, outline_of(row)) for row in rows]
        known = [(p.grid, p.lon, p.lat) for p in places if p.lon is not None and p.lat is not None]
        lats = [shape.centroid.y for _, shape in shapes[:100]] or [lat for _, _, lat in known[:100]]
        plane = Plane(float(np.mean(lats)) if lats else 0.0)
        parted: dict[str, list[tuple[str, BaseGeometry]]] = {}
        for code, shape in shapes:
            flat = shapely.transform(
                shape, lambda xy: np.stack(plane.of(xy[:, 0], xy[:, 1]), axis=1)
            )
            parted.setdefault(block_key(code), []).append((code, flat))
        blocks = {key: _shapes(found) for key, found in parted.items() if key}
        boxes = [
            (k, shapely.box(*shapely.total_bounds(b.tree.geometries))) for k, b in blocks.items()
        ]
        points = [(grid, shapely.Point(*plane.of(lon, lat))) for grid, lon, lat in known]
        return cls(
            areas,
            plane,
            _shapes(parted[""]) if "" in parted else None,
            blocks,
            _shapes(boxes) if boxes else None,
            _shapes(points) if points else None,
        )

    def locate(self, point: Point, datum: Datum | None = None) -> PlaceGuess:
        """The deepest area around a point, read in its own datum or another.

        Without an outline around it, the nearest known place within NEAREST_M. What is no place on earth
        is nowhere.
        """
        if not on_earth(point.lon, point.lat):
            return UNKNOWN
        lon, lat = to_wgs84(point.lon, point.lat, datum or point.datum)
        at = shapely.Point(*self.plane.of(float(lon), float(lat)))
        near = self.upper.near(at, BORDER_M) if self.upper else []
        if self.boxes is not None:
            for key, _ in self.boxes.near(at, BORDER_M):
                near += self.blocks[key].near(at, BORDER_M)
        inside = [code for code, distance in near if distance == 0.0 and code in self.areas]
        if not inside:
            return self._by_place(at)
        depth = max(map(self.areas.depth, inside))
        deepest = sorted({code for code in inside if self.areas.depth(code) == depth})
        others = {c for c, _ in near if self.areas.depth(c) == depth} - set(deepest)
        if len(deepest) > 1:
            shared = common(self.areas, deepest)
            return PlaceGuess(
                shared, SHARED, (), tuple(deepest), None, near_border=True, by="point"
            )
        found = deepest[0]
        return PlaceGuess(
            found, AGREED, (), tuple(sorted(others)), None, near_border=bool(others), by="point"
        )

    def _by_place(self, at: BaseGeometry) -> PlaceGuess:
        near = self.places.near(at, NEAREST_M) if self.places else []
        if not near:
            return UNKNOWN
        closest = min(distance for _, distance in near)
        codes = sorted({code for code, distance in near if distance <= closest + BORDER_M})
        area = common(self.areas, codes)
        if area is None:
            return UNKNOWN
        return PlaceGuess(
            area,
            BY_PLACE if len(codes) == 1 else SHARED,
            (),
            tuple(code for code in codes if code != area),
            None,
            near_border=len(codes) > 1,
            by="point",
        )


def outline_of(row: Outline) -> BaseGeometry:
    """The outline in WGS 84 degrees. Raises ValueError for what is no polygon."""
    shape = shapely.from_geojson(orjson.dumps(row.geometry))
    if shape is None or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"the outline of {row.code} is no polygon")
    return shapely.transform(
        shape, lambda xy: np.stack(to_wgs84(xy[:, 0], xy[:, 1], row.datum), axis=1)
    )


def _shapes(found: Sequence[tuple[str, BaseGeometry]]) -> Shapes:
    return Shapes([code for code, _ in found], shapely.STRtree([shape for _, shape in found]))
