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
        else {at}
    end"""
LOCAL: Final = "date_trunc($3, {} at time zone 'Asia/Shanghai')::date::text"
"""The day, week or month of a time, in the city."""
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

_DAY: Final = "case when $3 in ('day', 'week', 'month') then {table}.day end"
_PERIOD: Final = "coalesce(date_trunc($3, day::timestamp)::date::text, key) as key"
"""Days first, then weeks and months of them: no time zone is asked for each row."""
_DUTY_KEY: Final = KEY.format(unit="f.unit", category="f.category", area="f.area", at="null")
_DUTY_WANTED: Final = f"""f.begun_at >= $1 and f.begun_at < $2
        and ($5::text[] is null or f.unit = any($5))
        and {IN_AREA.format(area="f.area", category="f.category")}"""
_LATE: Final = """f.lead and (
                select c.due_at <= $8
                from clock c
                where c.ticket_id = f.ticket_id and c.round = f.round and c.kind = '{kind}'
                    and c.stopped_at is null and c.paused_at is null
            )"""
SQL_DUTIES: Final = f"""
with {LEFT_OUT}, alike as (
    select {_DUTY_KEY} as key, {_DAY.format(table="f")} as day, f.marks, count(*) as n
    from rate_fact f
    where {_DUTY_WANTED}
    group by 1, 2, 3
), special as materialized (
    select {_DUTY_KEY} as key, {_DAY.format(table="f")} as on_day, f.*, '{{}}'::text[] as left_out
    from rate_fact f
    where f.open and {_DUTY_WANTED}
        and not exists (
            select from left_out x where x.ticket_id = f.ticket_id and x.round = f.round
        )
    union all
    select {_DUTY_KEY} as key, {_DAY.format(table="f")} as on_day, f.*, x.rates as left_out
    from left_out x
    join rate_fact f on f.ticket_id = x.ticket_id and f.round = x.round
    where {_DUTY_WANTED}
), judged as (
    select f.key, f.on_day, f.left_out, f.open,
        f.marks + case
            when f.open and f.dispatched and f.contacted_at is null and f.marks & 96 = 0
                and {_LATE.format(kind="contact")} then 64 else 0
        end + case
            when f.open and f.handled_at is null and f.marks & 384 = 0
                and {_LATE.format(kind="result")} then 256 else 0
        end as marks,
        f.open and f.dispatched and f.contacted_at is null as contact_open,
        f.open and f.handled_at is null
            and (f.dispatched or f.round > 1 or f.result_due is not null) as result_open
    from special f
), counted as (
    select key, day, marks, n, false as contact_open, false as result_open, '{{}}'::text[] as left_out
    from alike
    union all
    select key, on_day, marks, -1, false, false, '{{}}'
    from special
    union all
    select key, on_day, marks, 1, contact_open, result_open, left_out
    from judged
), duty as (
    select {_PERIOD}, n, marks & 1 > 0 as dispatched, marks & 2 > 0 as opening, marks & 4 > 0 as returned,
        marks & 8 > 0 as upheld, marks & 24 > 0 as answered, marks & 32 > 0 as contact_ok,
        marks & 96 > 0 as contact_known, marks & 128 > 0 as result_ok,
        marks & 384 > 0 as result_known, marks & 512 > 0 as desk, marks & 1024 > 0 as declined,
        marks & 2048 > 0 as withdrawn, marks & 4096 > 0 as merged, contact_open, result_open,
        'response' = any(left_out) as no_response, 'on_time' = any(left_out) as no_result,
        'return' = any(left_out) as no_return
    from counted
)
select key, grouping(key) as whole,
    sum(n) filter (where contact_ok and not no_response) as response_n,
    sum(n) filter (where contact_known and not no_response) as response_d,
    sum(n) filter (where contact_known and no_response) as response_x,
    sum(n) filter (where contact_open and not contact_known) as response_pending,
    sum(n) filter (where result_ok and not no_result) as on_time_n,
    sum(n) filter (where result_known and not no_result) as on_time_d,
    sum(n) filter (where result_known and no_result) as on_time_x,
    sum(n) filter (where result_open and not result_known) as on_time_pending,
    sum(n) filter (where returned and not no_return) as return_n,
    sum(n) filter (where dispatched and not no_return) as return_d,
    sum(n) filter (where dispatched and no_return) as return_x,
    sum(n) filter (where upheld and not no_return) as upheld_n,
    sum(n) filter (where answered and not no_return) as upheld_d,
    sum(n) filter (where answered and no_return) as upheld_x,
    sum(n) filter (where returned and not answered and not no_return) as upheld_pending,
    sum(n) filter (where opening) as filed,
    sum(n) filter (where desk) as desk,
    sum(n) filter (where declined) as declined,
    sum(n) filter (where withdrawn) as withdrawn,
    sum(n) filter (where merged) as merged
from duty
{GROUP}
"""
"""Every fact is counted by its marks; the few that a clock or an exclusion has a say in are taken out again
and counted one by one."""
_WORKER: Final = """coalesce(
        case when a.follows is not null then rate_worker(a.follows, a.round) end, a.unit
    )"""
_ANSWER_KEY: Final = KEY.format(unit=_WORKER, category="a.category", area="a.area", at="null")
_ANSWER_WANTED: Final = f"""a.answered_at >= $1 and a.answered_at < $2
        and ($5::text[] is null or {_WORKER} = any($5))
        and {IN_AREA.format(area="a.area", category="a.category")}"""
SQL_ANSWERS: Final = f"""
with {LEFT_OUT}, alike as (
    select {_ANSWER_KEY} as key, {_DAY.format(table="a")} as day, a.marks, count(*) as n
    from rate_answer a
    where {_ANSWER_WANTED}
    group by 1, 2, 3
), special as materialized (
    select {_ANSWER_KEY} as key, {_DAY.format(table="a")} as day, a.marks, x.rates as left_out
    from left_out x
    join rate_answer a on a.ticket_id = x.ticket_id and a.round = x.round
    where {_ANSWER_WANTED}
), counted as (
    select key, day, marks, n, '{{}}'::text[] as left_out
    from alike
    union all
    select key, day, marks, -1, '{{}}'
    from special
    union all
    select key, day, marks, 1, left_out
    from special
), answer as (
    select {_PERIOD}, n, marks & 1 > 0 as solved, marks & 3 > 0 as answered, marks & 4 > 0 as unreached,
        marks & 8 > 0 as unreachable, marks & 16 > 0 as tried, marks & 32 > 0 as satisfied,
        marks & 64 > 0 as unasked, 'solve' = any(left_out) as no_solve,
        'satisfaction' = any(left_out) as no_satisfaction
    from counted
)
select key, grouping(key) as whole,
    sum(n) filter (where solved and not no_solve) as solve_n,
    sum(n) filter (where answered and not no_solve) as solve_d,
    sum(n) filter (where answered and no_solve) as solve_x,
    sum(n) filter (where satisfied and not no_satisfaction) as satisfaction_n,
    sum(n) filter (where answered and not no_satisfaction) as satisfaction_d,
    sum(n) filter (where answered and no_satisfaction) as satisfaction_x,
    sum(n) filter (where unasked) as not_asked,
    sum(n) filter (where unreached) as not_reached,
    sum(n) filter (where unreachable) as no_contact_possible,
    sum(n) filter (where tried) as trying
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
    select {KEY.format(unit="c.unit", category="c.category", area="c.area", at=LOCAL.format("c.started_at"))} as key,
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
    hidden: tuple[str, ...] = ()
    """Units complaints about which the asker must not read of; figures count them all the same."""

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
