"""SQL of who has a ticket open. Time is the database's own, for no rule of the business depends on it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn
from services.console.presence.reader import Presence

FORGOTTEN_S: Final = 45.0
"""So long after the last word nobody is there any more; screens tell it again every twenty seconds."""
MOST: Final = 20
"""People who are told of."""

SQL_SHOWN: Final = """
select rebuilding, topics, kept_from
from stream
left join shown on kind = 'ticket' and id = $1
"""
SQL_TELL: Final = """
insert into presence (ticket_id, person, tab, unit, role, apart, doing, seen_at)
values ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())
on conflict (ticket_id, person, tab) do update
set unit = excluded.unit, role = excluded.role, apart = excluded.apart, doing = excluded.doing,
    seen_at = excluded.seen_at
"""
SQL_OTHERS: Final = """
select distinct on (person) person, unit, role, doing
from presence
where ticket_id = $1 and person <> $2 and (not apart or $3)
    and seen_at > clock_timestamp() - make_interval(secs => $4)
order by person, doing is null, seen_at desc
limit $5
"""
SQL_LEAVE: Final = "delete from presence where ticket_id = $1 and person = $2 and tab = $3"
SQL_SWEEP: Final = """
delete from presence where (ticket_id, person, tab) in (
    select ticket_id, person, tab
    from presence
    where seen_at < clock_timestamp() - make_interval(secs => $1)
    order by seen_at
    limit $2
    for update skip locked
)
"""


async def shown(conn: Conn, ticket_id: UUID) -> Record:
    """On which topics a ticket is shown and whom it is kept from, null where there is none; how a rebuild stands."""
    row = await conn.fetchrow(SQL_SHOWN, str(ticket_id))
    assert row is not None  # noqa: S101 - `stream` has its one row from the beginning
    return row


async def tell(conn: Conn, one: Presence) -> None:
    """Somebody has it open in a tab."""
    how = one.reader
    await conn.execute(
        SQL_TELL, one.ticket_id, one.person, one.tab, how.unit, how.role, how.apart, one.doing
    )


async def others(conn: Conn, ticket_id: UUID, person: str, *, all_of_them: bool) -> list[Record]:
    """Who else has it open, each once however many tabs that is."""
    return list(await conn.fetch(SQL_OTHERS, ticket_id, person, all_of_them, FORGOTTEN_S, MOST))


async def leave(conn: Conn, ticket_id: UUID, person: str, tab: int) -> None:
    """A tab shows it no more."""
    await conn.execute(SQL_LEAVE, ticket_id, person, tab)


async def sweep(conn: Conn, at_once: int) -> None:
    """Drop what is forgotten."""
    await conn.execute(SQL_SWEEP, FORGOTTEN_S, at_once)
