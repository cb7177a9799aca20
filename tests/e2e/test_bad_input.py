"""Product.md section 8 over real HTTP and NATS: a clear answer, and nothing half-stored."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from functools import partial
from typing import Any

import asyncpg
import httpx
import nats.errors
import pytest

from tests.support.world import World, until

GOOD = {"channel": "hotline", "kind": "complaint", "text": "路灯坏了"}


async def test_a_missing_key_is_400_and_names_the_header(world: World) -> None:
    answer = await world.http.post(
        f"{world.info['intake']}/v1/complaints", json=GOOD, headers=world.token("operator")
    )
    assert answer.status_code == 400
    assert answer.json()["field"] == "Idempotency-Key"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_errors_speak_english_when_asked(world: World) -> None:
    headers = world.token("operator") | {"Idempotency-Key": "en-1", "Accept-Language": "en"}
    answer = await world.http.post(
        f"{world.info['intake']}/v1/complaints", json=GOOD | {"text": ""}, headers=headers
    )
    assert answer.status_code == 422
    assert "text" in answer.json()["detail"]
    assert answer.json()["detail"].isascii()


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"text": "x" * 10_001}, 422, "text"),
        ({"text": "a\x00b"}, 422, "text"),
        ({"text": "a\u202eb"}, 422, "text"),
        ({"channel": "telex"}, 422, "channel"),
        ({"surprise": 1}, 422, "surprise"),
        ({"grid_code": "370105001010999"}, 422, "grid_code"),
        ({"category": "SZ-XX"}, 422, "category"),
        ({"point": {"lon": 36.7, "lat": 117.0}}, 422, "point"),
        ({"point": {"lon": -100, "lat": 40}}, 422, "point"),
        ({"point": {"lon": 121.47, "lat": 31.23}}, 422, "point"),
        ({"occurred_at": "9999-01-01T00:00:00+08:00"}, 422, "occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00Z"}, 422, "occurred_at"),
        ({"occurred_at": "2026-11-01T00:00:00"}, 422, "occurred_at"),
    ],
)
async def test_bad_content_is_422_and_names_the_field(
    world: World, body: dict[str, object], status: int, field: str
) -> None:
    answer = await world.post_complaint({"text": "路灯坏了"} | body)
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400),
        (b'{"text": NaN}', 400),
        (b'{"text": "a", "text": "b"}', 400),
        (b"[" * 10_000, 400),
        (b'{"text": "\\ud800"}', 422),
        (b'{"text": "' + b"x" * 300_000 + b'"}', 413),
        (b"\xff\xfe", 400),
    ],
)
async def test_malformed_bodies_are_refused_whole(world: World, raw: bytes, status: int) -> None:
    headers = world.token("operator") | {
        "Idempotency-Key": "malformed",
        "Content-Type": "application/json",
    }
    answer = await world.http.post(
        f"{world.info['intake']}/v1/complaints", content=raw, headers=headers
    )
    assert answer.status_code == status, answer.text


async def test_foreign_and_expired_tokens_are_401_and_wrong_roles_403(world: World) -> None:
    url = f"{world.info['intake']}/v1/complaints"
    for token in ("", "Bearer x.y.z", "Basic abc"):
        answer = await world.http.post(
            url, json=GOOD, headers={"Authorization": token, "Idempotency-Key": "t"}
        )
        assert answer.status_code == 401
    answer = await world.http.post(
        url, json=GOOD, headers=world.token("dashboard") | {"Idempotency-Key": "t"}
    )
    assert answer.status_code == 403


async def test_a_hundred_requests_with_one_key_make_one_complaint(world: World) -> None:
    answers = await asyncio.gather(
        *(world.post_complaint({"text": "同一件事"}, key="hundred") for _ in range(100))
    )
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["number"] for answer in answers}) == 1
    other = await world.post_complaint({"text": "另一件事"}, key="hundred")
    assert other.status_code == 422


async def test_a_batch_answers_one_line_per_line_in_order(world: World) -> None:
    lines = [
        {
            "channel": "import",
            "kind": "complaint",
            "text": f"批量第{n}件路灯坏了",
            "address": "清潭街12号",
        }
        for n in range(5)
    ]
    raw = [json.dumps(line).encode() for line in lines]
    raw[2] = b'{"channel": "import"}'
    raw.insert(4, b"not json")
    headers = world.token("operator") | {"Content-Type": "application/x-ndjson"}
    url = f"{world.info['intake']}/v1/complaints/batch"
    answer = await world.http.post(url, content=b"\n".join(raw), headers=headers)
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [result["line"] for result in results] == [1, 2, 3, 4, 5, 6]
    assert [result["status"] for result in results] == [201, 201, 422, 201, 400, 201]
    again = await world.http.post(url, content=b"\n".join(raw), headers=headers)
    assert [json.loads(line)["status"] for line in again.text.splitlines()] == [
        200, 200, 422, 200, 400, 200,
    ]  # fmt: skip


async def test_a_malformed_command_is_answered_with_a_problem(world: World) -> None:
    client = await world.unit_connection("SZ")
    for raw in (b"", b"[]", b'{"ticket": 5}', b"[" * 50_000, b"{}"):
        reply = await client.request("cmd.accept.SZ", raw, timeout=5)
        assert json.loads(reply.data)["status"] in (400, 422), raw
    body = {"command_id": "x", "ticket": "261122006988", "actor": "P9999", "data": {}}
    reply = await client.request("cmd.accept.SZ", json.dumps(body).encode(), timeout=5)
    assert json.loads(reply.data)["field"] == "actor"
    await client.close()


async def test_a_unit_cannot_reach_another_units_messages(world: World) -> None:
    client = await world.unit_connection("SZ")
    js = client.jetstream(prefix="JS.city", timeout=1)
    with pytest.raises((nats.errors.Error, TimeoutError)):
        await js.pull_subscribe("", durable="unit_GD", stream="TICKETS")
    with pytest.raises((nats.errors.Error, TimeoutError)):
        await client.request("cmd.accept.GD", b"{}", timeout=1)
    await client.close()


async def test_a_busy_database_is_503_with_a_time_to_come_back(world: World) -> None:
    conn = await asyncpg.connect(world.info["postgres"])
    holding = conn.transaction()
    await holding.start()
    await conn.execute("lock table router.ticket in access exclusive mode")
    url = f"{world.info['router']}/v1/tickets"
    answer = await world.http.get(url, headers=world.token("admin"))
    await holding.rollback()
    await conn.close()
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"]
    assert (await world.http.get(url, headers=world.token("admin"))).status_code == 200


async def test_another_version_than_the_one_seen_is_412(world: World) -> None:
    filed = await world.file("路灯坏了", address="清潭街12号")
    await world.ticket_when(filed["number"], lambda t: t["status"] == "dispatched")
    url = f"{world.info['router']}/v1/tickets/{filed['number']}/accept"
    headers = world.token("unit:SZ")
    stale = await world.http.post(url, json={}, headers=headers | {"If-Match": '"99"'})
    assert stale.status_code == 412
    forged = await world.http.post(url, json={"actor": "P0001"}, headers=headers)
    assert (forged.status_code, forged.json()["field"]) == (422, "actor")
    ticket = await world.ticket(filed["number"])
    assert ticket
    good = {"If-Match": f'"{ticket["version"]}"'}
    assert (await world.http.post(url, json={}, headers=headers | good)).status_code == 200


async def test_a_flood_of_one_units_commands_is_cut_and_does_not_silence_another(
    world: World,
) -> None:
    noisy, quiet = await world.unit_connection("SJ"), await world.unit_connection("GD")
    inbox, statuses = noisy.new_inbox(), []

    async def answered(message: Any) -> None:
        statuses.append(json.loads(message.data)["status"])

    await noisy.subscribe(inbox, cb=answered)
    for _ in range(2_000):
        await noisy.publish("cmd.show.SJ", b"{}", reply=inbox)
    reply = await quiet.request("cmd.show.GD", b"{}", timeout=10)
    assert json.loads(reply.data)["status"] == 422
    await until(partial(_all_answered, statuses, 2_000))
    assert statuses.count(422) > 0
    assert statuses.count(429) > 1_000
    await noisy.close()
    await quiet.close()


async def _all_answered(statuses: list[int], count: int) -> bool:
    return len(statuses) == count


async def test_d7_04_killed_after_the_commit_the_same_key_hears_the_same_id(world: World) -> None:
    """D.7 #4: the answer is lost, the complaint is not, and is not filed again."""
    key = "d7_04"
    sent = asyncio.create_task(world.post_complaint(GOOD, key=key))
    conn = await asyncpg.connect(world.info["postgres"])

    async def stored() -> list[str]:
        rows = await conn.fetch("select complaint_id from intake.idempotency where key = $1", key)
        return [str(row["complaint_id"]) for row in rows]

    async def committed() -> bool:
        return bool(await stored())

    await until(committed, within_s=10)
    os.kill(world.info["pids"]["intake"], signal.SIGKILL)
    await asyncio.gather(sent, return_exceptions=True)
    answers = []

    async def answered() -> bool:
        with contextlib.suppress(httpx.TransportError):
            answers.append(await world.post_complaint(GOOD, key=key))
        return bool(answers) and answers[-1].status_code != httpx.codes.SERVICE_UNAVAILABLE

    await until(answered, within_s=30)
    world.reread()
    assert answers[-1].status_code == httpx.codes.OK
    assert await stored() == [answers[-1].json()["complaint_id"]]
    await conn.close()
