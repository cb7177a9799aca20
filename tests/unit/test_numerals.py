"""Building labels as people say and write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.place.numerals import building_label, numeral


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("3号楼", "3"),
        ("三号楼", "3"),
        ("３号楼", "3"),
        ("十二号楼", "12"),
        ("二十号楼", "20"),
        ("二十一栋", "21"),
        ("一二号楼", "12"),
        ("两号院", "2"),
        ("03号楼", "3"),
        ("3栋2单元", "3"),
        ("3幢", "3"),
        ("3#", "3"),
        ("3＃楼", "3"),
        ("2排5号", "2"),
        ("A座1203", "A"),
        ("b座", "B"),
        ("3-2-501", "3"),
        (" 12-1-1001室", "12"),
        ("，3—2—501", "3"),
        ("北边的8号楼", "8"),
        ("6楼东户", "6"),
    ],
)
def test_a_building_is_known_however_it_is_written(said: str, label: str) -> None:
    assert building_label(said) == label


@pytest.mark.parametrize(
    "said",
    [
        "",
        "门口",
        "楼道里",
        "2楼道",
        "三楼上",
        "5楼顶",
        "4楼层",
        "1楼梯",
        "3号",
        "12",
        "百楼",
        "3-501",
    ],
)
def test_storeys_and_door_numbers_are_no_buildings(said: str) -> None:
    assert building_label(said) is None


@pytest.mark.parametrize(
    ("said", "value"),
    [("7", 7), ("十", 10), ("十五", 15), ("三十", 30), ("九十九", 99), ("〇五", 5), ("二〇", 20)],
)
def test_numerals_up_to_a_hundred_are_read(said: str, value: int) -> None:
    assert numeral(said) == value


@pytest.mark.parametrize("said", ["楼", "十二三", "三十二一", "²", "甲", "1a"])
def test_what_is_no_numeral_is_no_number(said: str) -> None:
    assert numeral(said) is None


@given(
    st.text(
        alphabet="0123456789\uff11\uff13零〇一二两三十号楼栋幢座#＃排道上-－—, ABz", max_size=12
    )
)
def test_no_way_of_writing_breaks_the_reader(said: str) -> None:
    label = building_label(said)
    assert label is None or label.isalnum()
