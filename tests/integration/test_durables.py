"""A service that finds its durable set in another way does not start (reliability.md C 7)."""

from __future__ import annotations

import json
from dataclasses import replace

import nats
import pytest

from contracts.topology import ROUTER_CLOCKS, ROUTER_COMPLAINTS
from kit.broker import connect
from kit.durables import WrongDurableError, refuse_wrong_durables
from kit.provision import consumer_config
from tests.support.servers import Broker


async def test_a_durable_that_is_missing_or_set_in_another_way_is_refused(broker: Broker) -> None:
    ops = await nats.connect(broker.url, nkeys_seed_str=broker.ops_seed)
    router = await connect(broker.url, broker.seeds["router"], name="router")
    mine = [ROUTER_COMPLAINTS, ROUTER_CLOCKS]
    await refuse_wrong_durables(router, mine)

    config = consumer_config(replace(ROUTER_CLOCKS, max_deliver=5))
    body = json.dumps({"stream_name": ROUTER_CLOCKS.stream, "config": config}).encode()
    place = f"{ROUTER_CLOCKS.stream}.{ROUTER_CLOCKS.name}"
    made = await ops.request(f"$JS.API.CONSUMER.DURABLE.CREATE.{place}", body)
    assert b'"error"' not in made.data
    with pytest.raises(WrongDurableError, match="max_deliver"):
        await refuse_wrong_durables(router, mine)
    await ops.request(f"$JS.API.CONSUMER.DELETE.{place}", b"")
    with pytest.raises(WrongDurableError, match="missing"):
        await refuse_wrong_durables(router, mine)
    await router.close()
    await ops.close()
