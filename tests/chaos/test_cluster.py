"""A cluster of three, each stream in three copies, loses the leader of a stream again and again (row 14)."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from benchmarks.workload import bodies
from chuishao.secrets import OPS_USER
from tests.chaos import signs, volume
from tests.chaos.lab import Lab
from tests.chaos.mending import api, seed_of
from tests.support.invariants import violations
from tests.support.world import until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

KILLS: Final = 3
BETWEEN_S: Final = 8.0
FILERS: Final = 4
STREAMS: Final = ("COMPLAINTS", "TICKETS", "ESCALATIONS")


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    folder = Path(tempfile.mkdtemp(prefix="chuishao-cluster-", dir=volume.fast()))
    lab = Lab(folder, seed=1, cluster=3)
    try:
        await lab.start()
        yield lab
    finally:
        await lab.stop()
        shutil.rmtree(folder)


async def test_killed_leaders_lose_nothing_and_complaints_are_taken_all_the_while(lab: Lab) -> None:
    seed = seed_of(lab.data_dir, OPS_USER)
    for stream in STREAMS:
        info = await api(lab.nats_url, seed, f"STREAM.INFO.{stream}")
        assert info["config"]["num_replicas"] == 3
    acknowledged: list[str] = []
    refused: list[int] = []
    work = iter(list(zip(range(100_000), bodies("cluster"), strict=False)))
    filers = [asyncio.create_task(_file(lab, work, acknowledged, refused)) for _ in range(FILERS)]
    gaps = []
    for number in range(KILLS):
        await asyncio.sleep(BETWEEN_S)
        leader = await _leader(lab, seed, STREAMS[number % len(STREAMS)])
        await asyncio.to_thread(lab.servers[leader].kill)
        gaps.append(await _gap(lab))
        await lab.servers[leader].start()
    await asyncio.sleep(1)
    for filer in filers:
        filer.cancel()
    await asyncio.gather(*filers, return_exceptions=True)
    problems: dict[str, list[str]] = {}

    async def settled() -> bool:
        problems.clear()
        problems.update(await violations(lab.postgres_dsn, acknowledged))
        return not problems

    await until(settled, within_s=120, what=lambda: str(problems))
    print(f"{len(acknowledged)} acknowledged, {KILLS} leaders killed, gaps {gaps} s")  # noqa: T201
    assert len(acknowledged) > 100
    assert not refused, "filing depends on the broker"


async def _leader(lab: Lab, seed: str, stream: str) -> str:
    """The process that leads a stream now."""
    info = await api(lab.nats_url, seed, f"STREAM.INFO.{stream}")
    names = dict(zip(("n1", "n2", "n3"), ("nats", "nats-2", "nats-3"), strict=True))
    return names[info["cluster"]["leader"]]


async def _gap(lab: Lab) -> float:
    """Seconds until a complaint filed now has its ticket and its clocks."""
    began = time.monotonic()
    await signs.works(lab)
    return round(time.monotonic() - began, 1)


async def _file(
    lab: Lab, work: Iterator[tuple[int, bytes]], acknowledged: list[str], refused: list[int]
) -> None:
    async with httpx.AsyncClient(timeout=10) as client:
        for number, body in work:
            headers = lab.token("operator") | {
                "Idempotency-Key": f"cluster-{number}",
                "Content-Type": "application/json",
            }
            url = f"{lab.info['intake']}/v1/complaints"
            answer = await client.post(url, content=body, headers=headers)
            if answer.is_success:
                acknowledged.append(answer.json()["complaint_id"])
            else:
                refused.append(answer.status_code)
            await asyncio.sleep(0.05)
