"""A full disk of the database is a failure of the moment (A.1 row 20): said so, and no message buried for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from chuishao import ports
from chuishao.embedded.postgres import EmbeddedPostgres
from kit.db import LOST
from tests.chaos import volume
from tests.chaos.needs import require
from tests.chaos.server import Server
from tests.chaos.volume import MIB, Volume
from tests.support.lane import base


@pytest.fixture
async def full(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    require(volume.needs())
    chosen = ports.choose(base(29_000))
    server = EmbeddedPostgres(
        tmp_path / "postgres", chosen["postgres"], "x", tmp_path / "log", durable=False
    )
    disk = Volume(tmp_path / "disk.img", tmp_path / "postgres", 192 * MIB)
    disk.attach()
    running = Server(server.spec(), tmp_path)
    try:
        await running.start()
        disk.fill(leave_bytes=MIB)
        yield server
    finally:
        running.kill()
        disk.detach()


async def test_a_full_disk_is_a_failure_of_the_moment(full: EmbeddedPostgres) -> None:
    conn = await asyncpg.connect(full.dsn())
    try:
        with pytest.raises(asyncpg.DiskFullError) as refused:
            await conn.execute(
                "create table t as select repeat(n::text, 500) from generate_series(1, 9999) n"
            )
    finally:
        conn.terminate()
    assert isinstance(refused.value, LOST)
