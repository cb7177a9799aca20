"""Composition root of the console."""

from __future__ import annotations

from functools import partial
from typing import Final

from contracts.catalog import OWNER_OF
from contracts.topology import every
from kit.broker import connect, follow
from kit.chain.chainer import Anchoring, Chainer
from kit.db import create_pool
from kit.http import Check, Shared
from kit.logging import configure
from kit.plumbing import database_answers, pulse_of
from kit.rekey import Keyed, keep_signed_in
from kit.runner import Parts, serve
from kit.settings import secrets_dir
from services.console.api import make_app
from services.console.consumers import on_event
from services.console.feed import Feed
from services.console.settings import ConsoleSettings

SERVICE: Final = "console"
SHOWN: Final = (
    *(every(noun) for noun in OWNER_OF if noun != "clock"),
    "clock.near_due.*.*.*.*.*",
    "clock.breached.*.*.*.*.*",
)
"""What the live page shows: everything but the coming and going of clocks."""


async def main() -> None:
    """Run the console until a signal."""
    settings = ConsoleSettings(_secrets_dir=secrets_dir())
    configure(SERVICE, level=settings.log_level, form=settings.log_format)
    pool = await create_pool(
        settings.postgres_dsn, settings.postgres_password.get_secret_value(), SERVICE, size=4
    )
    seed = settings.nats_seed.get_secret_value()
    client = await connect(settings.nats_url, seed, name=SERVICE)
    keyed = Keyed(client, "chuishao_nats_seed")
    feed = Feed()
    await follow(client, SHOWN, on_event(feed))

    async def broker_connected() -> bool:
        return client.is_connected

    verifier = settings.verifier()
    checks: dict[str, Check] = {
        "database": partial(database_answers, pool),
        "broker": broker_connected,
    }
    app = make_app(Shared(SERVICE, pool, verifier, checks, rates=settings.rates()), feed=feed)
    await serve(
        Parts(
            app,
            settings.http_host,
            settings.http_port,
            connections=settings.http_connections,
            wait_s=settings.wait_s,
            client=client,
            loops=(
                verifier.follow,
                Chainer(pool, SERVICE, Anchoring.of(settings)).run,
                partial(keep_signed_in, [keyed]),
            ),
            pool=pool,
            pulse=pulse_of(settings, SERVICE),
            close=(pool.close,),
            ending=(feed.end,),
        )
    )
