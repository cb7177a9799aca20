"""The coverage proof: by groups, and the same as asking for every grid, category and day."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from contracts.directory import AreaLevel
from services.router.decision import duty
from services.router.decision.answering import answering_post
from services.router.directory.directory import ANY, Directory, build
from services.router.directory.files import Tables
from services.router.directory.hours import moment
from services.router.place.blocks import DEPTH
from services.router.publishing import coverage
from services.router.publishing.coverage import DAYS_AHEAD
from services.router.publishing.proof import NO_OWNER, UNREACHABLE, Proof
from tests.support import sample, small
from tests.support.cities import cities
from tests.support.small import EAST, HAPPY_EAST, MONDAY, WEST, rule

Missing = Counter[tuple[str, str, str | None, int, str]]
"""(kind, category, unit, first day, community) to grids."""


def brute_force(directory: Directory) -> tuple[Missing, int]:
    """What is missing, cell by cell, and how many cells there are."""
    days = [moment(MONDAY).day + timedelta(days=n) for n in range(DAYS_AHEAD + 1)]
    inner = {row.parent for row in directory.categories.values()}
    leaves = [code for code in directory.categories if code not in inner]
    alive = [
        a
        for a in directory.areas.values()
        if any(directory.areas.valid(a.code, day) for day in days)
    ]
    parents = {area.parent for area in alive}
    found: Missing = Counter()
    cells = 0
    for area in alive:
        if area.code in parents:
            continue
        mine = [n for n, day in enumerate(days) if directory.areas.valid(area.code, day)]
        community = next(
            (code for code in directory.chains[area.code]
             if DEPTH[directory.areas[code].level] <= DEPTH[AreaLevel.COMMUNITY]),
        )  # fmt: skip
        for leaf in leaves:
            cells += 1
            try:
                unit = duty.find(directory, leaf, area.code, None).unit
            except LookupError:
                found[NO_OWNER, leaf, None, mine[0], community] += 1
                continue
            for n in mine:
                at = MONDAY + timedelta(days=n)
                if answering_post(directory, unit, area.code, at) is None:
                    found[UNREACHABLE, leaf, unit, n, community] += 1
                    break
    return found, cells


def by_groups(proof: Proof) -> Missing:
    found: Missing = Counter()
    for gap in proof.gaps:
        for category in gap.categories:
            found[gap.kind, category, gap.unit, gap.in_days, gap.community] += gap.grids
    return found


def same(directory: Directory) -> Proof:
    proof = coverage.prove(directory, MONDAY)
    missing, cells = brute_force(directory)
    assert by_groups(proof) == missing
    assert proof.cells == cells
    assert proof.open_cells == missing.total()
    shown: Counter[tuple[str, str]] = Counter()
    for (_, category, _, _, community), grids in missing.items():
        top = next(code for code in reversed(directory.lines[category]) if code != ANY)
        shown[community, top] += grids
    assert shown == {
        (one.code, top): grids for one in proof.communities for top, grids in one.missing.items()
    }
    return proof


def test_the_sample_is_covered_whole_and_brute_force_agrees() -> None:
    proof = same(sample.directory())
    assert proof.whole
    assert (proof.grids, proof.categories, proof.cells) == (260, 115, 29_900)
    assert sum(top.leaves for top in proof.tops) == 115


def damaged(**parts: Any) -> Directory:
    return build({**sample.tables(), **parts}, version=1)


@pytest.mark.parametrize(("unit", "days"), [("GT-039", 0), ("WY-08", 3), ("SQ-003", 7), ("SZ", 1)])
def test_what_a_vacant_unit_leaves_open_is_found_as_brute_force_finds_it(
    unit: str, days: int
) -> None:
    leaves = MONDAY.date() + timedelta(days=days)
    posts = [
        one.model_copy(update={"area": None} | ({"valid_to": leaves} if one.unit == unit else {}))
        for one in sample.tables()["posts"]
    ]
    alone = [one.model_copy(update={"deputy": None}) for one in sample.tables()["units"]]
    assert not same(damaged(posts=posts, units=alone)).whole
    assert same(damaged(posts=posts)).whole is (unit != "SZ"), "a deputy unit stands in"
    posts = [
        one.model_copy(update={"valid_to": leaves}) if one.unit == unit else one
        for one in sample.tables()["posts"]
    ]
    same(damaged(posts=posts))


def test_what_a_missing_rule_leaves_open_is_found_as_brute_force_finds_it() -> None:
    rules = [
        row for row in sample.tables()["catalogue"] if row.category not in ("*", "WY", "TC-XQ")
    ]
    proof = same(damaged(catalogue=rules))
    assert {gap.kind for gap in proof.gaps} == {NO_OWNER}
    assert all("catalogue.csv" in gap.remedy() for gap in proof.gaps)


@settings(max_examples=150)
@given(tables=cities())
def test_groups_and_brute_force_agree_on_any_city(tables: Tables) -> None:
    same(build(tables, version=1))


def test_a_grid_counts_only_on_the_days_it_is_in_force() -> None:
    def ending(**dates: date | None) -> Proof:
        areas = [
            area.model_copy(update=dates) if area.code == HAPPY_EAST else area
            for area in small.tables()["areas"]
        ]
        leaving = [
            one.model_copy(update={"valid_to": MONDAY.date() + timedelta(days=4)})
            if one.unit == "GT-3" else one
            for one in small.tables()["posts"]
        ]  # fmt: skip
        return same(small.directory(areas=areas, posts=leaving))

    assert not ending().whole
    assert ending(valid_to=MONDAY.date() + timedelta(days=4)).whole
    assert ending(valid_to=MONDAY.date()).grids == ending().grids - 1
    assert ending(valid_from=MONDAY.date() + timedelta(days=8)).whole


def test_posts_that_fall_vacant_are_listed_soonest_first() -> None:
    tables = small.tables()
    for code, days in (("SZ-L", 3), ("GT-1-L", 7), ("GT-2-L", 8), ("GT-3-L", -2)):
        n = next(n for n, one in enumerate(tables["posts"]) if one.post == code)
        update = {"valid_to": MONDAY.date() + timedelta(days=days), "deputy": "JD-L"}
        tables["posts"][n] = tables["posts"][n].model_copy(update=update)
    proof = coverage.prove(build(tables, 1), MONDAY)
    assert [one.post for one in proof.vacancies] == ["SZ-L", "GT-1-L", "GT-3-L"]
    assert proof.vacancies[0].deputy == "JD-L"


def test_the_view_counts_what_it_does_not_show() -> None:
    proof = coverage.prove(small.directory(catalogue=[rule("LJ", "@grid")]), MONDAY)
    view = proof.view()
    assert not view["whole"]
    assert view["open_cells"] == sum(gap["cells"] for gap in view["gaps"]) == proof.open_cells
    assert {one["code"] for one in view["communities"]} == {EAST, WEST}
