"""Fills the notifier's schema with open tickets, set by set: row, result clock and planned ladder of each.

Each ticket was dispatched a week ago, signed for and contacted; its result clock runs and warned already,
rung 1 fired, rungs 2 to 4 are planned: at the due time both `clock.breached` and rung 2 are due.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

SQL_FILL: Final = """
with place as (
    select row_number() over () - 1 as k, unit, area from unnest($1::text[], $2::text[]) as p(unit, area)
), one as (
    select uuidv7() as id, n, p.unit, p.area,
        $5::timestamptz + (n - $3) * $6::interval as due_at
    from generate_series($3::bigint, $4::bigint) as n
    join place p on p.k = n % cardinality($1)
), viewed as (
    insert into ticket_view (
        ticket_id, number, version, round, status, unit, area, urgency, profile, received_at, holders
    )
    select id, lpad(n::text, 12, '0'), 3, 1, 'in_progress', unit, area, 'normal', 'standard',
        due_at - interval '7 days',
        jsonb_build_array(jsonb_build_object('unit', unit, 'from', due_at - interval '7 days'))
    from one
), clocked as (
    insert into clock (
        ticket_id, round, kind, started_at, clock_id, unit, near_at, due_at, trace, sentence, warned_at
    )
    select id, 1, 'result', due_at - interval '7 days', uuidv7(), unit,
        due_at - interval '33 hours 36 minutes', due_at,
        jsonb_build_object(
            'start', due_at - interval '7 days', 'limit', '7d', 'profile', 'standard',
            'urgency', 'normal', 'calendar', 'standard', 'calendar_version', 1,
            'skipped', jsonb_build_array()
        ),
        '应于 2026年11月30日 10:00 前办结：自 2026年11月23日 10:00 起，按《标准》（一般）7 天计。',
        due_at - interval '33 hours 36 minutes'
    from one
)
insert into ladder (ticket_id, round, rungs, raised, next_due_at)
select id, 1, (
    select jsonb_agg(jsonb_build_object(
        'level', r.level, 'clock', 'result', 'at', r.at, 'who', r.who, 'reception', r.reception,
        'due_at', to_char(
            (due_at + r.later) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'
        )
    ))
    from (values
        (2, 'due', interval '0', '["secretary", "duty_lead"]'::jsonb, null),
        (3, 'due+1wd', interval '1 day', '["duty_lead", "deputy"]', null),
        (4, 'due+6wd', interval '8 days', '["secretary"]', 'subdistrict')
    ) as r(level, at, later, who, reception)
), '[1]', due_at
from one
"""
STEP: Final = 50_000
Places = Sequence[tuple[str, str]]
"""Unit and area of a ticket; taken in turn."""


async def fill(
    conn: asyncpg.Connection[Any],
    places: Places,
    numbers: range,
    due_from: datetime,
    apart: timedelta,
) -> None:
    """Store tickets with these numbers, due `apart` from each other from `due_from` on."""
    units, areas = [unit for unit, _ in places], [area for _, area in places]
    for first in range(numbers.start, numbers.stop, STEP):
        last = min(first + STEP, numbers.stop) - 1
        begin = due_from + (first - numbers.start) * apart
        await conn.execute(SQL_FILL, units, areas, first, last, begin, apart)
