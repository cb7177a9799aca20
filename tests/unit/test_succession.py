"""Open tickets follow their place: splits, mergers, units that are gone, units that cover anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ticket import TicketStatus
from services.router.decision.matching import decide
from services.router.directory.directory import Directory, build
from services.router.place.areas import areas_of
from services.router.succession.resettling import Move
from services.router.succession.succession import (
    ANEW,
    DONE,
    Case,
    Settled,
    around,
    heirs,
    settle,
    stays,
)
from services.router.ticket.standing import Standing
from tests.support import resettled, small
from tests.support.resettled import GT_NORTH, GT_SOUTH, MERGED, NORTH, SOUTH, SPLIT
from tests.support.small import (
    DISTRICT,
    EAST,
    GARDEN,
    GARDEN_3,
    GARDEN_5,
    HAPPY_EAST,
    MONDAY,
    STREET,
    complaint,
)

S = TicketStatus
TODAY = MONDAY.date()
RUBBISH = "垃圾没人清"


def ticket(text: str = RUBBISH, status: TicketStatus = S.DISPATCHED, **more: Any) -> dict[str, Any]:
    """A ticket as the router opened it under the old directory, with its receipt beside it."""
    given = {name: more.pop(name) for name in ("address", "grid_code", "accused") if name in more}
    said = complaint(text, **given)
    decision = decide(said, small.directory(), MONDAY)
    return {
        "ticket_id": UUID(said.complaint_id), "number": said.number, "status": status.value,
        "unit": decision.unit, "post": decision.post, "assists": list(decision.assists),
        "area": decision.area, "category": decision.category, "urgency": decision.urgency.value,
        "profile": decision.profile, "round": 1, "version": 2, "channel": "hotline",
        "kind": "complaint", "title": None, "body": text, "address": said.address,
        "accused": said.accused, "confidential": False, "rule_version": 1,
        "receipt_id": UUID(int=7), "received_at": MONDAY, "dispatched_at": MONDAY,
        "coordinator": decision.coordinator, "pending": None, "extended": 0, "ruled": 0,
        "outcome": None, "receipt": decision.receipt, **more,
    }  # fmt: skip


def settled(row: dict[str, Any], tables: Any, **more: Any) -> Settled | None:
    return settle(case(row), build(tables, 2), MONDAY, **more)


def case(row: dict[str, Any], **more: Any) -> Case:
    return Case(row, row["receipt"], row["receipt"].get("inputs", {}), **more)


def moved(row: dict[str, Any], tables: Any) -> Move:
    found = settled(row, tables)
    assert found is not None
    return Move(row, found, UUID(int=9), 2, MONDAY)


def test_of_a_merger_the_only_successor_takes_the_ticket() -> None:
    found = settled(ticket(address="幸福里", grid_code=HAPPY_EAST), resettled.tables(MERGED))
    assert found is not None
    assert (found.area, found.unit, found.status) == (NORTH, GT_NORTH, S.DISPATCHED)
    assert found.decision is not None
    assert found.decision.directory_version == 2


@pytest.mark.parametrize(
    ("text", "area", "unit"),
    [
        ("金桂南苑门口垃圾没人清", SOUTH, GT_SOUTH),
        ("金桂北苑3号楼旁垃圾没人清", GARDEN_3, GT_NORTH),
        ("金桂苑垃圾没人清", EAST, "DESK"),
    ],
)
def test_of_a_split_the_words_choose_and_else_what_all_lie_in(
    text: str, area: str, unit: str
) -> None:
    found = settled(ticket(text, grid_code=GARDEN), resettled.tables(SPLIT))
    assert found is not None
    assert (found.area, found.unit) == (area, unit)


def test_words_outside_the_successors_do_not_lead_away() -> None:
    row = ticket("幸福里和三棉宿舍的垃圾没人清", grid_code=GARDEN)
    found = settled(row, resettled.tables(SPLIT))
    assert found is not None
    assert found.area == EAST


def test_a_building_that_went_to_another_compound_follows_its_new_team() -> None:
    for building, unit in ((GARDEN_3, GT_NORTH), (GARDEN_5, GT_SOUTH)):
        row = ticket(grid_code=building)
        found = settled(row, resettled.tables(SPLIT))
        assert found is not None
        assert (found.area, found.unit) == (building, unit)
        assert settled(row, resettled.tables(SPLIT), renewed=False) is None


def test_a_changed_rule_moves_no_open_ticket() -> None:
    tables = small.tables()
    tables["catalogue"] = [
        row.model_copy(update={"lead": "SZ"}) if row.category == "LJ" else row
        for row in tables["catalogue"]
    ]
    assert settled(ticket(grid_code=GARDEN_3), tables) is None


def test_what_a_person_decided_stays_and_only_the_area_follows() -> None:
    row = ticket(grid_code=HAPPY_EAST, unit="SQ-1")
    found = settled(row, resettled.tables(MERGED))
    assert found == Settled(NORTH, "SQ-1", S.DISPATCHED, None)
    assert settled(ticket(grid_code=GARDEN_3, unit="SQ-1"), resettled.tables(SPLIT)) is None


def test_a_unit_that_is_gone_is_replaced_wherever_the_ticket_came_from() -> None:
    tables = small.tables()
    tables["units"] = [unit for unit in tables["units"] if unit.code != "GT-1"]
    for more in ({}, {"unit": "GT-1", "receipt": {}}, {"unit": "OLD"}):
        found = settled(ticket(grid_code=GARDEN_3) | more, tables)
        assert found is not None
        assert found.unit in build(tables, 2).units
        assert found.area == GARDEN_3


@pytest.mark.parametrize("status", [S.HANDLED, S.CALLBACK])
def test_who_has_done_the_work_keeps_it(status: TicketStatus) -> None:
    found = settled(ticket(grid_code=HAPPY_EAST, status=status), resettled.tables(MERGED))
    assert found == Settled(NORTH, "GT-3", status, None)


@pytest.mark.parametrize("status", [S.ACCEPTED, S.IN_PROGRESS, S.RETURNED, S.ARBITRATION])
def test_a_new_owner_signs_anew(status: TicketStatus) -> None:
    found = settled(ticket(grid_code=HAPPY_EAST, status=status), resettled.tables(MERGED))
    assert found is not None
    assert (found.unit, found.status) == (GT_NORTH, S.DISPATCHED)


def test_an_approved_hold_stays_a_hold_with_the_new_owner() -> None:
    row = ticket(grid_code=HAPPY_EAST, status=S.ON_HOLD)
    found = settled(row, resettled.tables(MERGED))
    assert found is not None
    assert (found.unit, found.status) == (GT_NORTH, S.ON_HOLD)


def test_what_waits_at_the_desk_goes_on_waiting_there() -> None:
    row = ticket("你好", status=S.TRIAGE, address="幸福里", area=HAPPY_EAST)
    found = settled(row, resettled.tables(MERGED))
    assert found == Settled(NORTH, "DESK", S.TRIAGE, None)


def test_never_to_the_party_complained_about() -> None:
    row = ticket(grid_code=HAPPY_EAST, accused=GT_NORTH)
    row["receipt"] = row["receipt"] | {"inputs": row["receipt"]["inputs"] | {"accused": GT_NORTH}}
    found = settled(row, resettled.tables(MERGED))
    assert found is not None
    assert found.unit == "DESK"


def by_hand(row: dict[str, Any], **chosen: str) -> dict[str, Any]:
    """The same ticket after a person dispatched it (services/router/desk/deciding.py)."""
    guessed = {"unit": row["unit"], "category": row["category"], "area": row["area"]}
    own = {key: value for key, value in row["receipt"].items() if key != "inputs"}
    receipt = own | {"reason": "desk", "guessed": guessed, "chosen": guessed | chosen}
    return row | chosen | {"receipt": receipt | {"unit": chosen.get("unit", row["unit"])}}


def test_a_person_who_chose_what_the_catalogue_says_chose_the_place_and_not_the_unit() -> None:
    row = by_hand(ticket(grid_code=HAPPY_EAST))
    found = settled(row, resettled.tables(MERGED))
    assert found is not None
    assert (found.area, found.unit) == (NORTH, GT_NORTH)
    other = by_hand(ticket(grid_code=HAPPY_EAST), unit="SQ-1")
    assert settled(other, resettled.tables(MERGED)) == Settled(NORTH, "SQ-1", S.DISPATCHED, None)


def test_nor_to_a_party_complained_about_in_what_was_merged_into_it() -> None:
    for row in (ticket(grid_code=HAPPY_EAST), ticket(grid_code=GARDEN_3)):
        tied = case(row, against=frozenset({GT_NORTH}))
        found = settle(tied, build(resettled.tables(SPLIT | MERGED), 2), MONDAY)
        assert found is None or found.unit == "DESK"
    desk = case(ticket(grid_code=HAPPY_EAST), against=frozenset({GT_NORTH, "DESK"}))
    found = settle(desk, build(resettled.tables(MERGED), 2), MONDAY)
    assert found is not None
    assert found.unit not in (GT_NORTH, "DESK")


def test_an_area_is_in_force_until_its_last_day() -> None:
    later = resettled.tables(MERGED, ends=TODAY + timedelta(days=1))
    assert settled(ticket(grid_code=HAPPY_EAST), later) is None


def test_an_area_that_is_simply_gone_leaves_what_lies_around_it() -> None:
    tables = small.tables()
    tables["areas"] = [a for a in tables["areas"] if not a.code.startswith(EAST)]
    tables["units"] = [u.model_copy(update={"area": tuple(a for a in u.area if not a.startswith(EAST))})
                       for u in tables["units"]]  # fmt: skip
    found = settled(ticket(grid_code=GARDEN_3), tables)
    assert found is not None
    assert found.area == STREET


def test_without_anything_around_it_the_place_is_unknown_and_a_person_looks() -> None:
    row = ticket(grid_code=GARDEN_3, area="110101001002003")
    found = settled(row, small.tables())
    assert found is not None
    assert (found.area, found.unit) == (None, "DESK")


AREAS = areas_of(map(vars, resettled.tables(SPLIT)["areas"]))


def test_heirs_are_found_through_areas_that_have_ended_themselves() -> None:
    rows = {area.code: area for area in resettled.tables(SPLIT)["areas"]}
    rows[SOUTH] = rows[SOUTH].model_copy(
        update={"valid_to": TODAY, "successors": (HAPPY_EAST, GARDEN)}
    )
    areas = areas_of(map(vars, rows.values()))
    assert heirs(areas, GARDEN, TODAY) == (NORTH, HAPPY_EAST)
    assert heirs(areas, "999999", TODAY) == ()
    assert around(areas, GARDEN, TODAY) == EAST
    assert around(areas, "370105001777888", TODAY) == STREET
    assert around(areas, DISTRICT, TODAY) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.lists(st.integers(0, 5), max_size=3)), max_size=8))
def test_heirs_end_on_any_circle(pairs: list[tuple[int, list[int]]]) -> None:
    rows = {area.code: area for area in small.tables()["areas"]}
    codes = sorted(rows)[:6]
    for one, others in pairs:
        ends = {"valid_to": TODAY, "successors": tuple(codes[other] for other in others)}
        rows[codes[one]] = rows[codes[one]].model_copy(update=ends)
    areas = areas_of(map(vars, rows.values()))
    for code in codes:
        assert all(areas.valid(heir, TODAY) for heir in heirs(areas, code, TODAY))


def directory() -> Directory:
    return build(resettled.tables(MERGED), 2)


def test_a_move_is_announced_as_by_hand_the_old_unit_first() -> None:
    move = moved(ticket(grid_code=HAPPY_EAST), resettled.tables(MERGED))
    assert [(e, to) for e, to, _ in move.announcements] == [
        ("reassigned", "GT-3"), ("dispatched", GT_NORTH),
    ]  # fmt: skip
    assert [event.subject.split(".")[:3] for event in move.events()] == [
        ["ticket", "reassigned", "GT-3"], ["ticket", "dispatched", GT_NORTH],
    ]  # fmt: skip
    assert [line[1] for line in move.lines()] == [3, 4]
    assert {(line[6], line[7], line[8]) for line in move.lines()} == {
        ("system:router", "directory_changed", "directory:2")
    }
    receipt = move.receipt()
    assert receipt is not None
    assert '"unit":"GT-N"' in receipt[2]


def test_where_only_the_area_changes_the_holder_is_told_and_nothing_else() -> None:
    row = ticket(grid_code=HAPPY_EAST, unit="SQ-1", status=S.ACCEPTED)
    move = moved(row, resettled.tables(MERGED))
    assert move.announcements == [("recategorised", "SQ-1", 3)]
    before, after = Standing.of(row), move.after
    assert after == replace(before, area=NORTH)
    assert move.receipt() is None


def test_confidential_words_stay_inside() -> None:
    move = moved(ticket(grid_code=HAPPY_EAST, confidential=True), resettled.tables(MERGED))
    assert all(RUBBISH.encode() not in event.body for event in move.events())
    open_ = moved(ticket(grid_code=HAPPY_EAST), resettled.tables(MERGED))
    assert RUBBISH.encode() in open_.events()[1].body


@given(
    status=st.sampled_from(
        [s for s in S if s not in (S.CLOSED, S.DECLINED, S.MERGED, S.WITHDRAWN)]
    ),
    grid=st.sampled_from([GARDEN, GARDEN_3, GARDEN_5, HAPPY_EAST, EAST, STREET, None]),
    text=st.sampled_from([RUBBISH, "电梯坏了", "路灯不亮", "你好", "金桂南苑垃圾没人清"]),
    unit=st.sampled_from([None, "SQ-1", "OLD", "SZ"]),
    way=st.sampled_from([SPLIT, MERGED]),
)
def test_every_open_ticket_ends_where_somebody_is_and_then_stays_there(
    status: TicketStatus, grid: str | None, text: str, unit: str | None, way: Any
) -> None:
    row = ticket(text, status, grid_code=grid)
    row |= {"unit": unit} if unit else {}
    found = settled(row, resettled.tables(way))
    new = build(resettled.tables(way), 2)
    if found is None:
        found = Settled(row["area"], row["unit"], status, None)
    assert found.unit in new.units
    assert found.area is None or new.areas.valid(found.area, TODAY)
    assert found.status is status or (status in ANEW and found.status is S.DISPATCHED)
    if status in DONE and row["unit"] in new.units:
        assert found.unit == row["unit"]
    move = Move(row, found, UUID(int=9), 2, MONDAY)
    after = row | {"area": found.area, "unit": found.unit, "status": found.status.value,
                   "rule_version": 2}  # fmt: skip
    if found.decision is not None:
        after["receipt"] = found.decision.receipt
    for one, renewed in ((row, True), (row, False), (after, True), (after, False)):
        newer = renewed and one["rule_version"] < 2
        if stays(one, new, TODAY, renewed=renewed):
            assert settle(case(one), new, MONDAY, renewed=newer) is None
    again = settle(case(after), new, MONDAY, renewed=False)
    assert again is None or (again.area, again.unit) == (found.area, found.unit)
    assert next(n for _, _, n in move.announcements) == 3
