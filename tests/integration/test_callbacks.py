"""Call-backs on a real PostgreSQL: who may ask, what is stored and said, who waits, what looks odd."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import pytest

from contracts.ticket import TicketStatus
from kit.delivery import Received
from services.intake.keeping.marks import plain
from tests.support.intake import Desk, desk, signed_in, ticket
from tests.support.servers import Database

NINE: Final = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
HANDLED: Final = NINE + timedelta(hours=1)
TEXT: Final = "电梯又停了，老人下不来楼"
SOLVED: Final = {"contacted": True, "solved": True, "satisfied": True}
NOBODY: Final = {"contacted": False}
PHONE: Final = "138 0000 4321"


@pytest.fixture
async def at(database: Database) -> AsyncIterator[Desk]:
    """A desk at ten on a Monday."""
    async with desk(database) as here:
        await here.move_clock(HANDLED + timedelta(minutes=10))
        yield here


async def handled(at: Desk, *, text: str = TEXT, **fields: Any) -> dict[str, Any]:
    """A complaint whose ticket went from SZ to WY-1, who says it is done."""
    requester = fields.pop("requester", {"name": "王小明", "phone": PHONE})
    filed = await at.file(text, requester=requester, **fields)
    await at.hear(
        ticket(filed, "dispatched", 1, status="dispatched", unit="SZ", at=NINE),
        ticket(filed, "dispatched", 2, status="dispatched", unit="WY-1", at=NINE),
        ticket(filed, "handled", 3, status="callback", unit="WY-1", actor="P-someone", at=HANDLED),
    )
    return filed


def callbacks(filed: dict[str, Any]) -> str:
    return f"{filed['number']}/callbacks"


async def due(at: Desk) -> list[str]:
    return [item["number"] for item in (await at.get("/v1/callbacks"))["items"]]


async def test_an_answer_is_stored_said_and_noted_once_and_its_words_leave_masked(at: Desk) -> None:
    filed = await handled(at)
    body = SOLVED | {"note": "王小明说修好了，可打13800009999", "version": 3}
    answer = await at.post(callbacks(filed), body)
    assert answer.status_code == 201
    assert answer.json() == {
        "complaint_id": filed["complaint_id"], "number": filed["number"],
        "under": filed["number"], "round": 1, "outcome": "solved", "attempt": 1, "final": True,
    }  # fmt: skip
    (event,) = await at.said("complaint.callback_recorded")
    assert event == {
        "complaint_id": filed["complaint_id"], "number": filed["number"],
        "reason": "[姓名]说修好了，可打[电话]", "contacted": True, "solved": True,
        "satisfied": True, "outcome": "solved", "attempts": 1, "final": True, "ticket_round": 1,
        "handed_in": 3, "actor": "P-operator",
    }  # fmt: skip
    (noted,) = await at.rows("select * from audit where action = 'complaint.callback'")
    assert noted["detail"]
    assert "王小明" not in str(dict(noted))
    (row,) = await at.rows("select * from callback")
    assert (row["by"], row["note"]) == ("P-operator", "[姓名]说修好了，可打[电话]")
    asked = {"reason": "核对"}
    shown = (await at.post(f"{filed['number']}/reveal", asked)).json()
    assert [plain(one) for one in shown["later"]] == ["王小明说修好了，可打13800009999"]
    assert shown["call"] == {"name": "王小明", "phone": PHONE}


async def test_an_answer_that_is_recorded_is_not_asked_for_again(at: Desk) -> None:
    filed = await handled(at)
    assert await due(at) == [filed["number"]]
    assert (await at.post(callbacks(filed), SOLVED)).status_code == 201
    assert await due(at) == []
    again = await at.post(callbacks(filed), SOLVED)
    assert (again.status_code, again.json()["allowed"]) == (409, ["withdraw", "supplement"])
    with pytest.raises(asyncpg.UniqueViolationError):
        await at.rows(
            "insert into callback select gen_random_uuid(), complaint_id, under, round, 9, by, at,"
            " handled_at, channel, outcome, satisfied, note, phone_mark, final, handed_in"
            " from callback"
        )


@pytest.mark.parametrize("status", [s for s in TicketStatus if s is not TicketStatus.CALLBACK])
async def test_nobody_is_called_back_in_any_other_state(at: Desk, status: TicketStatus) -> None:
    filed = await at.file(TEXT)
    await at.hear(ticket(filed, "urged", 1, status=status.value))
    answer = await at.post(callbacks(filed), SOLVED)
    assert answer.status_code == 409
    assert "callbacks" not in answer.json()["allowed"]
    assert await at.said("complaint.callback_recorded") == []


@pytest.mark.parametrize("person", ["P-SZ-L", "P-WY-1-L", "P-someone"])
async def test_nobody_of_a_unit_that_ever_held_it_asks_or_sees_it_waiting(
    at: Desk, person: str
) -> None:
    filed = await handled(at)
    answer = await at.post(callbacks(filed), SOLVED, person=person)
    assert answer.status_code == 404
    listed = await at.http.get("/v1/callbacks", headers=signed_in("operator", person))
    assert listed.json()["items"] == []
    assert (await at.post(callbacks(filed), SOLVED, person="P-SQ-1-L")).status_code == 201


async def test_who_held_it_is_known_however_late_and_often_events_come(at: Desk) -> None:
    filed = await at.file(TEXT)
    first = ticket(filed, "dispatched", 1, status="dispatched", unit="SZ", at=NINE)
    last = ticket(filed, "handled", 3, status="callback", unit="WY-1", at=HANDLED)
    for one in (last, first, last, first):
        await at.hear(one)
    (row,) = await at.rows("select * from ticket_view")
    assert sorted(row["holders"]) == ["SZ", "WY-1"]
    assert (row["status"], row["version"], row["since"]) == ("callback", 3, HANDLED)
    assert (await at.post(callbacks(filed), SOLVED, person="P-SZ-L")).status_code == 404


async def test_three_tries_hours_apart_end_it_as_not_reached_never_as_solved(at: Desk) -> None:
    filed = await handled(at)
    first = await at.post(callbacks(filed), NOBODY)
    assert (first.status_code, first.json()["final"], first.json()["tries_left"]) == (201, False, 2)
    soon = await at.post(callbacks(filed), NOBODY)
    assert (soon.status_code, soon.json()["title"]) == (409, "too-soon")
    assert int(soon.headers["retry-after"]) > 14_000
    for hours, final in ((5, False), (10, True)):
        await at.move_clock(HANDLED + timedelta(hours=hours))
        tried = await at.post(callbacks(filed), NOBODY)
        assert tried.json()["final"] is final
    events = await at.said("complaint.callback_recorded")
    told = [(e["attempts"], e["final"], e["outcome"], e.get("solved")) for e in events]
    assert told == [(n, n == 3, "not_reached", None) for n in (1, 2, 3)]
    assert (await at.post(callbacks(filed), NOBODY)).status_code == 409


async def test_who_left_no_phone_is_final_at_once_and_only_then(at: Desk) -> None:
    silent = await handled(at, requester={"anonymous": True})
    named = await handled(at, text="井盖丢了", requester={"anonymous": True, "phone": PHONE})
    nobody = NOBODY | {"reason": "no_contact_possible"}
    answer = await at.post(callbacks(silent), nobody)
    assert (answer.status_code, answer.json()["outcome"]) == (201, "no_contact_possible")
    assert (await at.post(callbacks(named), nobody)).status_code == 422
    (event,) = await at.said("complaint.callback_recorded")
    assert (event["final"], event["reason"], event["contacted"]) == (
        True, "no_contact_possible", False,
    )  # fmt: skip


async def test_a_new_round_is_asked_about_anew(at: Desk) -> None:
    filed = await handled(at)
    await at.post(callbacks(filed), {"contacted": True, "solved": False})
    await at.hear(
        ticket(filed, "reopened", 4, status="in_progress", round=2),
        ticket(filed, "handled", 5, status="callback", round=2, at=HANDLED),
    )
    assert await due(at) == [filed["number"]]
    answer = await at.post(callbacks(filed), SOLVED)
    assert (answer.json()["round"], answer.json()["attempt"]) == (2, 1)


def refused_and_handed_in_again(filed: dict[str, Any], version: int) -> list[Received]:
    """What the router says when a supervisor refuses the work and it is handed in once more."""
    again = HANDLED + timedelta(hours=1)
    return [
        ticket(filed, "rejected", version, status="in_progress", unit="WY-1", at=again),
        ticket(filed, "noted", version + 1, status="in_progress", unit="WY-1", at=again),
        ticket(filed, "handled", version + 2, status="callback", unit="WY-1", at=again),
    ]


@pytest.mark.parametrize("at_once", [True, False])
async def test_an_answer_about_refused_work_does_not_stand(at: Desk, *, at_once: bool) -> None:
    filed = await handled(at)
    assert (await at.post(callbacks(filed), SOLVED)).status_code == 201
    events = refused_and_handed_in_again(filed, 4)
    for batch in [events] if at_once else [[one] for one in events]:
        await at.hear(*batch)
    await at.hear(ticket(filed, "urged", 7, status="callback", unit="WY-1"))
    assert await due(at) == [filed["number"]]
    answer = await at.post(callbacks(filed), SOLVED)
    assert (answer.status_code, answer.json().get("attempt")) == (201, 1)
    assert (await at.post(callbacks(filed), SOLVED)).status_code == 409
    await at.hear(*events)
    assert await due(at) == []


async def test_that_it_was_handed_in_again_may_be_heard_late(at: Desk) -> None:
    filed = await handled(at)
    assert (await at.post(callbacks(filed), SOLVED)).status_code == 201
    await at.hear(ticket(filed, "urged", 7, status="callback", unit="WY-1"))
    await at.hear(*refused_and_handed_in_again(filed, 4))
    assert await due(at) == [filed["number"]]
    assert (await at.post(callbacks(filed), SOLVED)).status_code == 201


async def test_tries_about_refused_work_do_not_count_for_the_next(at: Desk) -> None:
    filed = await handled(at)
    for hours in (1, 6):
        await at.move_clock(HANDLED + timedelta(hours=hours))
        assert (await at.post(callbacks(filed), NOBODY)).status_code == 201
    await at.hear(*refused_and_handed_in_again(filed, 4))
    (waiting,) = (await at.get("/v1/callbacks"))["items"]
    assert (waiting["tries"], waiting.get("last_at")) == (0, None)
    answer = (await at.post(callbacks(filed), NOBODY)).json()
    assert (answer["attempt"], answer["final"], answer["tries_left"]) == (1, False, 2)


@pytest.mark.parametrize("solved", [True, False])
async def test_followers_too_are_asked_about_what_was_handed_in_after_a_refusal(
    at: Desk, *, solved: bool
) -> None:
    lead, near, far = await merged(at)
    for one in (near, far):
        await at.post(callbacks(one), {"contacted": True, "solved": solved})
    assert await due(at) == [lead["number"]]
    await at.hear(*refused_and_handed_in_again(lead, 4))
    assert sorted(await due(at)) == sorted(one["number"] for one in (lead, near, far))
    assert (await at.post(callbacks(far), SOLVED)).json()["attempt"] == 1
    await at.hear(*refused_and_handed_in_again(lead, 4))
    await at.hear(ticket(lead, "closed", 7, status="closed"))
    assert await due(at) == [near["number"]]


async def test_a_new_round_is_no_refusal_and_who_took_it_back_is_never_asked(at: Desk) -> None:
    lead, near, far = await merged(at)
    for one in (near, far):
        await at.post(callbacks(one), SOLVED)
    taken_back = {"reason": "搬走了", "confirmed_by": "requester", "confirmed_how": "phone"}
    assert (await at.post(f"{far['number']}/withdraw", taken_back)).status_code == 200
    await at.hear(
        ticket(lead, "reopened", 4, status="in_progress", round=2),
        ticket(lead, "handled", 5, status="callback", round=2),
    )
    assert await due(at) == [lead["number"]]
    await at.hear(*refused_and_handed_in_again(lead, 6))
    assert far["number"] not in await due(at)


async def test_the_same_key_gives_the_same_answer_and_another_body_is_refused(at: Desk) -> None:
    filed = await handled(at)
    first = await at.post(callbacks(filed), SOLVED, key="k-1")
    second = await at.post(callbacks(filed), SOLVED, key="k-1")
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    other = await at.post(callbacks(filed), SOLVED | {"satisfied": False}, key="k-1")
    assert (other.status_code, other.json()["title"]) == (422, "key-reused")
    assert len(await at.said("complaint.callback_recorded")) == 1
    assert (await at.post(callbacks(filed), SOLVED, key="\x01")).status_code == 400


async def test_a_stale_version_is_refused(at: Desk) -> None:
    filed = await handled(at)
    answer = await at.post(callbacks(filed), SOLVED | {"version": 2})
    assert (answer.status_code, answer.json()["version_now"]) == (409, 3)


async def merged(at: Desk) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A ticket that is worked on, one merged into it, and one merged into that one."""
    lead = await handled(at)
    near, far = [await at.file(f"{TEXT}{n}", requester={"phone": PHONE}) for n in "ab"]
    for one, into in ((near, lead), (far, near)):
        await at.hear(
            ticket(one, "dispatched", 1, status="dispatched", unit="SQ-1", at=NINE),
            ticket(one, "merged", 2, status="merged", unit="SQ-1", into=into["number"]),
        )
    return lead, near, far


