"""SQL of how matters come to a table: counts, entries, items; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns
from services.notifier.reception.entry import REQUESTERS, Arrival, Counted, Returns
from services.notifier.reception.item import Item
from services.notifier.reception.store_reception import item_of

SQL_RETURNS: Final = """
select m.ticket_id, m.round, m.returns from matter m where m.ticket_id = any($1::uuid[])
"""
SQL_COUNT: Final = """
insert into matter as m (ticket_id, category, followers, round, returns)
select * from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::int[])
on conflict (ticket_id) do update
set category = coalesce(excluded.category, m.category),
    followers = case when m.ticket_id = any($6::uuid[]) then excluded.followers else m.followers end,
    round = case when m.ticket_id = any($7::uuid[]) then excluded.round else m.round end,
    returns = case when m.ticket_id = any($7::uuid[]) then excluded.returns else m.returns end
returning m.ticket_id, m.repeats
"""
"""$6 and $7: tickets of which followers and returns were told."""
SQL_REPEATED: Final = """
insert into matter as m (ticket_id, repeats)
select t.id, t.repeats from unnest($1::uuid[], $2::int[]) as t(id, repeats)
order by t.id
on conflict (ticket_id) do update set repeats = excluded.repeats
"""
SQL_FACTS: Final = """
select v.ticket_id, v.number, v.round, v.status, v.unit, v.area, v.received_at, m.category,
    1 + coalesce(m.followers, 0) as requesters, i.item_id, i.level, i.org, i.rule, i.points
