"""Every state x every act x everybody, and what holds however people press the buttons."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.complaint import Point
from contracts.whistle import CallState, WhistleEvent, WhistleKind, WhistleStatus
from contracts.whistle_command import Score, WhistleData
from kit.errors import DomainError
from services.router.directory.directory import Directory
from services.router.ticket.seeing import actor
from services.router.whistle import permits
from services.router.whistle.deeds import Asked, Deed
from services.router.whistle.states import (
    CALLS,
    ON_ONE_CALL,
    OVER,
    STEPS,
    Act,
    By,
    advance,
    advance_call,
)
from services.router.whistle.steps import everybody_rated, take
from services.router.whistle.whistle import Call, Whistle
from tests.support import small

NOW: Final = datetime(2026, 11, 16, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
W, C = WhistleStatus, CallState

WHOLE: Final = """
            blow issue refuse seen check-in arrive done decline excuse resolve rate cancel no-show close
drafted     b    -     -      -    -        -      -    -       -      -       -    -      -       -
blown       -    s     s      -    -        -      -    -       -      -       -    b      -       -
issued      -    -     -      c    c        c      c    c       b      b       -    b      y       -
refused     -    -     -      -    -        -      -    -       -      -       -    -      -       -
resolved    -    -     -      -    -        -      -    -       -      -       b    -      -       y
rated       -    -     -      -    -        -      -    -       -      -       b    -      -       y
closed      -    -     -      -    -        -      -    -       -      -       -    -      -       -
cancelled   -    -     -      -    -        -      -    -       -      -       -    -      -       -
"""
"""Who may, by the whistle's state: blower, signer, called, sYstem, nobody."""
ONE: Final = """
            seen  check-in    arrive   done  decline   excuse   no-show
pending     seen  checked_in  -        -     declined  excused  no_show
seen        -     checked_in  -        -     declined  excused  no_show
checked_in  -     -           on_site  -     -         excused  -
on_site     -     -           -        done  -         excused  -
done        -     -           -        -     -         -        -
declined    -     checked_in  -        -     -         excused  -
no_show     -     checked_in  -        -     -         excused  -
excused     -     -           -        -     -         -        -
"""
"""Where a department's row comes to."""
LETTER: Final = {"b": By.BLOWER, "s": By.SIGNER, "c": By.CALLED, "y": By.SYSTEM}


def grid(text: str) -> dict[tuple[str, str], str]:
    head, *rows = [line.split() for line in text.strip().splitlines()]
    return {(row[0], act): cell for row in rows for act, cell in zip(head, row[1:], strict=True)}


@pytest.mark.parametrize(("status", "act"), list(itertools.product(W, Act)), ids=str)
def test_a_whistle_goes_exactly_where_the_grid_says(status: WhistleStatus, act: Act) -> None:
    cell = grid(WHOLE)[status.value, act.value]
    if cell != "-":
        assert advance(status, act).by is LETTER[cell]
        return
    with pytest.raises(DomainError) as refused:
        advance(status, act)
    assert refused.value.kind == 409
    assert act.value not in refused.value.extra["allowed"]


@pytest.mark.parametrize(("state", "act"), list(itertools.product(C, sorted(ON_ONE_CALL))), ids=str)
def test_a_departments_row_goes_exactly_where_the_grid_says(state: CallState, act: Act) -> None:
    cell = grid(ONE)[state.value, act.value]
    if cell != "-":
        assert advance_call(state, act).value == cell
        return
    with pytest.raises(DomainError) as refused:
        advance_call(state, act)
    assert refused.value.kind == 409


def whistle(**more: Any) -> Whistle:
    values: dict[str, Any] = {
        "whistle_id": UUID(int=1), "kind": WhistleKind.KEY_TASK, "status": W.DRAFTED, "version": 0,
        "blower": "SQ-1", "person": "P-SQ-1-L", "office": "JD", "area": small.GARDEN,
        "ticket_id": None, "number": None, "round": None, "confidential": False, "reason": "task",
        "text": "联合清理", "place": None, "meet_at": None, "blown_at": NOW, "changed_at": NOW,
        "calls": (Call("SZ", required=True), Call("WY-1", required=False)),
    }  # fmt: skip
    return Whistle(**values | more)


