"""A service whose NATS connection the client library gave up ends, so that it is started anew (row 24)."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest

from kit import runner
from kit.broker import connect
from kit.watchdog import StuckError
from tests.support import servers


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
        _take(tmp_path / "nats" / "nats.conf", most=1)
        os.kill(broker.supervisor.pids["nats"], signal.SIGHUP)
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


def _take(conf: Path, *, most: int) -> None:
    """Let the server take this many connections once it reads its configuration again."""
    text = conf.read_text("utf-8")
    conf.write_text(re.sub(r"max_connections: \d+", f"max_connections: {most}", text), "utf-8")
