"""SQL of hot issues; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns

SQL_MARK: Final = """
select tx::text as tx, position from issue_mark for update skip locked
"""
SQL_NEWS: Final = """
select tx::text as tx, position,
    case when subject like any(array[
        'ticket.dispatched.%', 'ticket.triaged.%', 'ticket.recategorised.%'
    ]) then body end as body
from outbox
where (tx, position) > ($1::text::xid8, $2)
    and tx < pg_snapshot_xmin(pg_current_snapshot())
order by outbox.tx, position
limit $3
"""
"""In the order of commits, so nothing is added behind the mark; bodies of what can open an issue only."""
SQL_MOVE_MARK: Final = "update issue_mark set tx = $1::text::xid8, position = $2"
SQL_NEWCOMERS: Final = """
select t.ticket_id, t.category, t.area, t.urgency, t.title, left(t.body, $3) as body, t.received_at
from ticket t
where t.ticket_id = any($1::uuid[]) and t.received_at >= $2 and not t.confidential
    and t.kind <> all($4::text[])
    and t.status not in ('closed', 'declined', 'merged', 'withdrawn')
    and not exists (select from hot_issue_member m where m.ticket_id = t.ticket_id)
order by t.received_at, t.ticket_id
"""
SQL_FORGET: Final = "delete from issue_watch where ticket_id = any($1::uuid[])"
SQL_AGE: Final = "delete from issue_watch where said_at < $1"
SQL_WATCH: Final = """
insert into issue_watch (ticket_id, area, matter, said_at)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[])
on conflict do nothing
"""
SQL_AROUND: Final = """
select i.issue_id, i.level, i.area, i.category, i.tickets, i.heat, i.last_at,
    array(
        select coalesce(t.title, '') || ' ' || left(t.body, $2)
        from hot_issue_member m
        join ticket t on t.ticket_id = m.ticket_id
        where m.issue_id = i.issue_id
        order by m.joined_at desc, m.ticket_id desc
        limit $3
    ) as words
from hot_issue i
where i.closed_at is null and i.area = any($1::text[])
for update of i
"""
SQL_RECENT: Final = """
with busy as (
    select few.ticket_id
    from unnest($1::text[], $2::text[], $3::int[]) as k(area, matter, least)
    cross join lateral (
        select newest.ticket_id, count(*) over () as n
        from (
            select w.ticket_id
            from issue_watch w
            where w.area = k.area and w.matter = k.matter and w.said_at >= $4
            order by w.said_at desc
            limit $5
        ) newest
    ) few
    where few.n >= k.least
)
select t.ticket_id, t.category, t.area, t.urgency, t.title, left(t.body, $6) as body, t.received_at
from ticket t
where t.ticket_id = any(array(select b.ticket_id from busy b))
    and t.status not in ('closed', 'declined', 'merged', 'withdrawn')
order by t.received_at, t.ticket_id
"""
SQL_OPEN: Final = """
insert into hot_issue (issue_id, level, area, category, tickets, heat, opened_at, last_at)
select u.issue_id, u.level, u.area, u.category, u.tickets, u.heat, $7, u.last_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::float8[], $8::timestamptz[])
    as u(issue_id, level, area, category, tickets, heat, last_at)
"""
SQL_GROW: Final = """
update hot_issue i
set tickets = u.tickets, heat = u.heat, last_at = u.last_at
from unnest($1::uuid[], $2::int[], $3::float8[], $4::timestamptz[])
    as u(issue_id, tickets, heat, last_at)
where i.issue_id = u.issue_id
"""
SQL_JOIN: Final = """
insert into hot_issue_member (ticket_id, issue_id, joined_at)
select u.ticket_id, u.issue_id, $3 from unnest($1::uuid[], $2::uuid[]) as u(ticket_id, issue_id)
"""
SQL_END_QUIET: Final = """
update hot_issue i
set closed_at = $1, closed_by = $3, reason = 'quiet'
where i.closed_at is null and i.last_at < $2
returning i.issue_id, i.area, i.level, i.category, i.tickets
"""
SQL_END: Final = """
update hot_issue i
set closed_at = $2, closed_by = $3, reason = $4
where i.issue_id = $1 and i.closed_at is null
returning i.issue_id, i.area, i.level, i.category, i.tickets
"""
SQL_OPEN_ISSUES: Final = """
select i.*
from hot_issue i
where i.closed_at is null
    and ($1::text[] is null or exists (
        select from hot_issue_member m
        join ticket t on t.ticket_id = m.ticket_id
        where m.issue_id = i.issue_id and (t.unit = any($1) or t.assists && $1)
    ))
