"""Events that are none of ours, and one of ours ten thousand times: a dead letter each, and one effect."""

from __future__ import annotations

import json
from typing import Any, Final

import nats
import pytest

from kit.db import Pool
from tests.integration.test_delivery import (
    Recorder,
    consuming,
    dead,
    message,
    publish,
    waiting_in_broker,
)  # fmt: skip
from tests.support.servers import Broker
from tests.support.world import until

GONE: Final[Any] = object()
FORGED: Final[dict[str, dict[str, Any]]] = {
    "unknown type": {"type": "cn.chuishao.complaint.exploded.v1"},
    "another event's type": {"type": "cn.chuishao.complaint.withdrawn.v1"},
    "somebody else's type": {"type": "com.example.complaint.received.v1"},
    "future major": {"type": "cn.chuishao.complaint.received.v2"},
    "future envelope": {"specversion": "2.0"},
    "no id": {"id": GONE},
    "an id that is none": {"id": "../../1"},
    "no type": {"type": GONE},
    "no source": {"source": GONE},
    "no time": {"time": GONE},
    "a time without its zone": {"time": "2026-11-23T00:00:00"},
    "no data": {"data": GONE},
    "data that is a word": {"data": "路灯坏了"},
    "data without what it must have": {"data": {"complaint_id": "x"}},
    "another form of data": {"datacontenttype": "text/xml"},
}
COPIES: Final = 10_000
BATCH: Final = 1_000


def forged(changes: dict[str, Any]) -> bytes:
    whole = json.loads(message("forged")[1]) | changes
    return json.dumps({k: v for k, v in whole.items() if v is not GONE}).encode()


async def test_d7_31_what_is_no_event_of_ours_is_a_dead_letter_each_and_has_no_effect(
    router_pool: Pool, broker: Broker
) -> None:
    """D.7 #31. There is no hash of the data to be wrong: the connection's key says whose an event is."""
    recorder = Recorder()
    subject, good, _ = message("good")
    async with consuming(router_pool, broker, recorder):
        await publish(
            broker, *((subject, forged(changes), what) for what, changes in FORGED.items())
        )
        await publish(broker, (subject, good, "good"))

        async def settled() -> bool:
            return await waiting_in_broker(broker) == 0 and recorder.applied == ["good"]

        await until(settled)
    assert await dead(router_pool) == ["undecodable"] * len(FORGED)


@pytest.mark.parametrize("key", ["router-relay", "notifier-relay", "router", "unit_U-1"])
async def test_d7_31_what_its_owner_did_not_say_is_in_no_stream(broker: Broker, key: str) -> None:
    """D.7 #31, not in the outbox: no other key may publish it, so there is nothing to look up."""
    client = await nats.connect(broker.url, nkeys_seed_str=broker.seeds[key])
    subject, good, ident = message("good")
    await client.publish(subject, good, headers={"Nats-Msg-Id": ident})
    await client.flush()
    await client.close()
    assert await waiting_in_broker(broker) == 0


async def test_d7_32_an_event_that_comes_ten_thousand_times_has_one_effect(
    router_pool: Pool, broker: Broker
) -> None:
    """D.7 #32: each copy under an id of its own, so that the broker does not help."""
    recorder = Recorder()
    subject, body, _ = message()
    client = await nats.connect(broker.url, nkeys_seed_str=broker.ops_seed)
    for batch in range(COPIES // BATCH):
        for number in range(1, BATCH + 1):
            headers = {
                "Nats-Batch-Id": f"copies-{batch}", "Nats-Batch-Sequence": str(number),
                "Nats-Msg-Id": f"copy-{batch}-{number}",
            }  # fmt: skip
            if number < BATCH:
                await client.publish(subject, body, headers=headers)
        told = await client.request(subject, body, headers=headers | {"Nats-Batch-Commit": "1"})
        assert json.loads(told.data)["count"] == BATCH
    await client.close()
    assert await waiting_in_broker(broker) == COPIES
    async with consuming(router_pool, broker, recorder):

        async def settled() -> bool:
            return await waiting_in_broker(broker) == 0

        await until(settled, within_s=60)
    assert recorder.applied == ["路灯坏了"]
    assert await dead(router_pool) == []