async def test_followers_are_called_back_themselves_with_the_work_they_follow(at: Desk) -> None:
    lead, near, far = await merged(at)
    assert sorted(await due(at)) == sorted(one["number"] for one in (lead, near, far))
    for person in ("P-SZ-L", "P-WY-1-L", "P-SQ-1-L"):
        assert (await at.post(callbacks(far), SOLVED, person=person)).status_code == 404
    await at.post(callbacks(lead), SOLVED)
    answer = await at.post(callbacks(far), {"contacted": True, "solved": False})
    assert (answer.json()["number"], answer.json()["under"]) == (far["number"], lead["number"])
    event = (await at.said("complaint.callback_recorded"))[-1]
    assert (event["complaint_id"], event["solved"], event["ticket_round"]) == (
        far["complaint_id"], False, 1,
    )  # fmt: skip
    await at.hear(ticket(lead, "closed", 4, status="closed"))
    assert await due(at) == [near["number"]]
    assert (await at.post(callbacks(near), SOLVED)).status_code == 201
    assert await due(at) == []


async def test_a_follower_who_said_not_solved_is_asked_after_the_next_round(at: Desk) -> None:
    lead, near, far = await merged(at)
    await at.post(callbacks(near), SOLVED)
    await at.post(callbacks(far), {"contacted": True, "solved": False})
    await at.hear(
        ticket(lead, "reopened", 4, status="in_progress", round=2),
        ticket(lead, "handled", 5, status="callback", round=2),
    )
    assert sorted(await due(at)) == sorted([lead["number"], far["number"]])
    assert (await at.post(callbacks(far), SOLVED)).json()["round"] == 2


