"""SQL of the walls' picture and of how sums stood."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from asyncpg import Record

from kit.db import Conn

SQL_PICTURE: Final = "select body from hall_picture"
SQL_SHOW: Final = """
insert into hall_picture (body, sent_at) values ($1, $2)
on conflict (one) do update set body = excluded.body, sent_at = excluded.sent_at
"""
SQL_SAMPLE: Final = """
insert into wall_sample (at, area, counts)
select $1, area, jsonb_object_agg(split_part(name, '.', 1), n)
from tally
where name = any($2::text[]) and length(area) in (6, 9, 12)
group by area
on conflict do nothing
"""
SQL_THIN: Final = """
delete from wall_sample
where at < $1 and (at < $2 or at <> date_trunc('hour', at))
"""
SQL_SAMPLES: Final = """
select at, counts
from wall_sample
where area = $1 and at >= $2 and (at >= $3 or at = date_trunc('hour', at))
order by at
"""


async def picture(conn: Conn) -> dict[str, Any] | None:
    """What walls were told to show last."""
    found: dict[str, Any] | None = await conn.fetchval(SQL_PICTURE)
    return found


async def show(conn: Conn, picture: dict[str, Any], now: datetime) -> None:
    """Keep what walls show from now on, for those that are switched on later."""
    await conn.execute(SQL_SHOW, picture, now)


async def sample(conn: Conn, at: datetime, names: list[str]) -> None:
    """Keep how the sums of every wall stand; once for each time, whoever comes first."""
    await conn.execute(SQL_SAMPLE, at, names)


async def thin(conn: Conn, quarters_until: datetime, all_until: datetime) -> None:
    """Keep only full hours before the one, nothing before the other."""
    await conn.execute(SQL_THIN, quarters_until, all_until)


async def samples(conn: Conn, area: str, since: datetime, quarters_since: datetime) -> list[Record]:
    """How the sums of an area stood, oldest first: hours, then quarters of an hour."""
    found: list[Record] = await conn.fetch(SQL_SAMPLES, area, since, quarters_since)
    return found
