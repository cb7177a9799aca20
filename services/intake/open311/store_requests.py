"""SQL of Open311: what is listed to partners, and under which key a submission is filed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn
from services.intake.number import is_number
from services.intake.open311.question import Question, Range

_SEEN: Final = """
    not c.confidential
    and (
        $1 or c.filed_by = $2
        or (c.decline_reason is null and c.kind <> 'help' and c.accused is null)
    )"""
"""Confidential matters are nobody's; pleas for help, accusations and refused ones their filer's alone."""
_ENDED: Final = """(
        coalesce(led.status, '') in ('closed', 'declined', 'withdrawn') or own.withdrawn_at is not null
        or led.status is null and c.decline_reason is not null
    )"""
_MATTER: Final = """
    c.complaint_id, c.number, c.body, c.address, c.lon, c.lat, c.datum, c.received_at, c.filed_by,
    c.decline_reason, coalesce(own.category, c.category) as category,
    coalesce(own.area, c.grid_code) as area, own.status, own.withdrawn_at, led.unit,
    led.status as lead_status, led.since, led.number as lead_number"""
_STANDING: Final = """
left join lateral (
    select t.status, t.category, t.area,
        case when t.status = 'merged' then (
            select max(w.at) from later_word w
            where w.complaint_id = c.complaint_id and w.kind = 'withdrawn'
        ) end as withdrawn_at
    from ticket_view t
    where t.complaint_id = c.complaint_id
) own on true
left join lateral (
    select t.status, t.since, t.unit, l.number
    from ticket_view t
    join complaint l on l.complaint_id = t.complaint_id
    where t.complaint_id =
        case when own.status = 'merged' then lead_of(c.complaint_id) else c.complaint_id end
) led on true"""

SQL_LISTED: Final = f"""
select {_MATTER}
from complaint c
{_STANDING}
where {_SEEN}
    and c.received_at between $3 and $4
    and (cardinality($5::text[]) = 0 or coalesce(own.category, c.category) = any($5::text[]))
    and ($6::boolean is null or {_ENDED} = $6::boolean)
order by c.received_at desc, c.complaint_id desc
offset $7 limit $8
"""
SQL_NAMED: Final = f"""
select {_MATTER}
from complaint c
{_STANDING}
where {_SEEN} and c.number = any($3::text[])
order by c.received_at desc, c.complaint_id desc
"""
SQL_FILED_AS: Final = """
select number
from complaint
where complaint_id = $1 and channel = 'open311' and not confidential
"""
SQL_UPDATES: Final = """
with recursive told as (
    select s.change_id, s.status, s.noted_at, c.complaint_id, c.number, 0 as depth
    from status_change s
    join complaint c on c.complaint_id = s.complaint_id
    where s.noted_at between $3 and $4
    union all
    select told.change_id, told.status, told.noted_at, c.complaint_id, c.number, told.depth + 1
    from told
    join ticket_view f on f.into_number = told.number and f.status = 'merged'
    join complaint c on c.complaint_id = f.complaint_id
    where told.depth < 32 and exists (
        select from status_change m
        where m.complaint_id = f.complaint_id and m.status = 'merged'
            and m.change_id < told.change_id
    )
)
select told.change_id, told.status, told.noted_at, told.number
from told
join complaint c on c.complaint_id = told.complaint_id
where not c.confidential and ($1 or c.filed_by = $2)
order by told.noted_at, told.change_id, told.number
offset $5 limit $6
"""
"""A change of a ticket is news also for those whose matters were merged into it."""
SQL_CLAIM: Final = """
with aged as (
    delete from open311_submission
    where (sub, digest) in (
        select sub, digest from open311_submission
        where at < $4::timestamptz - $5::interval and not (sub = $1 and digest = $2)
        limit 100 for update skip locked
    )
)
insert into open311_submission as s (sub, digest, key, at)
values ($1, $2, $3, $4)
on conflict (sub, digest) do update
set key = case when s.at > $4::timestamptz - $5::interval then s.key else excluded.key end,
    at = case when s.at > $4::timestamptz - $5::interval then s.at else excluded.at end
returning key
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: everything with `reads`, else what is public and what `sub` filed."""

    sub: str | None
    reads: bool


async def listed(conn: Conn, reader: Reader, asked: Question) -> list[Record]:
    """A page of requests, newest first."""
    ended = next(iter(asked.statuses)) == "closed" if len(asked.statuses) == 1 else None
    within = asked.within
    return list(
        await conn.fetch(
            SQL_LISTED, reader.reads, reader.sub, within.start, within.end, list(asked.codes),
            ended, within.skip, within.size,
        )
    )  # fmt: skip


async def named(conn: Conn, reader: Reader, numbers: tuple[str, ...]) -> list[Record]:
    """The requests of these numbers that may be seen; what is no number names none."""
    known = [number for number in numbers if is_number(number)]
    return list(await conn.fetch(SQL_NAMED, reader.reads, reader.sub, known)) if known else []


async def by_token(conn: Conn, token: UUID) -> str | None:
    """The number under which something of a partner was filed."""
    number: str | None = await conn.fetchval(SQL_FILED_AS, token)
    return number


async def updates(conn: Conn, reader: Reader, within: Range) -> list[Record]:
    """Changes noted in a range of time, oldest first."""
    return list(
        await conn.fetch(
            SQL_UPDATES, reader.reads, reader.sub, within.start, within.end, within.skip, within.size
        )
    )  # fmt: skip


async def claim(conn: Conn, row: tuple[str, bytes, str], now: datetime, window: timedelta) -> str:
    """The key of the first submission like it inside the window, else the offered one.

    `row` is who, the body's digest and the offered key. What is older is swept along.
    """
    key: str = await conn.fetchval(SQL_CLAIM, *row, now, window)
    return key
