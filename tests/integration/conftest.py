"""A PostgreSQL for the session, a database and a nats-server for each test that asks."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chuishao.embedded.postgres import EmbeddedPostgres
from kit.db import Pool, create_pool
from tests.support import servers
from tests.support.servers import PASSWORD, Broker, Database


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """Kept by a loop of its own, so that tests with loops of theirs can share it."""
    folder = Path(tempfile.mkdtemp(prefix="chuishao-pg-")).resolve()
    loop = asyncio.new_event_loop()
    context = servers.postgres(folder)
    yield loop.run_until_complete(context.__aenter__())
    loop.run_until_complete(context.__aexit__(None, None, None))
    loop.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def database(postgres_server: EmbeddedPostgres) -> AsyncIterator[Database]:
    """A migrated, empty database of this test alone."""
    made = await servers.database(postgres_server)
    yield made
    await servers.drop(made)


@pytest.fixture
async def router_pool(database: Database) -> AsyncIterator[Pool]:
    """A pool as the router has it."""
    pool = await create_pool(database.dsn("chuishao_router"), PASSWORD, "router", size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    """A provisioned nats-server of this test alone."""
    folder = Path(tempfile.mkdtemp(prefix="chuishao-nats-"))
    async with servers.broker(folder) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)
