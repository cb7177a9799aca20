"""Schemas, roles and tables: forward-only SQL files with checksums, under one advisory lock."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import Final

import asyncpg

from kit.db import Conn
from kit.logging import get
from kit.row_security import VAULT, guard

log = get(__name__)

SERVICES: Final = ("intake", "router", "notifier", "console")
GUARDED: Final = ("intake", "router", "notifier")
"""Services whose people's requests run under a role of their own (docs/adr/0036)."""
LOCK_KEY: Final = 0x43485549
SQL_ROLE_EXISTS: Final = "select exists (select from pg_roles where rolname = $1)"
SQL_TOO_POWERFUL: Final = """
select rolname from pg_roles
where rolname = any($1::text[]) and (rolsuper or rolbypassrls)
order by rolname
"""
SQL_APPLIED: Final = "select name, checksum from chuishao.migration where scope = $1"
SQL_RECORD: Final = "insert into chuishao.migration (scope, name, checksum) values ($1, $2, $3)"


class EditedMigrationError(RuntimeError):
    """A migration that was already applied has other content now: write a new file instead."""


class PowerfulRoleError(RuntimeError):
    """A role of ours passes every row policy: whoever made it so has to take that back."""


def people_role(service: str) -> str:
    """The role as which people's requests to a service run."""
    return f"chuishao_{service}_people"


async def migrate_all(
    admin_dsn: str, passwords: Mapping[str, str], *, simulated: bool = False
) -> list[str]:
    """Bring the database to the current schema and return the names of what was applied.

    `passwords` maps role name to password. `simulated` counts only when the database is made: it decides
    for good whether `business_now()` can be set. Raises EditedMigrationError, PowerfulRoleError.
    """
    conn: Conn = await asyncpg.connect(admin_dsn, timeout=10)
    try:
        await conn.execute("set lock_timeout = '30s'")
        await conn.fetchval("select pg_advisory_lock($1)", LOCK_KEY)
        await _roles(conn, passwords)
        done = await _apply(
            conn, "chuishao", _files("kit", "migrations/shared"), simulated=simulated
        )
        for service in SERVICES:
            await conn.execute(_SCHEMA_OF[service])
            done += await _apply(conn, service, _files("kit", "migrations/messaging"))
            done += await _apply(conn, service, _files(f"services.{service}", "migrations"))
            await conn.execute(_GRANTS_OF[service])
            await guard(conn, service)
        await guard(conn, VAULT)
        return done
    finally:
        await conn.close()


def known() -> set[tuple[str, str]]:
    """Every migration these programs need: (scope, name)."""
    found = {("chuishao", name) for name, _ in _files("kit", "migrations/shared")}
    for service in SERVICES:
        files = [
            *_files("kit", "migrations/messaging"),
            *_files(f"services.{service}", "migrations"),
        ]
        found |= {(service, name) for name, _ in files}
    return found


_SCHEMA_OF: Final = {
    service: f"create schema if not exists {service};"
    f" grant usage on schema {service}, chuishao to chuishao_{service}"
    for service in SERVICES
}
_GRANTS_OF: Final = {
    service: f"grant select, insert, update, delete on all tables in schema {service}"
    f" to chuishao_{service};"
    f" grant usage on all sequences in schema {service} to chuishao_{service};"
    f" revoke insert, update, delete on {service}.audit from chuishao_{service};"
    f" grant insert (audit_id, at, actor, action, object, detail)"
    f" on {service}.audit to chuishao_{service};"
    f" revoke update, delete on {service}.audit_link, {service}.audit_anchor from chuishao_{service};"
    f" revoke insert, update on {service}.audit_pending from chuishao_{service}"
    for service in SERVICES
}


def _files(package: str, folder: str) -> list[tuple[str, str]]:
    root = resources.files(package).joinpath(folder)
    if not root.is_dir():
        return []
    return sorted(
        (f"{folder}/{item.name}", item.read_text(encoding="utf-8"))
        for item in root.iterdir()
        if item.name.endswith(".sql")
    )


async def _roles(conn: Conn, passwords: Mapping[str, str]) -> None:
    """Make our roles; one without a password cannot sign in, but policies may name it."""
    needed = (
        *(f"chuishao_{service}" for service in (*SERVICES, "vault")),
        *(people_role(service) for service in GUARDED),
    )
    for role in needed:
        if role not in passwords and not await conn.fetchval(SQL_ROLE_EXISTS, role):
            await conn.execute(f"create role {role} nologin")
    for role, password in passwords.items():
        verb = "alter" if await conn.fetchval(SQL_ROLE_EXISTS, role) else "create"
        statement = await conn.fetchval(
            f"select format('{verb} role %I login password %L', $1::text, $2::text)",
            role,
            password,
        )
        await conn.execute(statement)
    powerful = await conn.fetch(SQL_TOO_POWERFUL, list({*needed, *passwords}))
    if powerful:
        raise PowerfulRoleError(", ".join(row["rolname"] for row in powerful))


async def _apply(
    conn: Conn, scope: str, files: list[tuple[str, str]], *, simulated: bool = False
) -> list[str]:
    ledger = await conn.fetchval("select to_regclass('chuishao.migration')")
    applied = dict(await conn.fetch(SQL_APPLIED, scope)) if ledger else {}
    done = []
    for name, text in files:
        checksum = hashlib.sha256(text.encode()).hexdigest()
        if name in applied:
            if applied[name] != checksum:
                raise EditedMigrationError(f"{scope}: {name}")
            continue
        async with conn.transaction():
            await conn.execute("select set_config('chuishao.simulated', $1, true)", str(simulated))
            await conn.execute(f"set local search_path = {scope}")
            await conn.execute(text)
            await conn.execute(SQL_RECORD, scope, name, checksum)
        log.info("migration_applied", scope=scope, migration=name)
        done.append(f"{scope}:{name}")
    return done
