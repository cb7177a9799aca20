"""Composition root of the router: the only place that constructs its pool, broker and directory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from contracts.topology import ROUTER_CLOCKS, ROUTER_COMPLAINTS, ROUTER_ESCALATIONS
from kit.broker import serve_commands
from kit.db import Pool, create_pool
from kit.http import Shared
from kit.logging import configure
from kit.plumbing import open_plumbing
from kit.runner import Parts, serve
from kit.settings import secrets_dir
from services.router import catalogue, consumers, files, teaching
from services.router.acting import Office
from services.router.api import make_app
from services.router.commands import answer_commands
from services.router.in_use import DirectoryInUse
from services.router.loops import ticket_counter
from services.router.model import from_bytes
from services.router.model_in_use import ModelInUse
from services.router.settings import RouterSettings

SERVICE: Final = "router"
LEARNER: Final = "system:learn"


async def main() -> None:
    """Run the router until a signal."""
    settings = RouterSettings(_secrets_dir=secrets_dir())
    plumbing = await open_plumbing(settings, SERVICE)
    pool, relay = plumbing.pool, plumbing.relay
    in_use = DirectoryInUse(pool)
    await in_use.known()
    models = ModelInUse()
    office = Office(pool, relay, in_use)
    plumbing.project(ROUTER_COMPLAINTS, consumers.on_complaints(in_use, models))
    plumbing.project(ROUTER_CLOCKS, consumers.on_clocks)
    plumbing.project(ROUTER_ESCALATIONS, consumers.on_escalations)
    serve_commands(plumbing.broker, answer_commands(office), queue=SERVICE)
    checks = {
        "database": plumbing.database_answers,
        "broker": plumbing.broker_connected,
        "directory": in_use.known,
    }
    shared = Shared(SERVICE, pool, plumbing.verifier, checks)
    app = make_app(shared, office=office, in_use=in_use, models=models)
    await serve(
        Parts(
            app,
            settings.http_host,
            settings.http_port,
            broker=plumbing.broker,
            relay=relay,
            client=plumbing.client,
            deliveries=plumbing.deliveries,
            loops=(plumbing.stay_connected, ticket_counter(pool), in_use.following()),
            close=(pool.close,),
        )
    )


async def load(folder: Path) -> int:
    """Publish the directory in `folder`; returns the version. Raises BadDirectoryError with every fault."""
    async with _tool_pool() as pool:
        published = await catalogue.publish(pool, files.read(folder), by="system:load")
        return published.version


async def keep_model(body: bytes, made_from: str, *, force: bool) -> dict[str, Any]:
    """Put a learned model to use. Raises DomainError, BadModelError."""
    learned = from_bytes(body)
    async with _tool_pool() as pool:
        version = await teaching.publish(
            pool, learned, made_from=made_from, by=LEARNER, force=force
        )
        return {"version": version}


async def learn_history(target: float, *, force: bool) -> dict[str, Any]:
    """Learn from the city's own tickets and put it to use; the report. Raises DomainError."""
    async with _tool_pool() as pool:
        return await teaching.learn_history(pool, target=target, by=LEARNER, force=force)


@asynccontextmanager
async def _tool_pool() -> AsyncIterator[Pool]:
    """Connections of a program that does one thing and ends."""
    settings = RouterSettings(_secrets_dir=secrets_dir())
    configure(SERVICE, level="WARNING", form="console")
    pool = await create_pool(
        settings.postgres_dsn, settings.postgres_password.get_secret_value(), SERVICE, size=2
    )
    try:
        yield pool
    finally:
        await pool.close()
