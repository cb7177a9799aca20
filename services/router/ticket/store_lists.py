"""SQL of lists of tickets; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from asyncpg import Record

from kit.db import Conn

SQL_LIST: Final = """
select ticket_id, number, status, unit, assists, area, category, urgency, round, version,
    escalation_level, pending, outcome, received_at, dispatched_at, channel, kind, title, body, address,
    post, confidential, coordinator, attachments
from ticket
where ($1::text is null or area like $1 || '%')
    and ($2::text is null or status = $2)
    and ($3::text is null or number like $3 || '%')
    and ($4::uuid is null or ticket_id < $4)
    and (accused is null or accused <> all($7::text[]))
    and ($5::boolean is not true or exists (
        select from ticket_clock c
        where c.ticket_id = ticket.ticket_id and c.state = 'breached'
    ))
order by ticket_id desc
limit $6
"""
SQL_LIST_OF_UNITS: Final = """
with own as (
    select found.ticket_id
    from unnest($8::text[]) as u(unit)
    cross join lateral (
        select t.ticket_id
        from ticket t
        where t.unit = u.unit
            and ($1::text is null or t.area like $1 || '%')
            and ($2::text is null or t.status = $2)
            and ($3::text is null or t.number like $3 || '%')
            and ($4::uuid is null or t.ticket_id < $4)
            and (t.accused is null or t.accused <> all($7::text[]))
            and ($5::boolean is not true or exists (
                select from ticket_clock c
                where c.ticket_id = t.ticket_id and c.state = 'breached'
            ))
        order by t.ticket_id desc
        limit $6
    ) as found
), assisted as (
    select found.ticket_id
    from unnest($8::text[]) as u(unit)
    cross join lateral (
        select a.ticket_id
        from assist a
        where a.unit = u.unit
            and ($4::uuid is null or a.ticket_id < $4)
            and exists (
                select from ticket t
                where t.ticket_id = a.ticket_id
                    and (t.accused is null or t.accused <> all($7::text[]))
                    and ($1::text is null or t.area like $1 || '%')
                    and ($2::text is null or t.status = $2)
                    and ($3::text is null or t.number like $3 || '%')
            )
            and ($5::boolean is not true or exists (
                select from ticket_clock c
                where c.ticket_id = a.ticket_id and c.state = 'breached'
            ))
        order by a.ticket_id desc
        limit $6
    ) as found
), shown as (
    select ticket_id from own
    union
    select ticket_id from assisted
    order by ticket_id desc
    limit $6
)
select ticket_id, number, status, unit, assists, area, category, urgency, round, version,
    escalation_level, pending, outcome, received_at, dispatched_at, channel, kind, title, body, address,
    post, confidential, coordinator, attachments
from shown
join ticket using (ticket_id)
order by ticket_id desc
"""
"""Each unit's newest tickets from its own end of an index, then the newest of all of them: what it
costs depends on the page and the number of units, not on how many tickets there are."""


async def page(conn: Conn, units: Sequence[str] | None, *filters: Any) -> list[Record]:
    """A page, newest first: of some units or of all (None).

    Filters: area prefix, status, number prefix, before which id, overdue, limit, and parties complained
    about whose matters the reader must not see.
    """
    if units is None:
        return list(await conn.fetch(SQL_LIST, *filters))
    return list(await conn.fetch(SQL_LIST_OF_UNITS, *filters, units))
