"""SQL of the figures of whistles; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asyncpg import Record

from kit.db import Conn

_COUNTED: Final = """
    count(*) as called,
    count(*) filter (where c.excused_at is not null) as excused,
    count(*) filter (where c.excused_at is not null and not x.early) as late_excused,
    count(*) filter (where c.checked_in_at is not null) as checked_in,
    count(*) filter (
        where c.checked_in_at is not null and not c.late and not x.early
    ) as in_time,
    percentile_cont(0.5) within group (
        order by extract(epoch from c.checked_in_at - w.issued_at) / 60
    ) filter (where c.checked_in_at is not null) as median_minutes,
    count(*) filter (where c.no_show_at is not null) as no_shows,
    count(*) filter (where c.declined_at is not null) as declined,
    count(*) filter (where c.done_at is not null) as done,
    avg(c.speed)::float8 as speed,
    avg(c.quality)::float8 as quality,
    count(c.rated_at) as rated
from whistle w
join whistle_call c using (whistle_id)
left join whistle_clock k
    on k.whistle_id = c.whistle_id and k.unit = c.unit and k.kind = 'check_in'
cross join lateral (
    select c.excused_at is not null
        and (k.due_at is null or c.excused_at <= k.due_at) as early
) x
where w.issued_at >= $1 and w.issued_at < $2
    and ($3::text[] is null or exists (select from unnest($3) p(area) where w.area like p.area || '%'))
"""
SQL_BY_UNIT: Final = f"select c.unit as key, {_COUNTED} group by 1 order by 1"
SQL_BY_COMMUNITY: Final = f"select left(w.area, 12) as key, {_COUNTED} group by 1 order by 1"
SQL_BLOWN: Final = """
select left(w.area, 12) as key, count(*) as whistles
from whistle w
where w.blown_at >= $1 and w.blown_at < $2
    and ($3::text[] is null or exists (select from unnest($3) p(area) where w.area like p.area || '%'))
group by 1
order by 1
"""
SQL_TICKETS: Final = """
select left(t.area, 12) as key, count(*) as tickets
from ticket t
where t.received_at >= $1 and t.received_at < $2 and length(t.area) >= 12
    and ($3::text[] is null or exists (select from unnest($3) p(area) where t.area like p.area || '%'))
group by 1
"""


@dataclass(frozen=True, slots=True)
class Period:
    """From when until before when, and within which areas: None for everywhere."""

    start: datetime
    end: datetime
    within: Sequence[str] | None


async def by_unit(conn: Conn, period: Period) -> list[Record]:
    """Counts by called department."""
    return list(await conn.fetch(SQL_BY_UNIT, period.start, period.end, period.within))


async def by_community(conn: Conn, period: Period) -> list[Record]:
    """The same by the community the whistles were about (the first twelve digits of the area)."""
    return list(await conn.fetch(SQL_BY_COMMUNITY, period.start, period.end, period.within))


async def blown(conn: Conn, period: Period) -> dict[str, int]:
    """How many whistles were blown, by community."""
    rows = await conn.fetch(SQL_BLOWN, period.start, period.end, period.within)
    return {row["key"]: row["whistles"] for row in rows}


async def tickets(conn: Conn, period: Period) -> dict[str, int]:
    """How many tickets were received, by community, also where no whistle was blown."""
    rows = await conn.fetch(SQL_TICKETS, period.start, period.end, period.within)
    return {row["key"]: row["tickets"] for row in rows}
