"""Row-level security, forced, on every table that holds tickets or identities (docs/adr/0036).

What people's requests may see is said by policies in the services' migrations. Here stands what holds for all
such tables, also for one that is added later and thinks of nothing: nobody but the service's worker and the
owner, as which only migrations and functions run, gets a row.
"""

from __future__ import annotations

from typing import Final

from kit.db import Conn

MARKS: Final = (
    "ticket_id", "complaint_id", "whistle_id", "issue_id", "session_id", "decision_id", "legacy_id",
    "used_by", "word_id", "reply", "phone", "phone_index", "phone_mark", "address_hash",
)  # fmt: skip
"""Columns by which a table is known to be about tickets or people."""
VAULT: Final = "vault"
"""Schema of identities: each of its tables is guarded, and only its own role reads there."""

SQL_UNGUARDED: Final = """
select format('%I.%I', n.nspname, c.relname) as name, pg_get_userbyid(c.relowner) as owner
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('r', 'p') and not c.relispartition
    and ($1 = $3 or exists (
        select from pg_attribute a
        where a.attrelid = c.oid and a.attname = any($2::text[]) and not a.attisdropped
    ))
    and not (
        c.relrowsecurity and c.relforcerowsecurity
        and exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'worker')
    )
order by name
"""


async def guard(conn: Conn, schema: str) -> None:
    """Guard every table of a schema that is not guarded yet; runs as their owner, after migrations."""
    for row in await conn.fetch(SQL_UNGUARDED, schema, list(MARKS), VAULT):
        await conn.execute(_statement(row["name"], row["owner"], schema))


def _statement(table: str, owner: str, schema: str) -> str:
    quoted = owner.replace('"', '""')
    policies = {
        "worker": f"to chuishao_{schema} using (true)",
        "owner": f'to "{quoted}" using (true)',
    }
    if schema == VAULT:
        policies["sealing"] = "for insert to chuishao_intake with check (true)"
    return f"alter table {table} enable row level security, force row level security;" + "".join(
        f"drop policy if exists {name} on {table}; create policy {name} on {table} {rule};"
        for name, rule in policies.items()
    )
