"""What the faults do to a server alone, with the settings we use and with those we do not (A.1, A.3).

A fault that breaks nothing proves nothing: each of these shows both sides.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import asyncpg
import nats
import pytest
from nats.js.errors import APIError

from chuishao import ports
from chuishao.embedded.nats import EmbeddedNats
from chuishao.embedded.postgres import EmbeddedPostgres
from tests.chaos import volume
from tests.chaos.faults import rot
from tests.chaos.needs import require
from tests.chaos.server import Server
from tests.chaos.volume import MIB, Volume, fast
from tests.support.lane import base

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]

ACCOUNTS = "accounts { CITY { jetstream: enabled, users = [ { user: a, password: b } ] } }\n"
AT_ONCE = 64
MESSAGES = 2_000
ROWS = 1_000


@asynccontextmanager
async def folder() -> AsyncIterator[Path]:
    require(volume.needs())
    place = Path(tempfile.mkdtemp(prefix="chuishao-server-", dir=fast()))
    try:
        yield place
    finally:
        volume.detach_all(place)
        shutil.rmtree(place)


class Broker:
    """A nats-server with one stream on a disk of its own."""

    def __init__(self, place: Path, sync_interval: str, size: int = 256 * MIB) -> None:
        chosen = ports.choose(base(23_400))
        self.nats = EmbeddedNats(
            place / "nats",
            chosen["nats"],
            chosen["nats_monitor"],
            place / "nats.log",
            sync_interval=sync_interval,
        )
        self.disk = Volume(place / "disk.img", place / "nats" / "jetstream", size)
        self.server = Server(self.nats.spec(), place)
        self.acknowledged: set[int] = set()

    async def start(self) -> None:
        self.disk.attach()
        self.nats.accounts_path.write_text(ACCOUNTS)
        await self.server.start()
        async with self.stream() as js:
            await js.add_stream(name="TICKETS", subjects=["t.*"])
        self.disk.sync()

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[nats.js.JetStreamContext]:
        client = await nats.connect(self.nats.url, user="a", password="b")
        try:
            yield client.jetstream(timeout=2)
        finally:
            await client.close()

    async def publish(self, count: int = MESSAGES, size: int = 500) -> None:
        """Publish until `count` are acknowledged; what was is noted by its number in the stream."""
        async with self.stream() as js:
            while len(self.acknowledged) < count:
                acks = [js.publish("t.x", b"x" * size, timeout=5) for _ in range(AT_ONCE)]
                self.acknowledged |= {ack.seq for ack in await asyncio.gather(*acks)}

    async def missing(self, reader: str = "reader") -> int:
        """How many acknowledged messages the stream does not give back."""
        async with self.stream() as js:
            found = set()
            first = await js.pull_subscribe("t.*", durable=reader, stream="TICKETS")
            while True:
                try:
                    got = await first.fetch(500, timeout=1)
                except TimeoutError:
                    break
                for message in got:
                    await message.ack()
                found |= {message.metadata.sequence.stream for message in got}
        return len(self.acknowledged - found)


@asynccontextmanager
async def broker(sync_interval: str = "always", size: int = 256 * MIB) -> AsyncIterator[Broker]:
    async with folder() as place:
        one = Broker(place, sync_interval, size)
        try:
            await one.start()
            yield one
        finally:
            one.server.kill()


@pytest.mark.parametrize(("sync_interval", "loses"), [("always", False), ("1s", True)])
async def test_a_power_cut_takes_acknowledged_messages_unless_each_is_synced(
    sync_interval: str, *, loses: bool
) -> None:
    async with broker(sync_interval) as one:
        await one.publish()
        one.server.kill()
        one.disk.cut_power()
        await one.server.start()
        lost = await one.missing()
        assert bool(lost) is loses, f"{lost} of {len(one.acknowledged)} lost"


async def test_a_flipped_bit_takes_messages_and_nobody_says_so() -> None:
    async with broker() as one:
        await one.publish()
        assert await one.missing("before") == 0
        one.server.kill()
        block = rot.block(one.disk.mount, Random(1))  # noqa: S311 - any will do
        assert block is not None
        content = bytearray(block.read_bytes())
        content[len(content) // 2] ^= 1
        block.write_bytes(content)
        for index in block.parent.glob("index.db"):
            index.unlink()
        await one.server.start()
        assert await one.missing() > 0


async def test_a_full_disk_stops_the_broker_until_it_is_started_again_and_loses_nothing() -> None:
    async with broker(size=64 * MIB) as one:
        await one.publish(500)
        one.disk.fill()
        with pytest.raises(TimeoutError):
            await one.publish(100_000)
        one.disk.free()
        one.server.kill()
        await one.server.start()
        assert await one.missing() == 0
        await one.publish(len(one.acknowledged) + 1)


async def test_the_broker_stops_before_its_disk_is_full_says_so_and_goes_on_without_a_restart() -> (
    None
):
    async with broker(size=64 * MIB) as one:
        async with one.stream() as js:
            with pytest.raises(APIError) as refused:
                await one.publish(1_000, size=100_000)
            assert refused.value.err_code in {10023, 10047, 10077}
            await js.purge_stream("TICKETS")
            await js.publish("t.x", b"x" * 500)
        assert shutil.disk_usage(one.disk.mount).free > 10 * MIB


async def test_a_full_stream_says_so_and_goes_on_when_there_is_room() -> None:
    async with broker() as one:
        await one.publish(500)
        async with one.stream() as js:
            info = await js.stream_info("TICKETS")
            await js.update_stream(
                info.config, max_bytes=info.state.bytes, discard=nats.js.api.DiscardPolicy.NEW
            )
            with pytest.raises(APIError) as refused:
                await js.publish("t.x", b"x" * 500)
            assert refused.value.err_code == 10077
            await js.update_stream(info.config, max_bytes=-1)
            await js.publish("t.x", b"x" * 500)


@pytest.mark.parametrize(("durable", "loses"), [(True, False), (False, True)])
async def test_a_power_cut_takes_committed_rows_unless_each_commit_is_synced(
    *, durable: bool, loses: bool
) -> None:
    async with folder() as place:
        chosen = ports.choose(base(23_400))
        database = EmbeddedPostgres(
            place / "postgres", chosen["postgres"], "lab", place / "pg.log", durable=durable
        )
        disk = Volume(place / "disk.img", place / "postgres", 512 * MIB)
        disk.attach()
        server = Server(database.spec(), place)
        try:
            await server.start()
            await _execute(database, "create table kept (n int)")
            await _execute(database, "checkpoint")
            disk.sync()
            committed = await _insert(database)
            server.kill()
            disk.cut_power()
            await server.start()
            lost = committed - await _count(database)
            assert (lost > 0) is loses, f"{lost} of {committed} lost"
        finally:
            server.kill()


async def _execute(database: EmbeddedPostgres, statement: str) -> None:
    conn = await asyncpg.connect(database.dsn())
    await conn.execute(statement)
    await conn.close()


async def _insert(database: EmbeddedPostgres) -> int:
    conn = await asyncpg.connect(database.dsn())
    for n in range(ROWS):
        await conn.execute("insert into kept values ($1)", n)
    conn.terminate()
    return ROWS


async def _count(database: EmbeddedPostgres) -> int:
    conn = await asyncpg.connect(database.dsn())
    count: int = await conn.fetchval("select count(*) from kept")
    await conn.close()
    return count
