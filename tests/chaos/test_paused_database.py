"""PostgreSQL stands still (SIGSTOP of all of it): 503 with Retry-After within two seconds, then as before (row 17)."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.world import World, until

PAUSE_S = 8.0
ANSWER_S = 3.0
"""Two for noticing, one for a busy machine."""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="chuishao-pause-"))
    world = World(folder, "--port-base", "26900", "--no-sample")
    await world.start()
    yield world
    await world.stop()
    shutil.rmtree(folder, ignore_errors=True)


def send(processes: list[psutil.Process], number: signal.Signals) -> None:
    """To all that are still there: a backend may have ended meanwhile."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


@pytest.mark.timeout(180)
async def test_nobody_waits_for_a_database_that_stands_still(world: World) -> None:
    before = await world.file("路灯坏了", address="清潭街12号")
    pids = dict(world.info["pids"])
    postmaster = psutil.Process(world.info["pids"]["postgres"])
    standing = [postmaster, *postmaster.children(recursive=True)]
    answers: list[tuple[int, float, str | None]] = []
    clients = [httpx.AsyncClient(timeout=30) for _ in range(20)]  # each takes a while to make

    async def asking(number: int) -> None:
        client = clients[number]
        async with client:
            until_s = time.monotonic() + PAUSE_S - ANSWER_S
            while time.monotonic() < until_s:
                began = time.monotonic()
                if number % 2:
                    answer = await client.post(
                        f"{world.info['intake']}/v1/complaints",
                        json={"text": "路灯坏了", "channel": "hotline", "kind": "complaint"},
                        headers=world.token("operator") | {"Idempotency-Key": str(uuid.uuid4())},
                    )
                else:
                    url = f"{world.info['router']}/v1/tickets/{before['number']}"
                    answer = await client.get(url, headers=world.token("admin"))
                seconds = time.monotonic() - began
                answers.append((answer.status_code, seconds, answer.headers.get("retry-after")))
                await asyncio.sleep(0.1)

    send(standing, signal.SIGSTOP)
    began = time.monotonic()
    try:
        await asyncio.gather(*(asking(number) for number in range(len(clients))))
        await asyncio.sleep(max(0.0, PAUSE_S - (time.monotonic() - began)))
    finally:
        send(standing, signal.SIGCONT)
    assert len(answers) > 100
    assert {status for status, _, _ in answers} == {503}
    assert all(after for _, _, after in answers)
    assert max(seconds for _, seconds, _ in answers) < ANSWER_S

    async def well() -> bool:
        answer = await world.post_complaint({"text": "又亮了", "address": "清潭街12号"})
        return answer.status_code == httpx.codes.CREATED

    await until(well, within_s=10)
    await world.ticket_when(before["number"], lambda ticket: ticket["unit"] == "SZ")
    world.reread()
    assert world.info["pids"] == pids  # nobody was ended for a fault that was not theirs
