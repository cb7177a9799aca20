"""Every table about tickets or people has forced row-level security; no role of ours gets around it."""

from __future__ import annotations

from typing import Any, Final

import asyncpg
import pytest

from kit.migrate import GUARDED, PowerfulRoleError, migrate_all, people_role
from kit.row_security import MARKS
from tests.support.servers import PASSWORD, ROLES, Database

SCHEMAS: Final = ("intake", "vault", "router", "notifier", "console", "chuishao")
ABOUT: Final = (
    "(ticket|complaint|whistle|word|issue|session|decision|legacy)_id$|^used_by$|^into_ticket$"
    "|phone|address_hash|identity"
)
"""Names of columns that hold tickets, identities, or lead to them; wider than what the guard goes by."""

TABLES: Final = """
select n.nspname || '.' || c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
    array(select p.polname::text from pg_policy p where p.polrelid = c.oid order by 1) as policies
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any($1) and c.relkind in ('r', 'p') and not c.relispartition
    and exists (
        select from pg_attribute a
        where a.attrelid = c.oid and a.attname ~ $2 and not a.attisdropped
    )
order by name
"""
OPEN_TO: Final = """
select n.nspname || '.' || c.relname as name, p.polname as policy
from pg_policy p
join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any($1) and (
    0 = any(p.polroles)
    or (
        exists (select from pg_roles r where r.oid = any(p.polroles) and r.rolname like '%\\_people')
        and coalesce(pg_get_expr(p.polqual, p.polrelid), 'true') = 'true'
    )
)
"""
"""Policies for everybody, and policies for people that ask nothing."""
OWNERS: Final = """
select c.oid::regclass::text as name, r.rolname
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_roles r on r.oid = c.relowner
where n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'S') and r.rolname = any($2)
"""


async def unguarded(conn: asyncpg.Connection[Any]) -> list[str]:
    return [
        row["name"]
        for row in await conn.fetch(TABLES, SCHEMAS, ABOUT)
        if not row["forced"] or "worker" not in row["policies"]
    ]


async def test_every_table_about_tickets_or_people_is_guarded(database: Database) -> None:
    conn = await asyncpg.connect(database.dsn())
    found = [row["name"] for row in await conn.fetch(TABLES, SCHEMAS, ABOUT)]
    assert len(found) > 40
    assert {"router.ticket", "vault.requester", "intake.complaint", "notifier.clock"} <= {*found}
    assert await unguarded(conn) == []
    assert await conn.fetch(OPEN_TO, SCHEMAS) == []
    await conn.close()


@pytest.mark.parametrize(
    "weakening",
    [
        "alter table router.ticket no force row level security",
        "alter table vault.requester disable row level security",
        "drop policy worker on notifier.clock",
        "create table intake.later (complaint_id uuid, said text)",
    ],
)
async def test_a_weakened_or_forgotten_table_is_named_and_the_next_migration_mends_it(
    database: Database, weakening: str
) -> None:
    """The negative control of the guard above; what `chuishao migrate` does about it is the second half."""
    conn = await asyncpg.connect(database.dsn())
    await conn.execute(weakening)
    assert len(await unguarded(conn)) == 1
    await migrate_all(database.dsn(), dict.fromkeys(ROLES, PASSWORD))
    assert await unguarded(conn) == []
    await conn.close()


@pytest.mark.parametrize(
    "opening",
    [
        "create policy everybody on router.whistle using (true)",
        "create policy more on router.ticket to chuishao_router_people using (true)",
    ],
)
async def test_a_policy_that_asks_nothing_is_found(database: Database, opening: str) -> None:
    conn = await asyncpg.connect(database.dsn())
    await conn.execute(opening)
    assert len(await conn.fetch(OPEN_TO, SCHEMAS)) == 1
    await conn.close()


READABLE: Final = """
select c.oid::regclass::text as name
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any($1) and c.relkind in ('r', 'p') and has_table_privilege($2, c.oid, 'select')
    and not (c.relrowsecurity and c.relforcerowsecurity)
"""


@pytest.mark.parametrize("service", GUARDED)
async def test_what_people_may_read_is_cut_row_by_row(database: Database, service: str) -> None:
    """A policy on a table where row-level security is not on would be ink."""
    conn = await asyncpg.connect(database.dsn())
    assert await conn.fetch(READABLE, SCHEMAS, people_role(service)) == []
    await conn.execute(f"grant select on {service}.inbox to {people_role(service)}")
    assert len(await conn.fetch(READABLE, SCHEMAS, people_role(service))) == 1
    await conn.close()


async def test_no_role_of_ours_owns_a_table(database: Database) -> None:
    conn = await asyncpg.connect(database.dsn())
    assert await conn.fetch(OWNERS, SCHEMAS, list(ROLES)) == []
    await conn.execute(
        "create table router.mine (x int); alter table router.mine owner to chuishao_router"
    )
    assert len(await conn.fetch(OWNERS, SCHEMAS, list(ROLES))) == 1
    await conn.close()


async def test_a_role_that_passes_every_policy_is_refused(database: Database) -> None:
    conn = await asyncpg.connect(database.dsn())
    role = people_role(GUARDED[0])
    await conn.execute(f"alter role {role} bypassrls")
    try:
        with pytest.raises(PowerfulRoleError, match=role):
            await migrate_all(database.dsn(), dict.fromkeys(ROLES, PASSWORD))
    finally:
        await conn.execute(f"alter role {role} nobypassrls")
        await conn.close()


async def test_a_worker_sees_the_tickets_of_its_own_schema_alone(database: Database) -> None:
    """The vault's role is the only one that reads identities; intake only puts them in."""
    readers = {
        "chuishao_intake": "intake.complaint",
        "chuishao_vault": "vault.requester",
        "chuishao_router": "router.ticket",
        "chuishao_notifier": "notifier.ticket_view",
    }
    for role in readers:
        conn = await asyncpg.connect(database.dsn(role))
        for owner, table in readers.items():
            if owner == role:
                assert await conn.fetchval(f"select count(*) from {table}") == 0  # noqa: S608
            else:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await conn.fetch(f"select * from {table}")  # noqa: S608
        await conn.close()


def test_what_the_guard_goes_by_is_part_of_what_is_looked_for() -> None:
    import re

    assert [mark for mark in MARKS if not re.search(ABOUT, mark) and mark != "reply"] == []
