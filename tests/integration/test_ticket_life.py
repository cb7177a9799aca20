"""A ticket's life over HTTP on a real PostgreSQL: returns, rulings, holds, proof, call-backs, rounds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.clock import ClockKind
from contracts.complaint import Settled, Urgency
from contracts.limits import Limits, Profile
from kit.db import Pool
from tests.support import small
from tests.support.desk import GARBAGE, LAMP, UNKNOWN, Desk, opened
from tests.support.servers import Database

HOLDER = "unit:GT-1"
ABOVE = "secretary:SQ-1"
DONE: dict[str, Any] = {"result": "solved", "note": "已清运", "no_proof": "夜间，相机不可用"}
BACK: dict[str, Any] = {"reason_code": "not_our_duty", "unit": "SZ", "reason": "路面归市政"}


@pytest.fixture
async def desk(router_pool: Pool, database: Database) -> AsyncIterator[Desk]:
    limits = dict.fromkeys(Urgency, Limits(extension="7d"))
    limits[Urgency.CRITICAL] = Limits(extension="none", hold_review="none")
    tables = small.tables() | {"limits": [Profile(name="standard", title="标准", limits=limits)]}
    async with opened(router_pool, database.dsn(), tables) as desk:
        yield desk


async def working(desk: Desk, *steps: str) -> str:
    """A ticket of GT-1 after some of its steps."""
    one = await desk.file(**GARBAGE)
    for step in steps:
        await desk.did(one, step, who=HOLDER)
    return one


async def refused(answer: httpx.Response, status: int, title: str) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["title"]) == (status, title), answer.text


async def test_a_return_keeps_the_holder_and_the_desk_answers_it(desk: Desk) -> None:
    one = await working(desk)
    await desk.said()
    state = await desk.did(one, "return", who=HOLDER, **BACK)
    assert (state["status"], state["unit"], state["round"]) == ("returned", "GT-1", 1)
    said = await desk.said()
    assert [name for name, _ in said] == ["returned.GT-1", "returned.DESK"]
    assert said[0][1]["reason_code"] == "not_our_duty"
    state = await desk.did(one, "dispatch", unit="SZ", reason="查过，归市政")
    assert (state["status"], state["unit"], state["coordinator"]) == ("dispatched", "SZ", "GT-1")
    [row] = await desk.pool.fetch("select unit, suggested, outcome from ticket_return")
    assert tuple(row) == ("GT-1", "SZ", "upheld")


async def test_who_held_it_from_when_to_when_is_told(desk: Desk) -> None:
    one = await working(desk)
    await desk.at(1)
    await desk.did(one, "return", who=HOLDER, **BACK)
    await desk.at(3)
    await desk.did(one, "dispatch", unit="SZ", reason="归市政")
    await desk.at(4)
    for step in ("accept", "contact"):
        await desk.did(one, step, who="unit:SZ")
    await desk.did(one, "handle", who="unit:SZ", **DONE)
    await desk.fact(one, "callback_recorded", contacted=True, solved=True, ticket_round=1)
    await desk.at(30)
    await desk.fact(one, "reopened", reason="又坏了")
    held = (await desk.ticket(one))["held"]
    spans = [
        (span["unit"], span["round"], span["from"][11:13], (span["to"] or "--")[11:13])
        for span in held
    ]
    assert spans == [("GT-1", 1, "02", "05"), ("SZ", 1, "05", "06"), ("SZ", 2, "08", "")]


async def test_a_refused_return_is_charged_to_the_unit_and_it_returns_nothing_twice(
    desk: Desk,
) -> None:
    one = await working(desk)
    await desk.did(one, "return", who=HOLDER, **BACK)
    answer = await desk.act(one, "dispatch", data={"unit": "GT-1"})
    assert answer.json()["field"] == "data.reason"
    await desk.did(one, "dispatch", unit="GT-1", reason="就在网格内")
    assert await desk.pool.fetchval("select outcome from ticket_return") == "refused"
    await refused(await desk.act(one, "return", who=HOLDER, data=BACK), 409, "returned-already")


async def test_the_second_return_goes_to_a_ruling_that_is_final_and_proposes_a_rule(
    desk: Desk,
) -> None:
    one = await working(desk)
    await desk.did(one, "return", who=HOLDER, **BACK)
    await desk.did(one, "dispatch", unit="SZ", reason="归市政")
    await desk.said()
    state = await desk.did(one, "return", who="unit:SZ", **(BACK | {"unit": "GT-1"}))
    assert state["status"] == "arbitration"
    assert [name for name, _ in await desk.said()] == [
        "returned.SZ", "returned.DESK", "referred.DESK",
    ]  # fmt: skip
    ruling = {"unit": "GT-1", "reason": "路面以内归网格"}
    await refused(await desk.act(one, "rule", data=ruling), 403, "forbidden")
    state = await desk.did(one, "rule", who="ruling", **ruling)
    assert (state["status"], state["unit"]) == ("dispatched", "GT-1")
    assert [name for name, _ in await desk.said()][:3] == [
        "ruled.GT-1", "reassigned.SZ", "dispatched.GT-1",
    ]  # fmt: skip
    again = BACK | {"unit": "WY-1"}
    await refused(await desk.act(one, "return", who=HOLDER, data=again), 409, "ruled")
    row = await desk.pool.fetchrow("select category, lead, was, reason from catalogue_proposal")
    assert tuple(row or ()) == ("LJ-DF", "GT-1", "SZ", "路面以内归网格")
    outcomes = await desk.pool.fetch("select unit, outcome from ticket_return order by unit")
    assert [tuple(row) for row in outcomes] == [("GT-1", "upheld"), ("SZ", "upheld")]


async def test_a_return_nobody_answers_goes_to_a_ruling_by_itself_once(desk: Desk) -> None:
    one = await working(desk)
    await desk.did(one, "return", who=HOLDER, **BACK)
    await desk.breached(one, ClockKind.RETURN_ANSWER)
    ticket = await desk.ticket(one)
    assert (ticket["status"], ticket["history"][-1]["event"]) == ("arbitration", "referred")
    await desk.breached(one, ClockKind.RETURN_ANSWER)
    assert (await desk.ticket(one))["version"] == ticket["version"]


async def test_the_return_window_closes_when_the_notifier_said(desk: Desk) -> None:
    one = await working(desk)
    until = small.MONDAY + timedelta(hours=1)
    await desk.clock_said(one, ClockKind.SIGN_FOR, small.MONDAY, return_until=until)
    await desk.at(1)
    await refused(await desk.act(one, "return", who=HOLDER, data=BACK), 409, "window-closed")


async def test_a_hold_is_asked_for_below_and_approved_above(desk: Desk) -> None:
    one = await working(desk, "accept", "contact")
    review = (small.MONDAY + timedelta(days=10)).isoformat()
    asked = {"reason_code": "season", "reason": "等天暖", "review_at": review}
    state = await desk.did(one, "hold", who=HOLDER, **asked)
    assert (state["status"], state["pending"]["kind"]) == ("in_progress", "hold")
    answer = await desk.act(one, "approve-hold", who=HOLDER)
    assert answer.status_code == 403
    await desk.said()
    state = await desk.did(one, "approve-hold", who=ABOVE)
    assert (state["status"], state["pending"]) == ("on_hold", None)
    [(name, data)] = await desk.said()
    assert (name, data["reason_code"]) == ("held.GT-1", "season")
    assert data["review_at"].startswith("2026-11-26")
    await desk.breached(one, ClockKind.HOLD_REVIEW)
    assert (await desk.ticket(one))["status"] == "in_progress"


async def test_a_refused_request_says_why_and_changes_nothing(desk: Desk) -> None:
    one = await working(desk, "accept")
    await desk.did(one, "extend", who=HOLDER, reason="等配件")
    answer = await desk.act(one, "approve-extension", who=ABOVE, data={"approved": False})
    assert answer.json()["field"] == "data.reason"
    no = {"approved": False, "reason": "配件有现货"}
    state = await desk.did(one, "approve-extension", who=ABOVE, **no)
    assert (state["status"], state["pending"]) == ("accepted", None)
    assert (await desk.ticket(one))["history"][-1]["event"] == "extension_refused"


async def test_one_extension_a_round_and_only_before_the_result_is_due(desk: Desk) -> None:
    one = await working(desk, "accept")
    await desk.did(one, "extend", who=HOLDER, reason="等配件")
    await desk.did(one, "approve-extension", who=ABOVE)
    again = await desk.act(one, "extend", who=HOLDER, data={"reason": "还要等"})
    await refused(again, 409, "extended-already")
    late = await working(desk, "accept")
    await desk.clock_said(late, ClockKind.RESULT, small.MONDAY)
    answer = await desk.act(late, "extend", who=HOLDER, data={"reason": "等配件"})
    await refused(answer, 409, "expired")


async def test_critical_matters_know_neither_hold_nor_extension(desk: Desk) -> None:
    one = await working(desk, "accept", "contact")
    await desk.did(one, "set-urgency", urgency="critical", reason="有人受伤")
    answer = await desk.act(one, "extend", who=HOLDER, data={"reason": "等配件"})
    await refused(answer, 409, "no-extension")
    review = (small.MONDAY + timedelta(days=10)).isoformat()
    asked = {"reason_code": "season", "reason": "等天暖", "review_at": review}
    await refused(await desk.act(one, "hold", who=HOLDER, data=asked), 409, "no-hold")


async def test_proof_is_wanted_and_may_be_refused_before_an_answer(desk: Desk) -> None:
    one = await working(desk, "accept", "contact")
    answer = await desk.act(one, "handle", who=HOLDER, data={"result": "solved", "note": "好了"})
    assert answer.json()["field"] == "data.proof"
    state = await desk.did(one, "handle", who=HOLDER, **DONE)
    assert (state["status"], state["outcome"]) == ("callback", "solved")
    assert (await desk.act(one, "reject", who=HOLDER, data={"reason": "-"})).status_code == 403
    state = await desk.did(one, "reject", who=ABOVE, reason="照片里还有垃圾")
    assert (state["status"], state["outcome"], state["round"]) == ("in_progress", None, 1)


async def test_not_solved_is_a_new_round_and_solved_closes(desk: Desk) -> None:
    one = await working(desk, "accept", "contact")
    await desk.did(one, "handle", who=HOLDER, **DONE)
    await desk.said()
    await desk.fact(one, "callback_recorded", contacted=True, solved=False, ticket_round=1)
    ticket = await desk.ticket(one)
    assert (ticket["status"], ticket["round"], ticket["unit"]) == ("in_progress", 2, "GT-1")
    assert [name for name, _ in await desk.said()] == ["reopened.GT-1", "reopened.SQ-1"]
    await desk.did(one, "handle", who=HOLDER, **DONE)
    solved: dict[str, Any] = {
        "contacted": True,
        "solved": True,
        "satisfied": True,
        "ticket_round": 2,
    }
    await desk.fact(one, "callback_recorded", **solved)
    ticket = await desk.ticket(one)
    assert (ticket["status"], ticket["outcome"]) == ("closed", "solved")


async def test_a_fact_counts_once_and_one_that_lost_a_race_is_only_noted(desk: Desk) -> None:
    one = await working(desk, "accept", "contact")
    await desk.did(one, "handle", who=HOLDER, **DONE)
    once = UUID("01900000-0000-7000-8000-00000000aaaa")
    for _ in range(2):
        await desk.fact(
            one, "callback_recorded", once, contacted=True, solved=False, ticket_round=1
        )
    assert (await desk.ticket(one))["round"] == 2
    await desk.fact(one, "callback_recorded", contacted=True, solved=True, ticket_round=1)
    ticket = await desk.ticket(one)
    assert (ticket["status"], ticket["history"][-1]["event"]) == ("in_progress", "noted")


async def test_an_answer_about_work_that_was_refused_since_closes_nothing(desk: Desk) -> None:
    one = await working(desk, "accept", "contact")
    first = (await desk.did(one, "handle", who=HOLDER, **DONE))["version"]
    await desk.did(one, "reject", who=ABOVE, reason="照片里还有垃圾")
    second = (await desk.did(one, "handle", who=HOLDER, **DONE))["version"]
    solved: dict[str, Any] = {"contacted": True, "solved": True, "ticket_round": 1}
    await desk.fact(one, "callback_recorded", handed_in=first, **solved)
    ticket = await desk.ticket(one)
    assert (ticket["status"], ticket["history"][-1]["event"]) == ("callback", "noted")
    await desk.fact(one, "callback_recorded", handed_in=second, **solved)
    assert (await desk.ticket(one))["status"] == "closed"


async def test_not_reached_closes_without_counting_as_solved(desk: Desk) -> None:
    one = await working(desk, "accept", "contact")
    await desk.did(one, "handle", who=HOLDER, **DONE)
    await desk.fact(one, "callback_recorded", contacted=False, attempts=1, ticket_round=1)
    assert (await desk.ticket(one))["status"] == "callback"
    await desk.fact(
        one, "callback_recorded", contacted=False, attempts=3, final=True, ticket_round=1
    )
    ticket = await desk.ticket(one)
    assert (ticket["status"], ticket["outcome"]) == ("closed", "not_reached")
    await desk.fact(one, "reopened", reason="又堆上了")
    assert (await desk.ticket(one))["round"] == 2


async def test_a_follower_who_says_not_solved_starts_a_round_where_the_work_is(desk: Desk) -> None:
    one, other = await working(desk, "accept", "contact"), await desk.file(**LAMP)
    await desk.merge(other, one)
    await desk.did(one, "handle", who=HOLDER, **DONE)
    await desk.fact(other, "callback_recorded", contacted=True, solved=False, ticket_round=1)
    assert (await desk.ticket(one))["round"] == 2
    follower = await desk.ticket(other)
    assert (follower["status"], follower["history"][-1]["event"]) == ("merged", "noted")


async def test_withdrawn_ends_it_from_any_open_state(desk: Desk) -> None:
    one = await working(desk)
    await desk.did(one, "return", who=HOLDER, **BACK)
    await desk.fact(one, "withdrawn", reason="已自行解决")
    ticket = await desk.ticket(one)
    assert (ticket["status"], ticket["history"][-1]["reason"]) == ("withdrawn", "已自行解决")


async def test_who_followed_a_ticket_that_ends_unanswered_stands_by_itself_again(
    desk: Desk,
) -> None:
    one, other = await working(desk), await desk.file(**LAMP)
    await desk.merge(other, one)
    await desk.fact(one, "withdrawn", reason="已自行解决")
    freed = await desk.ticket(other)
    assert (freed["status"], freed["merged_into"]) == ("dispatched", None)
    unknown, third = await desk.file(**UNKNOWN), await desk.file(**LAMP)
    await desk.merge(third, unknown)
    data = {"reason_code": "not_public", "reason": "私事", "door": "人民调解委员会"}
    assert (await desk.did(unknown, "decline", **data))["status"] == "declined"
    freed = await desk.ticket(third)
    assert (freed["status"], freed["history"][-1]["event"]) == ("dispatched", "unmerged")


async def test_a_follower_may_take_its_matter_back_and_says_more_to_who_works_on_it(
    desk: Desk,
) -> None:
    one, other = await working(desk), await desk.file(**LAMP)
    await desk.merge(other, one)
    await desk.said()
    await desk.fact(other, "supplemented", reason="还有一盏也不亮")
    assert [name for name, _ in await desk.said()] == ["noted.SZ", "noted.GT-1"]
    await desk.fact(other, "withdrawn", reason="已自行解决")
    assert [name for name, _ in await desk.said()] == ["withdrawn.SZ", "unmerged.GT-1"]
    ticket = await desk.ticket(one)
    assert (ticket["status"], ticket["merged"]) == ("dispatched", [])
    assert (await desk.ticket(other))["status"] == "withdrawn"


async def test_another_category_asks_the_catalogue_again_and_keeps_the_round(desk: Desk) -> None:
    one = await working(desk, "accept")
    await desk.said()
    changed = {"category": "WY-DT", "reason": "是电梯里的垃圾"}
    state = await desk.did(one, "recategorise", **changed)
    assert (state["status"], state["unit"], state["round"]) == ("dispatched", "WY-1", 1)
    assert [name for name, _ in await desk.said()][:3] == [
        "recategorised.GT-1", "reassigned.GT-1", "dispatched.WY-1",
    ]  # fmt: skip
    assert (await desk.act(one, "accept", who=HOLDER)).status_code == 404


async def test_declining_names_the_right_door(desk: Desk) -> None:
    one = await desk.file(**UNKNOWN)
    answer = await desk.act(one, "decline", data={"reason_code": "not_public", "reason": "私事"})
    assert answer.json()["field"] == "data.door"
    data = {"reason_code": "not_public", "reason": "私事", "door": "人民调解委员会"}
    assert (await desk.did(one, "decline", **data))["status"] == "declined"


async def test_one_more_unit_helps_and_sees_the_ticket(desk: Desk) -> None:
    one = await working(desk)
    assert (await desk.get(f"tickets/{one}", who="unit:WY-1")).status_code == 404
    state = await desk.did(one, "assist", who=ABOVE, unit="WY-1")
    assert "WY-1" in state["assists"]
    await desk.ticket(one, who="unit:WY-1")
    await refused(
        await desk.act(one, "assist", who=ABOVE, data={"unit": "WY-1"}), 409, "assists-already"
    )


async def test_who_is_tied_to_the_party_complained_about_sees_nothing(desk: Desk) -> None:
    one = await desk.file(text="垃圾没人清", address="金桂苑3号楼", accused="GT-1")
    for who in (HOLDER, ABOVE):
        assert (await desk.get(f"tickets/{one}", who=who)).status_code == 404
    await desk.ticket(one)


SPOT: dict[str, Any] = {"unit": "GT-1", "result": "solved", "note": "当场清走"}


async def test_what_was_settled_on_the_spot_is_closed_at_once_and_counted(desk: Desk) -> None:
    settled = Settled(**SPOT, person=desk.person("GT-1"), no_proof="相机没电")
    one = await desk.file(**GARBAGE, settled=settled)
    ticket = await desk.ticket(one)
    assert (ticket["status"], ticket["unit"], ticket["version"]) == ("closed", "GT-1", 3)
    assert (ticket["outcome"], ticket["category"]) == ("settled_on_the_spot", "LJ-DF")
    assert [(line["event"], line["status"]) for line in ticket["history"]] == [
        ("dispatched", "dispatched"), ("handled", "callback"), ("closed", "closed"),
    ]  # fmt: skip
    assert ticket["history"][1]["detail"]["no_proof"] == "相机没电"
    assert [name for name, _ in await desk.said()] == [
        "dispatched.GT-1", "handled.GT-1", "closed.GT-1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("person", "accused"), [("P-SZ-L", None), ("P-GT-1-L", "GT-1"), ("nobody", None)]
)
async def test_nobody_settles_for_another_unit_nor_a_matter_about_their_own(
    desk: Desk, person: str, accused: str | None
) -> None:
    one = await desk.file(**GARBAGE, accused=accused, settled=Settled(**SPOT, person=person))
    assert (await desk.ticket(one))["status"] in {"dispatched", "triage"}


async def test_no_words_about_a_confidential_matter_leave_in_events(desk: Desk) -> None:
    one = await desk.file(**GARBAGE, confidential=True)
    await desk.did(one, "urge", who=ABOVE, reason="请尽快")
    await desk.fact(one, "supplemented", reason="他又来了")
    assert {data.get("reason") for _, data in await desk.said() if data["version"] > 2} == {None}
    assert (await desk.ticket(one))["history"][-1]["reason"] == "他又来了"


async def test_what_was_asked_for_is_judged_by_the_limits_of_the_answer(desk: Desk) -> None:
    one = await working(desk, "accept", "contact")
    review = (small.MONDAY + timedelta(days=10)).isoformat()
    asked = {"reason_code": "season", "reason": "等天暖", "review_at": review}
    await desk.did(one, "hold", who=HOLDER, **asked)
    await desk.did(one, "set-urgency", urgency="critical", reason="有人受伤")
    await refused(await desk.act(one, "approve-hold", who=ABOVE), 409, "no-hold")
    late = await working(desk, "accept")
    await desk.did(late, "extend", who=HOLDER, reason="等配件")
    await desk.clock_said(late, ClockKind.RESULT, small.MONDAY)
    await refused(await desk.act(late, "approve-extension", who=ABOVE), 409, "expired")


async def test_nobody_sends_a_ruled_ticket_elsewhere_nor_to_whom_has_it(desk: Desk) -> None:
    one = await working(desk)
    answer = await desk.act(one, "reassign", data={"unit": "GT-1", "reason": "-"})
    assert (answer.status_code, answer.json()["field"]) == (422, "data.unit")
    await desk.did(one, "return", who=HOLDER, **BACK)
    await desk.did(one, "dispatch", unit="SZ", reason="归市政")
    await desk.did(one, "return", who="unit:SZ", **(BACK | {"unit": "GT-1"}))
    await desk.did(one, "rule", who="ruling", unit="GT-1", reason="路面以内归网格")
    for action, data in (("reassign", {"unit": "WY-1"}), ("recategorise", {"category": "WY-DT"})):
        answer = await desk.act(one, action, data=data | {"reason": "-"})
        await refused(answer, 409, "ruled")


async def test_another_category_answers_a_return(desk: Desk) -> None:
    one = await working(desk)
    await desk.did(one, "return", who=HOLDER, **BACK)
    await desk.did(one, "recategorise", category="WY-DT", reason="是电梯里的垃圾")
    assert await desk.pool.fetchval("select outcome from ticket_return") == "upheld"
    [profile] = {
        data["profile"] for name, data in await desk.said() if name.startswith("recategorised")
    }
    assert profile == "standard"


async def test_a_withdrawal_counts_whatever_round_has_begun_meanwhile(desk: Desk) -> None:
    one = await working(desk, "accept", "contact")
    await desk.did(one, "handle", who=HOLDER, **DONE)
    await desk.fact(one, "callback_recorded", contacted=True, solved=False, ticket_round=1)
    await desk.fact(one, "withdrawn", ticket_round=1)
    assert (await desk.ticket(one))["status"] == "withdrawn"


async def test_evidence_may_be_given_with_a_hold(desk: Desk) -> None:
    one = await working(desk, "accept", "contact")
    review = (small.MONDAY + timedelta(days=10)).isoformat()
    asked = {"reason_code": "season", "reason": "等天暖", "review_at": review, "proof": ["none"]}
    answer = await desk.act(one, "hold", who=HOLDER, data=asked)
    assert (answer.status_code, answer.json()["field"]) == (422, "data.proof")


async def test_photos_of_a_visit_may_be_given_with_a_contact(desk: Desk) -> None:
    one = await working(desk, "accept")
    asked = {"result": "site", "proof": ["none"]}
    answer = await desk.act(one, "contact", who=HOLDER, data=asked)
    assert (answer.status_code, answer.json()["field"]) == (422, "data.proof")
    assert (await desk.ticket(one))["status"] == "accepted"
