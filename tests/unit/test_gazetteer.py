"""Place from words: the deepest sure area, and never a guess where several would fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.gazetteer import UNKNOWN, Gazetteer, PlaceGuess
from tests.support import small
from tests.support.small import (
    EAST,
    GARDEN,
    GARDEN_3,
    GARDEN_5,
    HAPPY_EAST,
    HAPPY_WEST,
    MILL_3,
    STREET,
    WEST,
)

WORDS = (
    "金桂苑", "金桂", "幸福里", "三棉宿舍", "三棉锅炉房", "济安路", "东社区", "西社区", "无影山街道",
    "天桥区", "老槐树", "3号楼", "三号楼", "5号", "21号", "12号", "2单元", "3-2-501", "红楼", "门口", "的", " ",
)  # fmt: skip
SAID = st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=8).map("".join)


def locate(address: str | None, text: str = "") -> PlaceGuess:
    return small.directory().gazetteer.locate(address, text)


@pytest.mark.parametrize(
    ("address", "area"),
    [
        ("金桂苑", GARDEN),
        ("金桂", GARDEN),
        ("天桥区无影山街道金桂苑", GARDEN),
        ("金桂苑3号楼2单元501", GARDEN_3),
        ("金桂苑三号楼", GARDEN_3),
        ("金桂苑3-2-501", GARDEN_3),
        ("金桂苑5栋", GARDEN_5),
        ("金桂苑红楼", GARDEN_5),
        ("三棉宿舍3号楼", MILL_3),
        ("金桂苑9号楼", GARDEN),
        ("金桂苑门口", GARDEN),
        ("老槐树下面", GARDEN),
        ("东社区", EAST),
        ("无影山街道", STREET),
        ("东社区幸福里", HAPPY_EAST),
        ("西社区幸福里", HAPPY_WEST),
        ("济安路5号", EAST),
        ("济安路5号幸福里", HAPPY_EAST),
    ],
)
def test_the_deepest_area_named_is_found(address: str, area: str) -> None:
    guess = locate(address)
    assert (guess.area, guess.score, guess.near_border) == (area, 1.0, False)


@pytest.mark.parametrize(
    ("address", "area"),
    [
        ("济安路7号", EAST),
        ("济安路 12号", WEST),
        ("济安路12-1号", WEST),
        ("济安路21号", GARDEN),
        ("济安路28号", GARDEN),
        ("济安路99号", STREET),
        ("济安路", STREET),
        ("济安路修车铺旁", STREET),
    ],
)
def test_the_door_number_picks_the_stretch_of_a_road(address: str, area: str) -> None:
    assert locate(address).area == area


def test_a_building_number_is_no_door_number() -> None:
    assert locate("济安路3号楼").area == STREET


def test_a_name_in_two_communities_is_answered_by_what_both_share() -> None:
    guess = locate("幸福里2号楼")
    assert guess.area == STREET
    assert guess.score == 0.5
    assert guess.near_border
    assert guess.runners_up == (HAPPY_EAST, HAPPY_WEST)


def test_a_longer_name_is_not_mistaken_for_a_shorter_one_inside_it() -> None:
    guess = locate("金桂苑")
    assert guess.names == ("金桂苑",)


@pytest.mark.parametrize(
    ("address", "text", "area"),
    [
        (None, "金桂苑3号楼的灯坏了", GARDEN_3),
        ("不知道哪里", "金桂苑3号楼的灯坏了", GARDEN_3),
        ("东社区", "金桂苑3号楼的灯坏了", GARDEN_3),
        ("金桂苑", "3号楼的灯坏了, 金桂苑3号楼", GARDEN_3),
        ("金桂苑3号楼", "我住三棉宿舍", GARDEN_3),
        ("西社区", "金桂苑的人来倒垃圾", WEST),
        ("金桂苑", "东社区不管", GARDEN),
    ],
)
def test_the_text_counts_only_where_the_address_is_silent_or_vaguer(
    address: str | None, text: str, area: str
) -> None:
    assert locate(address, text).area == area


@pytest.mark.parametrize("address", [None, "", "火星", "桂", "路口", "3号楼"])
def test_what_names_no_place_is_unknown(address: str | None) -> None:
    assert locate(address) == UNKNOWN


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("济安路5号", "SZ"),
        ("三棉锅炉房", "DW-1"),
        ("济安路三棉锅炉房", "DW-1"),
        ("金桂苑", None),
    ],
)
def test_a_special_owner_is_told_and_a_place_says_more_than_the_road_it_is_on(
    address: str, owner: str | None
) -> None:
    assert locate(address).owner == owner


def test_a_directory_without_names_knows_no_place() -> None:
    assert Gazetteer.of({}, ()).locate("金桂苑", "金桂苑") == UNKNOWN


@given(address=st.none() | SAID, text=SAID)
def test_no_words_break_the_search_and_every_area_it_names_exists(
    address: str | None, text: str
) -> None:
    directory = small.directory()
    guess = directory.gazetteer.locate(address, text)
    assert guess.area is None or guess.area in directory.areas
    assert guess.owner is None or guess.owner in directory.units
    assert (guess.area is None) == (guess.score == 0.0)


@given(said=SAID, order=st.permutations(range(6)))
def test_the_order_of_the_rows_never_matters(said: str, order: list[int]) -> None:
    places = small.tables()["places"]
    areas = list(reversed(small.tables()["areas"]))
    other = small.directory(places=[places[n] for n in order], areas=areas)
    assert other.gazetteer.locate(said, "") == locate(said)
