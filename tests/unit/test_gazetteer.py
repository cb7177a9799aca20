"""Place from words: the deepest sure area, and never a guess where several would fit."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.directory import Area
from services.router.place.areas import areas_of
from services.router.place.gazetteer import (
    CONTRADICTED,
    UNKNOWN,
    WRONG_ABOVE,
    Gazetteer,
    PlaceGuess,
)
from services.router.place.names import Names
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
    assert Gazetteer(Names(), areas_of(())).locate("金桂苑", "金桂苑") == UNKNOWN


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


@pytest.mark.parametrize(
    ("address", "area", "runners_up"),
    [
        ("老槐树对面", EAST, (GARDEN,)),
        ("老槐树附近的空地", EAST, (GARDEN,)),
        ("金桂苑隔壁", EAST, (GARDEN,)),
        ("金桂苑东侧", EAST, (GARDEN,)),
    ],
)
def test_beside_a_landmark_is_not_in_its_grid(
    address: str, area: str, runners_up: tuple[str, ...]
) -> None:
    guess = locate(address)
    assert (guess.area, guess.runners_up, guess.near_border) == (area, runners_up, True)


@pytest.mark.parametrize("address", ["老槐树下面", "金桂苑门口", "金桂苑里面", "金桂苑东门"])
def test_at_the_door_is_inside(address: str) -> None:
    assert locate(address).area == GARDEN


def test_two_communities_in_one_address_are_a_contradiction_to_look_at() -> None:
    guess = locate("西社区金桂苑")
    assert (guess.area, guess.score) == (GARDEN, CONTRADICTED)
    assert (guess.contradicted, guess.runners_up) == (("西社区",), (WEST,))


def test_the_wrong_district_before_a_right_street_is_outvoted() -> None:
    areas = [*small.tables()["areas"], Area(code="370102", level="district", name="历下区")]
    guess = small.directory(areas=areas).gazetteer.locate("历下区无影山街道金桂苑", "")
    assert (guess.area, guess.score) == (GARDEN, WRONG_ABOVE)
    assert guess.contradicted == ("历下区",)


def test_the_text_decides_between_two_places_of_one_name() -> None:
    guess = locate("幸福里", "我是东社区的居民")
    assert (guess.area, guess.near_border) == (HAPPY_EAST, False)


@pytest.mark.parametrize(
    ("said", "area"),
    [
        ("东风社区", "370102001001"),
        ("东风居委会", "370102001001"),
        ("东风社区居民委员会", "370102001001"),
        ("解放路街道东风", "370102001001"),
        ("解放路街道办事处", "370102001"),
        ("解放路办事处", "370102001"),
        ("小于家村", "370102001002"),
        ("小于家村委会", "370102001002"),
    ],
)
def test_an_area_is_known_by_the_forms_people_use(said: str, area: str) -> None:
    assert _registered().locate(said, "").area == area


def test_a_bare_stem_counts_beside_a_stronger_name_and_in_addresses_alone() -> None:
    assert _registered().locate("东风", "").area is None
    assert _registered().locate(None, "解放路街道 东风 很大").area == "370102001"


def test_an_area_out_of_force_is_not_found() -> None:
    areas = [
        area.model_copy(update={"valid_to": date(2026, 12, 1)}) if area.code == GARDEN else area
        for area in small.tables()["areas"]
    ]
    names = small.directory(areas=areas).gazetteer
    assert names.locate("金桂苑", "", date(2026, 11, 30)).area == GARDEN
    assert names.locate("金桂苑", "", date(2026, 12, 1)).area is None


def _registered() -> Gazetteer:
    """Names as the registers of divisions write them."""
    rows = [
        Area(code="370102", level="district", name="历下区"),
        Area(code="370102001", parent="370102", level="subdistrict", name="解放路街道"),
        Area(code="370102001001", parent="370102001", level="community", name="东风社区居委会"),
        Area(code="370102001002", parent="370102001", level="community", name="小于家村村民委员会"),
    ]
    return small.directory(areas=rows, places=[]).gazetteer
