"""SQL of hot issues as the notifier knows them; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from kit.db import Conn, columns

SQL_KNOW: Final = """
insert into hot_issue (issue_id)
select distinct u.issue_id from unnest($1::uuid[]) as u(issue_id)
on conflict do nothing
"""
SQL_JOIN: Final = """
insert into hot_issue_member (ticket_id, issue_id)
select * from unnest($1::uuid[], $2::uuid[])
on conflict do nothing
"""
SQL_CLOSE: Final = """
insert into hot_issue (issue_id, closed_at)
select * from unnest($1::uuid[], $2::timestamptz[])
on conflict (issue_id) do update set closed_at = excluded.closed_at
"""


async def join(conn: Conn, members: Sequence[tuple[UUID, UUID]]) -> None:
    """(ticket, issue): what is known already, and what was closed meanwhile, stays as it is."""
    if members:
        tickets, issues = columns(list(members), 2)
        await conn.execute(SQL_KNOW, issues)
        await conn.execute(SQL_JOIN, tickets, issues)


async def close(conn: Conn, closed: Sequence[tuple[UUID, datetime]]) -> None:
    """(issue, at): its tickets are warned of one by one again."""
    if closed:
        await conn.execute(SQL_CLOSE, *columns(list(closed), 2))
