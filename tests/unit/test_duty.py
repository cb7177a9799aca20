"""Who is obliged: the most specific row of the catalogue that names somebody here."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.directory import CatalogueEntry
from services.router.decision import duty
from services.router.decision.duty import Lost, Miss
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
    STREET,
    WEST,
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
    rule_of_dormitories = ("WY", None, "unit_dormitory")
    assert answer.skipped == (Miss(rule_of_dormitories, "@owner", Lost.NOBODY_HERE),)
    assert not answer.place_unsure


@pytest.mark.parametrize(
    ("lead", "area", "unit", "unsure"),
    [
        ("@grid", EAST, "DESK", True),
        ("@grid", GARDEN, "GT-1", False),
        ("@property", EAST, "DESK", True),
        ("@community", STREET, "DESK", True),
        ("@community", EAST, "SQ-1", False),
        ("@subdistrict", STREET, "JD", False),
        ("@owner", EAST, "DESK", False),
    ],
)
def test_a_rule_that_would_hold_at_a_deeper_place_makes_the_place_unsure(
    lead: str, area: str, unit: str, *, unsure: bool
) -> None:
    answer = found("WY", area, catalogue=catalogue(rule("WY", lead)))
    assert (answer.unit, answer.place_unsure) == (unit, unsure)
    if unit == "DESK":
        why = Lost.PLACE_TOO_SHALLOW if unsure else Lost.NOBODY_HERE
        assert answer.skipped == (Miss(("WY", None, None), lead, why),)


def test_a_grid_team_over_a_whole_community_is_not_sure_before_the_compound_is_known() -> None:
    units = [
        unit.model_copy(update={"area": (EAST,)}) if unit.code == "GT-1" else unit
        for unit in small.tables()["units"]
    ]
    assert found("LJ", EAST, units=units).place_unsure
    assert not found("LJ", GARDEN, units=units).place_unsure


def test_a_special_owner_stands_above_the_grid_only_where_the_catalogue_says_so() -> None:
    rows = catalogue(rule("WY", "@grid"), rule("WY-DT", "@owner"))
    assert found("WY-DT", MILL_3, "DW-1", catalogue=rows).unit == "DW-1"
    assert found("WY", MILL_3, "DW-1", catalogue=rows).unit == "GT-2"
    assert found("WY-DT", MILL_3, None, catalogue=rows).unit == "GT-2"


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
    assert duty.duties(old, "SZ", GARDEN, None) is duty.duties(old, "SZ", GARDEN, None)
    assert duty.duties(new, "SZ", GARDEN, None).options[0].unit == "QX"


@pytest.mark.parametrize("area", AREAS[2:])
def test_the_first_of_all_that_is_said_is_what_is_found(area: str) -> None:
    for category in ("LJ-DF", "WY-DT", "SZ-LD"):
        said = duty.duties(small.directory(), category, area, None)
        assert said.options[0] == found(category, area)
        assert said.options[-1].rule == ("*", None, None)


SPECIFIC: st.SearchStrategy[CatalogueEntry] = st.builds(
    rule,
    st.sampled_from(["WY-DT", "WY", "*", "LJ"]),
    st.sampled_from(["SZ", "QX", "@grid", "@property", "@owner", "@community"]),
    area=st.sampled_from([None, DISTRICT, STREET, EAST, WEST, GARDEN, GARDEN_3]),
    compound_type=st.sampled_from([None, "closed", "open"]),
)


def specificity(row: CatalogueEntry) -> tuple[int, int, int]:
    """How specific a row is for WY-DT in GARDEN_3; smaller is more."""
    line = ("WY-DT", "WY", "*", "LJ").index(row.category)
    depth = -len(small.directory().chains.get(row.area or "", ()))
    return line, depth, 0 if row.compound_type else 1


@given(rows=st.lists(SPECIFIC, max_size=6), more=SPECIFIC, owner=st.sampled_from([None, "DW-1"]))
def test_a_less_specific_row_changes_nothing_and_a_more_specific_one_wins_or_changes_nothing(
    rows: list[CatalogueEntry], more: CatalogueEntry, owner: str | None
) -> None:
    kept = {(row.category, row.area, row.compound_type): row for row in rows}
    kept["*", None, None] = rule("*", "DESK")
    if (more.category, more.area, more.compound_type) in kept:
        return
    before = found("WY-DT", GARDEN_3, owner, catalogue=list(kept.values()))
    after = found("WY-DT", GARDEN_3, owner, catalogue=[*kept.values(), more])
    same = (after.unit, after.rule, after.assists) == (before.unit, before.rule, before.assists)
    category, area, compound_type = before.rule
    held = rule(category, before.lead, area=area, compound_type=compound_type)
    if specificity(more) > specificity(held):
        assert same
    else:
        assert same or after.rule == (more.category, more.area, more.compound_type)
