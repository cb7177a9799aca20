"""A process that can make no progress ends; one whose servers are at fault stays (reliability.md rows 17, 22-24)."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from nats.aio.client import Client

from contracts.topology import ROUTER_COMPLAINTS
from kit import relay as relaying
from kit import watchdog
from kit.broker import LastingBroker, connect, subscribe
from kit.db import Conn, Pool, connect_alone
from kit.delivery import Delivery, Effects
from kit.pulse import Pulse
from kit.relay import Relay
from kit.watchdog import BLOCKED_EXIT, StuckError, Watchdog
from tests.integration.test_outbox_and_relay import some
from tests.support.servers import PASSWORD, Broker, Database

SOON_S = 0.4


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "STUCK_S", SOON_S)
    monkeypatch.setattr(watchdog, "LOOK_S", SOON_S / 4)
    monkeypatch.setattr(watchdog, "ASK_S", 1.0)


@pytest.fixture
async def pulse(database: Database) -> AsyncIterator[Pulse]:
    async def connection() -> Conn:
        return await connect_alone(database.dsn("chuishao_router"), PASSWORD, "router")

    pulse = Pulse(connection)
    task = asyncio.create_task(pulse.run())
    yield pulse
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def relay_client(broker: Broker) -> AsyncIterator[Client]:
    client = await connect(broker.url, broker.seeds["router-relay"], name="router-relay")
    yield client
    await client.close()


@asynccontextmanager
async def all_taken(pool: Pool) -> AsyncIterator[None]:
    held = [await pool.acquire() for _ in range(pool.get_max_size())]
    try:
        yield
    finally:
        for conn in held:
            await pool.release(conn)


async def bark(dog: Watchdog, within_s: float = 10.0) -> str:
    """What it says when it ends the process; empty if it has nothing to say for so long."""
    try:
        await asyncio.wait_for(dog.run(), within_s)
    except StuckError as error:
        return str(error)
    except TimeoutError:
        return ""
    raise AssertionError


async def test_a_pool_that_gives_no_connection_though_the_database_answers(
    router_pool: Pool, pulse: Pulse
) -> None:
    dog = Watchdog(pool=router_pool, pulse=pulse)
    assert await bark(dog, 1.5) == ""
    async with all_taken(router_pool):
        assert "pool gives no connection" in await bark(dog)


async def test_a_database_that_is_away_ends_nobody(router_pool: Pool) -> None:
    async def nobody() -> Conn:
        raise ConnectionRefusedError

    pulse = Pulse(nobody)
    await pulse.beat()
    assert not pulse.answers
    async with all_taken(router_pool):
        assert await bark(Watchdog(pool=router_pool, pulse=pulse), 3) == ""


async def test_a_relay_that_does_not_come_round(
    router_pool: Pool, broker: Broker, pulse: Pulse
) -> None:
    async with relay_client(broker) as client:
        relay = Relay(router_pool, client, service="router")
        running = asyncio.create_task(relay.run())
        dog = Watchdog(relay=relay, client=client, pulse=pulse)
        assert await bark(dog, 1.5) == ""
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert "relay has not come round" in await bark(dog)


async def test_a_broker_that_answers_nothing_ends_no_relay_however_much_waits(
    router_pool: Pool, broker: Broker, pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk (A.1 row 19): every publication of a whole group runs out of time."""
    monkeypatch.setattr(relaying, "PUBLISH_TIMEOUT_S", SOON_S / 3)
    async with relay_client(broker) as client:
        relay = Relay(router_pool, client, service="router")
        running = asyncio.create_task(relay.run())
        os.kill(broker.supervisor.pids["nats"], signal.SIGSTOP)
        try:
            relay.hint(some(256))
            assert await bark(Watchdog(relay=relay, client=client, pulse=pulse), 1.5) == ""
        finally:
            os.kill(broker.supervisor.pids["nats"], signal.SIGCONT)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_reconnect_task_that_died_d7_35(broker: Broker) -> None:
    async with relay_client(broker) as client:
        dog = Watchdog(client=client)
        assert await bark(dog, 0.5) == ""
        await broker.supervisor.stop()
        assert await bark(dog, 1.0) == ""  # it is being tried: the server is at fault
        task = client._reconnection_task
        assert task is not None
        while not task.done():  # its wait_for drops a cancellation that comes as a try is refused
            task.cancel()
            await asyncio.wait([task], timeout=0.1)
        assert "reconnect task" in await bark(dog)


@asynccontextmanager
async def listening(pool: Pool, broker: Broker, *, deaf: bool) -> AsyncIterator[Watchdog]:
    """A consumer of complaints; a deaf one is bound to its durable and never fetches."""
    client = await connect(broker.url, broker.seeds["router-relay"], name="router-relay")
    relay = Relay(pool, client, service="router")
    server = LastingBroker(broker.url, broker.seeds["router"], service="router")

    async def nothing(_conn: Conn, _batch: object) -> Effects:
        return Effects()

    delivery = Delivery(ROUTER_COMPLAINTS, nothing, pool=pool, relay=relay)
    if not deaf:
        subscribe(server, ROUTER_COMPLAINTS, delivery, service="router")
    await server.start()
    yield Watchdog(consuming=server.client, deliveries=(delivery,))
    await server.stop()
    await client.close()


async def test_a_durable_that_was_deleted_and_stays_away(router_pool: Pool, broker: Broker) -> None:
    ops = await connect(broker.url, broker.ops_seed, name="ops")
    async with listening(router_pool, broker, deaf=False) as dog:
        assert await bark(dog, 1.0) == ""
        await ops.jetstream().delete_consumer("COMPLAINTS", ROUTER_COMPLAINTS.name)
        assert await bark(dog) == f"consumer {ROUTER_COMPLAINTS.name} is gone"
    await ops.close()


@pytest.mark.parametrize("deaf", [True, False])
async def test_messages_of_which_none_is_taken(
    router_pool: Pool, broker: Broker, *, deaf: bool
) -> None:
    ops = await connect(broker.url, broker.ops_seed, name="ops")
    async with listening(router_pool, broker, deaf=deaf) as dog:
        for event in some(3):
            subject = "complaint.received.370105.001._._"
            await ops.jetstream().publish(subject, event.body, stream="COMPLAINTS")
        said = await bark(dog, 3.0)
    assert ("takes nothing" in said) is deaf, said
    await ops.close()


BLOCKED = """
import asyncio, sys, time
from kit.watchdog import LoopGuard
async def main():
    guard = asyncio.create_task(LoopGuard(1.5).run())
    await asyncio.sleep(0.1)
    print("on", flush=True)
    {then}
asyncio.run(main())
"""


def program(then: str) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-c", BLOCKED.format(then=then)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdout
    assert child.stdout.readline() == b"on\n"
    return child


def test_an_event_loop_that_makes_no_turn_ends_the_process() -> None:
    with program("time.sleep(30)") as child:
        assert child.wait(15) == BLOCKED_EXIT


def test_a_process_that_was_paused_as_a_whole_goes_on() -> None:
    with program("await asyncio.sleep(8)") as child:
        child.send_signal(signal.SIGSTOP)
        time.sleep(6)
        child.send_signal(signal.SIGCONT)
        assert child.wait(60) == 0
