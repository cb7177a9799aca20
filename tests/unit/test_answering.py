"""Which post of a unit answers at a moment: specialist, rota, desk, deputies; nobody is passed over silently."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.directory import CalendarDay, DutyTurn, Post, Unit
from kit.city_time import CITY_TIME
from services.router.decision.answering import Answer, PassedOver, Way, answering_post
from services.router.directory.directory import holds
from services.router.directory.hours import WorkingTime, moment
from tests.support import small
from tests.support.small import EAST, GARDEN, GARDEN_3, MILL, MONDAY, STREET, WEST, post

TODAY = MONDAY.date()
NIGHT = MONDAY.replace(hour=23)
SATURDAY = MONDAY + timedelta(days=5)


def answer(
    *posts: Post,
    unit: str = "SZ",
    area: str | None = GARDEN_3,
    at: datetime = MONDAY,
    pressing: bool = False,
    **parts: Any,
) -> Answer | None:
    directory = small.directory(posts=list(posts), **parts)
    return answering_post(directory, unit, area, at, pressing=pressing)


def who(*posts: Post, **more: Any) -> str | None:
    found = answer(*posts, **more)
    return found.post if found else None


def noted(*posts: Post, **more: Any) -> tuple[str | None, Way | None, list[tuple[str, str]]]:
    found = answer(*posts, **more)
    if found is None:
        return None, None, []
    return found.post, found.way, [(note.code, note.why.value) for note in found.notes]


def turn(code: str, start: str = "00:00", end: str = "24:00", day: date = TODAY) -> DutyTurn:
    return DutyTurn(date=day, unit="SZ", post=code, start=start, end=end)


DESK = post("D", "SZ", "desk")
LEADER = post("L", "SZ", "leader")
WATCH = post("N", "SZ", "duty_lead", hours="always")


def test_the_specialist_of_the_area_answers_before_the_general_desk() -> None:
    near = post("S-EAST", "SZ", "specialist", area=EAST)
    far = post("S-WEST", "SZ", "specialist", area=WEST)
    wide = post("S-ALL", "SZ", "specialist", area=STREET)
    assert who(DESK, far, wide, near) == "S-EAST"
    assert who(DESK, wide, near, area=MILL) == "S-ALL"
    assert who(DESK, wide, near, area=None) == "D"
    general = post("S", "SZ", "specialist")
    assert who(post("D-EAST", "SZ", "desk", area=EAST), general) == "S"


def test_a_liaison_named_for_an_area_is_a_specialist_and_one_for_the_whole_unit_is_not() -> None:
    named = post("LL-EAST", "SZ", "liaison", area=EAST)
    assert who(post("D-3", "SZ", "desk", area=GARDEN_3), named) == "LL-EAST"
    assert who(post("D-3", "SZ", "desk", area=GARDEN_3), post("LL", "SZ", "liaison")) == "D-3"
    assert who(post("S-EAST", "SZ", "specialist", area=EAST), named) == "S-EAST"
    assert who(post("S-ALL", "SZ", "specialist", area=STREET), named) == "LL-EAST"


def test_of_general_posts_the_nearest_and_then_the_desk_answers() -> None:
    assert who(LEADER, DESK, WATCH) == "D"
    assert who(LEADER, DESK, post("M", "SZ", "member", area=GARDEN)) == "M"
    elsewhere = post("D-WEST", "SZ", "desk", area=WEST)
    assert who(elsewhere, LEADER) == "L"
    assert who(elsewhere) == "D-WEST"


def test_of_equal_posts_always_the_same_one_answers() -> None:
    posts = [post(f"S-{n}", "SZ", "specialist", area=EAST) for n in range(4)]
    assert {who(*posts), who(*posts[::-1])} == {"S-0"}


def test_a_secretary_or_dispatcher_answers_only_when_the_rota_says_so() -> None:
    officer = post("W", "SZ", "dispatcher")
    assert who(officer) is None
    assert who(officer, duty=[turn("W")]) == "W"


def test_the_rota_decides_among_general_posts_and_says_whom_it_puts_off() -> None:
    assert noted(DESK, LEADER, WATCH, duty=[turn("L")]) == ("L", Way.ROTA, [("D", "off_duty")])
    assert noted(DESK, LEADER, duty=[turn("D")]) == ("D", Way.ROTA, [])
    named = post("S", "SZ", "specialist", area=EAST)
    assert noted(named, DESK, duty=[turn("D")]) == ("S", Way.HOLDER, [])


@pytest.mark.parametrize(
    ("clock", "who_answers"),
    [("00:00", "A"), ("08:29", "A"), ("08:30", "B"), ("16:30", "C"), ("23:59", "C")],
)
def test_a_turn_holds_from_its_first_minute_to_the_one_before_its_last_in_city_time(
    clock: str, who_answers: str
) -> None:
    posts = [post(code, "SZ", "leader") for code in "ABC"]
    turns = [turn("A", "00:00", "08:30"), turn("B", "08:30", "16:30"), turn("C", "16:30", "24:00")]
    hour, minute = map(int, clock.split(":"))
    at = MONDAY.replace(hour=hour, minute=minute).astimezone(UTC)
    assert who(*posts, duty=turns, at=at) == who_answers
    assert who(*posts, duty=turns, at=at + timedelta(days=1)) == "A"


def test_a_turn_of_another_units_post_is_nobodys() -> None:
    stranger = post("X", "QX", "leader")
    assert noted(DESK, stranger, duty=[turn("X")]) == ("D", Way.HOLDER, [])


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"valid_to": TODAY}, "vacant"),
        ({"away": ("2026-11-16",)}, "away"),
        ({"away": ("2026-10-01..2026-10-07", "2026-11-10..2026-11-16")}, "away"),
        ({"away": ("2026-11-16..2026-11-20",)}, "away"),
        ({"phone": ""}, "no_phone"),
    ],
)
def test_a_post_nobody_can_be_reached_at_gives_way_with_a_note(
    state: dict[str, Any], why: str
) -> None:
    gone = post("S", "SZ", "specialist", area=EAST, **state)
    assert noted(gone, DESK) == ("D", Way.HOLDER, [("S", why)])
    assert who(gone) is None


@pytest.mark.parametrize(
    "state",
    [
        {"valid_to": TODAY + timedelta(days=1)},
        {"away": ("2026-11-15", "2026-11-17..2026-11-20")},
    ],
)
def test_a_post_somebody_holds_today_answers(state: dict[str, Any]) -> None:
    assert who(post("S", "SZ", "specialist", area=EAST, **state), DESK) == "S"


def test_a_day_ends_at_midnight_in_the_city() -> None:
    last_minute = datetime(2026, 11, 16, 15, 59, tzinfo=UTC)
    first_minute = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
    leaves = post("S", "SZ", "specialist", valid_to=date(2026, 11, 17))
    assert (who(leaves, at=last_minute), who(leaves, at=first_minute)) == ("S", None)
    assert (holds(leaves, last_minute), holds(leaves, first_minute)) == (True, False)


def test_deputies_of_deputies_stand_in_before_the_general_desk() -> None:
    posts = (
        post("S", "SZ", "specialist", area=EAST, away=("2026-11-16",), deputy="T"),
        post("T", "SZ", "member", phone="", deputy="U"),
        post("U", "SZ", "member"),
        DESK,
    )
    assert noted(*posts) == ("U", Way.DEPUTY, [("S", "away"), ("T", "no_phone")])


def test_a_circle_of_deputies_ends_at_the_next_post() -> None:
    away = {"away": ("2026-11-16",)}
    circle = [
        post("S", "SZ", "specialist", area=EAST, deputy="T", **away),
        post("T", "SZ", "member", deputy="S", **away),
    ]
    assert noted(*circle, DESK) == ("D", Way.HOLDER, [("S", "away"), ("T", "away")])
    itself = post("S", "SZ", "specialist", deputy="S", **away)
    assert who(itself) is None


def test_a_deputy_of_another_unit_does_not_sign_for_this_one() -> None:
    away = post("S", "SZ", "specialist", away=("2026-11-16",), deputy="Q")
    assert noted(away, post("Q", "QX", "leader"), DESK) == (
        "D", Way.HOLDER, [("S", "away"), ("Q", "other_unit")],
    )  # fmt: skip


def with_deputies(**deputies: str) -> list[Unit]:
    """The units, some with a deputy unit."""
    return [
        unit.model_copy(update={"deputy": deputies.get(unit.code.replace("-", ""))})
        for unit in small.tables()["units"]
    ]


def test_when_nobody_of_the_unit_can_be_reached_its_deputy_unit_answers() -> None:
    gone = post("L", "SZ", "leader", valid_to=TODAY)
    posts = (gone, post("J", "JD"), post("Q", "QX"))
    assert who(*posts) is None
    found = answer(*posts, units=with_deputies(SZ="JD"))
    assert found is not None
    assert (found.unit, found.post, found.way) == ("JD", "J", Way.HOLDER)
    assert [(n.code, n.why) for n in found.notes] == [
        ("L", PassedOver.VACANT), ("SZ", PassedOver.NOBODY),
    ]  # fmt: skip


def test_deputy_units_have_deputies_and_a_circle_of_them_ends() -> None:
    last = answer(post("Q", "QX"), units=with_deputies(SZ="JD", JD="QX"))
    assert last is not None
    assert (last.unit, [n.code for n in last.notes]) == ("QX", ["SZ", "JD"])
    assert answer(post("X", "SQ-1"), units=with_deputies(SZ="JD", JD="SZ")) is None


def test_outside_working_hours_a_ticket_waits_for_the_specialist() -> None:
    named = post("S", "SZ", "specialist", area=EAST, deputy="N")
    for at in (NIGHT, SATURDAY):
        found = answer(named, WATCH, at=at)
        assert found is not None
        assert (found.post, found.waits, found.notes) == ("S", True, ())
    by_day = answer(named, WATCH)
    assert by_day is not None
    assert (by_day.post, by_day.waits) == ("S", False)


def test_a_pressing_matter_goes_past_who_is_off_work_to_who_is_on_duty() -> None:
    named = post("S", "SZ", "specialist", area=EAST)
    pressing: dict[str, Any] = {"at": NIGHT, "pressing": True}
    off = [("S", "off_hours")]
    assert noted(named, LEADER, WATCH, **pressing) == (
        "N", Way.HOLDER, [*off, ("L", "off_hours")],
    )  # fmt: skip
    assert noted(named, LEADER, duty=[turn("L")], **pressing) == ("L", Way.ROTA, off)
    deputised = named.model_copy(update={"deputy": "N"})
    assert noted(deputised, LEADER, WATCH, **pressing) == ("N", Way.DEPUTY, off)
    assert who(named, WATCH, at=MONDAY, pressing=True) == "S"


def test_a_pressing_matter_waits_too_where_nobody_of_the_unit_is_on_duty() -> None:
    found = answer(post("S", "SZ", "specialist"), LEADER, at=NIGHT, pressing=True)
    assert found is not None
    assert (found.post, found.waits, found.notes) == ("S", True, ())


def test_a_unit_that_is_always_open_has_nobody_off_work() -> None:
    units = [u.model_copy(update={"calendar": "always"}) for u in small.tables()["units"]]
    found = answer(post("S", "SZ", "specialist"), WATCH, at=NIGHT, pressing=True, units=units)
    assert found is not None
    assert (found.post, found.waits) == ("S", False)


POSTS = st.lists(
    st.builds(
        post,
        st.sampled_from(["A", "B", "C", "D", "E", "F"]),
        st.sampled_from(["SZ", "SZ", "JD"]),
        st.sampled_from(["specialist", "liaison", "desk", "leader", "secretary"]),
        area=st.sampled_from([None, STREET, EAST, WEST, GARDEN]),
        deputy=st.sampled_from([None, "A", "B", "C"]),
        hours=st.sampled_from(["work", "always"]),
        phone=st.sampled_from(["", "13800000000"]),
        away=st.sampled_from([(), ("2026-11-16",)]),
        valid_to=st.sampled_from([None, TODAY]),
    ),
    max_size=6,
    unique_by=lambda row: row.post,
)


@given(
    posts=POSTS,
    turns=st.lists(st.sampled_from([turn("A"), turn("B", "09:00", "12:00"), turn("E")])),
    chance=st.randoms(use_true_random=False),
    pressing=st.booleans(),
    at=st.sampled_from([MONDAY, NIGHT]),
)
def test_the_answer_is_reachable_repeatable_and_whatever_the_order_of_the_rows(
    posts: list[Post], turns: list[DutyTurn], chance: Any, at: datetime, *, pressing: bool
) -> None:
    units = with_deputies(SZ="JD")
    found = answer(*posts, duty=turns, units=units, at=at, pressing=pressing)
    shuffled, reordered = list(posts), list(turns)
    chance.shuffle(shuffled)
    chance.shuffle(reordered)
    again = answer(*shuffled, duty=reordered, units=units, at=at, pressing=pressing)
    assert again == found
    reachable = {p.post for p in posts if p.phone and not p.away and p.valid_to is None}
    if found is not None:
        assert found.post in reachable
        assert not {note.code for note in found.notes if note.why is PassedOver.VACANT} & reachable
    else:
        usual = [p for p in posts if p.post in reachable and p.role in ("desk", "leader")]
        assert not usual


def day(when: str, kind: Any, *shifts: str) -> CalendarDay:
    return CalendarDay(date=when, kind=kind, shifts=shifts)


@pytest.mark.parametrize(
    ("at", "works"),
    [
        ("2026-11-16T09:00", True),
        ("2026-11-16T12:00", False),
        ("2026-11-16T13:29", False),
        ("2026-11-16T17:29", True),
        ("2026-11-16T17:30", False),
        ("2026-11-17T10:00", False),
        ("2026-11-21T10:00", True),
        ("2026-11-22T10:00", False),
    ],
)
def test_working_time_is_the_dated_rows_shifts_else_the_weekdays(at: str, *, works: bool) -> None:
    """Monday as usual, a holiday on Tuesday, a make-up Saturday without shifts of its own, Sunday."""
    working = WorkingTime.of(
        [
            day("mon", "workday", "09:00-12:00", "13:30-17:30"),
            day("tue", "workday", "09:00-12:00"),
            day("sat", "rest"),
            day("2026-11-17", "holiday"),
            day("2026-11-21", "makeup"),
        ]
    )
    now = moment(datetime.fromisoformat(at).replace(tzinfo=CITY_TIME))
    assert working.runs("standard", now) is works
    assert working.runs("always", now)
    assert not working.runs("unheard-of", now)


def test_somebody_of_every_unit_answers_for_any_place_of_the_small_district() -> None:
    directory = small.directory()
    for unit in directory.units:
        for area in (None, *directory.areas, GARDEN, WEST):
            assert answering_post(directory, unit, area, MONDAY) is not None
