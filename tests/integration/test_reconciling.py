"""The reconciler on real servers: what a broker lost after it had acknowledged it comes back (rows 9-12, 22)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import nats.js.errors
import pytest

from kit import outbox
from kit.broker import connect
from kit.db import Pool, reading, transaction
from kit.keeping import Keeper
from kit.outbox import Outgoing
from kit.reconcile.merging import event_id
from kit.reconcile.reconciler import Reconciler
from kit.relay import Relay
from tests.integration.test_outbox_and_relay import some
from tests.support.servers import Broker
from tests.support.world import until

LOOK_S = 0.5
"""Between two looks, here."""


@asynccontextmanager
async def reconciling(pool: Pool, broker: Broker) -> AsyncIterator[Relay]:
    """A relay with its reconciler, as a process of the router has them."""
    client = await connect(broker.url, broker.seeds["router-relay"], name="router-relay")
    relay = Relay(pool, client, service="router")
    reconciler = Reconciler(pool, client, relay, service="router", look_s=LOOK_S)
    tasks = [asyncio.create_task(work()) for work in (relay.run, reconciler.run)]
    await scanned_since(pool, 0)
    yield relay
    await relay.stop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await client.close()


async def publish(pool: Pool, relay: Relay, count: int) -> list[Outgoing]:
    events = some(count)
    for at in range(0, count, 500):
        async with transaction(pool) as conn:
            await outbox.append(conn, events[at : at + 500])
    relay.hint(events)
    await until(lambda: nothing_pending(pool), within_s=60)
    return events


async def nothing_pending(pool: Pool) -> bool:
    async with reading(pool) as conn:
        return (await outbox.lag(conn))[0] == 0


async def held(broker: Broker, stream: str = "TICKETS") -> Counter[str]:
    """How often the stream holds each event."""
    client = await nats.connect(broker.url, nkeys_seed_str=broker.ops_seed)
    try:
        js = client.jetstream()
        sub = await js.subscribe("ticket.>", stream=stream, ordered_consumer=True)
        ids: Counter[str] = Counter()
        info = await js.stream_info(stream)
        for _ in range(info.state.messages):
            message = await sub.next_msg(timeout=5)
            assert message.headers
            ids[event_id(message.headers["Nats-Msg-Id"])] += 1
        return ids
    finally:
        await client.close()


async def rounds(pool: Pool) -> int:
    async with reading(pool) as conn:
        return int(await conn.fetchval("select coalesce(max(round), 0) from reconciled"))


async def offered(pool: Pool) -> int:
    async with reading(pool) as conn:
        return int(await conn.fetchval("select coalesce(sum(offered), 0) from reconciled"))


async def scanned_since(pool: Pool, before: int) -> None:
    async def done() -> bool:
        return await rounds(pool) > before

    await until(done, within_s=20)


async def killed(broker: Broker, wreck: Callable[[], None]) -> None:
    """End nats-server by kill -9; something happens to its files before it starts again."""
    broker.before_start.append(wreck)
    before = broker.supervisor.pids["nats"]
    os.kill(before, signal.SIGKILL)

    async def back() -> bool:
        return broker.supervisor.pids.get("nats", before) != before and not broker.before_start

    await until(back, within_s=20)
    client = await connect(broker.url, broker.ops_seed, name="ops")
    await client.close()


def blocks(broker: Broker) -> list[Path]:
    found = sorted(broker.store.glob("*/streams/TICKETS/msgs/*.blk"))
    assert found
    return found


async def test_a_whole_store_that_was_deleted_is_filled_again(
    router_pool: Pool, broker: Broker
) -> None:
    async with reconciling(router_pool, broker) as relay:
        events = await publish(router_pool, relay, 600)
        before = await rounds(router_pool)
        await killed(broker, lambda: shutil.rmtree(broker.store))
        await broker.provision(("U-1", "U-2"))
        await scanned_since(router_pool, before)
        await until(lambda: nothing_pending(router_pool))
    assert await held(broker) == Counter(str(event.event_id) for event in events)


@pytest.mark.parametrize(
    ("how", "with_index"), [("flipped", False), ("flipped", True), ("cut", False), ("cut", True)]
)
async def test_what_a_damaged_block_lost_comes_back(
    router_pool: Pool, broker: Broker, how: str, *, with_index: bool
) -> None:
    def wreck() -> None:
        block = blocks(broker)[0]
        data = bytearray(block.read_bytes())
        if how == "flipped":
            data[len(data) // 3] ^= 0x10
        else:
            del data[len(data) // 2 :]
        block.write_bytes(data)
        if not with_index:
            (block.parent / "index.db").unlink(missing_ok=True)

    async with reconciling(router_pool, broker) as relay:
        events = await publish(router_pool, relay, 600)
        before = await rounds(router_pool)
        await killed(broker, wreck)
        await scanned_since(router_pool, before)
        await until(lambda: nothing_pending(router_pool))
    assert set(await held(broker)) == {str(event.event_id) for event in events}
    assert await offered(router_pool) > 0


async def test_a_lost_tail_whose_numbers_were_used_again_comes_back(
    router_pool: Pool, broker: Broker
) -> None:
    msgs, kept = broker.store / "CITY/streams/TICKETS/msgs", broker.store.parent / "kept"

    def copy() -> None:
        shutil.copytree(msgs, kept)

    def back_in_time() -> None:
        shutil.rmtree(msgs)
        shutil.copytree(kept, msgs)

    async with reconciling(router_pool, broker) as relay:
        first = await publish(router_pool, relay, 200)
        await killed(broker, copy)
        second = await publish(router_pool, relay, 200)
        assert len(await taken_by_unit(broker)) == 400
        before = await rounds(router_pool)
        await killed(broker, back_in_time)
        third = await publish(router_pool, relay, 300)
        await scanned_since(router_pool, before)
        await until(lambda: nothing_pending(router_pool))
    found = await held(broker)
    assert set(found) == {str(event.event_id) for event in (*first, *second, *third)}
    heard = await taken_by_unit(broker)
    assert heard >= {str(event.event_id) for event in (*second, *third)}


async def taken_by_unit(broker: Broker) -> set[str]:
    """What the durable of U-1 still has for it; acknowledged."""
    client = await nats.connect(broker.url, nkeys_seed_str=broker.ops_seed)
    try:
        js = client.jetstream()
        unit = await js.pull_subscribe_bind("unit_U-1", "TICKETS")
        ids: set[str] = set()
        while (await unit.consumer_info()).num_pending:
            for message in await unit.fetch(500, timeout=2):
                assert message.headers
                ids.add(event_id(message.headers["Nats-Msg-Id"]))
                await message.ack()
        await client.flush()
        return ids
    finally:
        await client.close()


async def test_two_replicas_share_the_looking_and_a_turn_of_the_dead_is_taken_over(
    router_pool: Pool, broker: Broker
) -> None:
    async with reconciling(router_pool, broker), reconciling(router_pool, broker) as relay:
        await publish(router_pool, relay, 50)
        await router_pool.execute(
            "update reconciled set lease_until = clock_timestamp() + interval '2 s',"
            " scan_at = '-infinity'"
        )
        before = await rounds(router_pool)
        await asyncio.sleep(1)
        assert await rounds(router_pool) == before
        await scanned_since(router_pool, before)
    assert await offered(router_pool) == 0


async def test_a_turn_taken_while_the_clock_was_days_ahead_is_over(
    router_pool: Pool, broker: Broker
) -> None:
    async with reconciling(router_pool, broker) as relay:
        await publish(router_pool, relay, 5)
        before = await rounds(router_pool)
        await router_pool.execute(
            "update reconciled set lease_until = at, look_at = at, scan_at = at"
            " from (select clock_timestamp() + interval '3 days' as at) as ahead"
        )
        await scanned_since(router_pool, before)


async def test_what_somebody_deleted_on_the_broker_is_put_back(broker: Broker) -> None:
    client = await connect(broker.url, broker.ops_seed, name="ops")
    said: list[str] = []
    keeper = Keeper(client, ("U-1", "U-2"), ())
    task = asyncio.create_task(keeper.run(said.append))
    js = client.jetstream()
    await js.delete_consumer("TICKETS", "unit_U-2")
    await js.delete_stream("ESCALATIONS")

    async def back() -> bool:
        with contextlib.suppress(nats.js.errors.NotFoundError):
            await js.stream_info("ESCALATIONS")
            return bool(await js.consumer_info("TICKETS", "unit_U-2"))
        return False

    await until(back, within_s=15)
    assert await keeper.look(everything=True) == []
    assert any("unit_U-2: missing" in line for line in said), said
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await client.close()


async def test_nothing_is_offered_again_while_all_is_well_however_busy_it_is(
    router_pool: Pool, broker: Broker
) -> None:
    async with reconciling(router_pool, broker) as relay:
        for _ in range(6):
            await publish(router_pool, relay, 200)
            await router_pool.execute("update reconciled set scan_at = '-infinity'")
            await asyncio.sleep(0.3)
        await until(lambda: nothing_pending(router_pool))
    assert await rounds(router_pool) >= 2
    assert await offered(router_pool) == 0
    assert set((await held(broker)).values()) == {1}
