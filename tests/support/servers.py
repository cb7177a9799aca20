"""Real servers for tests of one part: a PostgreSQL for the session, a database for each test, NATS."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import asyncpg
import nkeys

from chuishao import ports
from chuishao.embedded.nats import EmbeddedNats
from chuishao.embedded.postgres import EmbeddedPostgres
from chuishao.supervisor import Supervisor
from contracts.directory import Reader
from kit.accounts import OPS_USER, render_accounts, users
from kit.broker import connect
from kit.db import Pool, create_pool
from kit.migrate import migrate_all, people_role
from kit.provision import provision
from tests.support.lane import base

ROLES: Final = (
    "chuishao_intake",
    "chuishao_intake_people",
    "chuishao_vault",
    "chuishao_router",
    "chuishao_router_people",
    "chuishao_notifier",
    "chuishao_notifier_people",
    "chuishao_console",
)
PASSWORD: Final = "test-only"
MEMORY: Final = Path("/dev/shm")
ROOM: Final = 4 * 1024**3
"""Bytes that have to be free there."""
TEMPLATE: Final = "chuishao_template"
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database of one test."""

    server: EmbeddedPostgres
    name: str

    def dsn(self, role: str = "postgres") -> str:
        """How a role connects."""
        return self.server.tcp_dsn(role, PASSWORD, self.name)


@asynccontextmanager
async def postgres(folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A server whose template database holds every migration, simulated clock included."""
    chosen = ports.choose(base(24_700))
    with _quick(folder) as data:
        server = EmbeddedPostgres(
            data / "postgres", chosen["postgres"], PASSWORD, folder / "postgres.log", durable=False
        )
        supervisor = Supervisor(folder, print)
        try:
            await supervisor.start(server.spec())
            await _execute(server, "postgres", f"create database {TEMPLATE}")
            await migrate_all(
                server.tcp_dsn("postgres", PASSWORD, TEMPLATE),
                dict.fromkeys(ROLES, PASSWORD),
                simulated=True,
            )
            yield server
        finally:
            supervisor.ask_to_stop()
            await supervisor.stop()


@contextmanager
def _quick(folder: Path) -> Iterator[Path]:
    """Memory where there is room, else the folder: a copy of the template takes 0.1 s there, on a disk up to 0.6 s."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="chuishao-", dir=MEMORY) as made:
        Path(made).chmod(0o755)  # the server runs as a user of its own where the tests run as root
        yield Path(made)


async def people_pool(worker: Pool, service: str) -> Pool:
    """A pool of the role of people's requests, beside a worker's."""
    async with worker.acquire() as conn:
        host, port = conn._addr
        name = await conn.fetchval("select current_database()")
    dsn = f"postgresql://{people_role(service)}@{host}:{port}/{name}"
    return await create_pool(dsn, PASSWORD, service, size=4)


async def database(server: EmbeddedPostgres) -> Database:
    """A fresh copy of the template, file by file: a tenth of what it costs through the log."""
    name = f"test_{next(_numbers)}"
    await _execute(
        server, "postgres", f"create database {name} template {TEMPLATE} strategy file_copy"
    )
    return Database(server, name)


async def drop(database: Database) -> None:
    """Take a test's database away again: a thousand of them fill a disk."""
    await _execute(database.server, "postgres", f"drop database {database.name} with (force)")


@dataclass(frozen=True, slots=True)
class Broker:
    """A provisioned nats-server and the seeds of its users."""

    url: str
    seeds: dict[str, str]
    supervisor: Supervisor
    store: Path
    """Where JetStream keeps its files."""
    before_start: list[Callable[[], None]]
    """What to do to those files before the server starts the next time; once."""

    @property
    def ops_seed(self) -> str:
        """Of the user that may do everything."""
        return self.seeds[OPS_USER]

    async def provision(self, units: tuple[str, ...], readers: tuple[Reader, ...] = ()) -> None:
        """Make what is missing."""
        client = await connect(self.url, self.ops_seed, name=OPS_USER)
        await provision(client, units, readers)
        await client.close()


@asynccontextmanager
async def broker(
    folder: Path,
    units: tuple[str, ...] = ("U-1", "U-2"),
    readers: tuple[Reader, ...] = (),
    *,
    spoil: Callable[[str, dict[str, str]], str] = lambda text, _: text,
) -> AsyncIterator[Broker]:
    """A nats-server with accounts, streams and consumers as in production.

    `spoil` makes another accounts file of text and public keys: to show that a test would notice.
    """
    chosen = ports.choose(base(24_800))
    pairs = {name: _pair() for name in users(units, readers)}
    seeds = {name: seed for name, (seed, _) in pairs.items()}
    public = {name: key for name, (_, key) in pairs.items()}
    server = EmbeddedNats(
        folder / "nats", chosen["nats"], chosen["nats_monitor"], folder / "nats.log"
    )
    server.accounts_path.parent.mkdir(parents=True, exist_ok=True)
    server.accounts_path.write_text(spoil(render_accounts(units, readers, public), public))
    supervisor = Supervisor(folder, print)
    before_start: list[Callable[[], None]] = []

    def prepare() -> None:
        server.prepare()
        while before_start:
            before_start.pop()()

    try:
        await supervisor.start(replace(server.spec(), prepare=prepare))
        store = folder / "nats" / "jetstream" / "jetstream"
        running = Broker(server.url, seeds, supervisor, store, before_start)
        await running.provision(units, readers)
        yield running
    finally:
        supervisor.ask_to_stop()
        await supervisor.stop()


def _pair() -> tuple[str, str]:
    seed = nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)
    return seed.decode(), nkeys.from_seed(bytearray(seed)).public_key.decode()


async def _execute(server: EmbeddedPostgres, name: str, statement: str) -> None:
    conn = await asyncpg.connect(server.tcp_dsn("postgres", PASSWORD, name))
    try:
        await conn.execute(statement)
    finally:
        await conn.close()
