"""A whistle on the whole product: NATS and HTTP, clocks, a no-show, and the secretary's table."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx

from tests.support.invariants import violations
from tests.support.world import World, person_of, until

LAMP: Final = {"address": "清潭街12号", "title": "路灯不亮"}
BLOWER: Final = "secretary:SQ-001"


async def post(world: World, path: str, role: str, **body: Any) -> httpx.Response:
    return await world.http.post(
        f"{world.info['router']}/v1/whistles{path}", json=body, headers=world.token(role)
    )


async def show(world: World, ident: str, role: str = "admin") -> dict[str, Any]:
    answer = await world.http.get(
        f"{world.info['router']}/v1/whistles/{ident}", headers=world.token(role)
    )
    found: dict[str, Any] = answer.json()
    return found


async def heard(world: World, unit: str, subject: str, ident: str) -> dict[str, Any]:
    """The message that lies in the unit's own durable, whether it was there at the time or not."""
    client = await world.unit_connection(unit)
    mine = world.info["nats_users"][unit]
    pull = await client.jetstream(prefix=mine["js_prefix"]).pull_subscribe(
        "", durable=mine["consumer"], stream=mine["stream"]
    )
    found: dict[str, Any] = {}

    async def received() -> bool:
        for message in await pull.fetch(50, timeout=5):
            await message.ack()
            data = json.loads(message.data)["data"]
            if message.subject.startswith(subject) and data["whistle_id"] == ident:
                found.update(data)
        return bool(found)

    await until(received)
    await client.close()
    return found


async def told_in_both_languages(world: World, *paths: str) -> None:
    """Why every clock is due then, in the language asked for."""
    for path in paths:
        for language, begins in (("zh-CN", "应于 20"), ("en", "Due 20")):
            headers = world.token("admin") | {"Accept-Language": language}
            answer = await world.http.get(f"{world.info['router']}{path}", headers=headers)
            told = [clock["sentence"] for clock in answer.json()["clocks"]]
            assert told, path
            assert all(one.startswith(begins) for one in told), told
            assert all(one.isascii() for one in told) is (language == "en")


async def finish(world: World, ident: str) -> None:
    """Who did not come comes late; both do their work, the blower resolves and rates, the rest follows."""
    late = await post(
        world, f"/{ident}/check-in", "unit:CG-ZF", data={"person": person_of("CG-ZF")}
    )
    assert {c["unit"]: c["late"] for c in late.json()["units"]} == {"SZ": False, "CG-ZF": True}
    for unit in ("SZ", "CG-ZF"):
        for action, data in (("arrive", {}), ("done", {"result": "处置完毕"})):
            answer = await post(world, f"/{ident}/{action}", f"unit:{unit}", data=data)
            assert answer.status_code == 200, answer.text
    ended = await post(world, f"/{ident}/resolve", BLOWER, data={"result": "险情解除"})
    assert ended.json()["status"] == "resolved", ended.text
    marks = [{"unit": u, "speed": s, "result": 4} for u, s in (("SZ", 5), ("CG-ZF", 1))]
    rated = await post(world, f"/{ident}/rate", BLOWER, data={"ratings": marks})
    assert rated.json()["status"] in ("rated", "closed"), rated.text

    async def closed() -> bool:
        return bool((await show(world, ident))["status"] == "closed")

    await until(closed)


async def test_who_is_called_comes_or_is_a_no_show_on_the_secretarys_table(world: World) -> None:
    filed = await world.file("路口路灯杆倒了压着电线", **LAMP)
    number = filed["number"]
    await world.ticket_when(number, lambda t: "result" in t["due"])
    await world.act(number, "assist", role="dispatcher", data={"unit": "SQ-001", "reason": "属地"})
    blown = await post(
        world,
        "",
        BLOWER,
        kind="emergency",
        ticket=number,
        units=["SZ", "CG-ZF"],
        reason="danger",
        text="路灯杆倒伏，请到场",
    )
    assert blown.status_code == 201, blown.text
    ident = blown.json()["whistle_id"]
    assert blown.json()["status"] == "issued"
    told = await heard(world, "CG-ZF", "whistle.issued.CG-ZF.", ident)
    assert told["text"] == "路灯杆倒伏，请到场"

    async def timed() -> bool:
        one = await show(world, ident)
        return all(call["due_at"] for call in one["units"])

    await until(timed)
    await told_in_both_languages(world, f"/v1/whistles/{ident}", f"/v1/tickets/{number}")
    body = {
        "command_id": f"come-{ident}", "ticket": number, "actor": person_of("SZ"),
        "data": {"person": person_of("SZ")},
    }  # fmt: skip
    came = await world.command("SZ", "whistle-check-in", body)
    assert {c["unit"]: c["state"] for c in came["units"]} == {
        "SZ": "checked_in",
        "CG-ZF": "pending",
    }
    assert await world.command("SZ", "whistle-check-in", body) == came
    over_nats = await world.command("SZ", "whistle-check-in", body | {"command_id": f"2-{ident}"})
    over_http = await post(world, f"/{ident}/check-in", "unit:SZ", data={"person": person_of("SZ")})
    over_nats.pop("detail_en")
    assert over_http.json() == over_nats
    assert over_http.status_code == over_nats["status"] == 409
    assert await world.ticket(number, role="unit:CG-ZF") is not None
    assert await world.ticket(number, role="unit:GD") is None

    await world.fast_forward(minutes=31)

    async def missed() -> bool:
        states = {c["unit"]: c["state"] for c in (await show(world, ident))["units"]}
        return states == {"SZ": "checked_in", "CG-ZF": "no_show"}

    await until(missed)
    assert await heard(world, "CG-ZF", "whistle.no_show.CG-ZF.", ident)

    async def queued() -> bool:
        items = await world.queue("JD-WYS")
        return any(i["number"] == number and i["rule"] == "whistle_no_show" for i in items)

    await until(queued)
    await finish(world, ident)
    ticket = await world.ticket(number)
    assert ticket is not None
    assert [w["whistle_id"] for w in ticket["whistles"]] == [ident]
    found: dict[str, list[str]] = {}

    async def clean() -> bool:
        found.clear()
        found.update(await violations(world.info["postgres"], [filed["complaint_id"]]))
        return not found

    await until(clean, what=lambda: str(found))
