"""Migrations on a real server: forward only, checked, and roles that can do only what they need."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import resources
from uuid import uuid4

import asyncpg
import pytest

from kit.db import Pool, reading
from kit.migrate import EditedMigrationError, migrate_all
from services.router.ticket import store
from services.router.whistle import store_whistles
from tests.support.servers import PASSWORD, ROLES, Database


async def test_migrating_again_applies_nothing(database: Database) -> None:
    assert await migrate_all(database.dsn(), dict.fromkeys(ROLES, PASSWORD)) == []


async def test_an_edited_migration_is_refused(database: Database) -> None:
    conn = await asyncpg.connect(database.dsn())
    await conn.execute("update chuishao.migration set checksum = 'other' where scope = 'router'")
    await conn.close()
    with pytest.raises(EditedMigrationError):
        await migrate_all(database.dsn(), dict.fromkeys(ROLES, PASSWORD))


@pytest.mark.parametrize(
    "statement",
    [
        "select * from intake.complaint",
        "select * from vault.requester",
        "update router.audit set actor = 'nobody'",
        "delete from router.audit",
        "select chuishao.set_business_clock(now())",
        "create table router.mine (x int)",
    ],
)
async def test_the_router_role_cannot(database: Database, statement: str) -> None:
    conn = await asyncpg.connect(database.dsn("chuishao_router"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await conn.execute(statement)
    await conn.close()


async def test_intake_may_seal_but_not_read_identities(database: Database) -> None:
    conn = await asyncpg.connect(database.dsn("chuishao_intake"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await conn.execute("select * from vault.requester")
    await conn.close()


async def test_the_clock_moves_only_in_a_simulated_database(database: Database) -> None:
    conn = await asyncpg.connect(database.dsn())
    await conn.execute("select chuishao.set_business_clock('2031-05-06 07:08:09+00')")
    assert (await conn.fetchval("select chuishao.business_now()")).year == 2031
    await conn.execute("update chuishao.setting set simulated = false")
    with pytest.raises(asyncpg.RaiseError):
        await conn.execute("select chuishao.set_business_clock(now())")
    await conn.close()


async def test_words_on_clocks_of_before_they_bore_a_time_give_way_to_those_said_since(
    database: Database, router_pool: Pool
) -> None:
    """Business time ran five years ahead: router 0015."""
    now = datetime.now(UTC)
    ticket, whistle, clock = uuid4(), uuid4(), uuid4()

    async def hear(state: str, said_at: datetime) -> None:
        async with reading(router_pool) as conn:
            due = now + timedelta(days=1)
            row = (ticket, 1, "result", clock, state, "-", due, "-", said_at, None, None)
            await store.project_clocks(conn, [row])
            one = (whistle, "check_in", "-", state, due, "-", said_at, None)
            await store_whistles.project(conn, [one])

    async def states() -> set[str]:
        sql = "select state from ticket_clock union all select state from whistle_clock"
        async with reading(router_pool) as conn:
            return {row["state"] for row in await conn.fetch(sql)}

    await hear("running", now + timedelta(days=1_800))
    admin = await asyncpg.connect(database.dsn(), server_settings={"search_path": "router"})
    migrations = resources.files("services.router").joinpath("migrations")
    await admin.execute(migrations.joinpath("0015_said_at.sql").read_text("utf-8"))
    await hear("stopped", now - timedelta(minutes=1))  # said before, heard after
    assert await states() == {"stopped"}
    await admin.execute(migrations.joinpath("0015_said_at.sql").read_text("utf-8"))
    await hear("running", now - timedelta(minutes=2))
    assert await states() == {"stopped"}, "what is in order stays so"
    await admin.close()
