"""SQL of reading complaints and what is sealed of them; takes a connection, never opens or commits one."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn

SQL_UNSEAL: Final = """
select key_version, wrapped_key, box
from vault.requester
where complaint_id = $1 and box is not null
"""
SQL_UNSEAL_LATER: Final = """
select word_id, key_version, wrapped_key, box
from vault.later_word
where complaint_id = $1 and box is not null
order by word_id
"""
SQL_SAID: Final = """
select kind, at, words as text, confirmed_by, confirmed_how
from later_word
where complaint_id = $1
order by at, word_id
"""
SQL_CALLBACKS: Final = """
select under, round, attempt, at, channel, outcome, satisfied, note, final
from callback
where complaint_id = $1
order by at, callback_id
"""
SQL_COMPLAINT: Final = """
select c.*, t.status, t.unit, t.round, t.version, t.into_number as merged_into,
    array(select r.number from complaint r where r.repeat_of = c.number order by r.number) as repeats
from complaint c
left join ticket_view t using (complaint_id)
where c.complaint_id = $1 or c.number = $2
"""


async def unseal(conn: Conn, complaint_id: UUID) -> tuple[int, bytes, bytes] | None:
    """Key version, wrapped key and box of one complaint; needs the vault role."""
    row = await conn.fetchrow(SQL_UNSEAL, complaint_id)
    return (row["key_version"], row["wrapped_key"], row["box"]) if row else None


async def complaint(conn: Conn, complaint_id: UUID | None, number: str | None) -> Record | None:
    """One complaint by id or number, masked, with what its ticket is known to be."""
    return await conn.fetchrow(SQL_COMPLAINT, complaint_id, number)


async def unseal_later(conn: Conn, complaint_id: UUID) -> list[Record]:
    """Word id, key version, wrapped key and box of what was said later; needs the vault role."""
    return list(await conn.fetch(SQL_UNSEAL_LATER, complaint_id))


async def said_since(conn: Conn, complaint_id: UUID) -> tuple[list[Record], list[Record]]:
    """Later words and call-backs of one complaint, masked, oldest first."""
    words = await conn.fetch(SQL_SAID, complaint_id)
    return list(words), list(await conn.fetch(SQL_CALLBACKS, complaint_id))
