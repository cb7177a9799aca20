"""SQL of contact health: our own events, read once in their order, and what they say of units and people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from asyncpg import Record

from kit.db import Conn, columns

SQL_READ_TO: Final = "select tx, position from contact_read for update skip locked"
SQL_NEXT_TICKET_EVENTS: Final = """
select tx::text as tx, position, subject,
    case when split_part(subject, '.', 2) = any($4::text[]) then body end as body
from outbox
where (tx, position) > ($1::text::xid8, $2)
    and tx < pg_snapshot_xmin(pg_current_snapshot())
order by outbox.tx, position
limit $3
"""
SQL_READ_ON: Final = "update contact_read set tx = $1, position = $2"
SQL_NOTE_CONTACTS: Final = """
insert into contact (unit, person, signed_at, acted_at, asked_at)
select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[])
on conflict (unit, person) do update
set signed_at = coalesce(excluded.signed_at, contact.signed_at),
    acted_at = coalesce(excluded.acted_at, contact.acted_at),
    asked_at = case
        when excluded.acted_at is not null then excluded.asked_at
        else coalesce(contact.asked_at, excluded.asked_at)
    end
"""
SQL_UNITS: Final = """
with waiting as (
    select unit, count(*) as tickets, min(dispatched_at) as since
    from ticket
    where status = 'dispatched'
    group by unit
), known as (
    select unit from contact where person = ''
    union
    select unit from waiting
)
select k.unit, c.signed_at, c.acted_at, c.asked_at, coalesce(w.tickets, 0) as tickets, w.since
from known k
left join contact c on c.unit = k.unit and c.person = ''
left join waiting w on w.unit = k.unit
where k.unit > $1
    and (not $2::boolean or c.asked_at < $3 or w.since < $4)
order by k.unit
limit $5
"""
SQL_PEOPLE: Final = """
select unit, person, signed_at, acted_at, asked_at
from contact
where unit = any($1::text[]) and person <> ''
"""


async def read_to(conn: Conn) -> tuple[str, int] | None:
    """How far our events were read; None while another process reads on."""
    row = await conn.fetchrow(SQL_READ_TO)
    return (row["tx"], row["position"]) if row else None


async def next_events(
    conn: Conn, after: tuple[str, int], limit: int, wanted: Sequence[str]
) -> list[Record]:
    """Events past a cursor; only those with a wanted second token bring their body."""
    return list(await conn.fetch(SQL_NEXT_TICKET_EVENTS, *after, limit, list(wanted)))


async def note(conn: Conn, rows: list[tuple[Any, ...]], tx: str, position: int) -> None:
    """(unit, person, signed, acted, asked), and how far it was read."""
    if rows:
        await conn.execute(SQL_NOTE_CONTACTS, *columns(rows, 5))
    await conn.execute(SQL_READ_ON, tx, position)


async def units(conn: Conn, after: str, *narrowed: Any) -> list[Record]:
    """Units that were ever asked, by code; (only stale ones, asked before, waiting since before, limit)."""
    return list(await conn.fetch(SQL_UNITS, after, *narrowed))


async def people(conn: Conn, codes: Sequence[str]) -> list[Record]:
    """What is known of the people of some units."""
    return list(await conn.fetch(SQL_PEOPLE, list(codes)))
