"""Outlines with fewer corners, for screens (Douglas and Peucker, 1973). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

FEWEST: Final = 4
"""Points of a ring: a triangle, closed."""
PLACES: Final = 6
"""Digits after the point: a tenth of a metre."""

Point = Sequence[float]
Ring = list[Point]


def geometry(shape: dict[str, Any], tolerance: float) -> dict[str, Any]:
    """A GeoJSON Polygon or MultiPolygon none of whose borders moves by more than `tolerance` degrees."""
    if shape["type"] == "Polygon":
        return {"type": "Polygon", "coordinates": _rings(shape["coordinates"], tolerance)}
    parts = [_rings(part, tolerance) for part in shape["coordinates"]]
    return {"type": "MultiPolygon", "coordinates": parts}


def corners(shape: dict[str, Any]) -> int:
    """How many points a shape has."""
    return sum(len(one) for part in _parts(shape) for one in part)


def extent(shapes: Sequence[dict[str, Any]]) -> float:
    """The larger side of the box around some shapes, degrees."""
    points = [point for shape in shapes for part in _parts(shape) for point in part[0]]
    sides = [max(p[i] for p in points) - min(p[i] for p in points) for i in (0, 1)]
    return float(max(sides))


def _parts(shape: dict[str, Any]) -> list[list[Ring]]:
    whole: list[Any] = shape["coordinates"]
    return [whole] if shape["type"] == "Polygon" else whole


def _rings(rings: list[Ring], tolerance: float) -> list[list[list[float]]]:
    return [
        [[round(c, PLACES) for c in point[:2]] for point in ring(one, tolerance)] for one in rings
    ]


def ring(points: Ring, tolerance: float) -> Ring:
    """A closed ring with the corners that matter; unchanged where too few would be left."""
    if tolerance <= 0 or len(points) <= FEWEST:
        return points
    far = max(range(len(points)), key=lambda i: _square(points[0], points[i]))
    kept = {0, far, len(points) - 1}
    open_ = [(0, far), (far, len(points) - 1)]
    while open_:
        first, last = open_.pop()
        middle = range(first + 1, last)
        worst = max(
            middle, key=lambda i: _off(points[i], points[first], points[last]), default=None
        )
        if worst is not None and _off(points[worst], points[first], points[last]) > tolerance**2:
            kept.add(worst)
            open_ += [(first, worst), (worst, last)]
    found = [points[i] for i in sorted(kept)]
    return found if len(found) >= FEWEST else points


def _off(point: Point, first: Point, last: Point) -> float:
    """Square of the distance from the line between two points."""
    dx, dy = last[0] - first[0], last[1] - first[1]
    length = dx * dx + dy * dy
    if not length:
        return _square(point, first)
    along = ((point[0] - first[0]) * dx + (point[1] - first[1]) * dy) / length
    along = min(1.0, max(0.0, along))
    return _square(point, (first[0] + along * dx, first[1] + along * dy))


def _square(one: Point, other: Point) -> float:
    return float((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2)
