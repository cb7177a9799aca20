"""Reads what a stream holds of a service's own events: their ids, through the durable made for that.

The durable acknowledges nothing and is rewound by its owner, who may do nothing else with it. Whatever
breaks the sequence (a lost connection, somebody else reading) ends the reading with an error.
"""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from contracts.topology import ConsumerSpec
from kit.jetstream import NANO, ask
from kit.puller import V1_TOKENS
from kit.reconcile.merging import event_id

BATCH: Final = 1_000
ANSWER_S: Final = 5.0


class EchoBrokenError(RuntimeError):
    """The reading cannot be trusted or cannot go on; it has to begin anew."""


class Heard(NamedTuple):
    """One message that the stream holds."""

    event_id: str
    stored_at: float
    """Unix time."""


class Echo:
    """One reading from the beginning of a stream."""

    def __init__(self, client: Client, spec: ConsumerSpec) -> None:
        self._client = client
        self._spec = spec
        self._inbox = client.new_inbox()
        self._subscription: Subscription | None = None
        self._expected = 1
        self._heard: list[Heard] = []
        self._moved = asyncio.Event()
        self._over = False
        self.left = 0
        """Messages of ours still to come, as of the last one that came."""

    async def open(self) -> None:
        """Rewind to the first message. Raises EchoBrokenError and what `ask` raises."""
        self._subscription = await self._client.subscribe(
            self._inbox, cb=self._on_message, pending_msgs_limit=-1, pending_bytes_limit=-1
        )
        info = await ask(
            self._client, f"CONSUMER.RESET.{self._spec.stream}.{self._spec.name}", {"seq": 1}
        )
        if info is None:
            raise EchoBrokenError(f"{self._spec.name} is gone")
        self.left = info["num_pending"]

    async def close(self) -> None:
        """Stop listening."""
        if self._subscription is not None and not self._client.is_closed:
            await self._subscription.unsubscribe()

    async def take(self) -> list[Heard]:
        """What comes next, at most a batch; empty when the stream holds no more of ours."""
        self._heard, self._over = [], False
        request = {"batch": BATCH, "no_wait": True}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._spec.stream}.{self._spec.name}"
        await self._client.publish(subject, orjson.dumps(request), self._inbox)
        while not self._over and len(self._heard) < BATCH:
            self._moved.clear()
            try:
                await asyncio.wait_for(self._moved.wait(), ANSWER_S)
            except TimeoutError:
                raise EchoBrokenError("no answer") from None
        if not self._heard:
            self.left = 0
        return self._heard

    async def _on_message(self, message: Msg) -> None:
        headers = message.headers or {}
        if "Status" in headers:
            self._over = True
        else:
            tokens = message.reply.split(".")
            base = 4 if len(tokens) == V1_TOKENS else 6
            self._in_order(int(tokens[base + 2]))
            self.left = int(tokens[base + 4])
            stored_at = int(tokens[base + 3]) / NANO
            self._heard.append(Heard(event_id(headers.get("Nats-Msg-Id", "")), stored_at))
        if self._over or len(self._heard) == BATCH:
            self._moved.set()

    def _in_order(self, sequence: int) -> None:
        if sequence != self._expected:
            self._over = True
            self._expected = -1
        else:
            self._expected += 1

    def check(self) -> None:
        """Raises EchoBrokenError unless every message so far came in turn."""
        if self._expected < 0:
            raise EchoBrokenError("messages came out of turn")
