"""Merging over HTTP on a real PostgreSQL: nobody and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import httpx
import pytest

from kit.db import Pool, reading
from kit.errors import DomainError
from services.router.ticket import store_merging
from tests.support import small
from tests.support.desk import GARBAGE, LAMP, LIFT, Desk, ids, opened
from tests.support.invariants import lost_in
from tests.support.servers import Database


@pytest.fixture
async def desk(router_pool: Pool, database: Database) -> AsyncIterator[Desk]:
    async with opened(router_pool, database.dsn()) as desk:
        yield desk


async def refusal(answer: httpx.Response) -> tuple[int, str, str | None]:
    problem = answer.json()
    return answer.status_code, problem["title"], problem.get("field")


async def test_the_merged_ticket_leaves_its_hands_and_the_other_one_knows_who_waits(
    desk: Desk,
) -> None:
    one, other = await desk.file(**GARBAGE), await desk.file(**LAMP)
    before, target = await desk.ticket(one), await desk.ticket(other)
    await desk.said()
    state = await desk.did(one, "merge", into=target["number"], reason="同一件事")
    assert (state["status"], state["merged_into"]) == ("merged", target["number"])
    said = await desk.said()
    assert [name for name, _ in said] == ["merged.GT-1", "merged.SQ-1", "merged.SZ"]
    assert [(data["status"], data["version"]) for _, data in said] == [
        ("merged", 3), ("merged", 4), ("dispatched", 2),
    ]  # fmt: skip
    assert {data.get("into") for _, data in said[:2]} == {target["number"]}
    assert said[2][1]["followers"] == [before["number"]]
    assert datetime.fromisoformat(said[2][1]["since"][0]["received_at"]) == small.MONDAY
    after = await desk.ticket(one)
    for name in (
        "number",
        "complaint_id",
        "text",
        "address",
        "unit",
        "assists",
        "round",
        "receipts",
    ):
        assert after[name] == before[name]
    assert after["history"][: len(before["history"])] == before["history"]
    assert after["merged_into"] == target["number"]
    assert (await desk.ticket(other))["merged"] == [before["number"]]
    history = (await desk.ticket(other))["history"][-1]
    assert (history["event"], history["detail"]["follower"]) == ("merged", before["number"])
    rows = await desk.pool.fetch("select object, detail from audit where action = 'ticket.merge'")
    assert {row["object"] for row in rows} == {one, other}
    assert {row["detail"]["reason"] for row in rows} == {"同一件事"}


async def test_who_works_on_a_matter_may_read_what_was_merged_into_it(desk: Desk) -> None:
    one, other = await desk.file(**GARBAGE), await desk.file(**LAMP)
    assert (await desk.get(f"tickets/{one}", who="unit:SZ")).status_code == 404
    await desk.merge(one, other)
    assert (await desk.ticket(one, who="unit:SZ"))["text"] == GARBAGE["text"]
    assert (await desk.act(one, "accept", who="unit:SZ")).status_code == 404
    await desk.did(one, "unmerge", reason="不是同一件事")
    assert (await desk.get(f"tickets/{one}", who="unit:SZ")).status_code == 404


async def test_unmerging_returns_state_unit_and_round_and_says_so(desk: Desk) -> None:
    one, other = await desk.file(**GARBAGE), await desk.file(**LAMP)
    await desk.did(one, "accept", who="unit:GT-1")
    before = await desk.ticket(one)
    await desk.merge(one, other)
    await desk.said()
    state = await desk.did(one, "unmerge", reason="不是同一件事")
    after = await desk.ticket(one)
    for name in ("status", "unit", "post", "assists", "round", "grid", "category", "receipts"):
        assert after[name] == before[name]
    assert (state["status"], after["merged_into"]) == ("accepted", None)
    said = await desk.said()
    assert [name for name, _ in said] == ["unmerged.GT-1", "unmerged.SQ-1", "unmerged.SZ"]
    assert (said[0][1]["into"], said[2][1]["followers"], said[2][1]["since"]) == (
        (await desk.ticket(other))["number"], [], [],
    )  # fmt: skip
    assert [line["event"] for line in after["history"]][-2:] == ["unmerged", "unmerged"]
    assert await desk.pool.fetchval("select count(*) from follower") == 0
    await desk.did(one, "contact", who="unit:GT-1")


async def test_a_chain_moves_as_one_and_comes_apart_where_it_was_joined(desk: Desk) -> None:
    a, b, c = [await desk.file(**what) for what in (GARBAGE, LAMP, LIFT)]
    names = {one: (await desk.ticket(one))["number"] for one in (a, b, c)}
    await desk.merge(a, b)
    await desk.merge(b, c)
    assert (await desk.ticket(a))["merged_into"] == names[c]
    assert (await desk.ticket(b))["merged"] == [names[a]]
    assert (await desk.ticket(c))["merged"] == [names[a], names[b]]
    assert (await desk.said())[-1][1]["followers"] == [names[a], names[b]]
    await desk.did(b, "unmerge", reason="另一件事")
    assert (await desk.ticket(a))["merged_into"] == names[b]
    assert (await desk.ticket(c))["merged"] == []
    returned = next(data for name, data in await desk.said() if name == "unmerged.SZ")
    assert (returned["followers"], returned["status"]) == ([names[a]], "dispatched")


async def test_what_may_not_be_merged_is_refused_by_name(desk: Desk) -> None:
    one, other, merged = [await desk.file(**what) for what in (GARBAGE, LAMP, LIFT)]
    await desk.merge(merged, other)
    await desk.pool.execute("update ticket set status = 'closed' where ticket_id = $1", UUID(other))
    assert await refusal(await desk.merge(one, merged)) == (409, "merged-already", "data.into")
    assert (await desk.ticket(other))["number"] in (await desk.merge(one, merged)).text
    assert await refusal(await desk.merge(one, other)) == (409, "target-closed", "data.into")
    assert await refusal(await desk.merge(one, one)) == (422, "invalid", "data.into")
    for nobody in ("261116999999", "not-a-ticket"):
        assert await refusal(await desk.merge(one, nobody)) == (422, "invalid", "data.into")
    bare = await desk.act(one, "merge", data={"into": merged})
    assert await refusal(bare) == (422, "invalid", "data.reason")
    nowhere = await desk.act(one, "merge", data={"reason": "-"})
    assert await refusal(nowhere) == (422, "invalid", "data.into")
    loose = await desk.act(one, "unmerge", data={"reason": "-"})
    assert loose.status_code == 409
    assert set(loose.json()["allowed"]) >= {"accept", "reassign", "urge", "supervise", "merge"}
    taken = await desk.act(merged, "accept", who="unit:WY-1")
    assert (taken.status_code, taken.json()["allowed"]) == (409, ["unmerge"])


async def test_a_matter_never_goes_on_under_who_is_complained_about(desk: Desk) -> None:
    about = await desk.file("垃圾没人清", address="幸福里东社区", accused="WY-1")
    lift, lamp = await desk.file(**LIFT), await desk.file(**LAMP)
    assert (await desk.ticket(lift))["unit"] == "WY-1"
    assert await refusal(await desk.merge(about, lift)) == (422, "invalid", "data.into")
    assert (await desk.merge(about, lamp)).status_code == 200
    moved = await desk.act(lamp, "reassign", data={"unit": "WY-1", "reason": "-"})
    assert await refusal(moved) == (422, "invalid", "data.unit")


async def test_an_unmerged_ticket_comes_back_also_when_the_other_one_was_closed(desk: Desk) -> None:
    one, other = await desk.file(**GARBAGE), await desk.file(**LAMP)
    await desk.merge(one, other)
    await desk.pool.execute("update ticket set status = 'closed' where ticket_id = $1", UUID(other))
    assert (await desk.did(one, "unmerge", reason="没解决"))["status"] == "dispatched"
    assert (await desk.ticket(other))["status"] == "closed"


async def test_mergers_at_once_neither_wait_for_each_other_nor_form_a_ring(desk: Desk) -> None:
    for _ in range(4):
        a, b, c = [await desk.file(**what) for what in (GARBAGE, LAMP, LIFT)]
        rounds = await asyncio.gather(desk.merge(a, b), desk.merge(b, c), desk.merge(c, a))
        assert {answer.status_code for answer in rounds} <= {200, 409}, [a.text for a in rounds]
        assert any(answer.status_code == 200 for answer in rounds)
        async with reading(desk.pool) as conn:
            assert lost_in(await store_merging.tree(conn, ids(a, b, c))) == []


async def test_merging_and_leaving_at_once_never_forgets_a_follower(desk: Desk) -> None:
    top = await desk.file(**LAMP)
    others = [await desk.file(**GARBAGE) for _ in range(6)]
    for one in others[:3]:
        await desk.merge(one, top)
    await desk.said()
    answers = await asyncio.gather(
        *(desk.merge(one, top) for one in others[3:]),
        *(desk.act(one, "unmerge", data={"reason": "-"}) for one in others[:3]),
    )
    assert {answer.status_code for answer in answers} == {200}
    said = [data for _, data in await desk.said() if data["ticket_id"] == top]
    numbers = [(await desk.ticket(one))["number"] for one in others[3:]]
    last = max(said, key=lambda data: data["version"])
    assert sorted(last["followers"]) == sorted(numbers) == (await desk.ticket(top))["merged"]


async def test_d7_39_who_is_tied_to_a_follower_finds_the_ticket_it_joined_nowhere(
    desk: Desk,
) -> None:
    """Of both tickets all parties complained about count: on the page, in lists, over HTTP and NATS."""
    lead, one = await desk.file(**LAMP), await desk.file(**LIFT, accused="WY-1")
    number, theirs = (await desk.ticket(lead))["number"], "secretary:SQ-1"
    assert (await desk.did(lead, "urge", who=theirs, reason="请抓紧"))["number"] == number
    seen = {"ticket": lead, "actor": "P-SQ-1-L", "command_id": "c1"}
    assert (await desk.merge(one, number)).status_code == 200

    async def hidden() -> None:
        for path in (f"tickets/{lead}", f"tickets/{number}"):
            assert (await desk.get(path, who=theirs)).status_code == 404
        for listed in (
            "tickets",
            "tickets?unit=SZ",
            f"tickets?area={small.EAST}",
            f"tickets?q={number}",
        ):
            assert number not in (await desk.get(listed, who=theirs)).text
        for action in ("urge", "supervise", "assist"):
            answer = await desk.act(lead, action, who=theirs, data={"reason": "-", "unit": "SQ-1"})
            assert answer.status_code == 404, (action, answer.text)
        blown = await desk.http.post(
            "/v1/whistles",
            json={
                "kind": "resident_request", "ticket": number, "units": [{"unit": "SZ"}],
                "reason": "several_units", "text": "-",
            },
            headers=desk.token(theirs),
        )  # fmt: skip
        assert blown.status_code == 404, blown.text
        for action in ("show", "urge", "contact"):
            with pytest.raises(DomainError, match="not-found"):
                await desk.office.answer(action, "SQ-1", seen | {"data": {"reason": "-"}})

    await hidden()
    assert (await desk.get(f"tickets/{lead}", who="unit:SZ")).status_code == 200
    await desk.did(one, "unmerge", reason="不是同一件事")
    assert (await desk.ticket(lead, who=theirs))["number"] == number


async def test_d7_39_of_a_merged_matter_nobody_tied_to_either_gets_it_or_helps(desk: Desk) -> None:
    """What is decided anew, or given back, is held against all parties complained about in either."""
    lead, one = await desk.file(**LAMP), await desk.file(**LIFT, accused="WY-1")
    merged = await desk.merge(one, (await desk.ticket(lead))["number"])
    assert merged.status_code == 200, merged.text
    await desk.said()
    await desk.did(lead, "recategorise", category="LJ-DF", area=small.GARDEN_3, reason="-")
    after = await desk.ticket(lead, who="ruling")
    assert after["unit"] == "GT-1"
    assert "SQ-1" not in after["assists"]
    assert not [name for name, _ in await desk.said() if name.endswith((".SQ-1", ".WY-1"))]
    other, about_desk = await desk.file(**LAMP), await desk.file(**GARBAGE, accused="DESK")
    merged = await desk.merge(about_desk, (await desk.ticket(other))["number"])
    assert merged.status_code == 200, merged.text
    await desk.said()
    back = {"unit": "GT-1", "reason_code": "not_our_duty", "reason": "-"}
    await desk.did(other, "return", who="unit:SZ", **back)
    assert [name for name, _ in await desk.said()] == ["returned.SZ", "returned.QX"]
