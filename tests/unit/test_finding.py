"""What somebody means who types a few letters of a name."""

from __future__ import annotations

from typing import Any

import pytest

from services.console.finding.index import Index
from services.console.finding.initials import MOST, initials

ROWS: list[dict[str, Any]] = [
    {"code": "370105", "name": "天桥区", "level": "district"},
    {
        "code": "370105001", "parent": "370105", "name": "无影山街道", "level": "subdistrict",
        "aliases": ["无影山办事处"],
    },
    {"code": "370105001008", "parent": "370105001", "name": "无影潭社区", "level": "community"},
    {"code": "370105002", "parent": "370105", "name": "工人新村街道", "level": "subdistrict"},
    {"code": "370105002001", "parent": "370105002", "name": "重工社区", "level": "community"},
]  # fmt: skip


@pytest.fixture
def index() -> Index:
    return Index(ROWS)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("无影山街道", "370105001"),
        ("370105002", "370105002"),
        ("wysjd", "370105001"),
        ("wyt", "370105001008"),
        ("办事处", "370105001"),
        ("zgsq", "370105002001"),
        (" GRXC ", "370105002"),
    ],
)
def test_a_name_is_found_by_itself_its_alias_its_code_and_its_initials(
    index: Index, typed: str, first: str
) -> None:
    assert index.find(typed)[0].code == first


def test_nothing_is_found_for_what_nothing_is_called(index: Index) -> None:
    assert index.find("xyz") == []


def test_only_what_hangs_below_is_found_there(index: Index) -> None:
    assert [e.code for e in index.find("", under="370105002")] == ["370105002", "370105002001"]
    assert index.find("wyt", under="370105002") == []


def test_a_place_is_told_with_what_lies_above_it(index: Index) -> None:
    assert index.path("370105001008") == "天桥区 / 无影山街道"
    assert Index(
        [{"code": "a", "name": "A", "parent": "b"}, {"code": "b", "name": "B", "parent": "a"}]
    ).path("a")


def test_a_long_name_of_many_readings_has_few_spellings() -> None:
    assert len(initials("重" * 40)) <= MOST
    assert "12h" in initials("12号")
