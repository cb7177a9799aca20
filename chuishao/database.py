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
SQL_IS_SIMULATED: Final = "select simulated from chuishao.setting"
SQL_CREATE_ROLE: Final = "select format('create role %I login password %L', $1::text, $2::text)"
SQL_CREATE_DATABASE: Final = "select format('create database %I owner %I', $1::text, $2::text)"


class DatabaseRefusedError(RuntimeError):
    """The database is not what was asked for; the message says what to do."""


async def bring_up_to_date(admin: Dsn, secrets: Secrets, *, simulated: bool) -> list[str]:
    """Make database and roles if missing and apply the migrations; return what was applied.

    Raises DatabaseRefusedError for a migration edited after it was applied, for a role of ours that
    passes every row policy, and for a database that should be simulated and is not; OSError and
    asyncpg's errors when the server cannot be reached.
    """
    from kit.logging import configure
    from kit.migrate import EditedMigrationError, PowerfulRoleError, migrate_all

    configure("chuishao", level="WARNING", form="console")
    await _ensure_database(admin, secrets.passwords[OWNER_ROLE])
    dsn = admin.text(database=admin.our_database)
    try:
        applied = await migrate_all(dsn, secrets.role_passwords(), simulated=simulated)
    except EditedMigrationError as error:
        msg = (
            f"此库已执行过的迁移后来被改动：{error}。请恢复原文件，新的改动写进新的迁移。\n"
            f"A migration already applied here has other content now: {error}. Restore it and "
            "put the change into a new one."
        )
        raise DatabaseRefusedError(msg) from None
    except PowerfulRoleError as error:
        msg = (
            f"数据库角色 {error} 是超级用户或带 BYPASSRLS，行级权限对它无效。请由数据库管理员收回：\n"
            f"Database role {error} is a superuser or has BYPASSRLS, so no row policy holds for it; "
            "let the database's administrator run:\n"
            "  alter role … nosuperuser nobypassrls"
        )
        raise DatabaseRefusedError(msg) from None
    if simulated and not await _is_simulated(dsn):
        msg = (
            "此库不是以 --simulated 创建的：请去掉 --simulated，或另选数据目录。\n"
            "This database was made without --simulated: leave the flag out, or use another "
            "data directory."
        )
        raise DatabaseRefusedError(msg)
    return applied


async def _is_simulated(dsn: str) -> bool:
    import asyncpg

    conn = await asyncpg.connect(dsn, timeout=_CONNECT_S)
    try:
        return bool(await conn.fetchval(SQL_IS_SIMULATED))
    finally:
        await conn.close()


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
