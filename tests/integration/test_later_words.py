"""Withdrawing, reopening, saying more: on a real PostgreSQL, in every state and at the edges of the window."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any, Final

import pytest

from contracts.ticket import TicketStatus
from services.intake.keeping.marks import plain
from tests.support import small
from tests.support.intake import Desk, desk, signed_in, ticket
from tests.support.servers import Database
from tests.support.small import MONDAY

PHONE: Final = "138 0000 4321"
SAME: Final = {"phone": "+86 13800004321"}
TAKEN_BACK: Final = {
    "reason": "已经自己解决了", "confirmed_by": "requester", "confirmed_how": "phone",
}  # fmt: skip
AGAIN: Final = {"text": "又漏水了"} | SAME
HERE: Final = "金桂苑3号楼"
OPEN: Final = frozenset(TicketStatus) - {
    TicketStatus.CLOSED, TicketStatus.DECLINED, TicketStatus.WITHDRAWN,
}  # fmt: skip
WEEK: Final = timedelta(days=7)


@pytest.fixture
async def at(database: Database) -> AsyncIterator[Desk]:
    async with desk(database) as here:
        await here.move_clock(MONDAY)
        yield here


async def filed_as(at: Desk, status: str | None, **fields: Any) -> dict[str, Any]:
    """A complaint about a leak whose ticket is in a state since Monday morning."""
    about: dict[str, Any] = {
        "address": HERE, "requester": {"name": "王小明", "phone": PHONE},
    } | fields  # fmt: skip
    filed = await at.file("厨房漏水", **about)
    if status is not None:
        await at.hear(
            ticket(filed, "dispatched", 1, status="dispatched"),
            ticket(filed, "urged", 2, status=status, area=small.GARDEN_3),
        )
    return filed


@pytest.mark.parametrize("status", TicketStatus)
async def test_the_matrix_of_states_and_later_words(at: Desk, status: TicketStatus) -> None:
    is_open = status in OPEN
    words = {"supplement": {"text": "水更大了"}, "withdraw": TAKEN_BACK, "reopen": AGAIN}
    for act, body in words.items():
        filed = await filed_as(at, status.value)
        answer = await at.post(f"{filed['complaint_id']}/{act}", body)
        if act == "reopen" and not is_open:
            assert answer.status_code == (200 if status is TicketStatus.CLOSED else 201)
        elif act != "reopen" and is_open:
            assert answer.status_code == 200
        else:
            assert answer.status_code == 409, (act, answer.text)
            assert act not in answer.json()["allowed"]
            assert answer.json()["status_now"] == status.value


async def test_a_supplement_before_anybody_has_it_is_said_masked_and_its_original_sealed(
    at: Desk,
) -> None:
    filed = await filed_as(at, None)
    said = {"text": "我是王小明，电话换成13900001111"}
    answer = await at.post(f"{filed['number']}/supplement", said)
    assert answer.status_code == 200
    (event,) = await at.said("complaint.supplemented")
    assert event["reason"] == "我是[姓名]，电话换成[电话]"
    assert (event["complaint_id"], event["ticket_round"]) == (filed["complaint_id"], 1)
    shown = await at.get(f"/v1/complaints/{filed['number']}")
    assert [word["text"] for word in shown["later"]] == ["我是[姓名]，电话换成[电话]"]
    revealed = await at.post(f"{filed['number']}/reveal", {"reason": "核对"})
    assert [plain(one) for one in revealed.json()["later"]] == ["我是王小明，电话换成13900001111"]


async def test_what_is_withdrawn_is_confirmed_said_once_and_then_ended(at: Desk) -> None:
    filed = await filed_as(at, "in_progress")
    unconfirmed = await at.post(f"{filed['number']}/withdraw", {"reason": "不用了"})
    assert unconfirmed.status_code == 422
    assert (await at.post(f"{filed['number']}/withdraw", TAKEN_BACK)).status_code == 200
    (event,) = await at.said("complaint.withdrawn")
    assert (event["confirmed_by"], event["confirmed_how"], event["reason"]) == (
        "requester", "phone", "已经自己解决了",
    )  # fmt: skip
    again = await at.post(f"{filed['number']}/withdraw", TAKEN_BACK)
    assert (again.status_code, again.json()["status_now"]) == (409, "withdrawn")
    assert len(await at.said("complaint.withdrawn")) == 1


async def test_what_was_declined_at_filing_cannot_be_withdrawn(at: Desk) -> None:
    filed = await filed_as(at, None, decline={"reason": "不属本市", "door": "邻市12345"})
    answer = await at.post(f"{filed['number']}/withdraw", TAKEN_BACK)
    assert (answer.status_code, answer.json()["status_now"]) == (409, "declined")


@pytest.mark.parametrize(
    ("after", "status"), [(WEEK - timedelta(minutes=1), 200), (WEEK + timedelta(minutes=1), 201)]
)
async def test_the_window_ends_a_week_after_closing(
    at: Desk, after: timedelta, status: int
) -> None:
    filed = await filed_as(at, "closed")
    await at.move_clock(MONDAY + after)
    answer = await at.post(f"{filed['number']}/reopen", AGAIN)
    assert answer.status_code == status, answer.text
    if status == 201:
        assert answer.json()["reason"] == "window_over"


async def test_the_same_caller_reopens_on_the_same_number_and_once(at: Desk) -> None:
    filed = await filed_as(at, "closed")
    said = {"text": "王小明家又漏水", "requester": {"name": "王小明", **SAME}, "address": HERE}
    answer = await at.post(f"{filed['number']}/reopen", said)
    assert (answer.status_code, answer.json()["number"]) == (200, filed["number"])
    (event,) = await at.said("complaint.reopened")
    assert (event["reason"], event["ticket_round"]) == ("[姓名]家又漏水", 1)
    again = await at.post(f"{filed['number']}/reopen", AGAIN)
    assert (again.status_code, again.json()["allowed"]) == (409, ["withdraw", "supplement"])
    assert (await at.post(f"{filed['number']}/supplement", {"text": "快来"})).status_code == 200


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"text": "又漏水了"}, "other_requester"),
        ({"text": "又漏水了", "phone": "13900005678"}, "other_requester"),
        (AGAIN | {"address": "三棉宿舍3号楼"}, "other_place"),
    ],
)
async def test_another_caller_or_place_files_a_linked_repeat(
    at: Desk, said: dict[str, Any], reason: str
) -> None:
    filed = await filed_as(at, "closed", accused="金桂物业", confidential=True)
    answer = await at.post(f"{filed['number']}/reopen", said)
    repeat = answer.json()
    assert (answer.status_code, repeat["reason"], repeat["repeat_of"]) == (
        201, reason, filed["number"],
    )  # fmt: skip
    new = await at.get(f"/v1/complaints/{repeat['number']}")
    assert new["repeat_of"] == filed["number"]
    assert (new["accused"], new["confidential"]) == ("WY-1", True)
    assert new["address"] == said.get("address", HERE)
    assert (await at.get(f"/v1/complaints/{filed['number']}"))["repeats"] == [repeat["number"]]
    event = (await at.said("complaint.received"))[-1]
    assert (event["number"], event["repeat_of"]) == (repeat["number"], filed["number"])
    assert await at.said("complaint.reopened") == []


async def test_an_anonymous_matter_is_nobodys_to_reopen(at: Desk) -> None:
    filed = await filed_as(at, "closed", requester={"anonymous": True, "phone": PHONE})
    answer = await at.post(f"{filed['number']}/reopen", AGAIN)
    assert (answer.status_code, answer.json()["reason"]) == (201, "other_requester")


async def test_a_follower_of_closed_work_gets_a_matter_of_its_own(at: Desk) -> None:
    lead = await filed_as(at, "closed")
    follower = await filed_as(at, None)
    await at.hear(ticket(follower, "merged", 2, status="merged", into=lead["number"]))
    answer = await at.post(f"{follower['number']}/reopen", AGAIN)
    assert (answer.status_code, answer.json()["reason"]) == (201, "merged")


Body = dict[str, Any]
ACTS: Final[dict[str, tuple[str, Body, Callable[[Body], Body]]]] = {
    "withdraw": ("in_progress", TAKEN_BACK, lambda b: b | {"reason": "别的原因"}),
    "supplement": ("in_progress", {"text": "水更大了"}, lambda b: b | {"text": "别的话"}),
    "reopen": ("closed", AGAIN, lambda b: b | {"text": "别的话"}),
    "repeat": ("withdrawn", AGAIN, lambda b: b | {"text": "别的话"}),
}


@pytest.mark.parametrize("act", ACTS)
async def test_the_same_key_gives_the_same_answer(at: Desk, act: str) -> None:
    status, body, other = ACTS[act]
    filed = await filed_as(at, status)
    path = f"{filed['number']}/{act.replace('repeat', 'reopen')}"
    first = await at.post(path, body, key="k-1")
    second = await at.post(path, body, key="k-1")
    assert first.status_code in {200, 201}
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert (await at.post(path, other(body), key="k-1")).status_code == 422
    names = ("withdrawn", "supplemented", "reopened", "received")
    events = [event for name in names for event in await at.said(f"complaint.{name}")]
    assert len(events) == 2


async def test_who_calls_again_for_somebody_else_says_who_agreed(at: Desk) -> None:
    filed = await filed_as(at, "closed")
    caller = {"phone": "13900005678", "on_behalf_of": "王小明"}
    answer = await at.post(f"{filed['number']}/reopen", {"text": "漏水", "requester": caller})
    assert (answer.status_code, answer.json()["field"]) == (422, "requester.spoken_with")


async def test_later_words_of_nobodys_complaint_are_refused(at: Desk) -> None:
    for act, body in {"withdraw": TAKEN_BACK, "supplement": AGAIN, "reopen": AGAIN}.items():
        answer = await at.post(f"261116000000/{act}", {"text": "x"} if "text" in body else body)
        assert answer.status_code == 404


async def test_who_files_for_somebody_else_says_who_agreed_and_the_resident_is_called(
    at: Desk,
) -> None:
    about: dict[str, Any] = {
        "name": "李网格", "phone": "13900005678", "on_behalf_of": "王小明",
        "resident_phone": PHONE,
    }  # fmt: skip
    for missing, field in (({}, "spoken_with"), ({"spoken_with": "王小明"}, "consent")):
        refused = await at.http.post(
            "/v1/complaints",
            json={
                "channel": "visit", "kind": "help", "text": "漏水", "requester": about | missing,
            },
            headers=signed_in("operator") | {"Idempotency-Key": field},
        )  # fmt: skip
        assert (refused.status_code, refused.json()["field"]) == (422, f"requester.{field}")
    agreed = about | {"spoken_with": "王大明", "consent": True}
    filed = await filed_as(at, "closed", requester=agreed)
    shown = (await at.post(f"{filed['number']}/reveal", {"reason": "回访"})).json()
    assert shown["call"] == {"name": "王小明", "phone": PHONE}
    assert (await at.post(f"{filed['number']}/reopen", AGAIN)).status_code == 200
