"""SQL of the walls' picture, of how sums stood, and of their replay."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from asyncpg import Record

from kit.db import Conn

SQL_PICTURE: Final = """
select body || jsonb_build_object('replay', replay) as told from hall_picture
"""
SQL_SHOW: Final = """
insert into hall_picture (body, sent_at) values ($1, $2)
on conflict (one) do update set body = excluded.body, sent_at = excluded.sent_at
returning body || jsonb_build_object('replay', replay)
"""
SQL_REPLAY: Final = """
insert into hall_picture (body, sent_at, replay) values ('{}', $2, $1)
on conflict (one) do update set replay = excluded.replay, sent_at = excluded.sent_at
returning body || jsonb_build_object('replay', replay)
"""
SQL_SAMPLE: Final = """
insert into wall_sample (at, area, counts)
select $1, area, jsonb_object_agg(split_part(name, '.', 1), n)
from tally
where name = any($2::text[]) and length(area) in (6, 9, 12)
group by area
on conflict do nothing
"""
SQL_MOMENT: Final = """
insert into wall_moment (at, area, counts)
select $1, area, jsonb_object_agg(name, n)
from tally
where (n <> 0 and name = any($3::text[]))
    or (length(area) in (6, 9, 12)
        and (name = any($2::text[]) or (n <> 0 and name like 'category.%')))
group by area
on conflict do nothing
"""
SQL_THIN: Final = """
delete from wall_sample
where at < $1 and (at < $2 or at <> date_trunc('hour', at))
"""
SQL_FORGET_MOMENTS: Final = "delete from wall_moment where at < $1"
SQL_MOMENTS: Final = """
select at, area, counts
from wall_moment
where area >= $1 and area < $1 || ':' and at >= $2
"""
"""`:` comes after the digits."""
SQL_SAMPLES: Final = """
select at, counts
from wall_sample
where area = $1 and at >= $2 and (at >= $3 or at = date_trunc('hour', at))
order by at
"""


async def picture(conn: Conn) -> dict[str, Any] | None:
    """What walls were told to show last, and which replay."""
    found: dict[str, Any] | None = await conn.fetchval(SQL_PICTURE)
    return found


async def show(conn: Conn, picture: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Keep what walls show from now on, for those that are switched on later; answers all they are told."""
    found: dict[str, Any] = await conn.fetchval(SQL_SHOW, picture, now)
    return found


async def replay(conn: Conn, begun: dict[str, Any] | None, now: datetime) -> dict[str, Any]:
    """Keep since when walls show an earlier time (None: they are live); answers all they are told."""
    found: dict[str, Any] = await conn.fetchval(SQL_REPLAY, begun, now)
    return found


async def sample(conn: Conn, at: datetime, levels: list[str], flows: list[str]) -> None:
    """Keep how the sums of every wall and of areas on it stand; once for each time, whoever comes first."""
    await conn.execute(SQL_SAMPLE, at, levels + flows)
    await conn.execute(SQL_MOMENT, at, levels + flows, levels)


async def thin(conn: Conn, quarters_until: datetime, all_until: datetime) -> None:
    """Keep only full hours of walls before the one, nothing before the other."""
    await conn.execute(SQL_THIN, quarters_until, all_until)
    await conn.execute(SQL_FORGET_MOMENTS, quarters_until)


async def moments(conn: Conn, area: str, since: datetime) -> list[Record]:
    """How an area and all below it stood at each quarter of an hour."""
    found: list[Record] = await conn.fetch(SQL_MOMENTS, area, since)
    return found


async def samples(conn: Conn, area: str, since: datetime, quarters_since: datetime) -> list[Record]:
    """How the sums of an area stood, oldest first: hours, then quarters of an hour."""
    found: list[Record] = await conn.fetch(SQL_SAMPLES, area, since, quarters_since)
    return found
