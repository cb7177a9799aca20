"""What the notifier hears: complaints, tickets, and new directory versions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nats.aio.msg import Msg

from contracts.topology import ConsumerSpec
from kit import metrics
from kit.broker import subscribe
from kit.db import Conn, Pool
from kit.delivery import Delivery, Effects, Handler, Received
from kit.parts import Parts
from kit.plumbing import Plumbing
from kit.relay import Relay
from services.notifier.directory import Directory, Holder

Apply = Callable[[Conn, Sequence[Received], Directory], Awaitable[Effects]]


class InformedDelivery(Delivery):
    """Takes nothing before the first directory version: no clock can be set without limits."""

    def __init__(
        self, spec: ConsumerSpec, apply: Apply, *, holder: Holder, pool: Pool, relay: Relay
    ) -> None:
        async def handler(conn: Conn, received: Sequence[Received]) -> Effects:
            return await apply(conn, received, holder.directory)

        super().__init__(spec, handler, pool=pool, relay=relay)
        self._holder = holder

    async def __call__(self, messages: Sequence[Msg]) -> None:
        """Wait for the directory, then apply the batch."""
        await self._holder.first()
        await super().__call__(messages)


def consume(plumbing: Plumbing, spec: ConsumerSpec, apply: Apply, holder: Holder) -> None:
    """Bind an action to a durable that provisioning made."""
    delivery = InformedDelivery(
        spec, apply, holder=holder, pool=plumbing.pool, relay=plumbing.relay
    )
    subscribe(plumbing.broker, spec, delivery, service=plumbing.service)
    metrics.register(plumbing.service, (spec.name,))
    plumbing.deliveries.append(delivery)


def on_directory_published(parts: Parts[Any]) -> Handler:
    """Ask for the new version's parts."""

    async def handler(_: Conn, __: Sequence[Received]) -> Effects:
        parts.refresh()
        return Effects()

    return handler
