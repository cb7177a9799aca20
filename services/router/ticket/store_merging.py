"""SQL of merged tickets; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from contracts.ticket import TicketStatus
from kit.db import Conn
from services.router.ticket import merging
from services.router.ticket.merging import Member, Tree

SQL_TREE: Final = "select * from tree_of($1)"
SQL_LOCK: Final = """
select ticket_id
from ticket
where ticket_id = any($1::uuid[])
order by ticket_id
for update
"""
SQL_FOLLOW: Final = """
insert into follower (ticket_id, into_ticket, joined, before, at)
select $1, t.ticket_id, t.round, $3, $4
from ticket t
where t.ticket_id = $2
"""
SQL_LEAVE: Final = "delete from follower where ticket_id = $1"


async def tree(conn: Conn, ticket_ids: Sequence[UUID]) -> Tree:
    """The whole trees of some tickets; ids nobody knows are left out."""
    return {row["ticket_id"]: _member(row) for row in await conn.fetch(SQL_TREE, ticket_ids)}


async def about(conn: Conn, ticket_id: UUID) -> frozenset[str]:
    """Parties complained about in a ticket or in any it is worked on with: nobody tied to one may know of it."""
    whole = await tree(conn, [ticket_id])
    if ticket_id not in whole:
        return frozenset()
    return merging.accused(whole, merging.root(whole, ticket_id).ticket_id)


async def lock(conn: Conn, ticket_ids: Sequence[UUID]) -> None:
    """Lock tickets in order of id, so that two mergers never wait for each other."""
    await conn.execute(SQL_LOCK, ticket_ids)


async def follow(
    conn: Conn, ticket_id: UUID, into: UUID, before: TicketStatus, at: datetime
) -> None:
    """Note under which ticket the work goes on, in which of its rounds, and the state to return to."""
    await conn.execute(SQL_FOLLOW, ticket_id, into, before.value, at)


async def leave(conn: Conn, ticket_id: UUID) -> None:
    """The ticket stands by itself again; what was is in its history."""
    await conn.execute(SQL_LEAVE, ticket_id)


def _member(row: Record) -> Member:
    return Member(
        ticket_id=row["ticket_id"],
        number=row["number"],
        status=TicketStatus(row["status"]),
        units=frozenset({row["unit"], *row["assists"]}),
        accused=row["accused"],
        urgency=row["urgency"],
        profile=row["profile"],
        round=row["round"],
        received_at=row["received_at"],
        dispatched_at=row["dispatched_at"],
        into=row["into_ticket"],
        before=TicketStatus(row["before"]) if row["before"] else None,
        joined=row["joined"],
    )
