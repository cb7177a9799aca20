"""Never to the party complained about, nor to whoever is tied to it; and there is always somebody left."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.directory import DutyTurn, Unit
from services.router.decision.conflict import Conflict, conflicts, desk, free_above
from services.router.decision.decision import RoutingReason
from services.router.decision.matching import decide
from services.router.directory.directory import Directory
from tests.support import small
from tests.support.small import GARDEN, MONDAY, complaint, post

NIGHT = MONDAY.replace(hour=23)


def units(**changes: dict[str, Any]) -> list[Unit]:
    """The units, some changed; `WY1` stands for `WY-1`."""
    return [
        unit.model_copy(update=changes.get(unit.code.replace("-", ""), {}))
        for unit in small.tables()["units"]
    ]


def tie(unit: str, accused: str | None, directory: Directory | None = None) -> Conflict | None:
    return conflicts(directory or small.directory(), unit, accused, GARDEN, MONDAY)


@pytest.mark.parametrize(
    ("unit", "accused", "found"),
    [
        ("WY-1", "WY-1", Conflict.ACCUSED),
        ("SQ-1", "WY-1", Conflict.ABOVE),
        ("JD", "WY-1", None),
        ("WY-1", "SQ-1", None),
        ("WY-1", None, None),
        ("WY-1", "nobody", None),
    ],
)
def test_the_accused_and_the_unit_right_above_it_must_not_have_it(
    unit: str, accused: str | None, found: Conflict | None
) -> None:
    assert tie(unit, accused) is found


def test_the_unit_that_stands_in_for_the_accused_must_not_have_it() -> None:
    directory = small.directory(units=units(WY1={"deputy": "SZ"}))
    assert tie("SZ", "WY-1", directory) is Conflict.DEPUTY
    assert tie("WY-1", "SZ", directory) is None


def linked(**more: Any) -> list[Any]:
    """SZ has a desk and a night watch; the watchman also works for WY-1."""
    return [
        *small.tables()["posts"],
        post("SZ-D", "SZ", "desk"),
        post("SZ-N", "SZ", "duty_lead", hours="always", person="P-both"),
        post("WY-1-N", "WY-1", "member", person="P-both", **more),
    ]


def test_a_unit_for_which_somebody_of_the_accused_would_answer_must_not_have_it() -> None:
    away = [
        p.model_copy(update={"phone": ""}) if p.post in ("SZ-D", "SZ-L") else p for p in linked()
    ]
    assert tie("SZ", "WY-1", small.directory(posts=away)) is Conflict.LINKED
    assert tie("SZ", "SQ-1", small.directory(posts=away)) is None


def test_it_counts_who_would_answer_now_or_if_the_matter_could_not_wait() -> None:
    directory = small.directory(posts=linked())
    assert tie("SZ", "WY-1", directory) is None
    assert conflicts(directory, "SZ", "WY-1", GARDEN, NIGHT) is Conflict.LINKED
    on_turn = DutyTurn(date=MONDAY.date(), unit="SZ", post="SZ-N")
    assert tie("SZ", "WY-1", small.directory(posts=linked(), duty=[on_turn])) is Conflict.LINKED


def test_who_left_the_accused_is_tied_to_it_no_more() -> None:
    directory = small.directory(posts=linked(valid_to=MONDAY.date()))
    assert conflicts(directory, "SZ", "WY-1", GARDEN, NIGHT) is None


def test_a_unit_whose_deputy_unit_is_tied_to_the_accused_is_tied_too() -> None:
    nobody = [p for p in small.tables()["posts"] if p.unit != "SZ"]
    for deputy, found in (("WY-1", Conflict.ACCUSED), ("SQ-1", Conflict.ABOVE), ("JD", None)):
        directory = small.directory(posts=nobody, units=units(SZ={"deputy": deputy}))
        assert tie("SZ", "WY-1", directory) is found


@pytest.mark.parametrize(
    ("accused", "unit"), [(None, "DESK"), ("WY-1", "DESK"), ("DESK", "QX"), ("QX", "DESK")]
)
def test_a_matter_about_the_desk_goes_to_the_nearest_unit_above_it_that_may_have_it(
    accused: str | None, unit: str
) -> None:
    assert desk(small.directory(), GARDEN, {accused}, MONDAY) == unit


def test_where_everybody_above_the_desk_is_tied_another_desk_takes_it() -> None:
    one_person = [p.model_copy(update={"person": "P-all"}) for p in small.tables()["posts"]]
    other = Unit(code="DESK-2", name="另一分拨台", kind="desk")
    more = [*one_person, post("DESK-2-L", "DESK-2")]
    directory = small.directory(posts=more, units=[*units(), other])
    assert desk(directory, GARDEN, {"WY-1"}, MONDAY) == "DESK-2"
    alone = small.directory(posts=one_person)
    assert desk(alone, GARDEN, {"DESK"}, MONDAY) == "QX"


def test_where_two_are_complained_about_the_desk_is_tied_to_neither() -> None:
    assert desk(small.directory(), GARDEN, {"WY-1", "DESK"}, MONDAY) == "QX"


def test_the_next_unit_up_that_may_have_it() -> None:
    directory = small.directory()
    assert free_above(directory, "WY-1", "WY-1", GARDEN, MONDAY) == "JD"
    assert free_above(directory, "WY-1", None, GARDEN, MONDAY) == "SQ-1"
    assert free_above(directory, "QX", "QX", GARDEN, MONDAY) is None


def test_a_conflict_is_a_persons_matter_and_the_next_unit_up_is_suggested() -> None:
    decision = decide(
        complaint("电梯坏了", address="金桂苑", accused="WY-1"), small.directory(), MONDAY
    )
    assert (decision.reason, decision.unit) == (RoutingReason.CONFLICT_OF_INTEREST, "DESK")
    first = decision.receipt["alternatives"][0]
    assert (first["unit"], first["why"]) == ("JD", "unit_above")
    assert decision.receipt["conflicts"] == {
        "accused": "WY-1",
        "checked": [
            {"unit": "DESK", "tie": None},
            {"unit": "WY-1", "tie": "accused"},
            {"unit": "SQ-1", "tie": "above"},
        ],
    }


@given(
    people=st.lists(st.sampled_from(["P-1", "P-2", "P-3", "P-4"]), min_size=11, max_size=11),
    deputies=st.lists(st.sampled_from([None, "SQ-1", "WY-1", "JD"]), min_size=11, max_size=11),
    accused=st.sampled_from([unit.code for unit in small.tables()["units"]]),
    text=st.sampled_from(["电梯坏了", "路灯不亮", "垃圾", "你好"]),
    address=st.sampled_from([None, "金桂苑", "三棉锅炉房", "西社区"]),
)
def test_whatever_ties_there_are_nobody_tied_leads_helps_or_is_offered(
    people: list[str],
    deputies: list[str | None],
    accused: str,
    text: str,
    address: str | None,
) -> None:
    holders = zip(small.tables()["posts"], people, strict=True)
    changed = zip(small.tables()["units"], deputies, strict=True)
    directory = small.directory(
        posts=[p.model_copy(update={"person": person}) for p, person in holders],
        units=[u.model_copy(update={"deputy": deputy}) for u, deputy in changed],
    )
    decision = decide(complaint(text, address=address, accused=accused), directory, MONDAY)
    assert decision.unit in directory.units
    assert decision.unit != accused
    chosen = {one["unit"] for one in decision.receipt["alternatives"]} | set(decision.assists)
    if not decision.triage:
        chosen.add(decision.unit)
    for unit in chosen:
        assert conflicts(directory, unit, accused, decision.area, MONDAY) is None
