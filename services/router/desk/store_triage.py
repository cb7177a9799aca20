"""SQL of the triage desk's list; takes a connection, never opens or commits one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn

SQL_TRIAGE: Final = """
with waiting as (
    select t.ticket_id,
        case t.urgency when 'critical' then 0 when 'urgent' then 1 else 2 end as rank,
        coalesce((
            select (extract(epoch from c.due_at) * 1000000)::bigint
            from ticket_clock c
            where c.ticket_id = t.ticket_id and c.round = t.round and c.kind = 'dispatch'
                and c.state <> 'stopped'
        ), 9223372036854775807) as due,
        (extract(epoch from t.received_at) * 1000000)::bigint as received
    from ticket t
    where t.status = 'triage'
        and ($1::text is null or t.unit = $1)
        and ($2::text is null or t.area like $2 || '%')
        and ($3::text is null or $3 = (
            select r.body::json ->> 'reason' from receipt r where r.receipt_id = t.receipt_id
        ))
), page as (
    select w.*
    from waiting w
    where $4::int is null or (w.rank, w.due, w.received, w.ticket_id) > ($4, $5, $6, $7::uuid)
    order by w.rank, w.due, w.received, w.ticket_id
    limit $8
)
select p.rank, p.due, p.received, t.*, r.body as receipt
from page p
join ticket t using (ticket_id)
join receipt r using (receipt_id)
order by p.rank, p.due, p.received, p.ticket_id
"""
"""What it costs depends on how many tickets wait at the desks, not on how many there are. A ticket whose
dispatch clock is not known (yet) comes after the others of its urgency."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of the list: urgency, due time, time received (microseconds), ticket."""

    rank: int
    due: int
    received: int
    ticket_id: UUID


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to; None leaves a condition out."""

    desk: str | None = None
    area: str | None = None
    reason: str | None = None
    after: Place | None = None
    limit: int = 50


async def waiting(conn: Conn, wanted: Wanted) -> list[Record]:
    """Tickets in triage with their receipts, in order, from behind a place."""
    after = wanted.after
    place = (after.rank, after.due, after.received, after.ticket_id) if after else (None,) * 4
    filters = (wanted.desk, wanted.area, wanted.reason)
    rows: list[Record] = await conn.fetch(SQL_TRIAGE, *filters, *place, wanted.limit)
    return rows
