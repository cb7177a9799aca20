"""Who answers a publish is the stream and nobody else; an answer that is none marks nothing (D.7 #33)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import nats
import pytest

from kit import outbox
from kit.db import Pool, transaction
from kit.outbox import Outgoing
from kit.relay import ATOMIC_FROM, Relay
from tests.integration.test_outbox_and_relay import pending, relaying, some, stored
from tests.integration.test_reconciling import held, nothing_pending, reconciling
from tests.support.nats_wire import Wire
from tests.support.servers import Broker
from tests.support.world import until

FORGED = b'{"stream":"TICKETS","seq":999,"count":20}'
"""As good as the stream's own word."""
FALSE = {
    "another stream": b'{"stream":"EVIL","seq":999,"count":20}',
    "no stream": b'{"seq":999,"count":20}',
    "no number": b'{"stream":"TICKETS"}',
    "a number that is none": b'{"stream":"TICKETS","seq":"x","count":20}',
    "a list": b"[]",
    "a word": b'"TICKETS"',
    "no JSON": b"+OK",
    "no UTF-8": b"\xff\xfe",
    "nothing": b"",
    "an error without a code": b'{"error":{}}',
    "an error that is none": b'{"error":7}',
}
ALONE, TOGETHER = 1, ATOMIC_FROM + 4


async def handed_over(pool: Pool, relay: Relay, count: int) -> list[Outgoing]:
    events = some(count)
    async with transaction(pool) as conn:
        await outbox.append(conn, events)
    relay.hint(events)
    return events


@asynccontextmanager
async def no_stream_but(broker: Broker, answer: bytes) -> AsyncIterator[Wire]:
    """The stream is gone, and somebody with every right answers in its place."""
    await without_stream(broker)
    rogue = await Wire.open(broker.url, broker.ops_seed)
    rogue.answer = answer
    rogue.subscribe("ticket.>")
    await rogue.flush()
    yield rogue
    await rogue.close()


async def without_stream(broker: Broker) -> None:
    ops = await nats.connect(broker.url, nkeys_seed_str=broker.ops_seed)
    await ops.jetstream().delete_stream("TICKETS")
    await ops.close()


@pytest.mark.parametrize("count", [ALONE, TOGETHER])
async def test_d7_33_a_false_acknowledgement_marks_nothing_and_stops_nobody(
    router_pool: Pool, broker: Broker, count: int
) -> None:
    """Each kind of answer in turn; then the stream is there again, and everything is in it."""
    async with relaying(router_pool, broker) as relay:
        events: Sequence[Outgoing] = []
        async with no_stream_but(broker, b"") as rogue:
            for answer in FALSE.values():
                rogue.answer = answer
                before = len(rogue.heard)
                events = [*events, *(await handed_over(router_pool, relay, count))]

                async def answered(before: int = before) -> bool:
                    return len(rogue.heard) > before

                await until(answered)
                await asyncio.sleep(0.1)
                assert await pending(router_pool) == len(events), answer
        await broker.provision(("U-1", "U-2"))
        relay.hint(events)
        await until(lambda: nothing_pending(router_pool), within_s=30)
    assert await stored(broker) == len(events)


async def test_d7_33_what_was_believed_and_is_not_there_is_offered_again(
    router_pool: Pool, broker: Broker
) -> None:
    """An answer word for word the stream's own: the reconciler misses the events and brings them back."""
    async with reconciling(router_pool, broker) as relay:
        async with no_stream_but(broker, FORGED):
            events = await handed_over(router_pool, relay, ALONE)
            events += await handed_over(router_pool, relay, TOGETHER)
            await until(lambda: nothing_pending(router_pool))
        await broker.provision(("U-1", "U-2"))
        wanted = {str(event.event_id) for event in events}

        async def back() -> bool:
            return set(await held(broker)) == wanted

        await until(back, within_s=30)
