"""Composition root of the router: the only place that constructs its pool, broker and directory."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from contracts.topology import ROUTER_CLOCKS, ROUTER_COMPLAINTS, ROUTER_ESCALATIONS
from kit.attachments.shelf import Shelf
from kit.attachments.storage import open_storage
from kit.attachments.sweeping import attachment_sweeper
from kit.broker import serve_commands
from kit.db import create_pool
from kit.http import Shared
from kit.logging import configure
from kit.plumbing import open_people_pool, open_plumbing
from kit.runner import Parts, serve
from kit.settings import secrets_dir
from services.router import consumers
from services.router.acting import Office
from services.router.api import make_app
from services.router.blowing import WhistleOffice
from services.router.commands import TOO_MANY, answer_commands
from services.router.directory_loops import contact_watch, nightly_prover, ticket_follower
from services.router.loops import issue_watcher, ticket_counter
from services.router.publishing import programs, teaching
from services.router.publishing.contacts import Patience
from services.router.publishing.in_use import DirectoryInUse
from services.router.publishing.model_in_use import ModelInUse
from services.router.publishing.programs import Telling
from services.router.settings import RouterSettings

SERVICE: Final = "router"


async def main() -> None:
    """Run the router until a signal."""
    settings = RouterSettings(_secrets_dir=secrets_dir())
    plumbing = await open_plumbing(settings, SERVICE)
    pool, relay = plumbing.pool, plumbing.relay
    people = await open_people_pool(settings, SERVICE)
    in_use = DirectoryInUse(pool)
    await in_use.known()
    models = ModelInUse()
    office = Office(pool, relay, in_use, people)
    whistles = WhistleOffice(pool, relay, in_use, people)
    plumbing.project(ROUTER_COMPLAINTS, consumers.on_complaints(in_use, models))
    plumbing.project(ROUTER_CLOCKS, consumers.on_clocks)
    plumbing.project(ROUTER_ESCALATIONS, consumers.on_escalations(in_use))
    answer = answer_commands(office, whistles)
    serve_commands(plumbing.broker, answer, queue=SERVICE, refusal=TOO_MANY)
    checks = {
        "database": plumbing.database_answers,
        "broker": plumbing.broker_connected,
        "directory": in_use.known,
    }
    patience = _patience(settings)
    shared = Shared(SERVICE, pool, plumbing.verifier, checks, rates=settings.rates())
    shelf = Shelf(pool, open_storage(settings, SERVICE))
    app = make_app(
        shared,
        people=people,
        office=office,
        whistles=whistles,
        in_use=in_use,
        models=models,
        patience=patience,
        shelf=shelf,
    )
    await serve(
        Parts(
            app,
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
                ticket_counter(pool),
                in_use.following(),
                nightly_prover(pool, relay, in_use),
                ticket_follower(pool, relay, in_use),
                contact_watch(pool, in_use, patience),
                issue_watcher(pool, relay, in_use),
                attachment_sweeper(shelf),
            ),
            close=(people.close, pool.close),
        )
    )


async def once(words: Sequence[str]) -> None:
    """Do one thing and end; JSON lines on stdout, the last one with the result.

    `load DIR [FROM]`, `coverage`, `diff DIR`, `replay DIR DAYS`, `learn MODEL [--force]`,
    `learn --from-history TARGET [--force]`.

    Raises BadDirectoryError with every fault of the folder, DomainError where nothing is published yet.
    """
    settings = RouterSettings(_secrets_dir=secrets_dir())
    configure(SERVICE, level="WARNING", form="console")
    pool = await create_pool(
        settings.postgres_dsn, settings.postgres_password.get_secret_value(), SERVICE, size=2
    )
    telling = Telling(_line)
    try:
        match words:
            case ["load", folder, *start]:
                begins = datetime.fromisoformat(start[0]) if start else None
                result = await programs.load(pool, Path(folder), telling, begins)
            case ["coverage"]:
                result = await programs.prove(pool, _patience(settings))
            case ["diff", folder]:
                result = await programs.diff(pool, Path(folder), telling)
            case ["replay", folder, days]:
                result = await programs.replay(pool, Path(folder), int(days), telling)
            case ["learn", *asked] if asked:
                result = await teaching.program(pool, asked)
            case _:
                raise SystemExit(
                    "load DIR [FROM] | coverage | diff DIR | replay DIR DAYS | learn MODEL"
                )
        _line({"result": result})
    finally:
        await pool.close()


def _patience(settings: RouterSettings) -> Patience:
    return Patience(settings.contact_unsigned_days, settings.contact_silent_days)


def _line(said: dict[str, Any]) -> None:
    sys.stdout.write(f"{orjson.dumps(said).decode()}\n")
    sys.stdout.flush()
