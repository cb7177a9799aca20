"""One complaint, from the operator to the responsible unit to the secretary's table."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from functools import partial
from typing import Any

from tests.support.world import MONDAY, World, person_of, until

LAMP = {"address": "清潭街12号", "title": "路灯不亮"}


async def test_a_filed_complaint_is_dispatched_with_a_receipt_and_running_clocks(
    world: World,
) -> None:
    filed = await world.file("路灯坏了三天了, 晚上黑咕隆咚的", **LAMP)
    ticket = await world.ticket_when(
        filed["number"], lambda t: {"sign_for", "contact", "result"} <= set(t["due"])
    )
    assert ticket["unit"] == "SZ"
    assert ticket["receipt"]["outcome"] == "dispatch"
    assert ticket["receipt"]["duty"]["rule"]["category"] == "SZ-LD"
    assert ticket["receipt_text"].startswith("地点：")
    assert ticket["coordinator"] == "SZ"
    assert all("应" in clock["sentence"] for clock in ticket["clocks"])


async def test_who_would_get_it_is_told_in_plain_words_and_as_json(world: World) -> None:
    asked = {"text": "路灯坏了三天了", "address": LAMP["address"]}
    url, token = f"{world.info['router']}/v1/explain", world.token("operator")
    english = await world.http.post(url, json=asked, headers=token | {"Accept-Language": "en"})
    assert english.json()["text"].startswith("Where:")
    unknown = await world.http.post(url, json=asked | {"category": "SZ-LDD"}, headers=token)
    assert (unknown.status_code, "SZ-LD" in unknown.json()["nearest"]) == (422, True)
    command = [sys.executable, "-m", "chuishao", "explain", "--data-dir", str(world.data_dir)]
    command += ["--text", asked["text"], "--address", asked["address"]]
    said = [
        (await asyncio.to_thread(subprocess.run, line, capture_output=True, check=True)).stdout
        for line in (command, [*command, "--json"])
    ]
    receipt = json.loads(said[1])
    decided = re.compile(r"\d\d-\d\d \d\d:\d\d决定")  # each asking is a decision of its own minute
    in_words, in_json = (
        decided.split(text) for text in (said[0].decode().rstrip("\n"), receipt["text"])
    )
    assert in_words == in_json
    assert len(in_json) > 1
    assert receipt["unit"] == "SZ"


async def test_the_units_own_durable_receives_the_dispatch_with_masked_words(world: World) -> None:
    filed = await world.file(
        "路灯坏了, 我是刘大明, 电话13800004321", **LAMP, requester={"name": "刘大明"}
    )
    user = world.info["nats_users"]["SZ"]
    client = await world.unit_connection("SZ")
    pull = await client.jetstream(prefix=user["js_prefix"]).pull_subscribe(
        "", durable=user["consumer"], stream=user["stream"]
    )
    found: dict[str, Any] = {}

    async def received() -> bool:
        for message in await pull.fetch(50, timeout=5):
            await message.ack()
            event = json.loads(message.data)
            if message.subject.startswith("ticket.dispatched.SZ.") and (
                event["data"]["number"] == filed["number"]
            ):
                found.update(event)
        return bool(found)

    await until(received)
    await client.close()
    assert found["specversion"] == "1.0"
    assert "13800004321" not in found["data"]["text"]
    assert "刘大明" not in found["data"]["text"]


async def test_a_unit_signs_by_nats_and_the_sign_for_clock_stops(world: World) -> None:
    filed = await world.file("路灯又坏了, 闪了一晚上", **LAMP)
    await world.ticket_when(filed["number"], lambda t: "sign_for" in t["due"])
    body = {"command_id": "sign-1", "ticket": filed["number"], "actor": person_of("SZ"), "data": {}}
    first = await world.command("SZ", "accept", body)
    assert first["status"] == "accepted"
    assert await world.command("SZ", "accept", body) == first
    again = await world.command("SZ", "accept", body | {"command_id": "sign-2"})
    assert again["status"] == 409
    assert "contact" in again["allowed"]
    await world.ticket_when(filed["number"], lambda t: "sign_for" not in t["due"])


async def test_the_same_actions_work_over_http_and_another_units_ticket_is_404(
    world: World,
) -> None:
    filed = await world.file("马路边路灯杆歪了", **LAMP)
    await world.ticket_when(filed["number"], lambda t: t["status"] == "dispatched")
    foreign = await world.act(filed["number"], "accept", role="unit:GD")
    assert foreign.status_code == 404
    stale = await world.act(filed["number"], "accept", role="unit:SZ", version=99)
    assert stale.status_code == 409
    done = await world.act(filed["number"], "accept", role="unit:SZ")
    assert (done.status_code, done.json()["status"]) == (200, "accepted")
    assert await world.ticket(filed["number"], role="unit:GD") is None


async def test_a_ticket_nobody_signs_climbs_the_ladder_to_the_secretary(world: World) -> None:
    filed = await world.file("路灯全灭了一条街", **LAMP)
    await world.ticket_when(filed["number"], lambda t: "sign_for" in t["due"])
    for level, days in ((1, 1.1), (2, 8), (3, 11), (4, 20)):
        await world.move_clock(max(await world.now(), MONDAY))
        await world.fast_forward(days=days if level == 1 else days - 1)
        await world.ticket_when(filed["number"], partial(_climbed, level))
    queue = await world.queue("JD-WYS", role="secretary:JD-WYS")
    item = next(item for item in queue if item["ticket_id"] == filed["complaint_id"])
    assert item["rule"] == "overdue_l4"
    assert sum(item["score_parts"].values()) == item["score"]
    levels = await world.rows(
        "select level, count(*) from notifier.escalation where ticket_id = $1 group by level order by 1",
        filed["complaint_id"],
    )
    assert [tuple(row) for row in levels] == [(1, 1), (2, 1), (3, 1), (4, 1)]


async def test_what_the_router_would_not_decide_goes_to_the_named_desk(world: World) -> None:
    filed = await world.file("到底有没有人管, 打了八遍电话了")
    ticket = await world.ticket_when(filed["number"], lambda t: t["status"] == "triage")
    assert ticket["unit"] == "DESK"
    moved = await world.act(
        filed["number"], "dispatch", role="dispatcher", data={"unit": "CG-ZF", "reason": "电话问清"}
    )
    assert moved.json()["status"] == "dispatched", moved.text
    await world.ticket_when(filed["number"], lambda t: "sign_for" in t["due"])


def _climbed(level: int, ticket: dict[str, Any]) -> bool:
    return bool(ticket["escalation_level"] >= level)
