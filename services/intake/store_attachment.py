"""SQL of who may see a complaint's files; takes a connection, never opens or commits one."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from kit.db import Conn, columns
from kit.staff import Matter

SQL_MATTER: Final = """
with recursive worked_on as (
    select v.complaint_id, v.unit, v.assists,
        case when v.status = 'merged' then v.merged_into end as into_number
    from ticket_view v
    where v.complaint_id = $1
    union
    select v.complaint_id, v.unit, v.assists, case when v.status = 'merged' then v.merged_into end
    from worked_on w
    join complaint c on c.number = w.into_number
    join ticket_view v on v.complaint_id = c.complaint_id
), whole as (
    select c.complaint_id, c.number, c.accused
    from worked_on w
    join complaint c using (complaint_id)
    union
    select c.complaint_id, c.number, c.accused
    from whole w
    join ticket_view v on v.into_number = w.number and v.status = 'merged'
    join complaint c on c.complaint_id = v.complaint_id
)
select array(select w.accused from whole w where w.accused is not null) as accused, v.unit, v.area, array(
    select unnest(array_append(w.assists, w.unit))
    from worked_on w
    where w.complaint_id = $1 or w.into_number is null
) as helpers
from complaint c
join ticket_view v using (complaint_id)
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


async def matter(conn: Conn, complaint_id: UUID) -> Matter | None:
    """Who works on a complaint now, also under another ticket; None before its ticket is known."""
    row = await conn.fetchrow(SQL_MATTER, complaint_id)
    return Matter(row["accused"], row["unit"], row["helpers"], row["area"]) if row else None


async def project_assists(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """Newest known (complaint id, version, codes joined by commas); older ones change nothing."""
    await conn.execute(SQL_PROJECT_ASSISTS, *columns(rows, 3))


async def project_merged(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """Newest known (complaint id, version, number it is worked on under)."""
    await conn.execute(SQL_PROJECT_MERGED, *columns(rows, 3))
