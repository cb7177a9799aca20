"""SQL of intake's own view of tickets: one statement a batch, whatever is late or comes twice."""

from __future__ import annotations

from typing import Any, Final

from kit.db import Conn, columns

WIDTH: Final = 13
"""Columns of a row of SQL_PROJECT."""
CHANGE_WIDTH: Final = 5
"""Columns of a change of state in it."""
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
    from unnest($14::uuid[], $15::int[], $16::text[], $17::int[], $18::boolean[])
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
    into_number, holders, handler
)
select complaint_id, status, unit, round, version, area, category, since, urgency, profile,
    into_number, held::text[], handler
from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[], $6::text[], $7::text[],
    $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[]
) as t(
    complaint_id, status, unit, round, version, area, category, since, urgency, profile,
    into_number, held, handler
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
        settled="false",
    )
},
    holders = case
        when ticket_view.holders @> excluded.holders then ticket_view.holders
        else array(select unnest(ticket_view.holders) union select unnest(excluded.holders))
    end
where ticket_view.version < excluded.version
    or not ticket_view.holders @> excluded.holders
"""
"""An older event than the view's changes nothing but the list of who was ever responsible.

A change of state is noted beside it for those who follow from outside, with the time it is noted at.
"""


async def project(conn: Conn, rows: list[tuple[Any, ...]], changes: list[tuple[Any, ...]]) -> None:
    """What batches say of tickets (projecting.view_row and changes), in order of complaint id."""
    await conn.execute(SQL_PROJECT, *columns(rows, WIDTH), *columns(changes, CHANGE_WIDTH))
