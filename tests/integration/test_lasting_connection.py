"""A connection that the server hangs up on comes back by itself and hears what it heard (A.1 row 24, D.7 35)."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import httpx
import pytest
from nats.aio.msg import Msg

from kit.accounts import OPS_USER
from kit.broker import LastingBroker, connect
from kit.ending import cancel
from kit.keeping import Keeper, keep
from kit.lasting import LastingClient
from tests.support import servers
from tests.support.servers import Broker
from tests.support.world import until


class Refusal:
    """Makes a server hang up on somebody, and take them again."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self._broker = broker
        self._file = folder / "nats" / "nats.conf"
        self._as_it_was = self._file.read_text("utf-8")

    def begin(self) -> None:
        """Take one connection only; hang up on the others."""
        self._say(re.sub(r"max_connections: \d+", "max_connections: 1", self._as_it_was))

    def end(self) -> None:
        """As many as before."""
        self._say(self._as_it_was)

    async def leaves(self, count: int) -> bool:
        """Whether so many connections are open now, by the server's own count."""
        found = re.search(r'^http: "?([\d.]+:\d+)', self._as_it_was, re.MULTILINE)
        assert found, self._as_it_was
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"http://{found[1]}/connz")
        return int(answer.json()["num_connections"]) == count

    def _say(self, text: str) -> None:
        self._file.write_text(text, "utf-8")
        os.kill(self._broker.supervisor.pids["nats"], signal.SIGHUP)


@pytest.mark.filterwarnings("error::ResourceWarning")
async def test_hung_up_on_both_kinds_of_connection_try_on_and_keep_their_subscriptions_d7_35(
    tmp_path: Path,
) -> None:
    async with servers.broker(tmp_path) as broker:
        heard: list[bytes] = []

        async def hear(message: Msg) -> None:
            heard.append(message.data)

        client = await connect(broker.url, broker.seeds["console"], name="console")
        await client.subscribe("_INBOX_console.news", cb=hear)
        stream = LastingBroker(broker.url, broker.seeds["router"], service="router")
        await stream.start()
        both = (client, stream.client)
        refusal = Refusal(broker, tmp_path)

        async def one_is_left() -> bool:
            return sum(one.is_connected for one in both) <= 1

        refusal.begin()
        await until(one_is_left, within_s=5)
        await asyncio.sleep(1.2)  # two attempts more, refused each
        assert not any(one.is_closed for one in both)
        refusal.end()

        async def all_are_back() -> bool:
            return all(one.is_connected for one in both)

        await until(all_are_back, within_s=5)
        ops = await connect(broker.url, broker.ops_seed, name=OPS_USER)
        await ops.publish("_INBOX_console.news", b"still here")

        async def has_heard() -> bool:
            return heard == [b"still here"]

        await until(has_heard, within_s=5)
        await stream.stop()
        for one in (client, ops):
            await one.close()


async def test_keepers_that_were_hung_up_on_are_all_back(tmp_path: Path) -> None:
    async with servers.broker(tmp_path) as broker:
        key = tmp_path / "key"
        key.write_text(broker.ops_seed)
        keepers = [
            asyncio.create_task(keep(broker.url, key, Keeper(LastingClient(), ("U-1",), ()), print))
            for _ in range(3)
        ]
        refusal = Refusal(broker, tmp_path)
        await until(lambda: refusal.leaves(3), within_s=10)
        refusal.begin()
        await until(lambda: refusal.leaves(1), within_s=10)
        refusal.end()
        await until(lambda: refusal.leaves(3), within_s=10)
        await cancel(keepers)
