"""Two matters are at one place when names, door numbers or points say so, and never by a guess."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.whereabouts import NOWHERE, Nearness, PlaceNames, Where, nearness
from tests.support import small

_TABLES: Final = small.tables()


def _rows(part: str) -> list[dict[str, Any]]:
    return [row.model_dump(mode="json") for row in _TABLES[part]]


NAMES: Final = PlaceNames(_rows("areas"), _rows("places"))
ADDRESS = st.sampled_from(
    ["金桂苑3号楼", "济安路12号", "幸福里", "三棉宿舍三号楼", "天桥区和平巷7号", "", "老槐树", "!?"]
) | st.text(max_size=30)


def at(address: str, **more: Any) -> Where:
    return NAMES.where(address, "", **more)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("金桂苑3号楼", "金桂 3栋2单元", Nearness.SPOT),
        ("金桂苑3号楼", "金桂苑三号楼门口", Nearness.SPOT),
        ("金桂苑3号楼", "金桂苑", Nearness.PLACE),
        ("金桂苑3号楼", "金桂苑5号楼", Nearness.BESIDE),
        ("金桂苑3号楼", "三棉宿舍3号楼", Nearness.ELSEWHERE),
        ("济安路12号", "济安路12号", Nearness.SPOT),
        ("济安路12号", "济安路16号", Nearness.PLACE),
        ("济安路12号", "济安路98号", Nearness.ELSEWHERE),
        ("济安路12号", "济安路", Nearness.PLACE),
        ("济安路12号", "金桂苑12号楼", Nearness.UNKNOWN),
        ("翠湖小区7号楼", "金桂苑7号楼", Nearness.UNKNOWN),
        ("济安路与老槐树3号", "济安路3号", Nearness.PLACE),
        ("天桥区和平巷7号", "和平巷7号", Nearness.SPOT),
        ("翠湖小区7号楼", "历城区翠湖小区7栋", Nearness.SPOT),
        ("翠湖小区7号楼", "银河小区7号楼", Nearness.ELSEWHERE),
        ("东社区幸福里3号楼", "西社区幸福里3号楼", Nearness.ELSEWHERE),
        ("幸福里3号楼", "西社区幸福里3号楼", Nearness.SPOT),
        ("老槐树下", "金桂苑", Nearness.PLACE),
        ("金桂苑", "", Nearness.UNKNOWN),
        ("", "", Nearness.UNKNOWN),
    ],
)
def test_addresses_say_how_near_two_matters_are(one: str, other: str, expected: Nearness) -> None:
    assert nearness(at(one), at(other)) is expected
    assert nearness(at(other), at(one)) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (small.GARDEN, Nearness.PLACE),
        (small.GARDEN_3, Nearness.SPOT),
        (small.GARDEN_5, Nearness.BESIDE),
        (small.MILL, Nearness.ELSEWHERE),
        (small.EAST, Nearness.UNKNOWN),
        (None, Nearness.UNKNOWN),
    ],
)
def test_a_grid_code_counts_as_the_name_it_stands_for(code: str | None, expected: Nearness) -> None:
    coded = NAMES.where(None, "", grids=(code,))
    assert nearness(coded, at("金桂苑3号楼")) is expected


def test_the_text_names_the_place_where_there_is_no_address() -> None:
    assert NAMES.where(None, "我们金桂苑3号楼的电梯坏了").doors == at("金桂苑3号楼").doors
    assert at("和平巷7号") == NAMES.where("和平巷7号", "离金桂苑不远")


@pytest.mark.parametrize(
    ("metres_north", "expected"),
    [(0, Nearness.SPOT), (50, Nearness.SPOT), (80, Nearness.ELSEWHERE)],
)
def test_points_are_one_spot_within_sixty_metres(metres_north: int, expected: Nearness) -> None:
    here, there = (117.0, 36.6499), (117.0, 36.6499 + metres_north / 111_320)
    one, other = Where(point=here), Where(point=there)
    assert nearness(one, other) is expected
    found = set(one.marks()) & set(other.asked())
    assert bool(found) or expected is Nearness.ELSEWHERE


@given(ADDRESS, ADDRESS)
def test_any_address_can_be_compared_and_is_where_it_is(one: str, other: str) -> None:
    ours, theirs = at(one), at(other)
    assert nearness(ours, theirs) is nearness(theirs, ours)
    expected = (Nearness.UNKNOWN,) if ours == NOWHERE else (Nearness.SPOT, Nearness.PLACE)
    assert nearness(ours, ours) in expected


@given(ADDRESS)
def test_what_shares_a_place_shares_a_mark(address: str) -> None:
    where = at(address)
    assert set(where.marks()) <= set(where.asked())
    assert bool(where.marks()) is (where != NOWHERE)