from ticket_view v
left join matter m on m.ticket_id = v.ticket_id
left join reception_item i on i.ticket_id = v.ticket_id and i.closed_at is null
where v.ticket_id = any($1::uuid[])
"""
"""What is known of tickets that come to a table, and the open item they have already."""
SQL_ENTER: Final = """
insert into reception_entry (ticket_id, round, rule, cause, at, queued_by, reason)
select * from unnest(
    $1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[]
)
on conflict do nothing
returning ticket_id, round, rule, cause
"""
SQL_QUEUE: Final = """
with queued as (
    insert into reception_item as i (
        item_id, ticket_id, number, round, level, org, rule, requesters, care, unit, area,
        received_at, queued_at, points, issue_id, category
    )
    select * from unnest(
        $1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::int[],
        $9::int[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[], $14::int[],
        $15::uuid[], $16::text[]
    )
    on conflict (ticket_id) where closed_at is null do update
    set level = case when i.state in ('heard', 'decided') then i.level else excluded.level end,
        org = case when i.state in ('heard', 'decided') then i.org else excluded.org end,
        state = case when i.state = 'scheduled' and i.org <> excluded.org then 'queued' else i.state end,
        session_id = case
            when i.state = 'scheduled' and i.org <> excluded.org then null else i.session_id
        end,
        rule = excluded.rule, points = excluded.points,
        round = excluded.round, requesters = greatest(i.requesters, excluded.requesters),
        unit = excluded.unit, area = excluded.area,
        issue_id = coalesce(i.issue_id, excluded.issue_id),
        category = coalesce(excluded.category, i.category)
    returning i.*
), linked as (
    update reception_entry e set item_id = q.item_id
    from queued q
    where e.ticket_id = q.ticket_id and e.item_id is null
)
select * from queued
"""
"""What is already on a table keeps its place in line: `queued_at` and the care flag stay. What is heard right
now or decided stays with who does it; what is on the agenda of a lower table falls off it."""
SQL_CARRIERS: Final = """
select h.issue_id, first.ticket_id, first.requesters
from unnest($1::uuid[]) as h(issue_id)
join hot_issue o on o.issue_id = h.issue_id and o.closed_at is null
cross join lateral (
    select (array_agg(v.ticket_id order by v.received_at, v.ticket_id))[1] as ticket_id,
        sum(1 + coalesce(m.followers, 0))::int as requesters
    from hot_issue_member u
    join ticket_view v on v.ticket_id = u.ticket_id
    left join matter m on m.ticket_id = u.ticket_id
    where u.issue_id = h.issue_id and v.status not in ('closed', 'declined', 'merged', 'withdrawn')
) first
where first.requesters >= $2 and not exists (
    select from reception_item i where i.issue_id = h.issue_id and i.closed_at is null
)
"""
"""Open issues that lie on no table, with their oldest open ticket and how many wait."""
SQL_ISSUES_OF: Final = """
select distinct issue_id from hot_issue_member where ticket_id = any($1::uuid[])
"""
SQL_RECOUNT: Final = """
update reception_item i
set requesters = c.requesters
from (
    select t.item_id, greatest(1 + coalesce(m.followers, 0), (
        select sum(1 + coalesce(n.followers, 0))::int
        from hot_issue_member u
        join ticket_view v on v.ticket_id = u.ticket_id
        left join matter n on n.ticket_id = u.ticket_id
        where u.issue_id = t.issue_id
            and v.status not in ('closed', 'declined', 'merged', 'withdrawn')
    )) as requesters
    from reception_item t
    left join matter m on m.ticket_id = t.ticket_id
    where t.closed_at is null and (t.ticket_id = any($1::uuid[]) or t.issue_id = any($2::uuid[]))
) c
where i.item_id = c.item_id and i.requesters <> c.requesters
"""
"""Who waits: whoever was merged into the ticket; of an item that stands for an issue, all its members."""


async def returns(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, Returns]:
    """How often tickets were returned so far."""
    rows = await conn.fetch(SQL_RETURNS, ids)
    return {row["ticket_id"]: Returns(row["round"], row["returns"]) for row in rows}


async def count(conn: Conn, told: Mapping[UUID, Counted]) -> dict[UUID, int]:
    """Remember what events told of tickets; how often each one's requester had come before."""
    rows: list[tuple[Any, ...]] = [
        (ticket_id, one.category, one.followers or 0, *(one.returns or Returns(1, 0)))
        for ticket_id, one in sorted(told.items())
    ]
    merged = [ticket_id for ticket_id, one in told.items() if one.followers is not None]
    back = [ticket_id for ticket_id, one in told.items() if one.returns is not None]
    found = await conn.fetch(SQL_COUNT, *columns(rows, 5), merged, back)
    return {row["ticket_id"]: row["repeats"] for row in found}


async def repeated(conn: Conn, told: Sequence[tuple[UUID, int]]) -> None:
    """(ticket, how many complaints of the same requester about the same matter came before)."""
    await conn.execute(SQL_REPEATED, *columns(list(told), 2))


async def facts(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, Record]:
    """What is known of tickets, and of the item each has on a table."""
    return {row["ticket_id"]: row for row in await conn.fetch(SQL_FACTS, ids)}


async def enter(
    conn: Conn, arrivals: Sequence[tuple[Arrival, int]]
) -> set[tuple[UUID, int, str, str]]:
    """Note rules that hold, each with its round; (ticket, round, rule, cause) of what was not known."""
    rows: list[tuple[Any, ...]] = [
        (a.ticket_id, round_, a.rule.value, a.cause, a.at, a.by, a.reason) for a, round_ in arrivals
    ]
    found = await conn.fetch(SQL_ENTER, *columns(sorted(rows, key=lambda row: row[:4]), 7))
    return {tuple(row) for row in found}


async def queue(conn: Conn, items: Sequence[Item]) -> list[Item]:
    """Put items on tables or write over the open ones of their tickets; as they lie there now."""
    rows: list[tuple[Any, ...]] = [
        (
            i.item_id, i.ticket_id, i.number, i.round, i.level.value, i.org, i.rule.value,
            i.requesters, i.care, i.unit, i.area, i.received_at, i.queued_at, i.points, i.issue_id,
            i.category,
        )
        for i in sorted(items, key=lambda i: i.ticket_id)
    ]  # fmt: skip
    return [item_of(row) for row in await conn.fetch(SQL_QUEUE, *columns(rows, 16))]


async def carriers(conn: Conn, issues: Sequence[UUID]) -> list[Record]:
    """Hot issues that belong on a table and lie on none: issue, oldest open ticket, requesters."""
    rows: list[Record] = await conn.fetch(SQL_CARRIERS, issues, REQUESTERS)
    return rows


async def issues_of(conn: Conn, ids: Sequence[UUID]) -> list[UUID]:
    """Hot issues to which tickets belong."""
    return [row["issue_id"] for row in await conn.fetch(SQL_ISSUES_OF, ids)]


async def recount(conn: Conn, ids: Sequence[UUID], issues: Sequence[UUID]) -> None:
    """Keep the number of requesters of open items live, by ticket and by hot issue."""
    await conn.execute(SQL_RECOUNT, ids, issues)