async def test_what_was_answered_about_anothers_work_is_nothing_once_unmerged(at: Desk) -> None:
    _, near, _ = await merged(at)
    await at.post(callbacks(near), SOLVED)
    await at.hear(
        ticket(near, "unmerged", 3, status="in_progress", unit="SQ-1"),
        ticket(near, "handled", 4, status="callback", unit="SQ-1"),
    )
    assert near["number"] in await due(at)
    assert (await at.post(callbacks(near), SOLVED)).json()["under"] == near["number"]


async def test_the_longest_waiting_comes_first_in_pages_without_identity(at: Desk) -> None:
    filed = [await handled(at, text=f"{TEXT}{n}，我是王小明") for n in range(3)]
    await at.hear(*(
        ticket(one, "handled", 4, status="callback", round=2, at=HANDLED - timedelta(hours=n))
        for n, one in enumerate(filed)
    ))  # fmt: skip
    first = await at.get("/v1/callbacks", limit=2)
    rest = await at.get("/v1/callbacks", limit=2, cursor=first["next"])
    numbers = [item["number"] for item in first["items"] + rest["items"]]
    assert numbers == [one["number"] for one in reversed(filed)]
    assert rest["next"] is None
    assert "王小明" not in str(first)
    assert "4321" not in str(first)
    for number in numbers:
        await at.post(f"{number}/callbacks", SOLVED)
    done = await at.get("/v1/callbacks", role="auditor", status="done", limit=2)
    more = await at.get("/v1/callbacks", role="auditor", status="done", cursor=done["next"])
    assert [i["number"] for i in done["items"] + more["items"]] == numbers[::-1]
    bad = await at.http.get("/v1/callbacks?cursor=x", headers=signed_in("operator"))
    assert (bad.status_code, bad.json()["field"]) == (422, "cursor")


