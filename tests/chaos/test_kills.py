"""kill -9 of every service and of nats-server in the middle of 2,000 complaints: nothing lost, nothing twice.

Only what was acknowledged counts; a request without an answer is tried again under the same key, as a
careful client does. Invariants are asserted, never timings.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import nats.errors
import pytest

from benchmarks.workload import UNITS, bodies
from tests.support.invariants import undelivered, violations
from tests.support.lane import base
from tests.support.world import World, until

COMPLAINTS = 2_000
WORKERS = 16
VICTIMS = ("intake", "router", "notifier", "console", "nats")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="chuishao-kill-"))
    world = World(folder, "--port-base", str(base(26_700)), "--no-sample")
    await world.start()
    yield world
    await world.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(300)
async def test_kills_in_the_middle_lose_nothing_and_do_nothing_twice(world: World) -> None:
    seen: dict[str, set[str]] = defaultdict(set)
    listeners = [asyncio.create_task(_listen(world, unit, seen)) for unit in UNITS]
    acknowledged: list[str] = []
    work = iter(list(zip(range(COMPLAINTS), bodies("kill"), strict=False)))
    fileers = [asyncio.create_task(_file(world, work, acknowledged)) for _ in range(WORKERS)]
    killed = []
    for n, victim in enumerate(VICTIMS, 1):
        share = COMPLAINTS * n // (len(VICTIMS) + 1)
        await until(partial(_reached, acknowledged, share), within_s=120)
        world.reread()
        os.kill(world.info["pids"][victim], signal.SIGKILL)
        killed.append(victim)
    await asyncio.gather(*fileers)
    assert killed == list(VICTIMS)
    assert len(acknowledged) == COMPLAINTS

    problems: dict[str, Any] = {}

    async def settled() -> bool:
        problems.clear()
        problems.update(await violations(world.info["postgres"], acknowledged))
        problems.update(undelivered(acknowledged, seen))
        return not problems

    await until(settled, within_s=90, what=lambda: str(problems))
    for listener in listeners:
        listener.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)


async def _reached(acknowledged: list[str], count: int) -> bool:
    return len(acknowledged) >= count


async def _file(world: World, work: Any, acknowledged: list[str]) -> None:
    async with httpx.AsyncClient(timeout=10) as client:
        for number, body in work:
            headers = world.token("operator") | {
                "Idempotency-Key": f"kill-{number}",
                "Content-Type": "application/json",
            }
            url = f"{world.info['intake']}/v1/complaints"
            while True:
                try:
                    answer = await client.post(url, content=body, headers=headers)
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                    continue
                if answer.status_code in (200, 201):
                    acknowledged.append(answer.json()["complaint_id"])
                    break
                assert answer.status_code in (409, 429, 503), answer.text
                await asyncio.sleep(0.1)


async def _listen(world: World, unit: str, seen: dict[str, set[str]]) -> None:
    user = world.info["nats_users"][unit]
    client = await world.unit_connection(unit)
    pull = None
    try:
        while True:
            with contextlib.suppress(nats.errors.Error, TimeoutError):
                if pull is None:
                    js = client.jetstream(prefix=user["js_prefix"])
                    pull = await js.pull_subscribe(
                        "", durable=user["consumer"], stream=user["stream"]
                    )
                for message in await pull.fetch(100, timeout=1):
                    if message.subject.startswith("ticket.dispatched."):
                        event = json.loads(message.data)
                        seen[event["data"]["complaint_id"]].add(event["id"])
                    await message.ack()
            await asyncio.sleep(0)
    finally:
        await client.close()
