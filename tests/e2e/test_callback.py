"""After `handled` on the whole product: the resident is asked, and what they say is what happens."""

from __future__ import annotations

from typing import Any, Final

import httpx

from tests.support.world import World, until

LAMP: Final[dict[str, Any]] = {"address": "清潭街12号", "title": "路灯不亮"}
PHONE: Final[dict[str, Any]] = {"requester": {"name": "王小明", "phone": "138 0000 4321"}}
NOT_SOLVED: Final = {"contacted": True, "solved": False, "note": "王小明说还是不亮"}
SOLVED: Final = {"contacted": True, "solved": True, "satisfied": True}
DONE: Final = {"result": "solved", "no_proof": "夜间无法拍照", "note": "已更换灯泡"}


async def tell(world: World, ident: str, act: str, body: dict[str, Any]) -> httpx.Response:
    """Say something to intake as the operator."""
    return await world.http.post(
        f"{world.info['intake']}/v1/complaints/{ident}/{act}",
        json=body,
        headers=world.token("operator"),
    )


async def handle(world: World, ident: str, *steps: str) -> None:
    for step in steps:
        data = {"contact": {"result": "phone"}, "handle": DONE}.get(step, {})
        done = await world.act(ident, step, role="unit:SZ", data=data)
        assert done.is_success, done.text


async def said(world: World, ident: str, act: str, body: dict[str, Any], status: int) -> Any:
    """The answer, once intake has heard what the ticket's state is by now."""
    last: list[httpx.Response] = []

    async def answered() -> bool:
        last[:] = [await tell(world, ident, act, body)]
        return last[0].status_code == status

    await until(answered, what=lambda: last[0].text if last else "")
    return last[0].json()


async def test_not_solved_starts_a_round_on_the_same_number_and_solved_closes(
    world: World,
) -> None:
    filed = await world.file("路灯坏了, 楼道口黑得看不见", **LAMP, **PHONE)
    number = filed["number"]
    await world.ticket_when(number, lambda t: t["status"] == "dispatched")
    await handle(world, number, "accept", "contact", "handle")
    await said(world, number, "callbacks", NOT_SOLVED, 201)
    again = await world.ticket_when(number, lambda t: t["round"] == 2)
    assert (again["status"], again["unit"]) == ("in_progress", "SZ")
    assert again["history"][-1]["reason"] == "[姓名]说还是不亮"
    await said(world, number, "supplement", {"text": "孩子晚上摔了一跤"}, 200)
    await world.ticket_when(
        number, lambda t: any(line["reason"] == "孩子晚上摔了一跤" for line in t["history"])
    )
    await handle(world, number, "handle")
    await said(world, number, "callbacks", SOLVED, 201)
    await world.ticket_when(number, lambda t: t["status"] == "closed")
    told: dict[str, Any] = {}

    async def closed() -> bool:
        answer = await world.http.post(
            f"{world.info['intake']}/t/{number}",
            data={"digits": "4321"},
            headers={"Accept": "application/json"},
        )
        told.update(answer.json())
        return "已结案" in told["state"]

    await until(closed, what=lambda: str(told))
    reopened = await said(
        world, number, "reopen", {"text": "又不亮了", "phone": "13800004321"}, 200
    )
    assert reopened["number"] == number
    await world.ticket_when(number, lambda t: (t["status"], t["round"]) == ("in_progress", 3))


async def test_what_is_withdrawn_ends_at_the_unit_too(world: World) -> None:
    filed = await world.file("路灯坏了, 拐角处黑得看不见", **LAMP, **PHONE)
    await world.ticket_when(filed["number"], lambda t: t["status"] == "dispatched")
    taken_back = {"reason": "自己修好了", "confirmed_by": "requester", "confirmed_how": "phone"}
    await said(world, filed["number"], "withdraw", taken_back, 200)
    await world.ticket_when(filed["number"], lambda t: t["status"] == "withdrawn")


async def test_the_route_preview_asks_the_router(world: World) -> None:
    answer = await world.http.post(
        f"{world.info['intake']}/v1/suggest",
        json={"text": "路灯坏了", "address": LAMP["address"]},
        headers=world.token("operator"),
    )
    items = answer.json()["items"]
    assert items, answer.text
    assert items[0]["unit"] == "SZ"
    assert items[0]["text"]
