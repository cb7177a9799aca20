"""What the bare servers can do on this machine at this hour: commits, acknowledged publishes, pull and ack."""

from __future__ import annotations

import asyncio
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import asyncpg
import nats
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig

from chuishao import ports
from chuishao.embedded.nats import EmbeddedNats
from chuishao.supervisor import Supervisor

SECONDS: Final = 4.0
BODY: Final = b"x" * 1_000
CONNECTIONS: Final = 16
IN_FLIGHT: Final = 64


async def commits(dsn: str) -> float:
    """Single-row commits a second on 16 held connections."""
    conns = [await asyncpg.connect(dsn) for _ in range(CONNECTIONS)]
    await conns[0].execute("create table if not exists floor (id uuid primary key, body bytea)")
    statements = [await conn.prepare("insert into floor values ($1, $2)") for conn in conns]

    async def one(index: int) -> None:
        await statements[index].fetch(uuid.uuid4(), BODY)

    rate = await _closed_loop(CONNECTIONS, one)
    await conns[0].execute("drop table floor")
    for conn in conns:
        await conn.close()
    return rate


async def jetstream(sync: str) -> tuple[float, float]:
    """(acknowledged publishes a second with 64 in flight, messages pulled and acked a second)."""
    with tempfile.TemporaryDirectory(prefix="chuishao-floor-") as name:
        folder = Path(name)
        chosen = ports.choose(23_700)
        server = EmbeddedNats(
            folder / "nats",
            chosen["nats"],
            chosen["nats_monitor"],
            folder / "log",
            sync_interval=sync,
        )
        server.accounts_path.parent.mkdir(parents=True, exist_ok=True)
        server.accounts_path.write_text("# one anonymous account is enough for a floor\n")
        supervisor = Supervisor(folder, lambda _: None)
        await supervisor.start(server.spec())
        try:
            return await _publish_and_pull(server.url)
        finally:
            supervisor.ask_to_stop()
            await supervisor.stop()


async def _publish_and_pull(url: str) -> tuple[float, float]:
    client = await nats.connect(url)
    js = client.jetstream()
    await js.add_stream(StreamConfig(name="FLOOR", subjects=["floor.>"], duplicate_window=3_600))

    async def publish(_: int) -> None:
        await js.publish("floor.x", BODY, headers={"Nats-Msg-Id": str(uuid.uuid4())})

    published = await _closed_loop(IN_FLIGHT, publish)
    config = ConsumerConfig(ack_policy=AckPolicy.EXPLICIT, max_ack_pending=2_048)
    pull = await js.pull_subscribe("", durable="floor", stream="FLOOR", config=config)
    total = (await js.stream_info("FLOOR")).state.messages
    began, taken = time.perf_counter(), 0
    while taken < total:
        for message in await pull.fetch(256, timeout=5):
            await message.ack()
            taken += 1
    await client.flush()
    pulled = taken / (time.perf_counter() - began)
    await client.close()
    return published, pulled


async def _closed_loop(workers: int, one: Callable[[int], Awaitable[None]]) -> float:
    """Completions a second with `workers` in flight."""
    end = time.perf_counter() + SECONDS
    done = 0

    async def work(index: int) -> None:
        nonlocal done
        while time.perf_counter() < end:
            await one(index)
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(work(index) for index in range(workers)))
    return done / (time.perf_counter() - began)
