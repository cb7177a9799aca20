"""SQL that counts: numerators and denominators of every rate by group, and the sum of all groups.

Each statement is one pass over the facts of a period; exclusions count only once approved. What is still open
is judged by the clock that runs now, so a changed calendar or an extension is in force here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asyncpg import Record

from kit.db import Conn

KEY: Final = """case $3::text
        when 'unit' then {unit}
        when 'category' then coalesce({category}, '')
        when 'grid' then case when length({area}) >= 15 then left({area}, 15) else '' end
        when 'community' then case when length({area}) >= 12 then left({area}, 12) else '' end
        when 'subdistrict' then case when length({area}) >= 9 then left({area}, 9) else '' end
        else date_trunc($3, {at} at time zone 'Asia/Shanghai')::date::text
    end"""
LEFT_OUT: Final = """left_out as (
    select e.ticket_id, e.round, array_agg(distinct r.name) as rates
    from rate_exclusion e
    cross join unnest(e.rates) as r(name)
    where e.state = 'approved'
    group by e.ticket_id, e.round
)"""
IN_AREA: Final = """($4::text is null or {area} ^@ $4)
        and ($6::text[] is null or {area} ^@ any($6))
        and ($7::text[] is null or {category} = any($7))"""
GROUP: Final = "group by grouping sets ((key), ()) order by grouping(key) desc, key"

SQL_DUTIES: Final = f"""
with {LEFT_OUT}, duty as (
    select {KEY.format(unit="f.unit", category="f.category", area="f.area", at="f.begun_at")} as key,
        f.dispatched, f.upheld, f.opening, f.ended, f.returned_at is not null as returned,
        case
            when not f.dispatched then null
            when f.contact_ok is not null then f.contact_ok
            when f.contacted_at is null and f.lead and f.ended is null then (
                select case when c.due_at <= $8 then false end
                from clock c
                where c.ticket_id = f.ticket_id and c.round = f.round and c.kind = 'contact'
                    and c.stopped_at is null
            )
        end as contact_ok,
        f.dispatched and f.lead and f.contacted_at is null and f.ended is null as contact_open,
        case
            when not f.lead then null
            when f.result_ok is not null then f.result_ok
            when f.handled_at is null and f.ended is null then (
                select case when c.due_at <= $8 then false end
                from clock c
                where c.ticket_id = f.ticket_id and c.round = f.round and c.kind = 'result'
                    and c.stopped_at is null and c.paused_at is null
            )
        end as result_ok,
        f.lead and (f.dispatched or f.round > 1) and f.handled_at is null and f.ended is null
            as result_open,
        coalesce('response' = any(x.rates), false) as no_response,
        coalesce('on_time' = any(x.rates), false) as no_result,
        coalesce('return' = any(x.rates), false) as no_return
    from rate_fact f
    left join left_out x on x.ticket_id = f.ticket_id and x.round = f.round
    where f.begun_at >= $1 and f.begun_at < $2 and ($5::text[] is null or f.unit = any($5))
        and {IN_AREA.format(area="f.area", category="f.category")}
)
select key, grouping(key) as whole,
    count(*) filter (where contact_ok and not no_response) as response_n,
    count(contact_ok) filter (where not no_response) as response_d,
    count(contact_ok) filter (where no_response) as response_x,
    count(*) filter (where contact_open and contact_ok is null) as response_pending,
    count(*) filter (where result_ok and not no_result) as on_time_n,
    count(result_ok) filter (where not no_result) as on_time_d,
    count(result_ok) filter (where no_result) as on_time_x,
    count(*) filter (where result_open and result_ok is null) as on_time_pending,
    count(*) filter (where returned and dispatched and not no_return) as return_n,
    count(*) filter (where dispatched and not no_return) as return_d,
    count(*) filter (where dispatched and no_return) as return_x,
    count(*) filter (where upheld and dispatched and not no_return) as upheld_n,
    count(upheld) filter (where dispatched and not no_return) as upheld_d,
    count(upheld) filter (where dispatched and no_return) as upheld_x,
    count(*) filter (where returned and upheld is null and not no_return) as upheld_pending,
    count(*) filter (where opening) as filed,
    count(*) filter (where opening and ended = 'desk') as desk,
    count(*) filter (where ended = 'declined') as declined,
    count(*) filter (where ended = 'withdrawn') as withdrawn,
    count(*) filter (where ended = 'merged') as merged
