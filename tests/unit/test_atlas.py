"""Areas as maps draw them: levels, outlines with fewer corners, what belongs to a listed area."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.console.atlas import simplified
from services.console.atlas.atlas import Atlas
from services.console.finding.index import Index

AREAS: list[dict[str, Any]] = [
    {"code": "370105", "name": "区", "level": "district", "parent": None},
    {"code": "370105001", "name": "街道", "level": "subdistrict", "parent": "370105"},
    {"code": "370105001008", "name": "社区", "level": "community", "parent": "370105001"},
    {"code": "370105001008001", "name": "小区", "level": "compound", "parent": "370105001008"},
    {"code": "370105001008101", "name": "1号楼", "level": "building", "parent": "370105001008001"},
]
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}


def atlas(*outlines: dict[str, Any]) -> Atlas:
    return Atlas.of(Index(AREAS), outlines)


def test_a_map_lists_levels_below_an_area_and_counts_the_rest_for_the_last_of_them() -> None:
    shown = atlas({"code": "370105001008", "geometry": SQUARE}).map("370105", 3)
    assert [one["code"] for one in shown["items"]] == [row["code"] for row in AREAS[:4]]
    assert shown["items"][3]["covers"] == ["370105001008101"]
    assert [bool(one["geometry"]) for one in shown["items"]] == [False, False, True, False]
    assert shown["items"][0]["covers"] == []
    assert shown["datum"] == ["wgs84"]


def test_the_top_is_what_all_lies_in() -> None:
    assert atlas().top == "370105"
    assert Atlas.of(Index([]), ()).top == ""


def test_only_a_large_answer_loses_corners() -> None:
    ring = [[math.cos(a / 4500), math.sin(a / 4500)] for a in range(28274)]
    fine = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    drawn = atlas({"code": "370105", "geometry": fine}).map("370105", 0)["items"][0]["geometry"]
    assert simplified.corners(drawn) < 400
    small = atlas({"code": "370105", "geometry": SQUARE}).map("370105", 0)["items"][0]["geometry"]
    assert small == SQUARE


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=3, max_size=40),
    st.floats(0, 0.5),
)
def test_no_corner_lies_farther_from_the_new_border_than_allowed(
    points: list[tuple[float, float]], tolerance: float
) -> None:
    ring: list[Any] = [*points, points[0]]
    kept = simplified.ring(ring, tolerance)
    assert kept[0] == kept[-1] == ring[0]
    assert len(kept) >= min(len(ring), simplified.FEWEST)
    for point in points:
        assert min(_off(point, a, b) for a, b in pairwise(kept)) <= tolerance + 1e-9


def _off(p: Any, a: Any, b: Any) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    t = 0.0 if not length else max(0, min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length))
    return math.dist(p, (a[0] + t * dx, a[1] + t * dy))
