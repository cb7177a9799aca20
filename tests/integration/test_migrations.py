"""Migrations on a real server: forward only, checked, and roles that can do only what they need."""

from __future__ import annotations

import asyncpg
import pytest

from kit.migrate import EditedMigrationError, migrate_all
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
