"""Composition root of the console."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from contracts.topology import (
    CONSOLE_COMPLAINTS,
    CONSOLE_DIRECTORY,
    CONSOLE_ESCALATIONS,
    CONSOLE_TICKETS,
    ConsumerSpec,
)
from kit import metrics
from kit.broker import LastingBroker, subscribe
from kit.chain.chainer import Anchoring, Chainer
from kit.db import Pool, create_pool
from kit.deadletters.replaying import Replayer
from kit.delivery import Delivery, Handler
from kit.http import Check, Shared
from kit.lasting import LastingClient
from kit.logging import configure
from kit.parts import Parts as DirectoryParts
from kit.plumbing import database_answers, pulse_of
from kit.rekey import Keyed, keep_signed_in
from kit.relay import Relay
from kit.runner import Parts, serve
from kit.settings import secrets_dir
from services.console import hearing, views
from services.console.api import make_app
from services.console.api_views import Sight
from services.console.consumers import keeping, on_directory
from services.console.directory import PARTS, Directory, Holder
from services.console.forwarding import Forwarder
from services.console.hall import history
from services.console.loops import Projector, sweep
from services.console.settings import ConsoleSettings
from services.console.stream import Hub
from services.console.web import Front

SERVICE: Final = "console"


async def main() -> None:
    """Run the console until a signal."""
    settings = ConsoleSettings(_secrets_dir=secrets_dir())
    configure(SERVICE, level=settings.log_level, form=settings.log_format)
    pool = await open_pool(settings)
    broker = LastingBroker(
        settings.nats_url,
        settings.nats_seed.get_secret_value(),
        service=SERVICE,
        otlp_endpoint=settings.otlp_endpoint,
    )
    holder, hub = Holder(), Hub(pool)
    projector = Projector(pool, hub.wake)

    def use(version: Directory) -> None:
        holder.use(version)
        hub.let_go()

    directory = DirectoryParts(pool, settings, names=PARTS, build=Directory.of, use=use)
    keep = keeping(hearing.hear, projector.wake)
    deliveries = _listen(
        broker,
        pool,
        [
            (CONSOLE_COMPLAINTS, keep),
            (CONSOLE_TICKETS, keep),
            (CONSOLE_ESCALATIONS, keep),
            (CONSOLE_DIRECTORY, on_directory(directory, projector.wake)),
        ],
    )

    async def broker_connected() -> bool:
        return broker.client.is_connected

    verifier = settings.verifier()
    checks: dict[str, Check] = {
        "database": partial(database_answers, pool),
        "broker": broker_connected,
        "directory": directory.known,
    }
    shared = Shared(
        SERVICE,
        pool,
        verifier,
        checks,
        details={"projection": partial(views.status, pool)},
        rates=settings.rates(),
    )
    token = settings.service_token.get_secret_value() if settings.service_token else ""
    forwarder = Forwarder.to(settings.owners(), token, settings.client_address_header)
    sight = Sight(pool, hub, holder, projector.wake)
    app = make_app(shared, sight=sight, forwarder=forwarder, front=Front())
    await serve(
        Parts(
            app,
            settings.http_host,
            settings.http_port,
            connections=settings.http_connections,
            wait_s=settings.wait_s,
            broker=broker,
            deliveries=deliveries,
            loops=(
                verifier.follow,
                Chainer(pool, SERVICE, Anchoring.of(settings)).run,
                partial(keep_signed_in, [Keyed(broker.client, "chuishao_nats_seed")]),
                Replayer(pool, _mute(pool), deliveries).run,
                directory.run,
                projector.run,
                hub.run,
                partial(sweep, pool),
                partial(history.run, pool),
            ),
            pool=pool,
            pulse=pulse_of(settings, SERVICE),
            close=(forwarder.close, pool.close),
            ending=(hub.end,),
        )
    )


async def open_pool(settings: ConsoleSettings) -> Pool:
    """The console's pool."""
    password = settings.postgres_password.get_secret_value()
    return await create_pool(settings.postgres_dsn, password, SERVICE, size=settings.pool_size)


def _listen(
    broker: LastingBroker, pool: Pool, bound: Sequence[tuple[ConsumerSpec, Handler]]
) -> list[Delivery]:
    """Bind handlers to durables that provisioning made; what they do repetition does not change."""
    deliveries = []
    for spec, handler in bound:
        delivery = Delivery(spec, handler, pool=pool, relay=_mute(pool), once=False)
        subscribe(broker, spec, delivery, service=SERVICE)
        metrics.register(SERVICE, (spec.name,))
        deliveries.append(delivery)
    return deliveries


def _mute(pool: Pool) -> Relay:
    """The console says nothing: a relay that is connected to nobody and never runs."""
    return Relay(pool, LastingClient(), service=SERVICE)
