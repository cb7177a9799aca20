"""The database of an installation: made once on whatever server it uses, then migrated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chuishao.dsn import MAINTENANCE, Dsn
from chuishao.secrets import OWNER_ROLE, Secrets

if TYPE_CHECKING:
    from asyncpg import Connection

_CONNECT_S: Final = 10.0
SQL_ROLE_EXISTS: Final = "select exists (select from pg_roles where rolname = $1)"
SQL_DATABASE_EXISTS: Final = "select exists (select from pg_database where datname = $1)"
SQL_CREATE_ROLE: Final = "select format('create role %I login password %L', $1::text, $2::text)"
SQL_CREATE_DATABASE: Final = "select format('create database %I owner %I', $1::text, $2::text)"


async def bring_up_to_date(admin: Dsn, secrets: Secrets, *, simulated: bool) -> list[str]:
    """Make database and roles if missing and apply the migrations; return what was applied.

    Raises OSError when the server cannot be reached, asyncpg's and kit.migrate's errors when it
    refuses.
    """
    from kit.logging import configure
    from kit.migrate import migrate_all

    configure("chuishao", level="WARNING", form="console")
    await _ensure_database(admin, secrets.passwords[OWNER_ROLE])
    dsn = admin.text(database=admin.our_database)
    return await migrate_all(dsn, secrets.role_passwords(), simulated=simulated)


async def _ensure_database(admin: Dsn, owner_password: str) -> None:
    import asyncpg

    conn = await asyncpg.connect(admin.text(database=MAINTENANCE), timeout=_CONNECT_S)
    try:
        if not await conn.fetchval(SQL_ROLE_EXISTS, OWNER_ROLE):
            await _run(conn, SQL_CREATE_ROLE, OWNER_ROLE, owner_password)
        if not await conn.fetchval(SQL_DATABASE_EXISTS, admin.our_database):
            await _run(conn, SQL_CREATE_DATABASE, admin.our_database, OWNER_ROLE)
    finally:
        await conn.close()


async def _run(conn: Connection, formatter: str, *words: str) -> None:
    """Let the server quote the words into a statement, then execute that."""
    statement: str = await conn.fetchval(formatter, *words)
    await conn.execute(statement)
