"""Complaints are taken all the while the broker hangs up on everybody and refuses intake's keys (D.7 35)."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from chuishao.secrets import new_seed, public_key
from tests.support.world import World, until

GRID: Final = "370105001008001"
REFUSED_S: Final = 3.0
SLOWEST_S: Final = 1.5
"""One filing, on a machine that does other things as well."""


def other_keys(world: World, text: str) -> str:
    """Accounts in which intake and its relay have other keys than they use."""
    for name in ("chuishao_nats_seed", "chuishao_relay_seed"):
        seed = (world.data_dir / "secrets" / "intake" / name).read_text().strip()
        text = text.replace(public_key(seed), public_key(new_seed()))
    return text


@asynccontextmanager
async def refusing(world: World) -> AsyncIterator[None]:
    """A broker that for a while takes one connection only, and does not know intake's keys."""
    files = [world.data_dir / "nats" / name for name in ("nats.conf", "accounts.conf")]
    settings, accounts = (path.read_text() for path in files)
    few = re.sub(r"max_connections: \d+", "max_connections: 1", settings)
    try:
        for path, text in zip(files, (few, other_keys(world, accounts)), strict=True):
            path.write_text(text)
        os.kill(world.info["pids"]["nats"], signal.SIGHUP)
        yield
    finally:
        for path, text in zip(files, (settings, accounts), strict=True):
            path.write_text(text)
        os.kill(world.info["pids"]["nats"], signal.SIGHUP)


async def waiting(world: World) -> int:
    """Events of intake that are not published yet."""
    conn = await asyncpg.connect(world.info["postgres"])
    try:
        found: int = await conn.fetchval("select count(*) from intake.outbox_pending")
        return found
    finally:
        await conn.close()


async def test_filing_goes_on_while_the_broker_refuses_everybody_and_the_outbox_drains_after_d7_35(
    world: World,
) -> None:
    world.reread()
    pids = world.info["pids"]
    filed: list[dict[str, Any]] = []
    took: list[float] = []
    async with refusing(world):
        began = time.monotonic()
        while time.monotonic() - began < REFUSED_S:
            at = time.monotonic()
            filed.append(await world.file("楼道里的灯坏了，晚上看不见路。", grid_code=GRID))
            took.append(time.monotonic() - at)
            await asyncio.sleep(0.2)
        assert max(took) < SLOWEST_S, max(took)
        assert await waiting(world) > len(filed) / 2, "the broker refused nothing"

    async def drained() -> bool:
        return await waiting(world) == 0

    await until(drained, within_s=15)
    for one in (filed[0], filed[-1]):
        await world.ticket_when(one["number"], lambda _: True)
    world.reread()
    assert world.info["pids"] == pids  # nobody was ended for a fault that was the broker's
