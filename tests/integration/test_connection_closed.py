"""A service whose NATS connection the client library gave up ends, so that it is started anew (row 24)."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import httpx
import pytest

from kit import runner
from kit.broker import connect
from kit.ending import cancel
from kit.keeping import keep
from kit.watchdog import StuckError
from tests.support import servers
from tests.support.world import until


async def test_a_connection_given_up_for_good_ends_the_process_instead_of_leaving_it_deaf(
    tmp_path: Path,
) -> None:
    async with servers.broker(tmp_path) as broker:
        client = await connect(broker.url, broker.seeds["console"], name="console")
        other = await connect(broker.url, broker.seeds["router-relay"], name="router-relay")
        watching = asyncio.create_task(runner._open(client))
        also = asyncio.create_task(runner._open(other))
        await asyncio.sleep(0.1)
        assert not watching.done()
        _take(tmp_path, broker, most=1)
        done, pending = await asyncio.wait(
            {watching, also}, timeout=5, return_when="FIRST_COMPLETED"
        )
        assert len(done) == 1, "the server had to hang up on one of two"
        with pytest.raises(StuckError):
            done.pop().result()
        for task in pending:
            task.cancel()
        for each in (client, other):
            await each.close()


async def test_the_keeper_connects_again_when_its_connection_was_given_up(tmp_path: Path) -> None:
    async with servers.broker(tmp_path) as broker:
        keepers = [
            asyncio.create_task(keep(broker.url, broker.ops_seed, ("U-1", "U-2"), (), print))
            for _ in range(3)
        ]
        await until(lambda: _connected(tmp_path, 3), within_s=10)
        _take(tmp_path, broker, most=1)
        await until(lambda: _connected(tmp_path, 1), within_s=10)
        _take(tmp_path, broker, most=100)
        await until(lambda: _connected(tmp_path, 3), within_s=10)
        await cancel(keepers)


def _take(folder: Path, broker: servers.Broker, *, most: int) -> None:
    """Let the server take this many connections from now on; it hangs up on those beyond."""
    conf = folder / "nats" / "nats.conf"
    text = conf.read_text("utf-8")
    conf.write_text(re.sub(r"max_connections: \d+", f"max_connections: {most}", text), "utf-8")
    os.kill(broker.supervisor.pids["nats"], signal.SIGHUP)


async def _connected(folder: Path, count: int) -> bool:
    """Whether so many connections are open now, by the server's own count."""
    conf = (folder / "nats" / "nats.conf").read_text("utf-8")
    found = re.search(r'^http: "?([\d.]+:\d+)', conf, re.MULTILINE)
    assert found, conf
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"http://{found[1]}/connz")
    return int(answer.json()["num_connections"]) == count