order by i.last_at desc, i.issue_id
limit $2
"""
SQL_ISSUE: Final = "select i.* from hot_issue i where i.issue_id = $1"
SQL_MEMBERS: Final = """
select m.issue_id, t.ticket_id, t.number, t.status, t.unit, t.received_at, m.joined_at
from unnest($1::uuid[]) as asked(issue_id)
cross join lateral (
    select h.issue_id, h.ticket_id, h.joined_at
    from hot_issue_member h
    where h.issue_id = asked.issue_id
    order by h.joined_at desc, h.ticket_id desc
    limit $3
) m
join ticket t on t.ticket_id = m.ticket_id
where $2::text[] is null or t.unit = any($2) or t.assists && $2
order by t.received_at, t.ticket_id
"""
SQL_ISSUES_OF: Final = """
select m.ticket_id, m.issue_id
from hot_issue_member m
join hot_issue i on i.issue_id = m.issue_id
where m.ticket_id = any($1::uuid[]) and i.closed_at is null
"""
SQL_COUNT: Final = "select count(*) from hot_issue where closed_at is null"


async def mark(conn: Conn) -> Record | None:
    """How far was looked; None while another process looks."""
    return await conn.fetchrow(SQL_MARK)


async def news(conn: Conn, tx: str, position: int, limit: int) -> list[Record]:
    """The router's own events past the mark, by commit; `body` of those that may open an issue."""
    return list(await conn.fetch(SQL_NEWS, tx, position, limit))


async def move_mark(conn: Conn, tx: str, position: int) -> None:
    """Everything up to here was looked at."""
    await conn.execute(SQL_MOVE_MARK, tx, position)


async def newcomers(conn: Conn, ids: Sequence[UUID], *rest: Any) -> list[Record]:
    """(said since, characters of words, kinds that do not count): tickets of no issue, by time."""
    return list(await conn.fetch(SQL_NEWCOMERS, ids, *rest))


async def watch(conn: Conn, ids: Sequence[UUID], rows: list[tuple[Any, ...]]) -> None:
    """Count tickets from now on: rows of (ticket, area, matter, said at) in place of older ones."""
    await conn.execute(SQL_FORGET, ids)
    await conn.execute(SQL_WATCH, *columns(rows, 4))


async def age(conn: Conn, before: datetime) -> None:
    """Count no longer what was said before a time."""
    await conn.execute(SQL_AGE, before)


async def around(conn: Conn, areas: Sequence[str], words: int, compared: int) -> list[Record]:
    """Open issues of some areas with the words of their newest members, locked."""
    return list(await conn.fetch(SQL_AROUND, areas, words, compared))


async def recent(
    conn: Conn, keys: list[tuple[str, str, int]], since: datetime, limit: int, words: int
) -> list[Record]:
    """Tickets counted under (area, matter) where there are at least so many; newest `limit` of each."""
    return list(await conn.fetch(SQL_RECENT, *columns(list(keys), 3), since, limit, words))


async def open_issues(conn: Conn, rows: list[tuple[Any, ...]], at: datetime) -> None:
    """(id, level, area, category, tickets, heat, last at)."""
    *issue, last = columns(rows, 7)
    await conn.execute(SQL_OPEN, *issue, at, last)


async def grow(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """(id, tickets, heat, last at)."""
    await conn.execute(SQL_GROW, *columns(rows, 4))


async def join(conn: Conn, rows: list[tuple[Any, ...]], at: datetime) -> None:
    """(ticket, issue): members from now on, and counted no more."""
    await conn.execute(SQL_JOIN, *columns(rows, 2), at)
    await conn.execute(SQL_FORGET, [row[0] for row in rows])


async def end_quiet(conn: Conn, at: datetime, before: datetime, by: str) -> list[Record]:
    """Close what nobody joined since `before`."""
    return list(await conn.fetch(SQL_END_QUIET, at, before, by))


async def end(conn: Conn, *values: Any) -> Record | None:
    """(id, at, by, reason): close one; None when it is closed already or unknown."""
    return await conn.fetchrow(SQL_END, *values)


async def open_page(conn: Conn, units: list[str] | None, limit: int) -> list[Record]:
    """Open issues with a member the units hold or assist; all for None."""
    return list(await conn.fetch(SQL_OPEN_ISSUES, units, limit))


async def issue(conn: Conn, issue_id: UUID) -> Record | None:
    """One issue, open or closed."""
    return await conn.fetchrow(SQL_ISSUE, issue_id)


async def members(
    conn: Conn, ids: Sequence[UUID], units: list[str] | None, most: int
) -> list[Record]:
    """Tickets of issues that the units may see, oldest first; of each issue the newest `most`."""
    return list(await conn.fetch(SQL_MEMBERS, ids, units, most))


async def issues_of(conn: Conn, ticket_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Ticket to the id of the open issue it belongs to."""
    rows = await conn.fetch(SQL_ISSUES_OF, ticket_ids)
    return {row["ticket_id"]: str(row["issue_id"]) for row in rows}


async def count_open(conn: Conn) -> int:
    """How many are open."""
    found: int = await conn.fetchval(SQL_COUNT)
    return found
