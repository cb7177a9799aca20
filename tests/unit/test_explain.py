"""Asking without filing: the same codes and names as filing takes, the production matcher's answer."""

from __future__ import annotations

import random
from typing import Any

import pytest

from contracts.directory import Unit
from kit.errors import DomainError, Kind
from services.router.decision.explain import Question, explain
from services.router.directory.codes import check, unit_names
from tests.support import sample, small
from tests.support.small import GARDEN, MONDAY, STREET


def asked(text: str, *, english: bool = False, **more: Any) -> dict[str, Any]:
    return explain(Question(text=text, **more), small.directory(), MONDAY, english=english)


def test_it_answers_the_receipt_with_names_and_plain_words() -> None:
    found = asked("电梯坏了", address="金桂苑")
    assert (found["unit"], found["unit_name"], found["area_name"]) == ("WY-1", "金桂物业", "金桂苑")
    assert found["category_name"] == "电梯故障"
    assert found["text"].startswith("地点：")
    assert asked("电梯坏了", address="金桂苑", english=True)["text"].startswith("Where:")


@pytest.mark.parametrize(
    ("field", "code", "nearest"),
    [
        ("grid_code", "370105001008009", GARDEN),
        ("grid_code", "370105001080001", GARDEN),
        ("grid_code", "37010500100801", GARDEN),
        ("grid_code", "370105001077", STREET),
        ("grid_code", "x", None),
        ("category", "WY-DTT", "WY-DT"),
        ("category", "WYDT", "WY-DT"),
        ("category", "*", None),
    ],
)
def test_an_unknown_code_is_refused_with_the_nearest(
    field: str, code: str, nearest: str | None
) -> None:
    with pytest.raises(DomainError) as refused:
        explain(Question(text="电梯坏了", **{field: code}), small.directory(), MONDAY)
    assert (refused.value.kind, refused.value.field) == (Kind.INVALID, field)
    assert (nearest in refused.value.extra["nearest"]) is (nearest is not None)
    assert len(refused.value.extra["nearest"]) <= 3


def test_a_known_code_is_not() -> None:
    check(small.directory(), GARDEN, "WY-DT")
    check(small.directory(), None, None)


@pytest.mark.parametrize("accused", ["WY-1", "金桂物业"])
def test_the_accused_goes_by_code_or_name_and_never_gets_it(accused: str) -> None:
    found = asked("电梯坏了", address="金桂苑", accused=accused)
    assert (found["reason"], found["inputs"]["accused"]) == ("conflict_of_interest", "WY-1")


def test_an_accused_that_is_no_unit_changes_nothing() -> None:
    found = asked("电梯坏了", address="金桂苑", accused="三单元的老王")
    assert (found["unit"], found["inputs"]["accused"]) == ("WY-1", None)


def test_names_stand_for_the_same_units_as_in_filing() -> None:
    tables = sample.tables()
    assert unit_names(tables["units"]) == sample._codes().units


def test_of_two_units_with_one_name_it_is_the_same_whatever_their_order() -> None:
    units = [
        Unit(code="B", name="物业", kind="property", aliases=("C",)),
        Unit(code="A", name="物业", kind="property", aliases=("老物业",)),
        Unit(code="C", name="丙", kind="property", aliases=("老物业",)),
    ]
    found = unit_names(units)
    assert (found["物业"], found["老物业"], found["C"]) == ("A", "A", "C")
    random.Random(1).shuffle(units)  # noqa: S311 - a shuffle, no secret
    assert unit_names(units) == found