DATA: Final[dict[Act, dict[str, Any]]] = {
    Act.REFUSE: {"reason": "社区能自己办"},
    Act.CHECK_IN: {"person": "P-1"},
    Act.ARRIVE: {"point": Point(lon=117.0, lat=36.7)},
    Act.DONE: {"result": "清理完"},
    Act.DECLINE: {"reason": "不归我们"},
    Act.EXCUSE: {"reason": "不用来了"},
    Act.RESOLVE: {"result": "解决"},
    Act.CANCEL: {"reason": "误吹"},
}


def asked(act: Act, at: datetime = NOW, unit: str = "SZ", **more: Any) -> Asked:
    data: dict[str, Any] = dict(DATA.get(act, {}))
    if act is Act.RATE:
        data = {"ratings": (Score(unit=unit, speed=4, result=5),)}
    who = "system:router" if act in (Act.NO_SHOW, Act.CLOSE) else "P-1"
    return Asked(act, who, at, WhistleData(**data), unit if act in ON_ONE_CALL else None, **more)


def after(*acts: Act | tuple[Act, str], start: Whistle | None = None) -> Whistle:
    one = start or whistle()
    for act in acts:
        name, unit = act if isinstance(act, tuple) else (act, "SZ")
        one = take(one, asked(name, unit=unit)).after
    return one


ISSUED: Final = (Act.BLOW, Act.ISSUE)


def next_steps(one: Whistle) -> list[tuple[Act, str]]:
    """What could be done now, by whoever it may be."""
    return [
        (act, call.unit)
        for status, act in STEPS
        for call in one.calls
        if status is one.status and (act not in ON_ONE_CALL or (call.state, act) in CALLS)
    ]


@given(st.data())
def test_whatever_is_pressed_versions_never_skip_and_rows_stay_each_to_itself(
    data: st.DataObject,
) -> None:
    one, at = whistle(), NOW
    lines: list[tuple[Any, ...]] = []
    events: list[WhistleEvent] = []
    states = {"SZ": C.PENDING, "WY-1": C.PENDING}
    anything = [(act, unit) for act in Act for unit in states]
    for _ in range(data.draw(st.integers(0, 30))):
        sensible = next_steps(one) if data.draw(st.integers(0, 4)) else anything
        act, unit = data.draw(st.sampled_from(sensible or anything))
        at += timedelta(minutes=data.draw(st.integers(0, 90)))
        try:
            deed = take(one, asked(act, at, unit, due_at=NOW + timedelta(hours=8)))
        except DomainError:
            continue
        if act in ON_ONE_CALL:
            states[unit] = CALLS[states[unit], act]
            assert [c.unit for c in deed.changed] == [unit]
        assert STEPS[one.status, act].to is deed.after.status
        lines += deed.history()
        events += [event for _, event in deed.told()]
        one = deed.after
    assert [line[1] for line in lines] == list(range(1, one.version + 1))
    assert {c.unit: c.state for c in one.calls} == states
    for unit, state in states.items():
        told = [line[5] for line in lines if line[4] == unit and line[5] is not None]
        assert not told or told[-1] == state.value
    assert not lines or lines[-1][3] == one.status.value
    assert [event.version for event in events] == sorted({event.version for event in events})
    for event in events:
        assert (event.unit in states) is bool(event.called)
    assert (one.closed_at is not None) == (one.status in (W.REFUSED, W.CANCELLED, W.CLOSED))
    if one.status in (W.RESOLVED, W.RATED, W.CLOSED):
        assert states["SZ"] in OVER


