"""SQL of campaigns: an area, a time and categories whose rates are looked at together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn

SQL_MAKE: Final = """
insert into rate_campaign (campaign_id, name, area, starts_on, ends_on, categories, made_by, made_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
returning *
"""
SQL_PAGE: Final = """
select c.*
from rate_campaign c
where ($1::text[] is null or c.area ^@ any($1)) and ($2::uuid is null or c.campaign_id < $2)
order by c.campaign_id desc
limit $3
"""
SQL_ONE: Final = "select c.* from rate_campaign c where c.campaign_id = $1"


async def make(conn: Conn, row: Sequence[Any]) -> Record:
    """Insert a campaign."""
    made = await conn.fetchrow(SQL_MAKE, *row)
    assert made is not None  # noqa: S101 - it was inserted just now
    return made


async def page(
    conn: Conn, within: Sequence[str] | None, before: UUID | None, limit: int
) -> list[Record]:
    """Campaigns of areas, newest first."""
    return list(await conn.fetch(SQL_PAGE, within, before, limit))


async def one(conn: Conn, campaign_id: UUID) -> Record | None:
    """A campaign."""
    return await conn.fetchrow(SQL_ONE, campaign_id)


def shown(row: Record) -> dict[str, Any]:
    """A campaign as people see it."""
    return {
        "campaign_id": str(row["campaign_id"]),
        "name": row["name"],
        "area": row["area"],
        "from": row["starts_on"].isoformat(),
        "to": row["ends_on"].isoformat(),
        "categories": row["categories"],
        "made_by": row["made_by"],
        "made_at": row["made_at"].isoformat(),
    }
