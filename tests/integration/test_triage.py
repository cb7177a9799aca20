"""The triage desk over HTTP on a real PostgreSQL: the list, one-key choice, and what is kept of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from kit.db import Pool
from tests.support import small
from tests.support.desk import BORDER, UNKNOWN, UNSURE, Desk, opened
from tests.support.servers import Database


@pytest.fixture
async def desk(router_pool: Pool, database: Database) -> AsyncIterator[Desk]:
    async with opened(router_pool, database.dsn()) as desk:
        yield desk


async def kept(desk: Desk, ticket_id: str) -> list[tuple[str, int, str, dict[str, Any]]]:
    rows = await desk.pool.fetch(
        "select event, version, unit, detail from ticket_event where ticket_id = $1 order by version",
        UUID(ticket_id),
    )
    return [tuple(row) for row in rows]


async def test_what_waits_is_listed_with_reason_receipt_and_three_suggestions(desk: Desk) -> None:
    ticket_id = await desk.file(**UNSURE)
    await desk.clock_said(ticket_id, ClockKind.DISPATCH, small.MONDAY + timedelta(hours=24))
    (item,) = await desk.waiting()
    assert (item["ticket_id"], item["version"], item["unit"]) == (ticket_id, 1, "DESK")
    assert (item["text"], item["address"]) == (UNSURE["text"], UNSURE["address"])
    assert item["reason"] == {
        "code": "category_unsure",
        "words": "类别不够确定：低于自动派单的把握",
    }
    assert item["receipt"]["place"]["area_name"] == "东社区金桂苑3号楼"
    assert [c["name"] for c in item["receipt"]["category"]["best"]] == [
        "环境卫生·垃圾堆放",
        "物业管理·电梯故障",
    ]
    assert "dispatch" in item["due"]
    offered = [(s["choice"], s["unit"], s["category"], s["area"]) for s in item["suggestions"]]
    assert offered == [
        (1, "GT-1", "LJ-DF", small.GARDEN_3),
        (2, "WY-1", "WY-DT", small.GARDEN_3),
        (3, "SQ-1", "LJ-DF", small.GARDEN_3),
    ]
    assert item["suggestions"][1]["unit_name"] == "金桂物业"
    assert item["suggestions"][1]["why"] == "若是物业管理·电梯故障，由金桂物业负责。"
    english = await desk.http.get(
        "/v1/triage", headers=desk.token("dispatcher") | {"Accept-Language": "en"}
    )
    (item,) = english.json()["items"]
    assert item["reason"]["words"].startswith("the category is not sure")
    assert item["suggestions"][2]["why"] == "SQ-1 is the next unit up and can coordinate."


async def test_most_urgent_first_then_the_one_due_first_then_the_oldest(desk: Desk) -> None:
    async def filed(urgency: Urgency, hours: float, due: float | None) -> str:
        ticket_id = await desk.file(**UNKNOWN, urgency=urgency, hours=hours)
        if due is not None:
            at = small.MONDAY + timedelta(hours=due)
            await desk.clock_said(ticket_id, ClockKind.DISPATCH, at)
        return ticket_id

    unknown = await filed(Urgency.NORMAL, 0, None)
    normal = await filed(Urgency.NORMAL, 1, 25)
    complicated = await filed(Urgency.COMPLEX, 2, 24)
    younger = await filed(Urgency.URGENT, 5, 7)
    older = await filed(Urgency.URGENT, 4, 7)
    critical = await filed(Urgency.CRITICAL, 9, 10)
    listed = [item["ticket_id"] for item in await desk.waiting()]
    assert listed == [critical, older, younger, complicated, normal, unknown]


async def test_pages_meet_without_gap_or_overlap_while_tickets_come_and_go(desk: Desk) -> None:
    tickets = [await desk.file(**UNKNOWN, hours=n) for n in range(9)]
    for n, ticket_id in enumerate(tickets):
        due = small.MONDAY + timedelta(hours=24 + n // 3)
        await desk.clock_said(ticket_id, ClockKind.DISPATCH, due)
    first = (await desk.get("triage", limit=4)).json()
    seen = [item["ticket_id"] for item in first["items"]]
    await desk.did(seen[3], "dispatch", unit="SZ", reason="问清")
    urgent = await desk.file(**UNKNOWN, urgency=Urgency.URGENT)
    cursor = first["next"]
    while cursor is not None:
        page = (await desk.get("triage", limit=2, cursor=cursor)).json()
        seen += [item["ticket_id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == tickets
    assert (await desk.waiting())[0]["ticket_id"] == urgent


async def test_a_cursor_no_page_gave_is_refused(desk: Desk) -> None:
    nil = "00000000-0000-0000-0000-000000000000"
    for cursor in ("7", "x", "0~1~2~3", f"3~1~1~{nil}", f"0~{2**64}~1~{nil}", "~~~"):
        answer = await desk.get("triage", cursor=cursor)
        assert (answer.status_code, answer.json()["field"]) == (422, "cursor"), cursor
    assert (await desk.get("triage", cursor=f"0~1~{2**63 - 1}~{nil}")).status_code == 200


async def test_the_list_is_narrowed_by_desk_area_and_reason(desk: Desk) -> None:
    unsure, border = await desk.file(**UNSURE), await desk.file(**BORDER)
    found = {
        name: [item["ticket_id"] for item in await desk.waiting(**{name: value})]
        for name, value in (("desk", "DESK"), ("area", small.EAST), ("reason", "category_unsure"))
    }
    assert set(found["desk"]) == {unsure, border}
    assert found["area"] == found["reason"] == [unsure]
    assert await desk.waiting(desk="SZ") == []
    assert (await desk.get("triage", reason="boredom")).status_code == 422


async def test_words_of_a_confidential_matter_are_the_desks_alone(desk: Desk) -> None:
    await desk.file(**UNSURE, confidential=True)
    (item,) = await desk.waiting()
    assert item["text"] == UNSURE["text"]
    (item,) = (await desk.get("triage", who="ruling")).json()["items"]
    assert {item[name] for name in ("title", "text", "address")} == {None}
    assert item["receipt"]["place"]["names"] == item["receipt"]["category"]["words"] == []
    assert UNSURE["text"] not in str(item)


async def test_units_do_not_see_the_list(desk: Desk) -> None:
    assert (await desk.get("triage", who="unit:SZ")).status_code == 403


async def test_a_choice_makes_the_ticket_what_was_chosen_and_tells_lead_and_helper(
    desk: Desk,
) -> None:
    ticket_id = await desk.file(**UNSURE)
    await desk.said()
    (item,) = await desk.waiting()
    answer = await desk.act(
        ticket_id, "dispatch", version=item["version"], data={"choice": 2, "reason": "打电话问清"}
    )
    assert answer.status_code == 200, answer.text
    said = await desk.said()
    assert [(name, data["version"]) for name, data in said] == [
        ("dispatched.WY-1", 2), ("assisted.SQ-1", 3),
    ]  # fmt: skip
    for _, data in said:
        assert (data["holder"], data["category"], data["assists"]) == ("WY-1", "WY-DT", ["SQ-1"])
        assert (data["area"], data["post"], data["reason"]) == (
            small.GARDEN_3, "WY-1-L", "打电话问清",
        )  # fmt: skip
        assert data["text"] == UNSURE["text"]
    shown = await desk.ticket(ticket_id)
    assert (shown["unit"], shown["category"], shown["assists"], shown["version"]) == (
        "WY-1", "WY-DT", ["SQ-1"], 3,
    )  # fmt: skip
    assert await desk.waiting() == []
    helped = (await desk.get("tickets", who="unit:SQ-1")).json()["items"]
    assert [one["ticket_id"] for one in helped] == [ticket_id]


async def test_guess_and_choice_are_both_kept_in_history_receipts_and_audit(desk: Desk) -> None:
    ticket_id = await desk.file(**UNSURE)
    await desk.act(
        ticket_id, "dispatch", version=1, data={"choice": 2, "reason": "电话 13800001111 问清"}
    )
    guessed = {"unit": "GT-1", "category": "LJ-DF", "area": small.GARDEN_3}
    chosen = {"unit": "WY-1", "category": "WY-DT", "area": small.GARDEN_3}
    line = (await desk.ticket(ticket_id))["history"][1]
    assert (line["event"], line["actor"]) == ("dispatched", "P-DESK-L")
    assert (line["detail"]["guessed"], line["detail"]["chosen"]) == (guessed, chosen)
    assert "13800001111" not in line["reason"] + line["detail"]["reason"]
    shown = await desk.ticket(ticket_id)
    first, second = shown["receipts"]
    assert (first["outcome"], second["outcome"]) == ("triage", "dispatch")
    assert shown["receipt"] == second
    assert "在此之前的判断：GT-1" in shown["receipt_text"]
    assert (second["by"], second["choice"]) == ("P-DESK-L", 2)
    assert (second["guessed"], second["chosen"]) == (guessed, chosen)
    over = await desk.pool.fetchval(
        "select ticket_id from receipt where receipt_id = $1", UUID(second["over"])
    )
    assert str(over) == ticket_id
    audited = await desk.pool.fetchval(
        "select detail from audit where action = 'ticket.dispatch' and object = $1", ticket_id
    )
    assert (audited["guessed"], audited["chosen"], audited["choice"]) == (guessed, chosen, 2)
    assert "问清" in audited["reason"]
    assert "13800001111" not in audited["reason"]


async def test_without_a_reason_the_suggestions_own_sentence_is_kept(desk: Desk) -> None:
    ticket_id = await desk.file(**UNSURE)
    await desk.act(ticket_id, "dispatch", version=1, data={"choice": 1})
    assert (await desk.ticket(ticket_id))["history"][1]["reason"].startswith("采纳建议 1：")


async def test_a_unit_of_ones_own_with_category_and_area_is_taken_with_its_helpers(
    desk: Desk,
) -> None:
    ticket_id = await desk.file(**UNKNOWN)
    state = await desk.did(
        ticket_id, "dispatch", unit="GT-2", category="LJ-DF", area=small.MILL, reason="问清"
    )
    assert (state["unit"], state["grid"], state["category"], state["assists"]) == (
        "GT-2", small.MILL, "LJ-DF", ["SQ-2"],
    )  # fmt: skip
    subject = await desk.pool.fetchval(
        "select subject from outbox where subject like 'ticket.assisted.%'"
    )
    assert subject == "ticket.assisted.SQ-2.370105.001.009.001"


REFUSED: Final[list[tuple[dict[str, Any], int, str]]] = [
    ({"data": {"choice": 1}}, 422, "version"),
    ({"version": 9, "data": {"choice": 1}}, 409, "version"),
    ({"version": 1, "data": {"choice": 0}}, 422, "data.choice"),
    ({"version": 1, "data": {"choice": "1"}}, 422, "data.choice"),
    ({"version": 1, "data": {"choice": 1, "unit": "WY-1"}}, 409, "data.choice"),
    ({"data": {"unit": "GT-9", "reason": "-"}}, 422, "data.unit"),
    ({"data": {"unit": "GT-1", "category": "LJ-DX", "reason": "-"}}, 422, "data.category"),
    ({"data": {"unit": "GT-1", "area": "370105001008009", "reason": "-"}}, 422, "data.area"),
    ({"data": {"unit": "GT-1"}}, 422, "data.reason"),
    ({"data": {}}, 422, "data.unit"),
    ({"data": {"unit": "GT-1", "reason": "-", "into": "261116000001"}}, 422, "data.into"),
]


async def test_what_cannot_be_is_refused_by_name_and_changes_nothing(desk: Desk) -> None:
    ticket_id = await desk.file(**UNSURE)
    for body, status, field in REFUSED:
        answer = await desk.act(ticket_id, "dispatch", **body)
        problem = answer.json()
        assert (answer.status_code, problem["field"]) == (status, field), answer.text
        if "reason" in body["data"] and field != "data.into":
            assert problem["nearest"], body
    assert len(await kept(desk, ticket_id)) == 1
    assert await desk.pool.fetchval("select count(*) from receipt") == 1


async def test_of_two_who_choose_at_once_one_is_told_that_it_is_stale(desk: Desk) -> None:
    ticket_id = await desk.file(**UNSURE)
    answers = await asyncio.gather(
        *(desk.act(ticket_id, "dispatch", version=1, data={"choice": n}) for n in (1, 2))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len([line for line in await kept(desk, ticket_id) if line[0] == "dispatched"]) == 1


async def test_nobody_complained_about_is_offered_or_accepted(desk: Desk) -> None:
    ticket_id = await desk.file("电梯困人没人管", address="金桂苑", accused="WY-1")
    (item,) = await desk.waiting()
    assert item["reason"]["code"] == "conflict_of_interest"
    assert [s["unit"] for s in item["suggestions"]] == ["JD", "QX"]
    for unit in ("WY-1", "SQ-1"):
        answer = await desk.act(ticket_id, "dispatch", data={"unit": unit, "reason": "-"})
        assert (answer.status_code, answer.json()["field"]) == (422, "data.unit")


async def test_a_unit_may_not_choose_neither_by_http_nor_by_command(desk: Desk) -> None:
    ticket_id = await desk.file(**UNSURE)
    held = await desk.act(ticket_id, "dispatch", who="unit:DESK", version=1, data={"choice": 1})
    foreign = await desk.act(ticket_id, "dispatch", who="unit:SZ", version=1, data={"choice": 1})
    assert (held.status_code, foreign.status_code) == (403, 404)
    for action, data in (("dispatch", {"choice": 1}), ("merge", {"into": ticket_id})):
        asked = {"command_id": action, "ticket": ticket_id, "actor": "P-DESK-L", "version": 1}
        with pytest.raises(Exception, match="forbidden"):
            await desk.office.answer(action, "DESK", asked | {"data": data})


async def test_a_move_tells_the_old_lead_then_the_new_one_and_drops_it_from_the_helpers(
    desk: Desk,
) -> None:
    ticket_id = await desk.file(**UNSURE)
    await desk.act(ticket_id, "dispatch", version=1, data={"choice": 1})
    await desk.said()
    state = await desk.did(ticket_id, "reassign", unit="SQ-1", reason="社区直接办")
    assert (state["unit"], state["assists"]) == ("SQ-1", [])
    assert [name for name, _ in await desk.said()] == ["reassigned.GT-1", "dispatched.SQ-1"]
    listed = (await desk.get("tickets", who="unit:SQ-1")).json()["items"]
    assert [one["ticket_id"] for one in listed] == [ticket_id]
    assert (await desk.get("tickets", who="unit:GT-1")).json()["items"] == []
    assert len((await desk.ticket(ticket_id))["receipts"]) == 3
    await desk.did(ticket_id, "reassign", unit="SZ", reason="市政的")
    assert (await desk.get("tickets", who="unit:SQ-1")).json()["items"] == []
