"""Where a complaint lies: the grid given, the words, the point, and what becomes of contradictions."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.complaint import Datum, Point
from contracts.directory import Outline, Place
from services.router.decision.placing import place_of
from services.router.directory.directory import Directory
from services.router.place.datum import to_gcj02
from services.router.place.gazetteer import AGREED, CONTRADICTED, WRONG_ABOVE, PlaceGuess
from services.router.place.outlines import BORDER_M, BY_PLACE
from tests.support import small
from tests.support.small import EAST, GARDEN, GARDEN_3, HAPPY_EAST, HAPPY_WEST, STREET, WEST

TODAY = date(2026, 11, 16)
METRE = 1 / 111_320.0
LAT = 36.69


def square(code: str, west: float, east: float, **more: Any) -> Outline:
    """A band of the map between two longitudes."""
    ring = [[west, 36.68], [east, 36.68], [east, 36.70], [west, 36.70], [west, 36.68]]
    return Outline(code=code, geometry={"type": "Polygon", "coordinates": [ring]}, **more)


@cache
def mapped() -> Directory:
    """East of 116.97 is the east community, its first band the garden, its second 幸福里."""
    outlines = [
        square(STREET, 116.95, 116.99),
        square(WEST, 116.95, 116.97),
        square(EAST, 116.97, 116.99),
        square(GARDEN, 116.97, 116.98),
        square(HAPPY_EAST, 116.98, 116.99),
        square(HAPPY_WEST, 116.95, 116.96),
    ]
    return small.directory(outlines=outlines)


def placed(
    address: str | None = None,
    point: Point | None = None,
    directory: Directory | None = None,
    **more: Any,
) -> PlaceGuess:
    complaint = small.complaint("灯坏了", address=address, point=point, **more)
    return place_of(complaint, directory or mapped(), TODAY)


def at(lon: float, datum: Datum = Datum.WGS84) -> Point:
    return Point(lon=float(lon), lat=LAT, datum=datum)


def test_a_point_lies_in_the_deepest_outline_around_it() -> None:
    guess = placed(point=at(116.975))
    assert (guess.area, guess.score, guess.by) == (GARDEN, AGREED, "point")
    assert placed(point=at(116.965)).area == WEST
    assert placed(point=at(118.0)).area is None


@given(
    st.floats(allow_nan=False, allow_infinity=False), st.floats(-1e9, 1e9), st.sampled_from(Datum)
)
@example(-3.6678338019992313e255, -6.528774754923562e16, Datum.GCJ02)
@example(1e308, 1e9, Datum.WGS84)
@example(116.975, 90.0, Datum.GCJ02)
def test_numbers_that_are_no_degrees_are_nowhere(lon: float, lat: float, datum: Datum) -> None:
    area = placed(point=Point(lon=lon, lat=lat, datum=datum)).area
    assert area is None or (116.9 < lon < 117.0 and 36.6 < lat < 36.8)


@pytest.mark.parametrize(("metres", "near"), [(BORDER_M - 5, True), (BORDER_M + 5, False)])
def test_a_point_beside_a_border_says_so(metres: float, near: bool) -> None:  # noqa: FBT001
    east_of = METRE / 0.802  # a degree of longitude is that much shorter at this latitude
    guess = placed(point=at(116.98 - metres * east_of))
    assert guess.area == GARDEN
    assert guess.near_border is near
    assert guess.runners_up == ((HAPPY_EAST,) if near else ())


def test_a_point_of_a_chinese_map_is_converted_before_it_is_looked_up() -> None:
    lon, lat = to_gcj02(116.9775, LAT)
    moved = Point(lon=float(lon), lat=float(lat), datum=Datum.GCJ02)
    assert placed(point=moved).area == GARDEN
    assert placed(point=moved.model_copy(update={"datum": Datum.WGS84})).area == HAPPY_EAST


def test_an_outline_drawn_in_the_offset_frame_is_converted_too() -> None:
    shifted = small.directory(outlines=[square(GARDEN, 116.97, 116.98, datum=Datum.GCJ02)])
    assert placed(point=at(116.9675), directory=shifted).area == GARDEN
    assert placed(point=at(116.9775), directory=shifted).area is None


def test_words_and_point_that_agree_give_the_deeper_of_the_two() -> None:
    assert placed("金桂苑3号楼", at(116.975)).area == GARDEN_3
    both = placed("东社区", at(116.975))
    assert (both.area, both.by) == (GARDEN, "words+point")


def test_the_point_decides_between_two_places_of_one_name() -> None:
    assert placed("幸福里").near_border
    guess = placed("幸福里", at(116.985))
    assert (guess.area, guess.near_border, guess.score) == (HAPPY_EAST, False, AGREED)
    assert placed("幸福里", at(116.955)).area == HAPPY_WEST


def test_words_against_the_point_are_sure_only_of_what_both_share() -> None:
    guess = placed("金桂苑", at(116.955))
    assert (guess.area, guess.score) == (STREET, CONTRADICTED)
    assert guess.runners_up == (GARDEN, HAPPY_WEST)


def test_a_point_in_the_wrong_frame_is_noticed_by_what_the_words_say() -> None:
    lon, lat = to_gcj02(116.9775, LAT)
    guess = placed("金桂苑3号楼", Point(lon=float(lon), lat=float(lat)))
    assert (guess.area, guess.score, guess.datum) == (GARDEN_3, WRONG_ABOVE, "gcj02")


def test_a_grid_given_is_believed_over_both() -> None:
    assert placed("幸福里", at(116.955), grid_code=GARDEN).area == GARDEN


def test_without_outlines_the_nearest_known_place_speaks() -> None:
    corner = Place(name="报刊亭", kind="landmark", grid=GARDEN, lon=116.975, lat=LAT)
    directory = small.directory(places=[corner])
    near = placed(point=at(116.975 + 40 * METRE), directory=directory)
    assert (near.area, near.score) == (GARDEN, BY_PLACE)
    assert placed(point=at(116.975 + 200 * METRE), directory=directory).area is None


@given(st.floats(-180, 180), st.floats(-90, 90), st.sampled_from(Datum), st.text(max_size=12))
def test_no_point_on_earth_is_too_much(lon: float, lat: float, datum: Datum, said: str) -> None:
    guess = placed(said, Point(lon=lon, lat=lat, datum=datum))
    assert guess.area is None or guess.area in mapped().areas
