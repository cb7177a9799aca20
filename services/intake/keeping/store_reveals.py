"""SQL of who was shown what; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn

SQL_ONE_AFTER_THE_OTHER: Final = (
    "select pg_advisory_xact_lock(hashtextextended('reveal ' || $1, 0))"
)
SQL_SHOWN_SINCE: Final = """
select count(*)::int as count, min(at) as first_at from reveal where by = $1 and at > $2
"""
SQL_KEEP: Final = """
insert into reveal (reveal_id, complaint_id, by, at, code, reason, mark)
values ($1, $2, $3, $4, $5, $6, $7)
"""
SQL_OF: Final = """
select r.reveal_id, c.number, r.by, r.at, r.code, r.reason, r.mark
from reveal r
join complaint c using (complaint_id)
where r.complaint_id = $1 and (r.at, r.reveal_id) > ($2, $3)
order by r.at, r.reveal_id
limit $4
"""
SQL_MARKED: Final = """
select r.reveal_id, c.number, r.by, r.at, r.code, r.reason, r.mark
from reveal r
join complaint c using (complaint_id)
where r.mark = any($1::bytea[])
order by r.at
"""
SQL_LOOKED: Final = """
with asked as (
    select complaint_id from complaint where number = any($1::text[])
    union
    select t.complaint_id
    from unnest($2::bytea[]) as c(caller)
    cross join lateral vault.complaints_of(c.caller, 50) as t(complaint_id)
)
select r.reveal_id, c.number, r.by, r.at, r.code, r.reason, r.mark
from asked
join complaint c using (complaint_id)
join reveal r using (complaint_id)
order by r.at
limit $3
"""


async def wait_turn(conn: Conn, person: str) -> None:
    """Looks of one person are counted one after the other, until the end of the transaction."""
    await conn.execute(SQL_ONE_AFTER_THE_OTHER, person)


async def shown_since(conn: Conn, person: str, since: datetime) -> Record:
    """How many identities somebody was shown after a time, and when the first of them."""
    row = await conn.fetchrow(SQL_SHOWN_SINCE, person, since)
    assert row is not None  # noqa: S101 - an aggregate has a row
    return row


async def keep(conn: Conn, row: tuple[Any, ...]) -> None:
    """Note a look, in the order of SQL_KEEP."""
    await conn.execute(SQL_KEEP, *row)


async def of(conn: Conn, about: UUID, after: tuple[datetime, UUID], limit: int) -> list[Record]:
    """Looks at one complaint, oldest first."""
    return list(await conn.fetch(SQL_OF, about, *after, limit))


async def by_marks(conn: Conn, marks: Sequence[bytes]) -> list[Record]:
    """The looks whose copies have these marks."""
    return list(await conn.fetch(SQL_MARKED, marks))


async def looked(
    conn: Conn, numbers: Sequence[str], callers: Sequence[bytes], limit: int
) -> list[Record]:
    """Everybody who looked at complaints of these numbers or phones."""
    return list(await conn.fetch(SQL_LOOKED, numbers, callers, limit))