def test_until_issued_the_blower_is_told_and_from_then_on_each_department() -> None:
    blown = take(whistle(), asked(Act.BLOW))
    assert [(name, data.unit, data.text) for name, data in blown.told()] == [
        ("whistle.blown", "SQ-1", "联合清理")
    ]
    assert blown.told()[0][1].called == ()
    issued = take(blown.after, asked(Act.ISSUE))
    assert [(data.unit, data.version) for _, data in issued.told()] == [("SZ", 2), ("WY-1", 3)]
    assert [c.unit for c in issued.told()[0][1].called] == ["SZ", "WY-1"]


def test_no_event_of_a_confidential_matter_carries_words() -> None:
    one = whistle(confidential=True)
    deeds: list[Deed] = []
    acts = (*ISSUED, Act.CHECK_IN, Act.ARRIVE, Act.DONE, (Act.DECLINE, "WY-1"), Act.RESOLVE)
    for act in acts:
        name, unit = act if isinstance(act, tuple) else (act, "SZ")
        deeds.append(take(one, asked(name, unit=unit)))
        one = deeds[-1].after
    said = " ".join(data.model_dump_json() for deed in deeds for _, data in deed.told())
    for words in ("联合清理", "清理完", "解决", "不归我们"):
        assert words not in said


def test_all_required_departments_must_be_done_or_excused_before_it_is_resolved() -> None:
    one = after(*ISSUED, Act.CHECK_IN, Act.ARRIVE)
    with pytest.raises(DomainError) as refused:
        take(one, asked(Act.RESOLVE))
    assert refused.value.extra["open"] == ["SZ"]
    declined = after(*ISSUED, Act.DECLINE)
    with pytest.raises(DomainError):
        take(declined, asked(Act.RESOLVE))
    assert after(Act.EXCUSE, Act.RESOLVE, start=declined).status is W.RESOLVED
    assert after(Act.DONE, Act.RESOLVE, start=one).status is W.RESOLVED


def test_who_comes_after_the_limit_is_late_for_good_and_may_not_decline_any_more() -> None:
    due = NOW + timedelta(minutes=30)
    one = after(*ISSUED)
    for minutes, late in ((30, False), (31, True)):
        at = NOW + timedelta(minutes=minutes)
        came = take(one, asked(Act.CHECK_IN, at, due_at=due)).after
        assert [c.late for c in came.calls] == [late, False]
    missed = after(Act.NO_SHOW, start=one)
    came = after(Act.CHECK_IN, Act.ARRIVE, Act.DONE, start=missed)
    assert (came.calls[0].late, came.calls[0].no_show_at) == (True, NOW)
    with pytest.raises(DomainError) as refused:
        take(one, asked(Act.DECLINE, NOW + timedelta(minutes=31), due_at=due))
    assert refused.value.slug == "window-closed"
    assert take(one, asked(Act.DECLINE)).after.calls[0].state is C.DECLINED


def test_marks_are_final_and_of_departments_that_were_to_come() -> None:
    one = after(*ISSUED, Act.CHECK_IN, Act.ARRIVE, Act.DONE, (Act.EXCUSE, "WY-1"), Act.RESOLVE)
    rated = after(Act.RATE, start=one)
    assert (rated.status, everybody_rated(one), everybody_rated(rated)) == (W.RATED, False, True)
    with pytest.raises(DomainError) as again:
        take(rated, asked(Act.RATE))
    assert again.value.slug == "rated-already"
    for units in (("WY-1",), ("GD",), ("SZ", "SZ")):
        data = WhistleData(ratings=tuple(Score(unit=u, speed=1, result=1) for u in units))
        with pytest.raises(DomainError) as refused:
            take(one, Asked(Act.RATE, "P-1", NOW, data))
        assert refused.value.kind == 422


def city(**posts: str) -> Directory:
    tables = small.tables()
    more = [small.post(code, unit, role=role) for code, (unit, role) in
            ((code, text.split(":")) for code, text in posts.items())]  # fmt: skip
    return small.directory(posts=[*tables["posts"], *more])


