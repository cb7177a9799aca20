"""Intake is killed after it committed and before anybody heard: the same key leads to the same complaint."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
import uuid
from typing import Any

import asyncpg
import httpx
import pytest

from tests.support.world import World, until

BODY = {"channel": "hotline", "kind": "complaint", "text": "路灯不亮", "address": "清潭街12号"}
TOGETHER = 100
"""Requests under way, so that a group commits while others are still being read."""


async def unheard(world: World, key: str) -> asyncio.StreamWriter:
    """Ask to file under that key, and never listen for the answer."""
    place = httpx.URL(world.info["intake"])
    _, writer = await asyncio.open_connection(place.host, place.port)
    raw = json.dumps(BODY).encode()
    headers = world.token("operator") | {
        "Host": "intake", "Idempotency-Key": key, "Content-Type": "application/json",
        "Content-Length": str(len(raw)),
    }  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST /v1/complaints HTTP/1.1\r\n{head}\r\n".encode() + raw)
    await writer.drain()
    return writer


async def stored(conn: asyncpg.Connection, prefix: str) -> dict[str, str]:
    """Complaint by key, of this test's keys."""
    rows = await conn.fetch(
        "select key, complaint_id from intake.idempotency where key like $1", f"{prefix}%"
    )
    return {row["key"]: str(row["complaint_id"]) for row in rows}


@pytest.mark.timeout(60)
async def test_d7_04_a_retry_after_a_kill_gets_the_complaint_that_was_committed(
    world: World,
) -> None:
    """D.7 #4: kill -9 at the first sight of a commit; every key ends as one complaint with one ticket."""
    prefix = uuid.uuid4().hex[:12]
    keys = [f"{prefix}-{n}" for n in range(TOGETHER)]
    conn = await asyncpg.connect(world.info["postgres"])
    before = world.info["pids"]["intake"]
    lines = await asyncio.gather(*(unheard(world, key) for key in keys))
    deadline = time.monotonic() + 10
    while not (seen := await stored(conn, prefix)):
        assert time.monotonic() < deadline
    os.kill(before, signal.SIGKILL)
    for line in lines:
        line.close()

    async def back() -> bool:
        world.reread()
        ready = await world.http.get(f"{world.info['intake']}/readyz")
        return world.info["pids"]["intake"] != before and ready.status_code == 200

    await until(back, within_s=20)
    known = await stored(conn, prefix)
    assert seen.items() <= known.items()
    answers = await asyncio.gather(*(world.post_complaint(dict(BODY), key=key) for key in keys))
    told: dict[str, Any] = {k: a.json() for k, a in zip(keys, answers, strict=True)}
    for key, answer in zip(keys, answers, strict=True):
        assert answer.status_code == (200 if key in known else 201), answer.text
        assert known.get(key, told[key]["complaint_id"]) == told[key]["complaint_id"]
    ids = {one["complaint_id"] for one in told.values()}
    assert len(ids) == TOGETHER
    assert set((await stored(conn, prefix)).values()) == ids

    async def routed() -> bool:
        count = await conn.fetchval(
            "select count(*) from router.ticket where ticket_id = any($1::uuid[])", list(ids)
        )
        return bool(count == TOGETHER)

    await until(routed, within_s=30)
    await conn.close()
