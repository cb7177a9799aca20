"""The way in on real servers: once only, retried with delay, buried with a reason, never in the way."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import asyncpg
import nats
import pytest
from prometheus_client import REGISTRY

from contracts.complaint import ComplaintReceived
from contracts.topology import ROUTER_COMPLAINTS
from kit import delivery, patience
from kit.broker import PACES, LastingBroker, connect, subscribe
from kit.db import Conn, Pool, reading
from kit.delivery import Delivery, Effects, Received
from kit.outbox import outgoing
from kit.provision import consumers_of, make
from kit.relay import Relay
from kit.tracing import KINDS, OTHER
from tests.support.servers import Broker
from tests.support.world import until

AT = datetime(2026, 11, 23, tzinfo=UTC)


def message(text: str = "路灯坏了") -> tuple[str, bytes, str]:
    ident = str(uuid.uuid4())
    data = ComplaintReceived(
        complaint_id=ident,
        number="1",
        channel="hotline",
        kind="complaint",
        text=text,
        received_at=AT,
    )
    event = outgoing("complaint.received", data, source="intake", about=ident, at=AT)
    return event.subject, event.body, str(event.event_id)


UNUSABLE = {
    "too large": "select 10000000000::bigint::int",
    "no text": "select convert_from('\\xff', 'UTF8')",
    "no id": "select 'x'::uuid",
}
"""What PostgreSQL says to values that fit nowhere, by what makes it say so."""

SLOW_S = 0.2


class Recorder:
    """A handler that writes what it sees and fails where told."""

    def __init__(self) -> None:
        self.applied: list[str] = []
        self.tries: dict[str, list[float]] = {}
        self.batches: list[int] = []
        self.waits: dict[str, int] = {}

    async def __call__(self, conn: Conn, received: Sequence[Received]) -> Effects:
        self.batches.append(len(received))
        effects = Effects()
        for one in received:
            text = one.event.data.text
            self.tries.setdefault(text, []).append(time.monotonic())
            if self.waits.get(text, 0) > 0:
                self.waits[text] -= 1
                effects.waiting.append(one)
            elif text == "poison":
                raise LookupError(text)
            elif text == "clash":
                raise asyncpg.UniqueViolationError(text)
            elif text in UNUSABLE:
                await conn.execute(UNUSABLE[text])
            elif text == "twice" and len(self.tries[text]) < 3:
                raise RuntimeError(text)
            elif text == "slow":
                await asyncio.sleep(SLOW_S)
            else:
                self.applied.append(text)
        return effects


@asynccontextmanager
async def consuming(pool: Pool, broker: Broker, recorder: Recorder) -> AsyncIterator[Delivery]:
    client = await connect(broker.url, broker.seeds["router-relay"], name="router-relay")
    consumer = Delivery(
        ROUTER_COMPLAINTS, recorder, pool=pool, relay=Relay(pool, client, service="router")
    )
    stream = LastingBroker(broker.url, broker.seeds["router"], service="router")
    subscribe(stream, ROUTER_COMPLAINTS, consumer, service="router")
    await stream.start()
    yield consumer
    await stream.stop()
    await client.close()


async def publish(broker: Broker, *messages: tuple[str, bytes, str]) -> None:
    client = await nats.connect(broker.url, nkeys_seed_str=broker.ops_seed)
    for subject, body, ident in messages:
        await client.jetstream().publish(subject, body, headers={"Nats-Msg-Id": ident})
    await client.close()


async def waiting_in_broker(broker: Broker) -> int:
    client = await nats.connect(broker.url, nkeys_seed_str=broker.ops_seed)
    info = await client.jetstream().consumer_info("COMPLAINTS", ROUTER_COMPLAINTS.name)
    await client.close()
    return (info.num_pending or 0) + (info.num_ack_pending or 0)


async def dead(pool: Pool) -> list[str]:
    async with reading(pool) as conn:
        return [row["reason"] for row in await conn.fetch("select reason from dead_letter")]


async def test_a_quiet_message_is_applied_at_once(router_pool: Pool, broker: Broker) -> None:
    recorder = Recorder()
    async with consuming(router_pool, broker, recorder):
        await asyncio.sleep(1.5)
        began = time.monotonic()
        await publish(broker, message())
        await until(lambda: _is(recorder.applied, 1), within_s=5)
        assert time.monotonic() - began < 0.5


async def test_metrics_name_the_kind_of_a_message_and_no_area(
    router_pool: Pool, broker: Broker
) -> None:
    recorder = Recorder()
    async with consuming(router_pool, broker, recorder):
        await publish(broker, message())
        await until(lambda: _is(recorder.applied, 1))
    counted = {
        sample.labels["handler"]
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if metric.name.startswith("chuishao_broker_") and "handler" in sample.labels
    }
    assert "complaint.received" in counted
    assert counted <= KINDS | {OTHER}


async def test_what_shows_things_rests_after_work(
    router_pool: Pool, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PACES, ROUTER_COMPLAINTS.name, (0.02, 3.0))
    recorder = Recorder()
    async with consuming(router_pool, broker, recorder):
        await publish(broker, message("slow"))
        await until(lambda: _is(list(recorder.tries), 1))
        await publish(broker, message("next"))
        await until(lambda: _is(recorder.applied, 1))
    assert recorder.tries["next"][0] - recorder.tries["slow"][0] >= SLOW_S * (1 + 3)


async def test_a_redelivered_event_has_one_effect(router_pool: Pool, broker: Broker) -> None:
    recorder = Recorder()
    subject, body, _ = message()
    async with consuming(router_pool, broker, recorder):
        for n in range(20):
            await publish(broker, (subject, body, f"copy-{n}"))

        async def settled() -> bool:
            return await waiting_in_broker(broker) == 0

        await until(settled)
        assert recorder.applied == ["路灯坏了"]


async def test_d7_32_copies_that_are_fetched_together_have_one_effect(
    router_pool: Pool, broker: Broker
) -> None:
    recorder = Recorder()
    (subject, body, _), (other, second, ident) = message(), message("井盖松动")
    copies = [(subject, body, f"copy-{n}") for n in range(1_000)]
    await publish(broker, *copies[:500], (other, second, ident), *copies[500:])
    async with consuming(router_pool, broker, recorder):

        async def settled() -> bool:
            return await waiting_in_broker(broker) == 0

        await until(settled, within_s=30)
        assert recorder.applied == ["路灯坏了", "井盖松动"]


async def test_what_is_no_event_is_buried_once_and_the_rest_flows_on(
    router_pool: Pool, broker: Broker
) -> None:
    recorder = Recorder()
    subject, body, _ = message("good")
    bad = [b"", b"\xff\xfe", b"[" * 50_000, b"{}", body.replace(b"received", b"withdrawn")]
    async with consuming(router_pool, broker, recorder):
        await publish(broker, *((subject, raw, f"bad-{n}") for n, raw in enumerate(bad)))
        await publish(broker, (subject, body, "good"))

        async def settled() -> bool:
            return await waiting_in_broker(broker) == 0 and recorder.applied == ["good"]

        await until(settled)
        assert await dead(router_pool) == ["undecodable"] * len(bad)


async def _buried(pool: Pool, count: int) -> bool:
    return len(await dead(pool)) >= count


async def test_a_bad_message_of_a_stream_that_was_made_anew_lies_beside_the_one_it_is_numbered_like(
    router_pool: Pool, broker: Broker
) -> None:
    subject, *_ = message()

    ops = await connect(broker.url, broker.ops_seed, name="ops")
    for number, body in enumerate((b"{}", b"[]"), 1):
        async with consuming(router_pool, broker, Recorder()):
            await publish(broker, (subject, body, f"bad-{number}"))
            await until(partial(_buried, router_pool, number), within_s=5)
        await ops.jetstream().delete_stream("COMPLAINTS")
        await make(ops, consumers_of((), ()))
    await ops.close()
    async with reading(router_pool) as conn:
        rows = await conn.fetch("select stream_seq, body from dead_letter order by buried_at")
    assert [tuple(row) for row in rows] == [(1, b"{}"), (1, b"[]")]


async def test_headers_that_no_table_can_keep_do_not_save_a_bad_message_from_its_grave(
    router_pool: Pool, broker: Broker
) -> None:
    recorder = Recorder()
    subject, body, _ = message("good")
    client = await nats.connect(broker.url, nkeys_seed_str=broker.ops_seed)
    for n, value in enumerate(("a\x00b", "\ud800", "x" * 3_000)):
        headers = {"Nats-Msg-Id": f"odd-{n}", "Odd": value.encode(errors="replace").decode()}
        await client.jetstream().publish(subject, b"{}", headers=headers)
    await client.close()
    async with consuming(router_pool, broker, recorder):
        await publish(broker, (subject, body, "good"))

        async def settled() -> bool:
            return await waiting_in_broker(broker) == 0 and recorder.applied == ["good"]

        await until(settled)
        assert await dead(router_pool) == ["undecodable"] * 3


async def test_one_failing_message_does_not_hold_up_its_batch_and_is_tried_with_delay(
    router_pool: Pool, broker: Broker
) -> None:
    recorder = Recorder()
    await publish(broker, *(message(f"fine {n}") for n in range(20)), message("twice"))
    async with consuming(router_pool, broker, recorder):
        await until(lambda: _has(recorder.applied, "twice"), within_s=20)
        assert {f"fine {n}" for n in range(20)} <= set(recorder.applied)
        tries = recorder.tries["twice"]
        assert len(tries) == 3
        assert tries[2] - tries[1] > 0.5


async def test_exhausted_attempts_end_in_the_dead_letters(
    router_pool: Pool, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder()
    monkeypatch.setattr(delivery, "BACKOFF_S", (0.05,))
    monkeypatch.setattr(delivery, "MAX_ATTEMPTS", 4)
    monkeypatch.setattr(delivery, "CLASHES", 2)
    await publish(broker, message("poison"), message("fine"), message("clash"))
    async with consuming(router_pool, broker, recorder):

        async def buried() -> bool:
            return await dead(router_pool) == ["attempts"] * 2

        await until(buried)
        assert recorder.applied == ["fine"]
        assert len(recorder.tries["clash"]) < len(recorder.tries["poison"])
        assert await waiting_in_broker(broker) == 0


async def test_what_fits_into_no_column_is_buried_at_the_first_try(
    router_pool: Pool, broker: Broker
) -> None:
    recorder = Recorder()
    await publish(broker, *(message(text) for text in UNUSABLE), message("fine"))
    async with consuming(router_pool, broker, recorder):

        async def settled() -> bool:
            return await waiting_in_broker(broker) == 0 and recorder.applied == ["fine"]

        await until(settled)
        assert await dead(router_pool) == ["unusable"] * len(UNUSABLE)
        assert all(len(recorder.tries[text]) <= 2 for text in UNUSABLE)


async def test_a_message_that_waits_for_the_service_itself_waits_as_long_as_that_takes(
    router_pool: Pool, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for an earlier event does not: tests/integration/test_gaps.py."""
    monkeypatch.setattr(patience, "DOUBLINGS", 1)
    recorder = Recorder()
    recorder.waits["unready"] = max(delivery.MAX_ATTEMPTS, patience.VERDICTS) + 5
    await publish(broker, message("unready"))
    async with consuming(router_pool, broker, recorder):
        await until(lambda: _is(recorder.applied, 1))
        assert await dead(router_pool) == []


async def test_a_database_away_buries_nothing(router_pool: Pool, broker: Broker) -> None:
    recorder = Recorder()
    async with consuming(router_pool, broker, recorder):
        async with reading(router_pool) as conn:
            await conn.execute("set lock_timeout = '200ms'")
        locker = await router_pool.acquire()
        transaction = locker.transaction()
        await transaction.start()
        await locker.execute("lock table inbox in access exclusive mode")
        await publish(broker, message("later"))
        await asyncio.sleep(3)
        await transaction.rollback()
        await router_pool.release(locker)
        await until(lambda: _is(recorder.applied, 1), within_s=20)
        assert await dead(router_pool) == []


async def _is(applied: list[str], count: int) -> bool:
    return len(applied) >= count


async def _has(applied: list[str], text: str) -> bool:
    return text in applied