PEOPLE: Final = {
    "the blower": "P-SQ-1-L",
    "the blower's deputy": "P-deputy",
    "a member of the blower's unit": "P-member",
    "the duty leader": "P-JD-L",
    "a clerk of the street": "P-clerk",
    "a called department": "P-SZ-L",
    "another department": "P-DW-1-L",
    "another community": "P-SQ-2-L",
}
MAY: Final = {
    By.BLOWER: {"the blower", "the blower's deputy"},
    By.SIGNER: {"the duty leader"},
    By.CALLED: {"a called department"},
    By.SYSTEM: set(),
}


@pytest.mark.parametrize(("name", "by"), list(itertools.product(PEOPLE, By)), ids=str)
def test_a_step_is_taken_by_those_whose_it_is(name: str, by: By) -> None:
    directory = city(clerk="JD:member", member="SQ-1:member", deputy="SQ-1:deputy")
    who = actor(PEOPLE[name], directory, NOW)
    assert permits.may(after(*ISSUED), by, directory, who, NOW) is (name in MAY[by])


def test_nobody_signs_the_own_whistle_and_nobody_answers_before_it_is_issued() -> None:
    directory = city()
    own = after(Act.BLOW, start=whistle(person="P-JD-L"))
    leader, called = (actor(person, directory, NOW) for person in ("P-JD-L", "P-SZ-L"))
    assert not permits.may(own, By.SIGNER, directory, leader, NOW)
    assert not permits.may(own, By.CALLED, directory, called, NOW)
    assert not own.known_to(frozenset({"SZ"}), called.kin)
    assert own.known_to(frozenset({"JD"}), leader.kin)
    assert not replace(own, accused=["SQ-1"]).known_to(frozenset({"JD"}), leader.kin)


@pytest.mark.parametrize(
    ("accused", "office"),
    [((), "JD"), (("WY-1", "DW-1"), "JD"), (("SQ-1",), "QX"), (("WY-1", "SQ-2"), "QX")],
)
def test_the_office_that_signs_is_tied_to_nobody_complained_about(
    accused: tuple[str, ...], office: str
) -> None:
    matter = permits.Matter(small.GARDEN, frozenset(accused))
    found = permits.office_of(city(), "GT-1", matter, NOW, unsigned=False)
    assert found == office


def test_without_a_free_office_only_what_nobody_signs_goes_out() -> None:
    matter = permits.Matter(small.GARDEN, frozenset({"JD", "SQ-1"}))
    with pytest.raises(DomainError) as refused:
        permits.office_of(city(), "GT-1", matter, NOW, unsigned=False)
    assert refused.value.slug == "no-office"
    assert permits.office_of(city(), "GT-1", matter, NOW, unsigned=True) == "GT-1"


def test_swapped_coordinates_are_found() -> None:
    with pytest.raises(DomainError) as refused:
        permits.check_data(Act.ARRIVE, WhistleData(point=Point(lon=36.7, lat=117.0)))
    assert refused.value.field == "data.point"


@pytest.mark.parametrize("act", [act for act in permits.HEEDED if act not in (Act.ISSUE, Act.SEEN)])
def test_a_step_asks_for_what_it_needs_and_refuses_what_it_does_not_heed(act: Act) -> None:
    strange = "person" if act is not Act.CHECK_IN else "result"
    given = {strange: "x", **asked(act).data.model_dump(exclude_defaults=True)}
    with pytest.raises(DomainError) as refused:
        permits.check_data(act, WhistleData(**given))
    assert refused.value.field == f"data.{strange}"
    permits.check_data(act, asked(act).data)
    if act in permits.NEEDED:
        with pytest.raises(DomainError) as missing:
            permits.check_data(act, WhistleData())
        assert missing.value.field == f"data.{permits.NEEDED[act][0]}"
