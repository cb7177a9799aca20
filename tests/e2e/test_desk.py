"""The dispatch desk on the whole product: one key, mergers, and what unit and notifier make of them."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.support.invariants import violations
from tests.support.world import World, person_of, until

BEGUN: Final = {"resident", "sign_for", "contact", "result"}
"""The clocks of a ticket that was dispatched."""
LAMP: Final = {"address": "清潭街12号", "title": "路灯不亮"}


async def _waiting(world: World, number: str) -> dict[str, Any]:
    """What the desk is told of a ticket, on whichever page of the list it stands."""
    cursor: str | None = ""
    while cursor is not None:
        answer = await world.http.get(
            f"{world.info['router']}/v1/triage",
            headers=world.token("dispatcher"),
            params={"cursor": cursor} if cursor else {},
        )
        page = answer.json()
        for item in page["items"]:
            if item["number"] == number:
                return dict(item)
        cursor = page["next"]
    raise AssertionError(number)


async def test_one_key_at_the_desk_dispatches_and_the_clocks_start(world: World) -> None:
    filed = await world.file("到底有没有人管, 打了八遍电话了")
    await world.ticket_when(filed["number"], lambda t: t["status"] == "triage")
    item = await _waiting(world, filed["number"])
    assert item["reason"]["words"]
    first = item["suggestions"][0]
    done = await world.act(
        filed["number"],
        "dispatch",
        role="dispatcher",
        version=item["version"],
        data={"choice": 1, "unit": first["unit"], "reason": "电话问清"},
    )
    assert done.status_code == 200, done.text
    ticket = await world.ticket_when(filed["number"], lambda t: "sign_for" in t["due"])
    assert (ticket["unit"], ticket["category"]) == (first["unit"], first["category"])
    assert [receipt["outcome"] for receipt in ticket["receipts"]] == ["triage", "dispatch"]
    assert ticket["receipt"]["chosen"]["unit"] == first["unit"]


async def test_callers_of_merged_tickets_share_the_earliest_clock_until_they_part(
    world: World,
) -> None:
    early = await world.file("路灯坏了, 楼道口黑得看不见", **LAMP)
    await world.ticket_when(early["number"], lambda t: t["due"].keys() >= BEGUN)
    await world.fast_forward(hours=5)
    late = await world.file("门口的路灯还是没人修", **LAMP)
    alone = await world.ticket_when(late["number"], lambda t: t["due"].keys() >= BEGUN)
    first = await world.ticket(early["number"])
    assert first is not None
    into = {"into": late["number"], "reason": "同一盏灯"}
    assert (await world.act(early["number"], "merge", role="dispatcher", data=into)).is_success
    shared = await world.ticket_when(
        late["number"], lambda t: t["due"]["result"] == first["due"]["result"]
    )
    assert shared["due"]["resident"] == first["due"]["resident"]
    assert shared["merged"] == [early["number"]]
    ended = await world.ticket_when(early["number"], lambda t: not t["due"])
    assert (ended["status"], ended["merged_into"]) == ("merged", late["number"])
    heard = await _heard(world, "SZ", f"ticket.merged.SZ. {late['number']}")
    assert heard["followers"] == [early["number"]]
    body = {"command_id": "unmerge-1", "ticket": early["number"], "actor": person_of("SZ")}
    refused = await world.command("SZ", "unmerge", body | {"data": {"reason": "-"}})
    assert refused["status"] == 403
    parted = await world.act(
        early["number"], "unmerge", role="dispatcher", data={"reason": "是另一盏灯"}
    )
    assert parted.json()["status"] == "dispatched"
    await world.ticket_when(late["number"], lambda t: t["due"] == alone["due"])
    again = await world.ticket_when(early["number"], lambda t: t["due"] == first["due"])
    assert (again["unit"], again["merged_into"]) == ("SZ", None)
    found: dict[str, list[str]] = {}

    async def clean() -> bool:
        found.clear()
        ids = [early["complaint_id"], late["complaint_id"]]
        found.update(await violations(world.info["postgres"], ids))
        return not found

    await until(clean, what=lambda: str(found))


async def _heard(world: World, unit: str, wanted: str) -> dict[str, Any]:
    """What a unit's own durable receives: the beginning of a subject, and the ticket's number."""
    subject, number = wanted.split()
    user = world.info["nats_users"][unit]
    client = await world.unit_connection(unit)
    pull = await client.jetstream(prefix=user["js_prefix"]).pull_subscribe(
        "", durable=user["consumer"], stream=user["stream"]
    )
    found: dict[str, Any] = {}

    async def received() -> bool:
        for message in await pull.fetch(50, timeout=5):
            await message.ack()
            data = json.loads(message.data)["data"]
            if message.subject.startswith(subject) and data["number"] == number:
                found.update(data)
        return bool(found)

    await until(received)
    await client.close()
    return found
