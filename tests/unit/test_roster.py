"""Who holds which post, who is there, and what units and places are called (domain.md D5, E15)."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any, Final

from contracts.directory import DutyTurn, Post, Unit, UnitKind
from services.notifier.roster.post import held, there
from services.notifier.roster.roster import Roster
from services.notifier.worktime.calendar import Always
from tests.support import city
from tests.support.case import AREA, MONDAY

TODAY: Final = MONDAY.date()


def post(**more: Any) -> Post:
    known: dict[str, Any] = {"post": "C-L", "unit": "C", "role": "leader", "person": "P1"}
    return Post(**(known | {"name": "某"} | more))


def roster(*posts: Post, turns: tuple[DutyTurn, ...] = (), calendar: str = "standard") -> Roster:
    units = [
        Unit(code="S", name="街道办事处", kind=UnitKind.SUBDISTRICT, area=("370105001",)),
        Unit(code="C2", name="后", kind=UnitKind.COMMUNITY, area=("370105001008",)),
        Unit(
            code="C", name="工人新村居委会", kind=UnitKind.COMMUNITY, area=("370105001008",),
            calendar=calendar,
        ),
    ]  # fmt: skip
    return Roster(units, posts, turns, {"standard": Always()})


def test_a_post_is_held_until_its_last_day_and_being_away_does_not_end_it() -> None:
    assert held(post(valid_to=TODAY + timedelta(days=1)), MONDAY)
    assert not held(post(valid_to=TODAY), MONDAY)
    away = post(away=(f"{TODAY - timedelta(days=1)}..{TODAY}",))
    assert (held(away, MONDAY), there(away, MONDAY)) == (True, False)
    assert there(away, MONDAY + timedelta(days=1))


def test_the_day_is_the_citys() -> None:
    ends = post(valid_to=date(2026, 11, 23))
    late = MONDAY.replace(hour=0, minute=30).astimezone(UTC)  # still the 22nd there
    assert not held(ends, late)


def test_who_left_a_post_stands_for_nothing_any_more() -> None:
    left = post(role="secretary", valid_to=TODAY)
    stays = post(post="S-L", unit="S", role="secretary")
    known = roster(left, stays)
    assert known.held_by("P1", MONDAY) == [stays]
    assert known.offices_of("P1", MONDAY) == {"S": ("370105001",)}
    yesterday = MONDAY - timedelta(days=1)
    assert set(known.offices_of("P1", yesterday)) == {"S", "C"}


def test_on_turn_is_whose_turn_it_is_and_who_is_there() -> None:
    def turn(name: str, start: str, end: str) -> DutyTurn:
        return DutyTurn(date=TODAY, unit="C", post=name, start=start, end=end)

    gone = post(post="C-2", away=(TODAY.isoformat(),))
    turns = (
        turn("C-L", "08:00", "10:01"),
        turn("C-2", "00:00", "24:00"),
        turn("X", "09:00", "24:00"),
    )
    known = roster(post(), gone, turns=turns)
    assert [one.post for one in known.on_turn("C", MONDAY)] == ["C-L"]
    assert known.on_turn("C", MONDAY + timedelta(minutes=1)) == []
    assert known.on_turn("C", MONDAY + timedelta(days=1)) == []


def test_deputies_follow_each_other_once() -> None:
    known = roster(post(deputy="C-2"), post(post="C-2", deputy="C-L"))
    assert [one.post for one in known.line("C-L")] == ["C-L", "C-2"]
    assert list(known.line("none")) == []


def test_places_and_codes_have_names_and_the_lower_code_serves_an_area_of_two() -> None:
    known = roster(post())
    assert [known.place(area) for area in (AREA, "370105001", "37010", "")] == [
        "工人新村", "街道", "", "",
    ]  # fmt: skip
    assert [known.name(code) for code in ("S", "C-L", "none")] == [
        "街道办事处",
        "工人新村居委会",
        "none",
    ]
    assert [known.named(code) for code in ("C", "C-L", "none")] == [("C", None), ("C", "C-L"), None]


def test_a_unit_whose_calendar_is_gone_works_by_the_standard_one() -> None:
    known = roster(post(), calendar="gone")
    assert known.at_work(post(), MONDAY.replace(hour=3))


def test_what_is_let_go_lists_every_table_once() -> None:
    directory = city.directory()
    tables = [*directory.roster.tables(), *directory.people.tables()]
    assert len({id(table) for table in tables}) == len(tables)
    held_tables = [
        value
        for owner in (directory.roster, directory.people)
        for name, value in vars(owner).items()
        if isinstance(value, dict) and name != "_calendars"
    ]
    assert {id(table) for table in held_tables} == {id(table) for table in tables}
