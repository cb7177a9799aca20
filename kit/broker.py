"""FastStream broker and subscribers: bound to durables that exist, never declaring anything.

FastStream 0.7.8's batch subscriber keeps fetching until the batch is full or its time-out ends, which
would add that time-out to every quiet message; its one-message subscriber costs a middleware pass per
message. `PromptBatchSubscriber` hands over whatever has arrived, at once (ADR 0005).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any, Final, cast

from faststream import AckPolicy, Context
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.message import NatsBatchMessage
from faststream.nats.subscriber.usecases.core_subscriber import ConcurrentCoreSubscriber
from faststream.nats.subscriber.usecases.stream_pull_subscriber import BatchPullStreamSubscriber
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig

from contracts.topology import CONSUMERS, ConsumerSpec
from kit.delivery import Delivery
from kit.lasting import LastingClient
from kit.limits.turns import Turns
from kit.logging import get
from kit.nats_tls import CA, client_options, is_certificate_fault
from kit.puller import BATCH, Puller
from kit.tracing import middlewares

log = get(__name__)

PING_INTERVAL_S: Final = 10
COMMANDS_AT_ONCE: Final = 8
WAITING_EACH: Final = 256
"""Commands of one unit that wait for their turn."""
PENDING_MOST: Final = 4_096
PENDING_SIZE: Final = 16 * 1024 * 1024
"""Bytes of messages of core NATS that wait in one process; nats-py would keep 128 MiB and half a million."""
RECONNECT_WAIT_S: Final = 0.5
REST_MOST_S: Final = 3.0
"""A batch that had to be taken one by one, for what was broken in it, costs others no more than this."""
PACES: Final = {spec.name: (spec.pace_s, spec.rest) for spec in CONSUMERS}


class LastingBroker(NatsBroker):
    """FastStream on a connection of ours, which is never given up.

    Its own one stops reconnecting, without a word, at the first `Authorization Violation` or
    `maximum connections exceeded` (reliability.md C 12).
    """

    def __init__(
        self, url: str, seed: str, *, service: str, otlp_endpoint: str | None = None
    ) -> None:
        """On the service's own key with its own inbox prefix."""
        super().__init__(
            servers(url),
            ack_policy=AckPolicy.MANUAL,
            middlewares=middlewares(service, otlp_endpoint),
            logger=None,
        )
        self.client = LastingClient()
        """Of nobody else; not connected before `start`."""
        self._connecting = partial(connect, url, seed, name=service, client=self.client)

    async def _connect(self) -> Client:
        connection = await self._connecting()
        self.config.connect(connection)
        return connection


async def connect(
    url: str, seed: str, *, name: str, client: LastingClient | None = None
) -> LastingClient:
    """A connection that waits for the server as long as it takes, and reconnects for ever.

    `client` may be one that others hold already.
    """

    async def on_error(error: Exception) -> None:
        if is_certificate_fault(error):
            log.error("nats_certificate_refused", connection=name, error=str(error), remedy=CA)
            return
        log.warning("nats_error", connection=name, error=type(error).__name__)

    client = client or LastingClient()
    await client.connect(
        servers(url),
        name=f"chuishao-{name}",
        nkeys_seed_str=seed,
        inbox_prefix=inbox_prefix(name),
        max_reconnect_attempts=-1,
        reconnect_time_wait=RECONNECT_WAIT_S,  # type: ignore[arg-type]  # nats-py takes floats
        ping_interval=PING_INTERVAL_S,
        max_outstanding_pings=2,
        error_cb=on_error,
        **client_options(url),
    )
    return client


def servers(url: str) -> list[str]:
    """The servers of a cluster, named with commas between: whichever answers is good."""
    return url.split(",")


def inbox_prefix(user: str) -> bytes:
    """Where replies to this user go; nobody else may listen there (reliability.md C 11)."""
    return f"_INBOX_{user}".encode()


