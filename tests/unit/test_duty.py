"""Who is obliged: the most specific row of the catalogue that names somebody here."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.directory import CatalogueEntry, Post
from services.router import duty
from services.router.directory import Directory, holds
from tests.support import small
from tests.support.small import (
    DISTRICT,
    EAST,
    GARDEN,
    GARDEN_3,
    HAPPY_EAST,
    HAPPY_WEST,
    MILL,
    MILL_3,
    MONDAY,
    STREET,
    WEST,
    post,
    rule,
)

AREAS = (None, DISTRICT, STREET, EAST, WEST, GARDEN, GARDEN_3, MILL, MILL_3, HAPPY_EAST)


def found(category: str, area: str | None, owner: str | None = None, **parts: Any) -> duty.Duty:
    return duty.find(small.directory(**parts), category, area, owner)


@pytest.mark.parametrize(
    ("category", "area", "owner", "unit"),
    [
        ("LJ-DF", GARDEN_3, None, "GT-1"),
        ("LJ-DF", HAPPY_WEST, None, "GT-2"),
        ("WY-DT", GARDEN_3, None, "WY-1"),
        ("WY-DT", HAPPY_EAST, None, "GT-3"),
        ("WY-DT", MILL_3, "DW-1", "DW-1"),
        ("WY-DT", MILL_3, None, "GT-2"),
        ("SZ-LD", GARDEN, None, "SZ"),
        ("SZ-LD", HAPPY_WEST, None, "SQ-2"),
        ("SZ-LD", STREET, None, "SZ"),
        ("QT", GARDEN, None, "DESK"),
    ],
)
def test_the_catalogue_names_the_unit(
    category: str, area: str, owner: str | None, unit: str
) -> None:
    assert found(category, area, owner).unit == unit


def catalogue(*more: CatalogueEntry) -> list[CatalogueEntry]:
    return [rule("*", "DESK"), *more]


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        (rule("WY-DT", "SZ"), rule("WY", "QX")),
        (rule("WY-DT", "SZ"), rule("WY", "QX", area=GARDEN, compound_type="closed")),
        (rule("WY", "SZ", area=GARDEN), rule("WY", "QX", area=EAST)),
        (rule("WY", "SZ", area=EAST), rule("WY", "QX", compound_type="closed")),
        (rule("WY", "SZ", area=EAST, compound_type="closed"), rule("WY", "QX", area=EAST)),
        (rule("WY", "SZ", compound_type="closed"), rule("WY", "QX")),
        (rule("WY", "SZ"), rule("*", "QX", area=GARDEN_3, compound_type="closed")),
        (rule("*", "SZ", area=DISTRICT), rule("*", "DESK")),
    ],
)
def test_the_more_specific_row_wins_category_before_area_before_compound_type(
    stronger: CatalogueEntry, weaker: CatalogueEntry
) -> None:
    base = [] if weaker.category == "*" and weaker.area is None else [rule("*", "DESK")]
    for rows in ([*base, stronger, weaker], [weaker, stronger, *base]):
        assert found("WY-DT", GARDEN_3, catalogue=rows).unit == "SZ"


def test_a_row_for_another_compound_type_does_not_count() -> None:
    rows = catalogue(rule("WY", "SZ", compound_type="office"), rule("WY", "QX"))
    assert found("WY-DT", GARDEN_3, catalogue=rows).unit == "QX"


def test_a_row_that_names_nobody_here_is_passed_over_and_noted() -> None:
    answer = found("WY-DT", MILL_3)
    assert answer.lead == "@property"
    assert answer.skipped == ("WY / - / unit_dormitory @owner: nobody here",)


def test_helpers_are_resolved_at_the_place_and_never_the_lead_itself() -> None:
    assert found("LJ-DF", GARDEN_3).assists == ("SQ-1",)
    rows = catalogue(rule("LJ", "@community", assists=("@community", "SZ", "@owner")))
    assert found("LJ-DF", GARDEN_3, catalogue=rows).assists == ("SZ",)


def test_no_named_unit_is_obliged_before_the_subdistrict_is_known() -> None:
    answer = found("SZ", DISTRICT, "DW-1", catalogue=catalogue(rule("*", "@owner", area=DISTRICT)))
    assert answer.unit == "DW-1"
    with pytest.raises(LookupError):
        found("SZ", DISTRICT)
    with pytest.raises(LookupError):
        found("SZ", None)


def test_every_leaf_has_an_owner_at_every_place_with_a_subdistrict() -> None:
    directory = small.directory()
    for category in directory.categories:
        for area in directory.areas.keys() - {DISTRICT}:
            assert duty.find(directory, category, area, None).unit in directory.units


@given(
    order=st.permutations(small.tables()["catalogue"]),
    category=st.sampled_from(["LJ-DF", "WY-DT", "SZ-LD", "QT", "unknown"]),
    area=st.sampled_from(AREAS[2:]),
    owner=st.sampled_from([None, "DW-1"]),
)
def test_the_order_of_the_rows_never_matters(
    order: list[CatalogueEntry], category: str, area: str, owner: str | None
) -> None:
    assert found(category, area, owner, catalogue=order) == found(category, area, owner)


def test_a_decision_is_remembered_for_one_version_only() -> None:
    old, new = small.directory(), small.directory(catalogue=catalogue(rule("SZ", "QX")))
    assert duty.find(old, "SZ", GARDEN, None) is duty.find(old, "SZ", GARDEN, None)
    assert duty.find(new, "SZ", GARDEN, None).unit == "QX"


def answering(unit: str, area: str | None, *posts: Post) -> str | None:
    directory: Directory = small.directory(posts=list(posts))
    chosen = duty.answering_post(directory, unit, area, MONDAY)
    return chosen.post if chosen else None


def test_the_specialist_of_the_area_answers_before_the_general_desk() -> None:
    near = post("S-EAST", "SZ", "specialist", area=EAST)
    far = post("S-WEST", "SZ", "specialist", area=WEST)
    wide = post("S-ALL", "SZ", "specialist", area=STREET)
    desk = post("D", "SZ", "desk")
    assert answering("SZ", GARDEN_3, desk, far, wide, near) == "S-EAST"
    assert answering("SZ", MILL, desk, wide, near) == "S-ALL"
    assert answering("SZ", None, desk, wide, near) == "D"
    general = post("S", "SZ", "specialist")
    assert answering("SZ", GARDEN_3, post("D-EAST", "SZ", "desk", area=EAST), general) == "S"


def test_of_equal_posts_always_the_same_one_answers() -> None:
    posts = [post(f"S-{n}", "SZ", "specialist", area=EAST) for n in range(4)]
    assert {answering("SZ", GARDEN, *posts), answering("SZ", GARDEN, *posts[::-1])} == {"S-0"}


def test_whoever_left_answers_no_more() -> None:
    gone = post("S", "SZ", "specialist", valid_to=MONDAY.date())
    stays = post("D", "SZ", "desk", valid_to=MONDAY.date() + timedelta(days=1))
    assert answering("SZ", GARDEN, gone, stays) == "D"
    assert answering("SZ", GARDEN, gone) is None
    assert not holds(gone, MONDAY)
    assert holds(post("X", "SZ", valid_to=date(2099, 1, 1)), MONDAY)


def test_a_secretary_or_dispatcher_is_no_answering_post() -> None:
    assert answering("SQ-1", GARDEN, post("S", "SQ-1", "secretary")) is None


@pytest.mark.parametrize(
    ("unit", "accused", "conflict"),
    [
        ("WY-1", "WY-1", True),
        ("SQ-1", "WY-1", True),
        ("JD", "WY-1", False),
        ("WY-1", "SQ-1", False),
        ("WY-1", None, False),
        ("WY-1", "nobody", False),
    ],
)
def test_the_accused_and_the_unit_right_above_it_are_in_conflict(
    unit: str, accused: str | None, *, conflict: bool
) -> None:
    assert duty.conflicts(small.directory(), unit, accused) is conflict


@pytest.mark.parametrize(
    ("accused", "unit"), [(None, "DESK"), ("WY-1", "DESK"), ("DESK", "QX"), ("QX", "DESK")]
)
def test_a_matter_about_the_desk_goes_to_the_nearest_unit_above_it_that_may_have_it(
    accused: str | None, unit: str
) -> None:
    assert duty.desk(small.directory(), GARDEN, accused) == unit