async def findings(at: Desk, kind: str) -> list[dict[str, Any]]:
    asked = {"from": NINE.isoformat(), "to": (NINE + timedelta(days=2)).isoformat()}
    found = await at.get("/v1/callbacks/outliers", role="auditor", **asked)
    return [item for item in found["items"] if item["finding"] == kind]


async def test_what_looks_odd_among_answers_is_shown_as_facts(at: Desk) -> None:
    filed = [
        await handled(at, text=f"{TEXT}{n}", requester={"phone": f"1380000{n:04d}"})
        for n in range(20)
    ]
    for one in filed[:4]:
        await at.post(callbacks(one), SOLVED)
    assert await findings(at, "many_in_a_minute") == []
    for one in filed[4:19]:
        await at.post(callbacks(one), SOLVED | {"phone": "139 1111 2222"})
    (burst,) = await findings(at, "many_in_a_minute")
    assert (burst["by"], burst["count"]) == (["P-operator"], 19)
    (phone,) = await findings(at, "one_phone_for_many")
    assert (phone["count"], sorted(phone["numbers"])) == (
        15, sorted(one["number"] for one in filed[4:19]),
    )  # fmt: skip
    assert await findings(at, "all_satisfied") == []
    await at.post(callbacks(filed[19]), SOLVED)
    (streak,) = await findings(at, "all_satisfied")
    assert streak["count"] == 20
    assert await findings(at, "at_once") == []


