"""SQL of the resident's page: tries under lock, and what may be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns

SQL_OPEN_TRIES: Final = """
insert into page_try (token, tries, last_at)
select token, '{}', $2 from unnest($1::bytea[]) as t(token)
order by token
on conflict do nothing
"""
SQL_TRIES: Final = """
select token, tries from page_try where token = any($1::bytea[]) order by token for update
"""
SQL_KEEP_TRIES: Final = """
update page_try
set tries = t.tries::timestamptz[], last_at = $3
from unnest($1::bytea[], $2::text[]) as t(token, tries)
where page_try.token = t.token
"""
SQL_FORGET: Final = """
delete from page_try
where token in (select token from page_try where last_at < $1 limit 1000 for update skip locked)
"""
SQL_PLACE: Final = """
select c.complaint_id, c.number, c.received_at, c.decline_reason, own.status,
    led.status as lead_status, led.since,
    (
        select max(w.at)
        from later_word w
        where w.complaint_id = c.complaint_id and w.kind = 'withdrawn' and own.status = 'merged'
    ) as withdrawn_at
from complaint c
left join ticket_view own on own.complaint_id = c.complaint_id
left join ticket_view led on led.complaint_id = lead_of(c.complaint_id)
where c.number = $1
"""
SQL_TAIL_IS: Final = """
select coalesce(bool_or(vault.tail_is($1, t.tail)), false) from unnest($2::bytea[]) as t(tail)
"""


async def tries(conn: Conn, tokens: Sequence[bytes], now: datetime) -> dict[bytes, list[datetime]]:
    """Wrong tries under each token, locked until the end of the transaction."""
    await conn.execute(SQL_OPEN_TRIES, tokens, now)
    rows = await conn.fetch(SQL_TRIES, tokens)
    return {bytes(row["token"]): list(row["tries"]) for row in rows}


async def keep_tries(conn: Conn, kept: Mapping[bytes, Sequence[datetime]], now: datetime) -> None:
    """What counts from now on."""
    rows = [
        (token, "{" + ",".join(f'"{at.isoformat()}"' for at in found) + "}")
        for token, found in kept.items()
    ]
    await conn.execute(SQL_KEEP_TRIES, *columns(list(rows), 2), now)


async def forget(conn: Conn, before: datetime) -> None:
    """Drop what has not been tried since."""
    await conn.execute(SQL_FORGET, before)


async def place(conn: Conn, number: str) -> Record | None:
    """Where a matter stands, and the ticket under which the work goes on."""
    return await conn.fetchrow(SQL_PLACE, number)


async def tail_is(conn: Conn, complaint_id: UUID, tails: Sequence[bytes]) -> bool:
    """True when the phone of the complaint ends in the digits behind one of these digests."""
    return bool(await conn.fetchval(SQL_TAIL_IS, complaint_id, tails))
