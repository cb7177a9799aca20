"""SQL of looking for likely duplicates: one question, bounded however many complaints share a mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asyncpg import Record

from kit.db import Conn

PER_MARK: Final = 40
"""Newest complaints read of one mark: a phrase or place that everybody names costs no more than others."""
CALLS: Final = 20
"""Newest complaints of one caller."""
CANDIDATES: Final = 40
"""Complaints whose words are compared."""

SQL_ALIKE: Final = f"""
with hit as (
    select m.complaint_id, asked.weight / count(*) over (partition by asked.mark) as weight
    from unnest($1::bigint[], $2::float8[]) as asked(mark, weight)
    cross join lateral (
        select complaint_id
        from complaint_mark
        where mark = asked.mark
        order by complaint_id desc
        limit {PER_MARK}
    ) m
), called as (
    select t.complaint_id
    from unnest($3::bytea[]) as c(caller)
    cross join lateral vault.complaints_of(c.caller, {CALLS}) as t(complaint_id)
), best as (
    select complaint_id, bool_or(called) as same_caller
    from (
        select complaint_id, weight, false as called from hit
        union all
        select complaint_id, 1000, true from called
    ) found
    group by complaint_id
    order by sum(weight) desc, complaint_id desc
    limit {CANDIDATES}
)
select c.complaint_id, c.number, c.received_at, c.kind, c.title, left(c.body, $5) as text, c.address,
    c.lon, c.lat, c.datum, coalesce(t.area, c.grid_code) as grid_code, c.grid_code as filed_grid,
    coalesce(t.category, c.category) as category, t.status, best.same_caller
from best
join complaint c using (complaint_id)
left join ticket_view t using (complaint_id)
where c.received_at > $4
    and c.decline_reason is null
    and not c.confidential
    and coalesce(t.status, '') <> 'declined'
"""


@dataclass(frozen=True, slots=True)
class Traces:
    """What is looked for: keys of marks with their weights, and the caller's blind indexes if known."""

    keys: Sequence[int]
    weights: Sequence[float]
    caller: Sequence[bytes]


async def alike(conn: Conn, traces: Traces, since: datetime, length: int) -> list[Record]:
    """Complaints received after `since` that share marks or the caller, the first `length` characters of each."""
    found: list[Record] = await conn.fetch(
        SQL_ALIKE, traces.keys, traces.weights, traces.caller, since, length
    )
    return found
