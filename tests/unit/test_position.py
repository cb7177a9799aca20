"""Points of different datums are brought into one before they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.complaint import Datum, Point
from services.intake.position import _shift, metres, wgs84

JINAN = (117.0, 36.65)


@given(st.floats(75, 130), st.floats(18, 50))
def test_gcj02_is_undone_to_the_metre(lon: float, lat: float) -> None:
    east, north = _shift(lon, lat)
    shown = Point(lon=lon + east, lat=lat + north, datum=Datum.GCJ02)
    back = wgs84(shown)
    assert back is not None
    assert metres(back, (lon, lat)) < 1


def test_gcj02_lies_some_hundred_metres_off_in_jinan() -> None:
    off = wgs84(Point(lon=JINAN[0], lat=JINAN[1], datum=Datum.GCJ02))
    assert off is not None
    assert metres(off, JINAN) == pytest.approx(522, abs=3)


@pytest.mark.parametrize("datum", [Datum.WGS84, Datum.CGCS2000])
def test_the_others_are_taken_as_they_are(datum: Datum) -> None:
    assert wgs84(Point(lon=JINAN[0], lat=JINAN[1], datum=datum)) == JINAN
    assert wgs84(None) is None


def test_a_thousandth_of_a_degree_north_is_111_metres_and_less_to_the_east() -> None:
    assert metres(JINAN, (117.0, 36.651)) == pytest.approx(111.3, abs=0.1)
    assert metres(JINAN, (117.001, 36.65)) == pytest.approx(89.3, abs=0.1)
