"""SQL that looks for signs of begging among the answers of a period (domain.md E28)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from asyncpg import Record

from kit.db import Conn
from services.notifier.rates.sign import AT_ONCE_S, BURST, LEAST, NO_WORK_S, PAST_DAYS

MOST: Final = 200
"""Findings of one kind, and numbers of one finding, in one answer."""
_ANSWERED: Final = "outcome in ('solved', 'not_solved')"

SQL_MANY: Final = f"""
with said as (
    select a.answered_by, a.answered_at, a.number, count(*) over (
        partition by a.answered_by order by a.answered_at
        range between interval '1 minute' preceding and current row
    ) as many
    from rate_answer a
    where a.answered_at >= $1 and a.answered_at < $2 and a.{_ANSWERED} and a.answered_by is not null
)
select answered_by as person, max(many)::int as n, min(answered_at) - interval '1 minute' as since,
    max(answered_at) as until, (array_agg(number order by answered_at))[:{MOST}] as numbers
from said
where many >= {BURST}
group by answered_by, date_trunc('minute', answered_at)
order by n desc, since
limit {MOST}
"""
SQL_AT_ONCE: Final = f"""
select a.unit, a.answered_by as person, count(*)::int as n, min(a.answered_at) as since,
    max(a.answered_at) as until,
    min(extract(epoch from a.answered_at - a.handled_at))::float8 as shortest_s,
    (array_agg(a.number order by a.answered_at))[:{MOST}] as numbers
from rate_answer a
where a.answered_at >= $1 and a.answered_at < $2 and a.{_ANSWERED} and a.handled_at is not null
    and a.answered_at >= a.handled_at
    and a.answered_at - a.handled_at < interval '{AT_ONCE_S} seconds'
group by a.unit, a.answered_by
order by n desc, since
limit {MOST}
"""
SQL_RUNS: Final = f"""
with said as (
    select a.unit, a.answered_at, a.satisfied is true as pleased,
        row_number() over (partition by a.unit order by a.answered_at, a.number)
        - row_number() over (
            partition by a.unit, a.satisfied is true order by a.answered_at, a.number
        ) as run
    from rate_answer a
    where a.answered_at >= $1 and a.answered_at < $2 and a.{_ANSWERED} and a.follows is null
), runs as (
    select unit, count(*)::int as run, min(answered_at) as since, max(answered_at) as until
    from said
    where pleased
    group by unit, run
), longest as (
    select distinct on (unit) r.*
    from runs r
    where r.run >= {LEAST}
    order by unit, r.run desc, r.since
)
select l.unit, l.run, l.since, l.until,
    (select count(*)::int from said s where s.unit = l.unit) as n, past.n as past_n,
    past.satisfied as past_satisfied
from longest l
cross join lateral (
    select count(*)::int as n, count(*) filter (where a.satisfied)::int as satisfied
    from rate_answer a
    where a.unit = l.unit and a.follows is null and a.{_ANSWERED} and a.answered_at < $1
        and a.answered_at >= $1 - interval '{PAST_DAYS} days'
) past
order by l.run desc, l.unit
limit {MOST}
"""
SQL_CROWDS: Final = f"""
with said as (
    select a.unit, date_trunc('hour', a.answered_at) as hour, count(*)::int as n
    from rate_answer a
    where a.answered_at >= $1 and a.answered_at < $2 and a.{_ANSWERED} and a.follows is null
    group by 1, 2
), spread as (
    select s.unit, sum(s.n)::int as n, count(*)::int as hours
    from said s
    group by s.unit
)
select s.unit, s.hour as since, s.n as most, p.n, p.hours,
    count(*) over (partition by s.unit, e.at)::int as looked_at, e.at as period_end
from unnest($3::timestamptz[]) as e(at)
join said s on s.hour >= e.at - interval '24 hours' and s.hour < e.at
join spread p on p.unit = s.unit
where p.n >= {LEAST}
order by s.n desc, s.unit, s.hour
limit {MOST}
"""
SQL_NO_WORK: Final = f"""
select b.unit, b.number, a.answered_at as since, b.answered_at as until, b.round,
    extract(epoch from f.handled_at - f.begun_at)::float8 as between_s, b.answered_by as person
from rate_answer b
join rate_answer a on a.ticket_id = b.ticket_id and a.round = b.round - 1
    and a.outcome = 'not_solved'
join rate_fact f on f.ticket_id = b.ticket_id and f.round = b.round and f.lead
where b.answered_at >= $1 and b.answered_at < $2 and b.satisfied and f.contacted_at is null
    and f.handled_at - f.begun_at < interval '{NO_WORK_S} seconds'
order by b.answered_at
limit {MOST}
"""


async def many(conn: Conn, since: datetime, until: datetime) -> list[Record]:
    """By person: many answers within a minute."""
    return list(await conn.fetch(SQL_MANY, since, until))


async def at_once(conn: Conn, since: datetime, until: datetime) -> list[Record]:
    """By unit and person: answers right after the handing-in."""
    return list(await conn.fetch(SQL_AT_ONCE, since, until))


async def runs(conn: Conn, since: datetime, until: datetime) -> list[Record]:
    """By unit: its longest run of satisfied answers, and its own past."""
    return list(await conn.fetch(SQL_RUNS, since, until))


async def crowds(
    conn: Conn, since: datetime, until: datetime, ends: list[datetime]
) -> list[Record]:
    """By unit and hour: answers of the last day before a period's end, and how they are spread otherwise."""
    return list(await conn.fetch(SQL_CROWDS, since, until, ends))


async def no_work(conn: Conn, since: datetime, until: datetime) -> list[Record]:
    """Matters that turned from not solved to satisfied without a contact, within the hour."""
    return list(await conn.fetch(SQL_NO_WORK, since, until))


def ends_of(since: datetime, until: datetime) -> list[datetime]:
    """Mondays and firsts of the month, 0:00, inside a period or at its end: what appraisals count to."""
    at = since.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    found = []
    while at <= until:
        if at.isoweekday() == 1 or at.day == 1:
            found.append(at)
        at += timedelta(days=1)
    return found