from duty
{GROUP}
"""
SQL_ANSWERS: Final = f"""
with {LEFT_OUT}, told as (
    select a.*, coalesce(
            case when a.follows is not null then rate_worker(a.follows, a.round) end, a.unit
        ) as worker,
        a.outcome in ('solved', 'not_solved') as answered,
        coalesce('solve' = any(x.rates), false) as no_solve,
        coalesce('satisfaction' = any(x.rates), false) as no_satisfaction
    from rate_answer a
    left join left_out x on x.ticket_id = a.ticket_id and x.round = a.round
    where a.answered_at >= $1 and a.answered_at < $2
        and {IN_AREA.format(area="a.area", category="a.category")}
), answer as (
    select t.*,
        {KEY.format(unit="t.worker", category="t.category", area="t.area", at="t.answered_at")} as key
    from told t
    where $5::text[] is null or t.worker = any($5)
)
select key, grouping(key) as whole,
    count(*) filter (where outcome = 'solved' and not no_solve) as solve_n,
    count(*) filter (where answered and not no_solve) as solve_d,
    count(*) filter (where answered and no_solve) as solve_x,
    count(*) filter (where answered and satisfied and not no_satisfaction) as satisfaction_n,
    count(*) filter (where answered and not no_satisfaction) as satisfaction_d,
    count(*) filter (where answered and no_satisfaction) as satisfaction_x,
    count(*) filter (where answered and satisfied is null) as not_asked,
    count(*) filter (where outcome = 'not_reached' and final) as not_reached,
    count(*) filter (where outcome = 'no_contact_possible') as no_contact_possible,
    count(*) filter (where outcome = 'not_reached' and not final) as trying
from answer
{GROUP}
"""
SQL_CALLS: Final = f"""
with {LEFT_OUT}, call as (
    select c.unit, v.area, c.started_at, c.due_at, c.stopped_at, c.stopped_by,
        coalesce('whistle' = any(x.rates), false) as no_whistle,
        case when v.ticket_id is not null then (
            select f.category
            from rate_fact f
            where f.ticket_id = v.ticket_id
            order by f.round desc, f.lead desc
            limit 1
        ) end as category
    from whistle_clock c
    join whistle_view v on v.whistle_id = c.whistle_id
    left join left_out x on x.ticket_id = v.ticket_id and x.round = v.round
    where c.kind = 'check_in' and c.started_at >= $1 and c.started_at < $2
        and ($5::text[] is null or c.unit = any($5))
), judged as (
    select {KEY.format(unit="c.unit", category="c.category", area="c.area", at="c.started_at")} as key,
        c.no_whistle,
        case
            when c.stopped_by = 'whistle.checked_in' then c.stopped_at <= c.due_at
            when c.stopped_by = 'whistle.declined' then false
            when c.stopped_at < c.due_at then null
            when c.stopped_at is not null or c.due_at <= $8 then false
        end as came,
        c.stopped_at is null and c.due_at > $8 as waiting
    from call c
    where {IN_AREA.format(area="c.area", category="c.category")}
)
select key, grouping(key) as whole,
    count(*) filter (where came and not no_whistle) as whistle_n,
    count(came) filter (where not no_whistle) as whistle_d,
    count(came) filter (where no_whistle) as whistle_x,
    count(*) filter (where waiting) as whistle_pending,
    count(*) filter (where came is null and not waiting) as whistle_let_go
from judged
{GROUP}
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which facts are counted, and by what; times with offset, `until` is not part of it any more."""

    by: str
    since: datetime
    until: datetime
    area: str | None = None
    """An area and all below it."""
    units: tuple[str, ...] | None = None
    within: tuple[str, ...] | None = None
    """Areas the asker may see at all; None: all."""
    categories: tuple[str, ...] | None = None

    def asked(self) -> tuple[Any, ...]:
        """The first seven parameters of every statement here."""
        lists = [
            None if one is None else list(one) for one in (self.units, self.within, self.categories)
        ]
        return (self.since, self.until, self.by, self.area, *lists)


async def counts(conn: Conn, wanted: Wanted, now: datetime) -> list[list[Record]]:
    """Of duties, answers and calls: the sum (`whole` = 1) first, then each group."""
    asked = wanted.asked()
    return [
        await conn.fetch(SQL_DUTIES, *asked, now),
        await conn.fetch(SQL_ANSWERS, *asked),
        await conn.fetch(SQL_CALLS, *asked, now),
    ]
