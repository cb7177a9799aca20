"""SQL of whom matters are about; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from kit.db import Conn, columns

SQL_NOTE: Final = """
insert into ticket_about (ticket_id, accused)
select * from unnest($1::uuid[], $2::text[])
on conflict do nothing
"""
SQL_MERGED: Final = """
insert into ticket_about (ticket_id, accused)
select lead.ticket_id, a.accused
from unnest($1::uuid[], $2::text[]) as m(ticket_id, into_number)
join ticket_about a on a.ticket_id = m.ticket_id
join ticket_view lead on lead.number = m.into_number
on conflict do nothing
"""
SQL_OF: Final = "select ticket_id, accused from ticket_about where ticket_id = any($1::uuid[])"


async def note(conn: Conn, rows: Sequence[tuple[UUID, str]]) -> None:
    """(ticket, unit complained about)."""
    if rows:
        await conn.execute(SQL_NOTE, *columns([*rows], 2))


async def merged(conn: Conn, rows: Sequence[tuple[UUID, str]]) -> None:
    """(ticket, number it was merged into): that one is about the same units from now on."""
    if rows:
        await conn.execute(SQL_MERGED, *columns([*rows], 2))


async def of(conn: Conn, ids: Sequence[UUID]) -> Mapping[UUID, frozenset[str]]:
    """The units each of these is about; nothing for those about nobody."""
    found: dict[UUID, set[str]] = defaultdict(set)
    for row in await conn.fetch(SQL_OF, ids) if ids else ():
        found[row["ticket_id"]].add(row["accused"])
    return {ticket_id: frozenset(units) for ticket_id, units in found.items()}
