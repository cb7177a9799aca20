"""One replica: the notifier's own ticker loops on its own pool, in a process that may be killed.

There is no broker behind it: events stay in the outbox, as while NATS is away.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvloop
from nats.aio.client import Client

from chuishao.directory import SAMPLE_DIRECTORY
from kit.db import create_pool
from kit.logging import configure
from kit.relay import Relay
from services.notifier.directory import PARTS, Directory, Holder
from services.notifier.loops import ticker
from services.router.directory import files

TICKERS = 2
"""As NotifierSettings has it."""


def directory() -> Directory:
    """The sample district as the notifier holds it."""
    tables: dict[str, Any] = dict(files.read(SAMPLE_DIRECTORY))
    parts = {name: [row.model_dump(mode="json") for row in tables[name]] for name in PARTS}
    return Directory.of(1, parts)


async def main(dsn: str, password: str) -> None:
    """Tick until killed."""
    configure("notifier", level="WARNING", form="json")
    pool = await create_pool(dsn, password, "notifier", size=4)
    relay = Relay(pool, Client(), service="notifier")
    holder = Holder()
    holder.use(directory())
    await asyncio.gather(*(ticker(pool, relay, holder)() for _ in range(TICKERS)))


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
