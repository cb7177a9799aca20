"""Messages made to break a service, on real servers: refused by limits, and work goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
import pytest
from nats.aio.msg import Msg

from chuishao.secrets import new_seed
from kit.broker import COMMANDS_AT_ONCE, WAITING_EACH, LastingBroker, serve_commands
from tests.support.nats_wire import RefusedError, Wire
from tests.support.servers import Broker
from tests.support.world import until

MANY_HEADERS = b"\r\n".join(b"a%d: b" % n for n in range(10_000))
ODD_HEADERS = "Täg: 路灯 \u202e\r\nNats-Msg-Id: odd".encode()


@asynccontextmanager
async def answering(broker: Broker, *, takes_s: float = 0.0) -> AsyncIterator[list[str]]:
    """The router's side of commands; what it was asked."""
    asked: list[str] = []

    async def answer(heard: Msg) -> bytes:
        asked.append(heard.subject)
        await asyncio.sleep(takes_s)
        return b"answered"

    stream = LastingBroker(broker.url, broker.seeds["router"], service="router")
    serve_commands(stream, answer, queue="router", refusal=b"refused")
    await stream.start()
    try:
        yield asked
    finally:
        await stream.stop()


async def still_answers(broker: Broker) -> bool:
    client = await nats.connect(broker.url, nkeys_seed_str=broker.seeds["unit_U-2"])
    reply = await client.request("cmd.show.U-2", b"{}", timeout=5)
    await client.close()
    return reply.data == b"answered"


@pytest.mark.parametrize(
    ("subject", "size"),
    [
        ("cmd.show." + "x" * 5_000, 2),
        ("cmd.show.U-1", 2 * 1024 * 1024),
        ("cmd.show.U-1", 128 * 1024),
    ],
    ids=["d7_34 subject", "d7_34 payload", "d7_34 payload of an office"],
)
async def test_what_is_too_long_ends_its_own_connection_only(
    broker: Broker, subject: str, size: int
) -> None:
    """D.7 #34."""
    async with answering(broker) as asked:
        wire = await Wire.open(broker.url, broker.seeds["unit_U-1"])
        wire.publish(subject, b"x" * size, "_INBOX.x")
        with pytest.raises(ConnectionError):
            await wire.flush()
        await wire.close()
        assert await still_answers(broker)
        assert asked == ["cmd.show.U-2"]


async def test_d7_34_ten_thousand_headers_end_the_connection_of_their_sender(
    broker: Broker,
) -> None:
    """D.7 #34: they are more than an office may send; as many as fit are answered (below)."""
    async with answering(broker) as asked:
        wire = await Wire.open(broker.url, broker.seeds["unit_U-1"])
        wire.publish("cmd.show.U-1", b"{}", "_INBOX.x", MANY_HEADERS)
        with pytest.raises(ConnectionError):
            await wire.flush()
        await wire.close()
        assert await still_answers(broker)
        assert asked == ["cmd.show.U-2"]


async def test_a_command_with_thousands_of_headers_or_with_odd_ones_is_answered(
    broker: Broker,
) -> None:
    """D.7 #34."""
    async with answering(broker):
        wire = await Wire.open(broker.url, broker.seeds["unit_U-1"])
        wire.subscribe("_INBOX.>")
        for headers in (MANY_HEADERS[:60_000], ODD_HEADERS):
            wire.publish("cmd.show.U-1", b"{}", "_INBOX.x", headers)

        async def answered() -> bool:
            await wire.flush()
            return [heard.data for heard in wire.heard] == [b"answered"] * 2

        await until(answered, within_s=10)
        await wire.close()
        assert await still_answers(broker)


async def test_a_header_that_asks_for_another_place_gets_no_answer_there(broker: Broker) -> None:
    """D.7 #30: the answer of a command goes to whoever asked, or nowhere."""
    async with answering(broker) as asked:
        eyes = await Wire.open(broker.url, broker.ops_seed)
        eyes.subscribe(">")
        await eyes.flush()
        wire = await Wire.open(broker.url, broker.seeds["unit_U-1"])
        wire.publish("cmd.show.U-1", b"{}", "", b"reply_to: _R_.victim")
        wire.publish("cmd.show.U-1", b"{}", "", b"reply_to: ticket.handled.U-2.1.1.1.1")
        await wire.flush()

        async def handled() -> bool:
            await eyes.flush()
            return asked == ["cmd.show.U-1"] * 2

        await until(handled, within_s=5)
        await asyncio.sleep(0.2)
        await eyes.flush()
        assert {heard.subject for heard in eyes.heard} == {"cmd.show.U-1"}
        await wire.close()
        await eyes.close()


async def test_after_a_thousand_wrong_keys_the_right_one_is_let_in_at_once(broker: Broker) -> None:
    """D.7 #35, from outside: nobody is locked out, and those who work are not disturbed."""
    async with answering(broker):
        stranger = new_seed()
        for _ in range(20):
            tries = [Wire.open(broker.url, stranger) for _ in range(50)]
            ended = await asyncio.gather(*tries, return_exceptions=True)
            assert all(isinstance(one, RefusedError) for one in ended), ended
        began = time.monotonic()
        assert await still_answers(broker)
        assert time.monotonic() - began < 15


async def test_d7_22_a_unit_that_floods_delays_no_other_and_hears_an_answer_to_each(
    broker: Broker,
) -> None:
    """D.7 #22 on NATS: one of each unit in turn; what is over its share of the queue is refused at once."""
    flood = 3_000
    async with answering(broker, takes_s=0.05) as asked:
        quiet = await nats.connect(broker.url, nkeys_seed_str=broker.seeds["unit_U-2"])
        noisy = await Wire.open(broker.url, broker.seeds["unit_U-1"])
        noisy.subscribe("_INBOX.>")
        for _ in range(flood):
            noisy.publish("cmd.show.U-1", b"{}", "_INBOX.x")
        await noisy.flush()

        async def begun() -> bool:
            return len(asked) > COMMANDS_AT_ONCE

        await until(begun, within_s=10)
        before = len(asked)
        assert (await quiet.request("cmd.show.U-2", b"{}", timeout=5)).data == b"answered"
        meanwhile = asked[before : asked.index("cmd.show.U-2")]
        assert len(meanwhile) < WAITING_EACH * 3 / 4  # behind them all there would be that many
        await quiet.close()

        async def each_answered() -> bool:
            await noisy.flush()
            return len(noisy.heard) == flood

        await until(each_answered, within_s=20)
        served = sum(heard.data == b"answered" for heard in noisy.heard)
        assert served == asked.count("cmd.show.U-1") >= WAITING_EACH
        assert sum(heard.data == b"refused" for heard in noisy.heard) == flood - served
        await noisy.close()
