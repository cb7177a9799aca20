"""Which rules nearly held, and why each of them did not."""

from __future__ import annotations

import random
from typing import Any

import pytest

from contracts.directory import CatalogueEntry
from services.router.decision.duty import Lost, duties
from services.router.decision.near_misses import SHOWN, near_misses
from tests.support import small
from tests.support.small import EAST, GARDEN, GARDEN_3, HAPPY_EAST, MILL, MILL_3, STREET, WEST, rule


def missed(
    category: str, area: str | None, *rows: CatalogueEntry, owner: str | None = None, **parts: Any
) -> list[tuple[tuple[str, str | None, str | None], Lost]]:
    directory = small.directory(catalogue=[rule("*", "DESK"), *rows], **parts)
    said = duties(directory, category, area, owner)
    found = near_misses(directory, category, area, said, said.options[0])
    return [(miss.rule, miss.why) for miss in found]


def test_what_held_and_what_is_less_specific_is_no_near_miss() -> None:
    assert missed("WY-DT", GARDEN_3, rule("WY-DT", "SZ"), rule("WY", "QX")) == []
    rows = (rule("WY", "SZ", area=GARDEN), rule("WY", "QX", area=EAST), rule("LJ", "QX"))
    assert missed("WY-DT", GARDEN_3, *rows) == []
    elsewhere = rule("WY", "QX", compound_type="office"), rule("*", "QX", area=WEST)
    assert missed("WY-DT", GARDEN_3, rule("WY-DT", "SZ"), *elsewhere) == []


@pytest.mark.parametrize(
    ("area", "row", "why"),
    [
        (MILL_3, rule("WY", "@owner"), Lost.NOBODY_HERE),
        (EAST, rule("WY", "@grid"), Lost.PLACE_TOO_SHALLOW),
        (GARDEN, rule("WY", "SZ", compound_type="office"), Lost.OTHER_TYPE),
        (EAST, rule("WY", "SZ", compound_type="closed"), Lost.OTHER_TYPE),
        (GARDEN, rule("WY", "SZ", area=GARDEN, compound_type="open"), Lost.OTHER_TYPE),
        (GARDEN, rule("WY", "SZ", area=HAPPY_EAST), Lost.OTHER_AREA),
        (EAST, rule("WY", "SZ", area=GARDEN), Lost.OTHER_AREA),
        (GARDEN, rule("SZ-LD", "SQ-2", area=EAST), None),
    ],
)
def test_each_loses_for_its_own_reason(area: str, row: CatalogueEntry, why: Lost | None) -> None:
    expected = [((row.category, row.area, row.compound_type), why)] if why else []
    assert missed("WY-DT", area, row) == expected


def test_a_rule_for_this_very_area_but_another_category_of_the_branch_is_named_last() -> None:
    rows = (rule("WY", "@property"), rule("WY-DT", "SZ", area=WEST), rule("WY-X", "SZ", area=EAST))
    more = small.tables()["categories"][2].model_copy(update={"code": "WY-X", "parent": "WY"})
    found = missed("WY-DT", GARDEN, *rows, categories=[*small.tables()["categories"], more])
    assert found == [
        (("WY-DT", WEST, None), Lost.OTHER_AREA),
        (("WY-X", EAST, None), Lost.OTHER_CATEGORY),
    ]


def test_those_of_this_place_come_first_and_then_the_nearest() -> None:
    rows = (
        rule("WY-DT", "SZ", area=MILL),
        rule("WY-DT", "SZ", area=HAPPY_EAST),
        rule("WY-DT", "SZ", compound_type="office"),
        rule("WY-DT", "@owner"),
    )
    assert [why for _, why in missed("WY-DT", GARDEN, *rows)] == [
        Lost.NOBODY_HERE, Lost.OTHER_TYPE, Lost.OTHER_AREA, Lost.OTHER_AREA,
    ]  # fmt: skip
    assert missed("WY-DT", GARDEN, *rows)[2][0] == ("WY-DT", HAPPY_EAST, None)


def test_a_unit_nobody_can_be_reached_at_is_named_with_its_rule() -> None:
    directory = small.directory()
    said = duties(directory, "SZ-LD", WEST, None)
    second = said.options[1]
    (first,) = near_misses(directory, "SZ-LD", WEST, said, second)
    assert (first.rule, first.lead, first.why) == (
        ("SZ-LD", WEST, None), "SQ-2", Lost.NOBODY_REACHABLE,
    )  # fmt: skip
    rows = [rule("*", "DESK"), rule("WY", "@owner"), rule("WY-DT", "SZ")]
    mixed = small.directory(catalogue=rows)
    said_of_lifts = duties(mixed, "WY-DT", GARDEN, None)
    passed = near_misses(mixed, "WY-DT", GARDEN, said_of_lifts, said_of_lifts.options[1])
    assert [miss.why for miss in passed] == [Lost.NOBODY_REACHABLE, Lost.NOBODY_HERE]
    every = near_misses(directory, "SZ-LD", WEST, said, None)
    assert [miss.why for miss in every] == [Lost.NOBODY_REACHABLE] * 3


def test_at_most_eight_are_kept_and_their_order_in_the_file_never_matters() -> None:
    kinds = ("closed", "open", "unit_dormitory", "office")
    rows = [
        rule(category, "SZ", area=area, compound_type=kind)
        for category in ("WY-DT", "WY")
        for area in (None, STREET, EAST, HAPPY_EAST)
        for kind in kinds
        if kind != "closed"
    ]
    found = missed("WY-DT", GARDEN_3, *rows)
    assert len(found) == SHOWN
    random.Random(3).shuffle(rows)  # noqa: S311 - a shuffle, no secret
    assert missed("WY-DT", GARDEN_3, *rows) == found
