"""Coordinates of three frames: converted by the published formula, and back to the millimetre."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from contracts.complaint import Datum
from services.router.place.datum import to_gcj02, to_wgs84

SHARED = Path(os.environ.get("CHUISHAO_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
MILLIMETRE = 1e-8


def test_a_point_of_beijing_moves_as_the_published_formula_says() -> None:
    lon, lat = to_gcj02(116.404, 39.915)
    assert (round(float(lon), 6), round(float(lat), 6)) == (116.410244, 39.916404)


@given(st.floats(73.0, 135.0), st.floats(4.0, 53.0))
def test_there_and_back_is_the_same_place(lon: float, lat: float) -> None:
    back = to_wgs84(*to_gcj02(lon, lat), Datum.GCJ02)
    assert abs(back[0] - lon) < MILLIMETRE
    assert abs(back[1] - lat) < MILLIMETRE


@pytest.mark.parametrize("datum", [Datum.WGS84, Datum.CGCS2000])
def test_gps_and_the_national_frame_are_taken_as_they_are(datum: Datum) -> None:
    assert to_wgs84(117.0, 36.6, datum) == (117.0, 36.6)


def test_outside_of_china_nothing_moves() -> None:
    assert to_gcj02(2.35, 48.85) == (2.35, 48.85)


def test_real_outlines_in_two_frames_fit_better_after_conversion() -> None:
    if not SHARED.is_dir():
        pytest.skip("shared data is not here: district outlines in two frames are needed")
    gcj = _outlines("district_polygons_gcj02.geojson")
    national = _outlines("district_polygons_cgcs2000_coarse.geojson")
    raw, converted = [], []
    for code, shape in gcj.items():
        moved = shapely.transform(
            shape, lambda xy: np.stack(to_wgs84(xy[:, 0], xy[:, 1], Datum.GCJ02), axis=1)
        )
        raw.append(shape.symmetric_difference(national[code]).area / national[code].area)
        converted.append(moved.symmetric_difference(national[code]).area / national[code].area)
    assert np.median(converted) < 0.6 * np.median(raw)


def _outlines(name: str) -> dict[str, shapely.Geometry]:
    features = json.loads((SHARED / name).read_text())["features"]
    return {
        str(f["properties"]["adcode"]): shapely.from_geojson(json.dumps(f["geometry"]))
        for f in features
    }
