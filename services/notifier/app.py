"""Composition root of the notifier: the only place that constructs its broker and loops."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import orjson

from contracts.topology import NOTIFIER_COMPLAINTS, NOTIFIER_DIRECTORY, NOTIFIER_TICKETS
from kit.db import create_pool
from kit.http import Shared
from kit.logging import configure
from kit.parts import Parts as DirectoryParts
from kit.plumbing import open_people_pool, open_plumbing
from kit.runner import Parts, serve
from kit.settings import secrets_dir
from services.notifier import actions, outlook
from services.notifier.api import make_app
from services.notifier.asking import Asking, router_client
from services.notifier.channels.loading import open_channels
from services.notifier.consumers import consume, on_directory_published
from services.notifier.directory import PARTS, Directory, Holder
from services.notifier.loops import (
    calendar_recount,
    calendar_watch,
    clock_counter,
    ticker,
    watchdog,
)
from services.notifier.notice_loops import notice_counter, planner, sender
from services.notifier.rebuild.feeds import neighbours
from services.notifier.rebuild.program import rebuild
from services.notifier.replies.door import RouterDoor
from services.notifier.reply_loops import reply_sweeper
from services.notifier.replying import ReplyDesk
from services.notifier.settings import NotifierSettings

SERVICE: Final = "notifier"
REBUILD_WORDS: Final = 2


async def main() -> None:
    """Run the notifier until a signal."""
    settings = NotifierSettings(_secrets_dir=secrets_dir())
    outside = open_channels(settings.channels_file)
    plumbing = await open_plumbing(settings, SERVICE)
    pool, relay = plumbing.pool, plumbing.relay
    people = await open_people_pool(settings, SERVICE)
    holder, router = Holder(), router_client(settings.router_url)
    token = settings.service_token.get_secret_value() if settings.service_token else ""
    door = RouterDoor.to(settings.router_url, token)
    replies = ReplyDesk(pool, holder, outside.gateways, door)
    directory = DirectoryParts(pool, settings, names=PARTS, build=Directory.of, use=holder.use)
    consume(plumbing, NOTIFIER_COMPLAINTS, actions.apply_complaints, holder)
    consume(plumbing, NOTIFIER_TICKETS, actions.apply_tickets, holder)
    plumbing.consume(NOTIFIER_DIRECTORY, on_directory_published(directory))
    details = {"calendar": partial(outlook.detail, pool, holder)}
    channels = outside.channels
    answerable = {name for gateway in outside.gateways for name in gateway.channels}
    checks = {"database": plumbing.database_answers, "directory": directory.known}
    await serve(
        Parts(
            make_app(
                Shared(SERVICE, pool, plumbing.verifier, checks, details, rates=settings.rates()),
                people=people,
                holder=holder,
                relay=relay,
                asking=Asking(router),
                replies=replies,
            ),
            settings.http_host,
            settings.http_port,
            connections=settings.http_connections,
            wait_s=settings.wait_s,
            broker=plumbing.broker,
            relay=relay,
            client=plumbing.client,
            deliveries=plumbing.deliveries,
            pool=plumbing.pool,
            pulse=plumbing.pulse,
            loops=(
                *plumbing.loops,
                directory.run,
                calendar_recount(pool, relay, holder),
                calendar_watch(pool, holder),
                clock_counter(pool),
                watchdog(pool),
                reply_sweeper(pool),
                planner(pool, holder, channels),
                sender(pool, holder, channels, answerable),
                notice_counter(pool),
                *(ticker(pool, relay, holder) for _ in range(settings.tickers)),
            ),
            close=(outside.close, router.aclose, door.close, people.close, pool.close),
        )
    )


async def once(words: Sequence[str]) -> None:
    """Do one thing and end: `rebuild SCRATCH_DSN`; JSON lines on stdout, the last one with the result.

    Raises DomainError where a neighbour does not answer or an event cannot be applied any more.
    """
    settings = NotifierSettings(_secrets_dir=secrets_dir())
    configure(SERVICE, level="WARNING", form="console")
    if len(words) != REBUILD_WORDS or words[0] != "rebuild":
        raise SystemExit("rebuild SCRATCH_DSN")
    password = settings.postgres_password.get_secret_value()
    live = await create_pool(settings.postgres_dsn, password, SERVICE, size=2)
    scratch = await create_pool(words[1], password, SERVICE, size=2)
    try:
        async with neighbours(settings) as source:
            found = await rebuild(live, scratch, source, lambda *said: _line({"progress": said}))
        _line({"result": found})
    finally:
        await live.close()
        await scratch.close()


def _line(said: dict[str, Any]) -> None:
    sys.stdout.write(f"{orjson.dumps(said, default=str).decode()}\n")
    sys.stdout.flush()
