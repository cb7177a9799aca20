"""What a screen offers somebody to do: what the state machines let that person do, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.whistle import CallState, WhistleStatus
from services.router import permitted
from services.router.directory.directory import Directory
from services.router.ticket import seeing
from services.router.ticket.seeing import Actor
from services.router.whistle.whistle import Call
from tests.support import small
from tests.support.small import MONDAY, post
from tests.unit.test_whistle_states import whistle

ROW = {"status": "in_progress", "unit": "SZ", "assists": [], "area": small.GARDEN_3, "round": 1}
FREE: dict[str, Any] = {"pending": None, "extended": 0}
HELD = {"kind": "hold", "by": "P-SZ"}


@pytest.fixture(scope="module")
def town() -> Directory:
    posts = [
        post("A", "SZ", "member", person="P-SZ"),
        post("B", "SQ-1", "secretary", person="P-SQ"),
        post("C", "JD", "duty_lead", person="P-JD"),
    ]
    return small.directory(posts=[*small.tables()["posts"], *posts])


def somebody(town: Directory, person: str, *roles: str) -> Actor:
    return seeing.actor(person, town, MONDAY, roles=frozenset(roles))


def test_the_holder_is_offered_its_own_steps_and_a_leader_above_the_others(town: Directory) -> None:
    holder = permitted.actions(somebody(town, "P-SZ"), ROW | FREE)
    assert holder == ["contact", "handle", "hold", "extend"]
    above = permitted.actions(somebody(town, "P-SQ"), ROW | FREE)
    assert {"urge", "assist", "whistle"} <= set(above)
    assert not set(above) & {*holder, "approve-hold", "rule", "dispatch"}
    assert "reassign" in permitted.actions(somebody(town, "P-D", "dispatcher"), ROW | FREE)
    assert permitted.actions(somebody(town, "P-NOBODY", "operator"), ROW | FREE) == []


def test_what_was_asked_for_is_answered_by_somebody_else_and_not_asked_for_twice(
    town: Directory,
) -> None:
    waiting = ROW | {"pending": HELD, "extended": 0}
    assert permitted.actions(somebody(town, "P-SZ"), waiting) == ["contact", "handle"]
    desk = permitted.actions(somebody(town, "P-D", "dispatcher"), waiting)
    assert "approve-hold" in desk
    assert "approve-extension" not in desk
    own = waiting | {"pending": {"kind": "hold", "by": "P-D"}}
    assert "approve-hold" not in permitted.actions(somebody(town, "P-D", "dispatcher"), own)
    once = ROW | {"pending": None, "extended": 1}
    assert "extend" not in permitted.actions(somebody(town, "P-SZ"), once)


def test_a_ticket_that_is_over_is_offered_nothing(town: Directory) -> None:
    over = ROW | FREE | {"status": "closed"}
    for person, roles in (("P-SZ", ()), ("P-SQ", ()), ("P-D", ("dispatcher",))):
        assert permitted.actions(somebody(town, person, *roles), over) == []


def test_of_a_whistle_each_is_offered_the_own_steps(town: Directory) -> None:
    called = (Call("SZ", required=True), Call("WY-1", required=False, state=CallState.ON_SITE))
    one = whistle(status=WhistleStatus.ISSUED, issued_at=MONDAY, calls=called)

    def shown(person: str) -> dict[str, Any]:
        return permitted.whistle_shown(one, {}, frozenset(), somebody(town, person), MONDAY)

    department = shown("P-SZ")
    assert department["may"] == []
    assert [call["may"] for call in department["units"]] == [["seen", "check-in", "decline"], []]
    blower = shown("P-SQ")
    assert blower["may"] == ["resolve", "cancel"]
    assert [call["may"] for call in blower["units"]] == [["excuse"], ["excuse"]]
    blown = whistle(status=WhistleStatus.BLOWN, person="P-SQ")
    signer = somebody(town, "P-JD")
    assert permitted.whistle_shown(blown, {}, frozenset(), signer, MONDAY)["may"] == [
        "issue",
        "refuse",
    ]


def test_to_rate_is_offered_while_there_is_somebody_to_rate(town: Directory) -> None:
    def offered(*calls: Call) -> list[str]:
        one = whistle(status=WhistleStatus.RATED, issued_at=MONDAY, calls=calls)
        found = permitted.whistle_shown(one, {}, frozenset(), somebody(town, "P-SQ"), MONDAY)["may"]
        return list(found)

    come, rated = Call("SZ", required=True), Call("CG", required=True, rated_at=MONDAY)
    excused = Call("CG", required=True, excused_at=MONDAY)
    assert offered(come, excused, rated) == ["rate"]
    assert offered(excused, rated) == []
