"""SQL of how long matters took, and which unit held them how long (domain.md D3 rule 4)."""

from __future__ import annotations

from typing import Final

from asyncpg import Record

from kit.db import Conn
from services.notifier.rates.store_figures import GROUP, IN_AREA, KEY, LOCAL, Wanted

SQL_TIMES: Final = f"""
with done as (
    select {KEY.format(unit="f.unit", category="f.category", area="f.area", at=LOCAL.format("f.handled_at"))} as key,
        extract(epoch from f.handled_at - f.received_at)::float8 as wall_s, f.work_s::float8 as work_s
    from rate_fact f
    where f.handled_at >= $1 and f.handled_at < $2 and f.lead and f.reopened_at is null
        and ($5::text[] is null or f.unit = any($5))
        and {IN_AREA.format(area="f.area", category="f.category")}
)
select key, grouping(key) as whole, count(*) as n, count(work_s) as n_working,
    percentile_cont(array[0.5, 0.9, 0.95]) within group (order by wall_s) as wall,
    percentile_cont(array[0.5, 0.9, 0.95]) within group (order by work_s) as working
from done
{GROUP}
"""
SQL_HELD: Final = f"""
with done as (
    select f.ticket_id, f.round, f.result_ok
    from rate_fact f
    where f.handled_at >= $1 and f.handled_at < $2 and f.lead
        and {IN_AREA.format(area="f.area", category="f.category")}
), held as (
    select f.unit, f.held_s, d.result_ok,
        f.held_s::float8 / nullif(sum(f.held_s) over (partition by f.ticket_id, f.round), 0) as share
    from done d
    join rate_fact f on f.ticket_id = d.ticket_id and f.round = d.round
)
select * from (
    select unit, count(*) as rounds, sum(held_s)::bigint as held_s, sum(sum(held_s)) over ()::bigint as all_s,
        coalesce(sum(held_s) filter (where not result_ok), 0)::bigint as late_s,
        coalesce(sum(share) filter (where result_ok), 0) as punctual,
        coalesce(sum(share) filter (where result_ok is not null), 0) as judged
    from held
    group by unit
) h
where $3::text is not null and ($5::text[] is null or unit = any($5))
order by unit
"""
"""Each round counts once: shared out among its holders by the time each held it. A unit's share is one of
the time of all, also where it asks for itself alone."""


async def times(conn: Conn, wanted: Wanted) -> list[Record]:
    """Seconds from receipt to the handing-in that stood, wall and working: the sum first, then each group."""
    rows: list[Record] = await conn.fetch(SQL_TIMES, *wanted.asked())
    return rows


async def held(conn: Conn, wanted: Wanted) -> list[Record]:
    """By unit, of rounds that were handed in."""
    rows: list[Record] = await conn.fetch(SQL_HELD, *wanted.asked())
    return rows
