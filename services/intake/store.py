"""SQL of reading complaints and projecting tickets; takes a connection, never opens or commits one."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns

SQL_UNSEAL: Final = "select wrapped_key, box from vault.requester where complaint_id = $1"
SQL_COMPLAINT: Final = """
select c.*, t.status, t.unit, t.round
from complaint c
left join ticket_view t using (complaint_id)
where c.complaint_id = $1 or c.number = $2
"""
SQL_PROJECT: Final = """
insert into ticket_view (complaint_id, status, unit, round, version, area, category)
select *
from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[], $6::text[], $7::text[])
on conflict (complaint_id) do update
set status = excluded.status, unit = excluded.unit, round = excluded.round,
    version = excluded.version, area = excluded.area, category = excluded.category
where ticket_view.version < excluded.version
"""


async def unseal(conn: Conn, complaint_id: UUID) -> tuple[bytes, bytes] | None:
    """Wrapped key and box of one complaint; needs the vault role."""
    row = await conn.fetchrow(SQL_UNSEAL, complaint_id)
    return (row["wrapped_key"], row["box"]) if row else None


async def complaint(conn: Conn, complaint_id: UUID | None, number: str | None) -> Record | None:
    """One complaint by id or number, masked, with what its ticket is known to be."""
    return await conn.fetchrow(SQL_COMPLAINT, complaint_id, number)


async def project(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """Newest known (complaint id, status, unit, round, version, area, category); older ones change nothing."""
    await conn.execute(SQL_PROJECT, *columns(rows, 7))