class PromptBatchSubscriber(BatchPullStreamSubscriber):
    """FastStream's batch subscriber with another pull: what has arrived is handed over at once."""

    __slots__ = ()

    async def _create_subscription(self) -> None:
        if self.subscription:
            return
        self.subscription = await Puller.open(  # type: ignore[assignment]  # unsubscribes alike
            self.connection, self.stream.name, self._durable
        )
        self.add_task(self._consume_pull)

    async def _consume_pull(self) -> None:
        puller = cast("Puller", self.subscription)
        pace_s, rest = PACES[self._durable]
        while self.running:
            messages = await puller.take()
            taken_at = time.monotonic()
            if messages and self.running:
                await self.consume(messages)
            took_s = time.monotonic() - taken_at
            rest_s = min(rest * took_s, REST_MOST_S) if messages else 0.0
            await asyncio.sleep(max(0.0, pace_s - took_s, rest_s))

    @property
    def _durable(self) -> str:
        durable: str = self.extra_options["durable"]
        return durable


async def _raw(_: Any) -> list[bytes]:
    """FastStream would pick a decoder by a header the sender chose; we read the bytes ourselves."""
    return []


def subscribe(broker: NatsBroker, spec: ConsumerSpec, delivery: Delivery, *, service: str) -> None:
    """Bind `delivery` to the durable `spec`, which must exist already."""
    subscriber = broker.subscriber(
        config=ConsumerConfig(filter_subjects=list(spec.filters)),
        stream=JStream(spec.stream, declare=False),
        durable=spec.name,
        pull_sub=PullSub(batch_size=BATCH, batch=True),
        inbox_prefix=inbox_prefix(service) + b".",
        ack_policy=AckPolicy.MANUAL,
        no_reply=True,
        decoder=_raw,
        title=spec.name,
    )
    subscriber.__class__ = PromptBatchSubscriber

    async def on_batch(message: Annotated[NatsBatchMessage, Context("message")]) -> None:
        await delivery(message.raw_message)

    subscriber(on_batch)


Answer = Callable[[Msg], Awaitable[bytes]]


class InTurnSubscriber(ConcurrentCoreSubscriber):
    """FastStream's subscriber with another queue: one from each unit in turn, not first come, first served."""

    turns: Turns[Msg]
    came: asyncio.Event
    refusal: bytes

    async def _put_msg(self, msg: Msg) -> None:
        """Keep it until its turn, or say at once that this unit has too many waiting."""
        if self.turns.add(msg.subject.rpartition(".")[2], msg):
            self.came.set()
        elif msg.reply:
            await self.connection.publish(msg.reply, self.refusal)
        await asyncio.sleep(0)

    async def _serve_consume_queue(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self.max_workers):
                group.create_task(self._serve_in_turn())

    async def _serve_in_turn(self) -> None:
        while True:
            message = self.turns.take()
            if message is None:
                self.came.clear()
                await self.came.wait()
            else:
                await self.consume(message)


def serve_commands(broker: NatsBroker, answer: Answer, *, queue: str, refusal: bytes) -> None:
    """Answer `cmd.<action>.<unit>` requests on core NATS; the queue group shares them over replicas.

    A unit is served in turn with the others; `refusal` is the answer to what is over WAITING_EACH of it.
    """

    async def on_command(message: Annotated[Any, Context("message")]) -> bytes:
        return await answer(message.raw_message)

    subscriber = broker.subscriber(
        "cmd.*.*",
        queue=queue,
        max_workers=COMMANDS_AT_ONCE,
        pending_msgs_limit=PENDING_MOST,
        pending_bytes_limit=PENDING_SIZE,
        decoder=_raw_one,
        ack_policy=AckPolicy.MANUAL,
        title="commands",
    )
    subscriber.__class__ = InTurnSubscriber
    in_turn = cast("InTurnSubscriber", subscriber)
    in_turn.turns, in_turn.came, in_turn.refusal = Turns(WAITING_EACH), asyncio.Event(), refusal
    subscriber(on_command)


async def _raw_one(message: Any) -> bytes:
    body: bytes = message.body
    return body
