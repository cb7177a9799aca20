"""What a new directory would change, told before it is published; the same as asking for every cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from contracts.complaint import Urgency
from contracts.directory import PARTS
from services.router.decision import duty
from services.router.directory.directory import Directory, build
from services.router.directory.files import Tables
from services.router.directory.hours import moment
from services.router.publishing import sheets
from services.router.publishing.difference import UNSAID, Changes, Difference
from services.router.publishing.diffing import NOBODY, differences
from tests.support import sample, small
from tests.support.cities import cities
from tests.support.small import GARDEN, GARDEN_3, HAPPY_EAST, MILL, MONDAY, rule


def cell_by_cell(old: Directory, new: Directory) -> Counter[tuple[str, str]]:
    """(old unit, new unit) to how many grids x leaves."""
    inner = {row.parent for row in new.categories.values()}
    leaves = [code for code in new.categories if code not in inner and code in old.categories]
    parents = {area.parent for area in new.areas.values()}
    found: Counter[tuple[str, str]] = Counter()
    for grid in new.areas:
        if (
            grid in parents
            or grid not in old.areas
            or not new.areas.valid(grid, moment(MONDAY).day)
        ):
            continue
        for leaf in leaves:
            pair = (_unit(old, leaf, grid), _unit(new, leaf, grid))
            if pair[0] != pair[1]:
                found[pair] += 1
    return found


def _unit(directory: Directory, category: str, grid: str) -> str:
    try:
        return duty.find(directory, category, grid, None).unit
    except LookupError:
        return NOBODY


def compared(old: Directory, new: Directory) -> Difference:
    found = differences(old, new, MONDAY)
    assert {(one.old, one.new): one.cells for one in found.owners} == cell_by_cell(old, new)
    orjson.dumps(found.view())
    return found


def edited(change: Callable[[Tables], None]) -> Difference:
    """The sample before and after a change."""
    tables = {part: list(rows) for part, rows in sample.tables().items()}
    change(tables)
    return compared(sample.directory(), build(tables, 2))


def put(tables: Tables, part: str, key: str, code: str, **fields: Any) -> None:
    rows = tables[part]
    n = next(n for n, row in enumerate(rows) if getattr(row, key) == code)
    rows[n] = rows[n].model_copy(update=fields)


def test_the_same_directory_differs_in_nothing() -> None:
    found = compared(sample.directory(), sample.directory())
    assert not any(found.view()["summary"].values())


def test_another_property_company_takes_over_a_compound() -> None:
    def change(tables: Tables) -> None:
        put(tables, "units", "code", "WY-08", area=("370105001010007",))
        own = next(unit.area for unit in tables["units"] if unit.code == "WY-05")
        put(tables, "units", "code", "WY-05", area=(*own, "370105001010006"))

    found = edited(change)
    (owner,) = found.owners
    assert (owner.old, owner.new) == ("WY-08", "WY-05")
    assert owner.cells > owner.grids > 0
    assert set(owner.communities) == {"370105001010"}
    assert found.units.changed.keys() == {"WY-08", "WY-05"}


def test_buildings_that_went_to_another_compound_are_listed_with_both() -> None:
    building = "370105001010139"

    def change(tables: Tables) -> None:
        put(tables, "areas", "code", building, parent="370105001010004")

    found = edited(change)
    before = sample.directory().areas.parent(building)
    assert found.moved == {building: (before, "370105001010004")}
    assert all(one.grids >= 1 and one.examples == [building] for one in found.owners)
    assert found.owners


def test_rules_units_posts_and_areas_that_came_went_and_changed_are_listed() -> None:
    def change(tables: Tables) -> None:
        tables["catalogue"] = [row for row in tables["catalogue"] if row.category != "TC-GJ"]
        tables["catalogue"].append(rule("QT-BY", "JD-WYS", area="370105001008"))
        put(tables, "catalogue", "category", "SJ-JG", lead="CG-ZF")
        put(tables, "posts", "post", "QX-TQ-SJ", person="P7777", name="不外传", phone="13800009999")
        put(tables, "areas", "code", "370105001010006", name="金桂新邸")
        tables["areas"] = [row for row in tables["areas"] if row.code != "370105001008101"]

    found = edited(change)
    assert found.rules.removed == ["TC-GJ/-/-"]
    assert found.rules.added == ["QT-BY/370105001008/-"]
    assert found.rules.changed["SJ-JG/-/-"]["lead"] == ["SJ", "CG-ZF"]
    assert found.posts.changed["QX-TQ-SJ"] == {
        "person": ["P0001", "P7777"],
        "name": [UNSAID, UNSAID],
        "phone": [UNSAID, UNSAID],
    }
    assert found.areas.changed["370105001010006"]["name"] == ["金桂名邸", "金桂新邸"]
    assert found.gone == {"370105001008101"}
    assert b"13800009999" not in orjson.dumps(found.view())
    assert "不外传".encode() not in orjson.dumps(found.view())


def test_an_area_that_ends_counts_as_gone_with_what_takes_its_place() -> None:
    tables = small.tables()
    n = next(n for n, area in enumerate(tables["areas"]) if area.code == HAPPY_EAST)
    ends = {"valid_to": MONDAY.date(), "successors": (GARDEN,)}
    tables["areas"][n] = tables["areas"][n].model_copy(update=ends)
    found = differences(small.directory(), build(tables, 2), MONDAY)
    assert found.ended == {HAPPY_EAST: (GARDEN,)}
    assert found.gone == {HAPPY_EAST}


@settings(max_examples=60)
@given(old=cities(), new=cities())
def test_groups_and_cells_agree_on_any_two_cities(old: Tables, new: Tables) -> None:
    compared(build(old, 1), build(new, 2))


@pytest.mark.parametrize("code", [GARDEN_3, MILL])
def test_a_grid_that_only_one_of_them_has_changes_no_owner(code: str) -> None:
    tables = small.tables()
    tables["areas"] = [a for a in tables["areas"] if code not in (a.code, a.parent)]
    found = differences(small.directory(), build(tables, 2), MONDAY)
    assert code in found.areas.removed
    assert all(code not in one.examples for one in found.owners)


def sheets_of(change: Callable[[Tables], None]) -> dict[str, Changes]:
    """What the plain tables of the sample say otherwise after a change, of the parts where they do."""
    old, new = sample.tables(), {part: list(rows) for part, rows in sample.tables().items()}
    change(new)
    before, after = sheets.cut(old), sheets.cut(new)
    found = {
        part: sheets.changes(part, before[part].values(), after[part].values())
        for part in sheets.KEYS
    }
    return {part: one for part, one in found.items() if one.total}


def test_every_table_is_compared() -> None:
    deciding = {"areas", "units", "posts", "categories", "catalogue"}
    assert deciding | sheets.KEYS.keys() == PARTS.keys()
    assert not deciding & sheets.KEYS.keys()


def test_limits_are_told_by_their_path() -> None:
    def change(tables: Tables) -> None:
        profile = next(row for row in tables["limits"] if row.name == "standard")
        normal = profile.limits[Urgency.NORMAL].model_copy(update={"result": "5wd"})
        limits = profile.limits | {Urgency.NORMAL: normal}
        put(tables, "limits", "name", "standard", limits=limits)

    found = sheets_of(change)
    assert found.keys() == {"limits"}
    assert found["limits"].changed == {"standard": {"limits.normal.result": ["7d", "5wd"]}}


def test_days_and_turns_that_come_go_and_change_are_told_by_what_names_them() -> None:
    def change(tables: Tables) -> None:
        put(tables, "calendar", "date", "2026-10-01", kind="workday", name="")
        del tables["duty"][0]

    first = sample.tables()["duty"][0]
    found = sheets_of(change)
    assert found["calendar"].changed["standard/2026-10-01"]["kind"] == ["holiday", "workday"]
    assert found["duty"].removed == [f"{first.date}/{first.unit}/{first.start}/{first.post}"]
    assert found.keys() == {"calendar", "duty"}


def test_a_rung_is_told_by_its_number() -> None:
    def change(tables: Tables) -> None:
        rule = next(row for row in tables["ladder"] if row.urgency == "normal")
        steps = (rule.steps[0].model_copy(update={"at": "due+3wd"}), *rule.steps[1:])
        put(tables, "ladder", "urgency", "normal", steps=steps)

    assert list(sheets_of(change)["ladder"].changed["normal"]) == ["steps.1.at"]


def test_an_address_is_told_as_changed_and_not_shown() -> None:
    def change(tables: Tables) -> None:
        put(tables, "contacts", "channel", "sms", address="13900001234")

    (fields,) = sheets_of(change)["contacts"].changed.values()
    assert fields == {"address": [UNSAID, UNSAID]}
