"""SQL of intake's own view of tickets: one statement a batch, whatever is late or comes twice."""

from __future__ import annotations

from typing import Any, Final

from kit.db import Conn, columns

WIDTH: Final = 14
"""Columns of a row of SQL_PROJECT."""
CHANGE_WIDTH: Final = 5
"""Columns of a change of state in it."""
HANDED_WIDTH: Final = 3
"""Columns of a handing-in in SQL_ASK_AGAIN."""
_NEWER: Final = "ticket_view.version < excluded.version"
_MOVED: Final = f"""{_NEWER} and (
        ticket_view.status <> excluded.status or ticket_view.round <> excluded.round
    )"""
_ELSEWHERE: Final = f"""{_NEWER}
        and excluded.into_number is distinct from ticket_view.into_number
        and (excluded.status <> 'merged' or excluded.into_number is not null)"""
"""It goes on under another ticket now, or by itself: what was answered about the old one does not count."""


def _set(condition: str, **values: str) -> str:
    return ",\n    ".join(
        f"{column} = case when {condition} then {value} else ticket_view.{column} end"
        for column, value in values.items()
    )


SQL_PROJECT: Final = f"""
with changed as (
    insert into status_change (complaint_id, version, status, round, noted_at)
    select t.complaint_id, t.version, t.status, t.round, chuishao.business_now()
    from unnest($15::uuid[], $16::int[], $17::text[], $18::int[], $19::boolean[])
        as t(complaint_id, version, status, round, first)
    left join ticket_view v on v.complaint_id = t.complaint_id
    where v.version is null
        or t.version > v.version
            and (not t.first or (t.status, t.round) is distinct from (v.status, v.round))
    order by t.complaint_id, t.version
    on conflict do nothing
)
insert into ticket_view (
    complaint_id, status, unit, round, version, area, category, since, urgency, profile,
    into_number, holders, handler, handed_in
)
select complaint_id, status, unit, round, version, area, category, since, urgency, profile,
    into_number, held::text[], handler, handed_in
from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[], $6::text[], $7::text[],
    $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
    $14::int[]
) as t(
    complaint_id, status, unit, round, version, area, category, since, urgency, profile,
    into_number, held, handler, handed_in
)
on conflict (complaint_id) do update
set {
    _set(
        _NEWER,
        status="excluded.status",
        unit="excluded.unit",
        round="excluded.round",
        version="excluded.version",
        area="excluded.area",
        category="excluded.category",
        urgency="excluded.urgency",
        profile="coalesce(excluded.profile, ticket_view.profile)",
        handler="coalesce(excluded.handler, ticket_view.handler)",
    )
},
    {_set(_MOVED, since="excluded.since")},
    {
    _set(
        _ELSEWHERE,
        into_number="excluded.into_number",
        answered_round="null",
        answered_handed_in="null",
        settled="false",
    )
},
    handed_in = greatest(ticket_view.handed_in, excluded.handed_in),
    holders = case
        when ticket_view.holders @> excluded.holders then ticket_view.holders
        else array(select unnest(ticket_view.holders) union select unnest(excluded.holders))
    end
where ticket_view.version < excluded.version
    or ticket_view.handed_in < excluded.handed_in
    or not ticket_view.holders @> excluded.holders
"""
"""An older event than the view's changes nothing but who was ever responsible and what was handed in.

A change of state is noted beside it for those who follow from outside, with the time it is noted at.
"""

SQL_ASK_AGAIN: Final = """
with recursive handed as (
    select * from unnest($1::uuid[], $2::int[], $3::int[]) as t(complaint_id, round, version)
), follower as (
    select f.complaint_id, handed.round, handed.version, 1 as depth
    from handed
    join complaint c on c.complaint_id = handed.complaint_id
    join ticket_view f on f.into_number = c.number and f.status = 'merged'
    union all
    select f.complaint_id, follower.round, follower.version, depth + 1
    from follower
    join complaint c on c.complaint_id = follower.complaint_id
    join ticket_view f on f.into_number = c.number and f.status = 'merged'
    where depth < 32
)
update ticket_view
set settled = false
from follower
where ticket_view.complaint_id = follower.complaint_id and ticket_view.settled
    and ticket_view.answered_round = follower.round
    and ticket_view.answered_handed_in < follower.version
"""
"""Handed in once more in the same round: it was refused, and so were the answers about it."""


async def project(conn: Conn, rows: list[tuple[Any, ...]], changes: list[tuple[Any, ...]]) -> None:
    """What batches say of tickets (projecting.view_row and changes), in order of complaint id."""
    await conn.execute(SQL_PROJECT, *columns(rows, WIDTH), *columns(changes, CHANGE_WIDTH))


async def ask_again(conn: Conn, handed_in: list[tuple[Any, ...]]) -> None:
    """Followers whose answer was about work refused since are due again (projecting.handings)."""
    await conn.execute(SQL_ASK_AGAIN, *columns(handed_in, HANDED_WIDTH))
