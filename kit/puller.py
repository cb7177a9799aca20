"""Pulls from one durable over the documented JetStream protocol, with a request always waiting there.

nats-py's own `fetch` costs a task, a timer and a random id per message and asks anew each time; this
costs one request for some hundred messages. What comes while a batch is being applied is taken together
as the next one (ADR 0005).
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from kit.logging import get

log = get(__name__)

BATCH: Final = 256
EXPIRES_S: Final = 5.0
LOOK_S: Final = 0.5
NANO: Final = 1_000_000_000
EXPIRED: Final = "408"
V1_TOKENS: Final = 9


class Puller:
    """The client's side of a pull consumer."""

    def __init__(self, client: Client, stream: str, durable: str, prefix: str) -> None:
        self._client = client
        self._subject = f"{prefix}.CONSUMER.MSG.NEXT.{stream}.{durable}"
        self._durable = durable
        self._inbox = client.new_inbox()
        self._subscription: Subscription | None = None
        self._buffer: list[Msg] = []
        self._arrived = asyncio.Event()
        self._wanted = 0
        """Messages the server may still send for requests made."""
        self._asked_at = 0.0
        self._reconnects = 0

    @classmethod
    async def open(
        cls, client: Client, stream: str, durable: str, *, prefix: str = "$JS.API"
    ) -> Puller:
        """Listen for answers; nothing is asked yet. In a unit's own account the prefix is another."""
        puller = cls(client, stream, durable, prefix)
        puller._subscription = await client.subscribe(puller._inbox, cb=puller._on_message)
        return puller

    async def take(self) -> list[Msg]:
        """Everything that has arrived, at least one message; empty when nothing came for a moment."""
        await self._ask()
        if not self._buffer:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), LOOK_S)
            except TimeoutError:
                return []
        taken, self._buffer = self._buffer, []
        return taken

    async def unsubscribe(self) -> None:
        """Stop listening and give back what was not taken."""
        if self._subscription is not None and not self._client.is_closed:
            await self._subscription.unsubscribe()
            for message in self._buffer:
                await message.nak()
        self._buffer.clear()

    async def _ask(self) -> None:
        now = time.monotonic()
        reconnects = self._client.stats["reconnects"]
        if reconnects != self._reconnects or now - self._asked_at > EXPIRES_S + LOOK_S:
            self._reconnects, self._wanted = reconnects, 0
        if self._wanted > BATCH // 2 or not self._client.is_connected:
            return
        self._wanted += BATCH
        self._asked_at = now
        request = {"batch": BATCH, "expires": int(EXPIRES_S * NANO)}
        await self._client.publish(self._subject, orjson.dumps(request), self._inbox)

    async def _on_message(self, message: Msg) -> None:
        status = message.headers.get("Status") if message.headers and not message.data else None
        if status is None:
            self._wanted -= 1
            self._buffer.append(message)
            self._arrived.set()
            return
        headers = message.headers or {}
        self._wanted = max(0, self._wanted - int(headers.get("Nats-Pending-Messages", BATCH)))
        if status != EXPIRED:
            why = headers.get("Description", "")
            log.warning("pull_refused", consumer=self._durable, status=status, why=why)
            await asyncio.sleep(LOOK_S)
        self._arrived.set()  # so that the next request is made now


def deliveries(message: Msg) -> int:
    """How often the server has delivered it, read off its reply subject.

    `$JS.ACK.<stream>.<consumer>.<delivered>.…`, or with domain and account hash before the stream;
    nats-py's `metadata` makes five objects of it, for each message.
    """
    tokens = message.reply.split(".")
    return int(tokens[4 if len(tokens) == V1_TOKENS else 6])