async def test_an_answer_seconds_after_handled_is_shown(at: Desk) -> None:
    await at.move_clock(HANDLED + timedelta(seconds=20))
    filed = await handled(at)
    await at.post(callbacks(filed), SOLVED)
    (found,) = await findings(at, "at_once")
    assert found["numbers"] == [filed["number"]]


@pytest.mark.parametrize(("since", "until"), [(NINE, NINE), (NINE, NINE + timedelta(days=93))])
async def test_outliers_are_looked_for_in_a_time_that_makes_sense(
    at: Desk, since: datetime, until: datetime
) -> None:
    answer = await at.http.get(
        "/v1/callbacks/outliers",
        params={"from": since.isoformat(), "to": until.isoformat()},
        headers=signed_in("admin"),
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "to")


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        ("0001-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "from"),
        ("0001-01-01T00:00:00+14:00", "0001-01-02T00:00:00+14:00", "from"),
        ("9999-12-01T00:00:00-12:00", "9999-12-31T23:59:59-12:00", "from"),
        ("2026-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "to"),
    ],
)
async def test_outliers_are_not_looked_for_where_the_calendar_ends(
    at: Desk, since: str, until: str, field: str
) -> None:
    answer = await at.http.get(
        "/v1/callbacks/outliers", params={"from": since, "to": until}, headers=signed_in("admin")
    )
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_a_follower_who_took_it_back_is_not_asked_about_the_others_work(at: Desk) -> None:
    lead, near, far = await merged(at)
    taken_back = {"reason": "搬走了", "confirmed_by": "requester", "confirmed_how": "phone"}
    assert (await at.post(f"{far['number']}/withdraw", taken_back)).status_code == 200
    assert sorted(await due(at)) == sorted([lead["number"], near["number"]])
    assert (await at.post(callbacks(far), SOLVED)).status_code == 409
    page = await at.http.post(
        f"/t/{far['number']}", json={"digits": "4321"}, headers={"Accept": "application/json"}
    )
    assert "撤回" in page.json()["state"]
