"""What the router does by itself for its directory: prove coverage at night, let tickets follow, watch contacts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from kit.db import LOST, Pool, reading
from kit.logging import get
from kit.relay import Relay
from services.router import metrics
from services.router.publishing import proving, reaching, store_directory
from services.router.publishing.contacts import Patience
from services.router.publishing.in_use import DirectoryInUse
from services.router.succession import following

log = get(__name__)

PROOF_S: Final = 20.0
"""How often it is looked whether a night's proof is due."""

PAUSE_S: Final = 0.05
"""Between two steps, so that routing comes first."""
FOLLOW_S: Final = 5.0
"""How often open tickets are looked at; one query when there is nothing new."""
CONTACTS_S: Final = 15.0
"""How often our own events are read for contact health."""

Loop = Callable[[], Coroutine[Any, Any, None]]


def nightly_prover(pool: Pool, relay: Relay, in_use: DirectoryInUse) -> Loop:
    """Prove coverage once a night by one replica; every replica shows the last proof as a metric."""

    async def prove_nightly() -> None:
        while True:
            await asyncio.sleep(PROOF_S)
            if in_use.directory is None:
                continue
            try:
                events = await proving.prove_tonight(pool, in_use.directory)
                async with reading(pool) as conn:
                    last = await store_directory.last_proof(conn)
            except LOST as error:
                log.warning("proof_lost", error=type(error).__name__)
                continue
            relay.hint(events or ())
            if last is not None:
                metrics.COVERAGE_OPEN.set(last["open_cells"])

    return prove_nightly


def ticket_follower(pool: Pool, relay: Relay, in_use: DirectoryInUse) -> Loop:
    """Let open tickets follow each new version, and each day on which areas end; in small steps."""

    async def follow_tickets() -> None:
        while True:
            more = False
            try:
                done = await following.follow_directory(pool, in_use)
                relay.hint(done.events)
                more = done.more
            except LOST as error:
                log.warning("follow_lost", error=type(error).__name__)
            await asyncio.sleep(PAUSE_S if more else FOLLOW_S)

    return follow_tickets


def contact_watch(pool: Pool, in_use: DirectoryInUse, patience: Patience) -> Loop:
    """Keep contact health current, and show how many units have been silent for too long."""

    async def watch_contacts() -> None:
        while True:
            more = False
            try:
                more = await reaching.read_on(pool)
                if not more and in_use.directory is not None:
                    found = await reaching.stale(pool, in_use.directory, patience)
                    metrics.CONTACTS_STALE.set(len(found))
            except LOST as error:
                log.warning("contacts_lost", error=type(error).__name__)
            await asyncio.sleep(PAUSE_S if more else CONTACTS_S)

    return watch_contacts
