"""SQL of who may see a complaint's files; takes a connection, never opens or commits one."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from kit.db import Conn, columns

SQL_HOLDERS: Final = """
with recursive worked_on as (
    select v.unit, v.assists, case when v.status = 'merged' then v.merged_into end as into_number
    from ticket_view v
    where v.complaint_id = $1
    union
    select v.unit, v.assists, case when v.status = 'merged' then v.merged_into end
    from worked_on w
    join complaint c on c.number = w.into_number
    join ticket_view v on v.complaint_id = c.complaint_id
)
select c.accused, array(
    select unnest(array_append(w.assists, w.unit)) from worked_on w
) as holders
from complaint c
where c.complaint_id = $1
"""
SQL_PROJECT_ASSISTS: Final = """
update ticket_view v
set assists = string_to_array(u.assists, ','), assists_version = u.version
from unnest($1::uuid[], $2::int[], $3::text[]) as u(complaint_id, version, assists)
where v.complaint_id = u.complaint_id and v.assists_version < u.version
"""
SQL_PROJECT_MERGED: Final = """
update ticket_view v
set merged_into = u.number, merged_version = u.version
from unnest($1::uuid[], $2::int[], $3::text[]) as u(complaint_id, version, number)
where v.complaint_id = u.complaint_id and v.merged_version < u.version
"""


async def holders(conn: Conn, complaint_id: UUID) -> tuple[str | None, list[str]]:
    """The unit complained about, and the units that work on a complaint now, also under another ticket."""
    row = await conn.fetchrow(SQL_HOLDERS, complaint_id)
    return (row["accused"], row["holders"]) if row else (None, [])


async def project_assists(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """Newest known (complaint id, version, codes joined by commas); older ones change nothing."""
    await conn.execute(SQL_PROJECT_ASSISTS, *columns(rows, 3))


async def project_merged(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """Newest known (complaint id, version, number it is worked on under)."""
    await conn.execute(SQL_PROJECT_MERGED, *columns(rows, 3))
