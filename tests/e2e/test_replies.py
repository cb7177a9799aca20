"""A ticket worked on by short messages alone, on the whole product: gateway, notifier, router."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx

from kit.ids import new_id
from services.notifier.replies.code import CodeFor
from services.notifier.replies.codes import issue
from tests.support.gateway import said, signed
from tests.support.world import World, person_of

PHONE = "13800000001"


async def code_for(world: World, ticket_id: str, number: str, unit: str) -> str:
    """A code as the notice of a dispatch carries it."""
    now = await world.now()
    one = CodeFor(
        ticket_id=UUID(ticket_id), number=number, unit=unit, person=person_of(unit), channel="sms",
        address=PHONE, at=now, due_at=now + timedelta(hours=4),
    )  # fmt: skip
    conn = await asyncpg.connect(
        world.info["postgres"], server_settings={"search_path": "notifier"}
    )
    try:
        return (await issue(conn, [one]))[0]
    finally:
        await conn.close()


async def reply(
    world: World, text: str, *, phone: str = PHONE, ident: str | None = None
) -> httpx.Response:
    body, ident = said(phone, text), ident or str(new_id())
    return await world.http.post(
        f"{world.info['notifier']}/v1/replies", content=body.encode(), headers=signed(body, ident)
    )


async def test_a_grid_member_signs_contacts_and_closes_by_short_message(world: World) -> None:
    filed = await world.file("路灯坏了三盏", address="清潭街12号", title="路灯不亮")
    number, ticket_id = filed["number"], filed["complaint_id"]
    await world.ticket_when(number, lambda t: (t["status"], t["unit"]) == ("dispatched", "SZ"))
    code = await code_for(world, ticket_id, number, "SZ")

    foreign = await reply(world, f"签收 {code}", phone="13900000002")
    assert foreign.json()["outcome"] == "unknown"
    one = str(new_id())
    for _ in range(2):
        answer = await reply(world, f"签收 {code}", ident=one)
        assert answer.json() == {"outcome": "done", "answer": f"工单 {number} 已签收。"}
    assert (await reply(world, f"办结 {code} 已换灯")).json()["outcome"] == "refused"
    assert (await reply(world, f"联系 {code}")).json()["outcome"] == "done"
    closed = await reply(world, f"close {code.lower()} 已更换灯泡三只")
    assert "已办结" in closed.json()["answer"]

    ticket = await world.ticket_when(number, lambda t: t["status"] == "callback")
    lines = [line for line in ticket["history"] if line["detail"].get("via") == "reply"]
    assert [line["event"] for line in lines] == ["accepted", "contacted", "handled"]
    assert {line["actor"] for line in lines} == {person_of("SZ")}


async def test_a_ticket_is_returned_by_short_message_to_the_named_unit(world: World) -> None:
    filed = await world.file("路灯又坏了一盏", address="清潭街12号", title="路灯不亮")
    number = filed["number"]
    await world.ticket_when(number, lambda t: t["status"] == "dispatched")
    code = await code_for(world, filed["complaint_id"], number, "SZ")
    assert (await reply(world, f"退回 {code} 不归我们")).json()["outcome"] == "no_unit"
    returned = await reply(world, f"退回 {code} GD 线路归供电公司")
    assert returned.json()["outcome"] == "done", returned.text
    ticket = await world.ticket_when(number, lambda t: t["status"] == "returned")
    assert ticket["history"][-1]["detail"]["suggested"] == "GD"


async def test_without_a_signature_nothing_is_read(world: World) -> None:
    address = f"{world.info['notifier']}/v1/replies"
    answer = await world.http.post(address, content=said(PHONE, "签收 CCCCCC").encode())
    assert answer.status_code == 401
    body = said(PHONE, "签收 CCCCCC")
    old = signed(body, str(new_id()), age=timedelta(minutes=6))
    assert (await world.http.post(address, content=body.encode(), headers=old)).status_code == 401


async def test_the_notifiers_token_alone_may_pass_replies_on(world: World) -> None:
    body = {"command_id": str(new_id()), "ticket": "261123000001", "unit": "SZ", "actor": "P0001"}
    for role in ("admin", "dispatcher", "unit:SZ", "operator"):
        answer = await world.http.post(
            f"{world.info['router']}/v1/replies/accept", json=body, headers=world.token(role)
        )
        assert answer.status_code == 403
