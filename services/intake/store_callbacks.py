"""SQL of the call-back desk's lists: who is still to be asked, who was, and what looks odd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn

EXCERPT: Final = 120
"""Characters shown of what was said."""
BURST: Final = 5
"""Answers by one person within a minute that are worth a look: a call takes longer than 12 seconds."""
PHONES: Final = 3
"""Matters for which one phone answered."""
AT_ONCE_S: Final = 60
"""Seconds after `handled` within which nobody can have looked at the work."""
STREAK: Final = 20
"""Answers in a row by one person, every one of them satisfied."""
MOST: Final = 200
"""Findings of one kind in one answer. All five numbers are this product's own choice (domain.md E28)."""

_MINE: Final = """
    and not own.holders && $1::text[] and not led.holders && $1::text[]
    and own.handler is distinct from $2 and led.handler is distinct from $2"""
"""Who handled a matter does not find it here either."""
SQL_DUE: Final = f"""
with due as (
    select complaint_id, complaint_id as lead_id
    from ticket_view
    where status = 'callback'
    union all
    select complaint_id, lead_of(complaint_id)
    from ticket_view
    where status = 'merged' and not settled
)
select c.complaint_id, c.number, case when not c.confidential then c.title end as title,
    case when not c.confidential then left(c.body, {EXCERPT}) end as excerpt, c.kind, c.channel,
    coalesce(own.area, c.grid_code) as grid_code, coalesce(own.category, c.category) as category,
    under.number as under, led.round, led.version, coalesce(led.since, c.received_at) as since,
    c.reachable, tried.count as tries, tried.last_at
from due
join complaint c on c.complaint_id = due.complaint_id
join complaint under on under.complaint_id = due.lead_id
join ticket_view own on own.complaint_id = due.complaint_id
join ticket_view led on led.complaint_id = due.lead_id and led.status in ('callback', 'closed')
cross join lateral (
    select count(*)::int as count, max(b.at) as last_at
    from callback b
    where b.complaint_id = c.complaint_id and b.under = under.number and b.round = led.round
        and b.handed_in = led.handed_in
) tried
where (own.answered_round, own.answered_handed_in) is distinct from (led.round, led.handed_in)
    and (coalesce(led.since, c.received_at), c.complaint_id) > ($3, $4){_MINE}
order by coalesce(led.since, c.received_at), c.complaint_id
limit $5
"""
SQL_DONE: Final = f"""
select b.callback_id, c.complaint_id, c.number, b.under, b.round, b.attempt, b.by, b.at,
    b.channel, b.outcome, b.satisfied, b.note, b.final
from callback b
join complaint c using (complaint_id)
join complaint under on under.number = b.under
join ticket_view own on own.complaint_id = b.complaint_id
join ticket_view led on led.complaint_id = under.complaint_id
where (b.at, b.callback_id) < ($3, $4){_MINE}
order by b.at desc, b.callback_id desc
limit $5
"""
SQL_BURSTS: Final = f"""
with said as (
    select by, at, count(*) over (
        partition by by order by at range between interval '1 minute' preceding and current row
    ) as many
    from callback
    where at >= $1 and at < $2 and outcome in ('solved', 'not_solved')
), burst as (
    select by, max(many)::int as count, min(at) - interval '1 minute' as since, max(at) as until
    from said
    where many >= {BURST}
    group by by, date_trunc('minute', at)
)
select array[by] as by, count, since, until, array(
        select c.number
        from callback b
        join complaint c using (complaint_id)
        where b.by = burst.by and b.at between burst.since and burst.until
            and b.outcome in ('solved', 'not_solved')
        order by b.at
        limit {MOST}
    ) as numbers
from burst
order by count desc, since
limit {MOST}
"""
SQL_ONE_PHONE: Final = f"""
select array_agg(distinct b.by) as by, count(distinct c.complaint_id)::int as count,
    min(b.at) as since, max(b.at) as until, array_agg(distinct c.number) as numbers
from callback b
join complaint c using (complaint_id)
where b.at >= $1 and b.at < $2 and b.phone_mark is not null
group by b.phone_mark
having count(distinct c.complaint_id) >= {PHONES}
order by 2 desc, 3
limit {MOST}
"""
SQL_AT_ONCE: Final = f"""
select array[b.by] as by, count(*)::int as count, min(b.at) as since, max(b.at) as until,
    array_agg(c.number order by b.at) as numbers
from callback b
join complaint c using (complaint_id)
where b.at >= $1 and b.at < $2 and b.outcome in ('solved', 'not_solved')
    and b.at - b.handled_at < interval '{AT_ONCE_S} seconds'
group by b.by
order by 2 desc, 3
limit {MOST}
"""
SQL_ALL_SATISFIED: Final = f"""
with said as (
    select b.by, b.at, c.number, b.satisfied is true as pleased,
        row_number() over (partition by b.by order by b.at, b.callback_id)
        - row_number() over (
            partition by b.by, b.satisfied is true order by b.at, b.callback_id
        ) as streak
    from callback b
    join complaint c using (complaint_id)
    where b.at >= $1 and b.at < $2 and b.outcome in ('solved', 'not_solved')
)
select array[by] as by, count(*)::int as count, min(at) as since, max(at) as until,
    (array_agg(number order by at))[:{MOST}] as numbers
from said
where pleased
group by by, streak
having count(*) >= {STREAK}
order by 2 desc, 3
limit {MOST}
"""
OUTLIERS: Final = {
    "many_in_a_minute": SQL_BURSTS,
    "one_phone_for_many": SQL_ONE_PHONE,
    "at_once": SQL_AT_ONCE,
    "all_satisfied": SQL_ALL_SATISFIED,
}
"""Facts to look at, never a score: a person finds out why."""


@dataclass(frozen=True, slots=True)
class Page:
    """Who looks, for which units, after which (time, id), and how many."""

    person: str
    units: Sequence[str]
    after: tuple[datetime, UUID]
    limit: int


async def due(conn: Conn, page: Page) -> list[Record]:
    """Matters whose caller is still to be asked, longest waiting first."""
    return list(await conn.fetch(SQL_DUE, page.units, page.person, *page.after, page.limit))


async def done(conn: Conn, page: Page) -> list[Record]:
    """Call-backs, newest first; `after` is where the last page ended."""
    return list(await conn.fetch(SQL_DONE, page.units, page.person, *page.after, page.limit))


async def outliers(conn: Conn, since: datetime, until: datetime) -> dict[str, list[Record]]:
    """What looks odd among the answers of a time, by kind."""
    return {
        kind: list(await conn.fetch(statement, since, until))
        for kind, statement in OUTLIERS.items()
    }
