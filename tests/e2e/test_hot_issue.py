"""A hot issue in the running product: opened by complaints, seen over HTTP, closed by a dispatcher."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.world import World, until

LIFT = {"address": "金桂名邸3号楼2单元", "title": "电梯又停了"}


async def _issues(world: World, role: str) -> list[dict[str, Any]]:
    answer = await world.http.get(f"{world.info['router']}/v1/issues", headers=world.token(role))
    assert answer.status_code == httpx.codes.OK, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_five_complaints_of_one_compound_become_one_hot_issue_and_keep_their_clocks(
    world: World,
) -> None:
    filed = [await world.file(f"电梯坏了，{n}楼的老人下不了楼", **LIFT) for n in range(5)]
    tickets = [
        await world.ticket_when(one["number"], lambda t: bool(t["issue_id"])) for one in filed
    ]
    (ident,) = {ticket["issue_id"] for ticket in tickets}
    shown = next(i for i in await _issues(world, "dispatcher") if i["issue_id"] == ident)
    assert {member["number"] for member in shown["members"]} >= {one["number"] for one in filed}
    assert shown["category"] == "WY-DT"
    for one in filed:
        await world.ticket_when(one["number"], lambda t: {"sign_for", "result"} <= set(t["due"]))
    assert all(issue["issue_id"] != ident for issue in await _issues(world, "unit:GD"))

    async def heard() -> bool:
        rows = await world.rows(
            "select 1 from notifier.hot_issue_member where issue_id = $1", ident
        )
        return len(rows) >= len(filed)

    await until(heard)
    url, body = f"{world.info['router']}/v1/issues/{ident}/close", {"reason": "电梯已修好"}
    by_unit = await world.http.post(
        url, json=body, headers=world.token(f"unit:{tickets[0]['unit']}")
    )
    assert by_unit.status_code == httpx.codes.FORBIDDEN
    empty = await world.http.post(url, json={}, headers=world.token("dispatcher"))
    assert (empty.status_code, empty.json()["field"]) == (422, "reason")
    closed = await world.http.post(url, json=body, headers=world.token("dispatcher"))
    assert (closed.status_code, closed.json()["reason"]) == (200, "电梯已修好")
    again = await world.http.post(url, json=body, headers=world.token("dispatcher"))
    assert again.status_code == httpx.codes.CONFLICT
    after = await world.ticket(filed[0]["number"])
    assert after is not None
    assert (after["issue_id"], after["status"]) == (None, tickets[0]["status"])
