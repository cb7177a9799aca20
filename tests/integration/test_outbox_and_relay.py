"""The way out on real servers: published after commit, once in the stream, whatever fails in between."""

from __future__ import annotations

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import nats
import pytest

from contracts.ticket import TicketEvent
from kit import outbox
from kit.broker import connect
from kit.db import Pool, reading, transaction
from kit.ids import new_id
from kit.outbox import Outgoing, outgoing
from kit.relay import Relay
from tests.support.servers import Broker
from tests.support.world import until

AT = datetime(2026, 11, 23, tzinfo=UTC)


def some(count: int) -> list[Outgoing]:
    events = []
    for n in range(count):
        ticket = str(uuid.uuid4())
        data = TicketEvent(
            ticket_id=ticket, number=str(n), complaint_id=ticket, version=1, round=1,
            status="dispatched", unit="U-1", holder="U-1", area="370105001", urgency="normal",
            rule_version=1,
        )  # fmt: skip
        events.append(
            outgoing("ticket.accepted", data, source="router", about=ticket, at=AT, to="U-1",
                     area="370105001")
        )  # fmt: skip
    return events


@asynccontextmanager
async def relaying(pool: Pool, broker: Broker) -> AsyncIterator[Relay]:
    client = await connect(broker.url, broker.seeds["router-relay"], name="router-relay")
    relay = Relay(pool, client, service="router")
    task = asyncio.create_task(relay.run())
    yield relay
    await relay.stop()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await client.close()


async def stored(broker: Broker) -> int:
    client = await nats.connect(broker.url, nkeys_seed_str=broker.ops_seed)
    info = await client.jetstream().stream_info("TICKETS")
    await client.close()
    return info.state.messages


async def pending(pool: Pool) -> int:
    async with reading(pool) as conn:
        return (await outbox.lag(conn))[0]


@pytest.mark.parametrize("count", [1, 5, 300])
async def test_a_hinted_group_is_published_and_leaves_nothing_pending(
    router_pool: Pool, broker: Broker, count: int
) -> None:
    async with relaying(router_pool, broker) as relay:
        events = some(count)
        async with transaction(router_pool) as conn:
            await outbox.append(conn, events)
        relay.hint(events)

        async def done() -> bool:
            return await pending(router_pool) == 0

        await until(done)
        assert await stored(broker) == count


async def test_rows_of_a_dead_process_are_taken_over_when_their_lease_ends(
    router_pool: Pool, broker: Broker
) -> None:
    async with transaction(router_pool) as conn:
        await outbox.append(conn, some(40))
    async with relaying(router_pool, broker):

        async def done() -> bool:
            return await pending(router_pool) == 0

        await until(done, within_s=outbox.LEASE_S + 10)
        assert await stored(broker) == 40


async def test_rows_leased_while_the_clock_was_days_ahead_do_not_wait_for_those_days(
    router_pool: Pool, broker: Broker
) -> None:
    async with transaction(router_pool) as conn:
        await outbox.append(conn, some(40))
        await conn.execute("update outbox_pending set lease_until = now() + interval '3 days'")
    async with relaying(router_pool, broker):

        async def done() -> bool:
            return await pending(router_pool) == 0

        await until(done, within_s=5)
        assert await stored(broker) == 40


async def test_a_backlog_shrinks_however_short_the_leases_are(
    router_pool: Pool, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LEASE_S", 0)
    for _ in range(4):
        async with transaction(router_pool) as conn:
            await outbox.append(conn, some(500))
    async with relaying(router_pool, broker):

        async def done() -> bool:
            return await pending(router_pool) == 0

        await until(done, within_s=30)
        assert await stored(broker) == 2_000


async def test_an_event_offered_twice_is_stored_once_singly_and_in_a_batch(
    router_pool: Pool, broker: Broker
) -> None:
    async with relaying(router_pool, broker) as relay:
        events = some(30)
        async with transaction(router_pool) as conn:
            await outbox.append(conn, events)
        relay.hint(events[:1])
        relay.hint(events)
        relay.hint(events)

        async def done() -> bool:
            return await pending(router_pool) == 0

        await until(done)
        await asyncio.sleep(0.2)
        assert await stored(broker) == 30


async def test_a_broker_that_was_killed_under_way_gets_everything_once(
    router_pool: Pool, broker: Broker
) -> None:
    async with relaying(router_pool, broker) as relay:
        for round_ in range(6):
            events = some(40)
            async with transaction(router_pool) as conn:
                await outbox.append(conn, events)
            relay.hint(events)
            if round_ == 2:
                os.kill(broker.supervisor.pids["nats"], signal.SIGKILL)

        async def done() -> bool:
            return await pending(router_pool) == 0

        await until(done, within_s=60)
        assert await stored(broker) == 240


async def test_what_was_rolled_back_is_never_published(router_pool: Pool, broker: Broker) -> None:
    async with relaying(router_pool, broker):
        with pytest.raises(RuntimeError):
            await _append_and_fail(router_pool)
        await asyncio.sleep(0.5)
        assert await stored(broker) == 0


async def test_the_order_of_kept_events_never_admits_a_latecomer(router_pool: Pool) -> None:
    first, second = some(1), some(1)
    async with router_pool.acquire() as slow, slow.transaction():
        await outbox.append(slow, first)
        async with transaction(router_pool) as quick:
            await outbox.append(quick, second)
        async with reading(router_pool) as reader:
            assert await outbox.after(reader, 0, 0, 10) == []
    async with reading(router_pool) as reader:
        rows = await outbox.after(reader, 0, 0, 10)
    assert [row[2] for row in rows] == [first[0].body, second[0].body]


async def test_events_are_read_by_the_number_of_their_transaction_not_by_its_text(
    router_pool: Pool,
) -> None:
    async with transaction(router_pool) as conn:
        for tx in (99, 10, 9):
            await conn.execute(
                "insert into outbox (tx, event_id, subject, body) values ($1::text::xid8, $2, '-', $3)",
                str(tx), new_id(), str(tx).encode(),
            )  # fmt: skip
    async with reading(router_pool) as reader:
        rows = await outbox.after(reader, 0, 0, 2)
        rows += await outbox.after(reader, *rows[-1][:2], 2)
    assert [row[2] for row in rows] == [b"9", b"10", b"99"]


async def test_this_and_next_months_partitions_exist(router_pool: Pool) -> None:
    async with reading(router_pool) as conn:
        await outbox.ensure_partitions(conn)
        count = await conn.fetchval(
            "select count(*) from pg_inherits where inhparent = 'router.outbox'::regclass"
        )
    assert count >= 3


async def test_a_relay_may_publish_only_its_own_nouns(broker: Broker) -> None:
    client = await connect(broker.url, broker.seeds["router-relay"], name="router-relay")
    js = client.jetstream(timeout=1)
    with pytest.raises((nats.errors.Error, TimeoutError)):
        await js.publish("complaint.received.370105.001._._", b"{}", stream="COMPLAINTS")
    await client.close()


async def test_a_pending_row_cannot_be_inserted_twice(router_pool: Pool) -> None:
    events = some(1)
    async with transaction(router_pool) as conn:
        await outbox.append(conn, events)
    with pytest.raises(asyncpg.UniqueViolationError):
        await _append(router_pool, events)


async def _append(pool: Pool, events: list[Outgoing]) -> None:
    async with transaction(pool) as conn:
        await outbox.append(conn, events)


async def _append_and_fail(pool: Pool) -> None:
    async with transaction(pool) as conn:
        await outbox.append(conn, some(3))
        raise RuntimeError
