"""What every service that speaks and listens is wired with: pool, relay and broker, on their own keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from contracts.topology import ConsumerSpec
from kit import metrics
from kit.auth import TokenVerifier
from kit.broker import LastingBroker, connect, subscribe
from kit.chain.chainer import Anchoring, Chainer
from kit.db import Pool, connect_alone, create_pool, reading
from kit.deadletters.replaying import Replayer
from kit.delivery import Delivery, Handler
from kit.lasting import LastingClient
from kit.logging import configure
from kit.migrate import people_role
from kit.pulse import Pulse
from kit.reconcile.reconciler import Reconciler
from kit.rekey import Keyed, keep_signed_in
from kit.relay import Relay
from kit.settings import ServiceSettings

Loop = Callable[[], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class Plumbing:
    """Opened once, by the composition root."""

    service: str
    pool: Pool
    client: LastingClient
    relay: Relay
    broker: LastingBroker
    verifier: TokenVerifier
    connecting: Callable[[], Awaitable[LastingClient]]
    chainer: Chainer
    reconciler: Reconciler
    keyed: tuple[Keyed, ...]
    """The relay's connection and the broker's, whose keys may be changed while they are used."""
    pulse: Pulse
    deliveries: list[Delivery] = field(default_factory=list)

    def consume(self, spec: ConsumerSpec, handler: Handler) -> None:
        """Bind a handler to a durable that provisioning made; each event has its effect once."""
        self.bind(Delivery(spec, handler, pool=self.pool, relay=self.relay))

    def project(self, spec: ConsumerSpec, handler: Handler) -> None:
        """Bind a handler whose effect is one statement that repetition does not change; no inbox."""
        self.bind(Delivery(spec, handler, pool=self.pool, relay=self.relay, once=False))

    def bind(self, delivery: Delivery) -> None:
        """Subscribe a delivery to its durable."""
        spec = delivery.spec
        subscribe(self.broker, spec, delivery, service=self.service)
        metrics.register(self.service, (spec.name,))
        self.deliveries.append(delivery)

    @property
    def loops(self) -> tuple[Loop, ...]:
        """What runs beside the doors of every such service, until it ends."""
        replayer = Replayer(self.pool, self.relay, self.deliveries)
        return (
            self.stay_connected,
            self.verifier.follow,
            self.chainer.run,
            self.reconciler.run,
            replayer.run,
        )

    async def stay_connected(self) -> None:
        """Connect the relay, however long the server is away or refuses its key; never ends."""
        await asyncio.gather(self.connecting(), keep_signed_in(self.keyed))

    async def database_answers(self) -> bool:
        """Readiness: the pool reaches its schema."""
        return await database_answers(self.pool)

    async def broker_connected(self) -> bool:
        """Readiness of what cannot work without the broker (never of filing a complaint)."""
        return self.client.is_connected


class NoRelayKeyError(RuntimeError):
    """A service that publishes was started without the key of its relay user."""


class NoPeoplePasswordError(RuntimeError):
    """A service whose tables are guarded row by row was started without the password of that role."""


async def open_people_pool(settings: ServiceSettings, service: str) -> Pool:
    """The pool of people's requests: a role of its own that sees what `kit.db.show` was told, else nothing.

    Raises NoPeoplePasswordError, and OSError or asyncpg errors when the server cannot be reached.
    """
    if settings.people_password is None:
        raise NoPeoplePasswordError(service)
    return await create_pool(
        settings.postgres_dsn,
        settings.people_password.get_secret_value(),
        service,
        size=settings.pool_size,
        user=people_role(service),
    )


async def open_plumbing(settings: ServiceSettings, service: str) -> Plumbing:
    """Connect to PostgreSQL; raises when it cannot be reached: the supervisor tries again.

    NATS is connected by `stay_connected`, so that complaints are taken while it is away.
    """
    configure(service, level=settings.log_level, form=settings.log_format)
    if settings.relay_seed is None:
        raise NoRelayKeyError(service)
    pool = await create_pool(
        settings.postgres_dsn,
        settings.postgres_password.get_secret_value(),
        service,
        size=settings.pool_size,
    )
    client = LastingClient()
    relay = Relay(pool, client, service=service)
    broker = LastingBroker(
        settings.nats_url,
        settings.nats_seed.get_secret_value(),
        service=service,
        otlp_endpoint=settings.otlp_endpoint,
    )
    seed = settings.relay_seed.get_secret_value()
    connecting = partial(connect, settings.nats_url, seed, name=f"{service}-relay", client=client)
    chainer = Chainer(pool, service, Anchoring.of(settings))
    reconciler = Reconciler(pool, client, relay, service=service, look_s=settings.reconcile_s)
    keyed = (
        Keyed(client, "chuishao_relay_seed"),
        Keyed(broker.client, "chuishao_nats_seed"),
    )
    return Plumbing(
        service=service,
        pool=pool,
        client=client,
        relay=relay,
        broker=broker,
        verifier=settings.verifier(),
        connecting=connecting,
        chainer=chainer,
        reconciler=reconciler,
        keyed=keyed,
        pulse=pulse_of(settings, service),
    )


def pulse_of(settings: ServiceSettings, service: str) -> Pulse:
    """Asks the service's database whether it answers."""
    password = settings.postgres_password.get_secret_value()
    return Pulse(partial(connect_alone, settings.postgres_dsn, password, service))


async def database_answers(pool: Pool) -> bool:
    """Readiness: the pool reaches its schema. Raises one of kit.db.LOST."""
    async with reading(pool) as conn:
        return bool(await conn.fetchval("select true"))
