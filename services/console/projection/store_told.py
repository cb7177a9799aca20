"""SQL of what was told: one document for each matter, and what the projector has not looked at yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns

SQL_OPEN: Final = """
insert into told (ticket_id, facts)
select ticket_id, '{}' from unnest($1::uuid[]) as t(ticket_id) order by ticket_id
on conflict do nothing
"""
SQL_LOCK: Final = """
select ticket_id, facts from told where ticket_id = any($1::uuid[]) order by ticket_id for update
"""
SQL_SAVE: Final = """
update told t
set facts = u.facts
from unnest($1::uuid[], $2::jsonb[]) as u(ticket_id, facts)
where t.ticket_id = u.ticket_id
"""
SQL_MARK: Final = """
insert into untold (ticket_id, said)
select ticket_id, string_to_array(said, ' ')
from unnest($1::uuid[], $2::text[]) as u(ticket_id, said)
"""
SQL_NOTICE: Final = "insert into notice (topic, body) values ($1, $2)"
SQL_CLAIM: Final = """
with first as (select position from untold order by position limit $1), taken as (
    delete from untold where position in (select position from first) returning *
)
select ticket_id, said from taken order by position
"""
SQL_CLAIM_NOTICES: Final = """
with taken as (delete from notice where position > 0 returning *)
select topic, body from taken order by position
"""
SQL_TREE: Final = """
with recursive up as (
    select t.ticket_id, t.number, t.last_into from told t where t.ticket_id = any($1::uuid[])
    union
    select t.ticket_id, t.number, t.last_into from told t join up on t.number = up.last_into
), tree as (
    select ticket_id, number from up
    union
    select t.ticket_id, t.number from told t join tree on t.last_into = tree.number
)
select told.ticket_id, facts from told join tree using (ticket_id)
"""
"""All that ever were merged with these, directly or through others: what one is about keeps all from somebody."""
SQL_WAITING: Final = "select count(*) from untold"
SQL_ALL_AGAIN: Final = """
insert into untold (ticket_id, said)
select ticket_id, '{}' from told where ticket_id > $1 order by ticket_id limit $2
returning ticket_id
"""
SQL_FORGET: Final = """
with gone as (
    delete from told where ticket_id in (select ticket_id from told order by ticket_id limit $1)
    returning 1
)
select count(*) from gone
"""
SQL_FORGET_UNTOLD: Final = """
with gone as (
    delete from untold where position in (select position from untold order by position limit $1)
    returning 1
)
select count(*) from gone
"""


async def lock(conn: Conn, ticket_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Documents of these matters, made where there is none, in one order for everybody."""
    await conn.execute(SQL_OPEN, ticket_ids)
    return {row["ticket_id"]: row["facts"] for row in await conn.fetch(SQL_LOCK, ticket_ids)}


async def save(conn: Conn, docs: dict[UUID, dict[str, Any]], said: dict[UUID, list[str]]) -> None:
    """Keep changed documents and let the projector look at them."""
    await conn.execute(SQL_SAVE, *columns(list(docs.items()), 2))
    marks = [(ticket_id, " ".join(names)) for ticket_id, names in said.items()]
    await conn.execute(SQL_MARK, *columns(marks, 2))


async def notice(conn: Conn, topic: str, body: dict[str, Any]) -> None:
    """Let the projector say something that is about no matter."""
    await conn.execute(SQL_NOTICE, topic, body)


async def claim(conn: Conn, most: int) -> dict[UUID, list[str]]:
    """Take what is to be looked at, oldest first, with the names of what was said, each once."""
    found: dict[UUID, dict[str, None]] = {}
    for row in await conn.fetch(SQL_CLAIM, most):
        found.setdefault(row["ticket_id"], {}).update(dict.fromkeys(row["said"]))
    return {ticket_id: list(names) for ticket_id, names in found.items()}


async def claim_notices(conn: Conn) -> list[Record]:
    """Take what is to be said of no matter, oldest first."""
    return list(await conn.fetch(SQL_CLAIM_NOTICES))


async def tree(conn: Conn, ticket_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Documents of these and of all they were ever merged with."""
    return {row["ticket_id"]: row["facts"] for row in await conn.fetch(SQL_TREE, ticket_ids)}


async def waiting(conn: Conn) -> int:
    """How much the projector has not looked at."""
    count: int = await conn.fetchval(SQL_WAITING)
    return count


async def all_again(conn: Conn, after: UUID, most: int) -> UUID | None:
    """Let the projector look at the next matters past one; the last of them, None when there is none."""
    rows = await conn.fetch(SQL_ALL_AGAIN, after, most)
    return max((row["ticket_id"] for row in rows), default=None)


async def forget(conn: Conn, most: int) -> int:
    """Let some of what was told go, for a rebuild; how much went."""
    gone = 0
    for statement in (SQL_FORGET, SQL_FORGET_UNTOLD):
        gone += await conn.fetchval(statement, most)
    return gone
