"""SQL of what lay on a table before about the same matter; takes a connection, never opens or commits one."""

from __future__ import annotations

from typing import Final

from asyncpg import Record

from kit.db import Conn

SQL_EARLIER: Final = """
with found as (
    select i.item_id, 1 as how from reception_item i
    where i.ticket_id = $2 and i.item_id <> $1
    union all
    select i.item_id, 2 from reception_item i
    where i.issue_id in (select h.issue_id from hot_issue_member h where h.ticket_id = $2)
        and i.item_id <> $1
    union all
    select i.item_id, 3 from reception_item i
    where i.category = $3 and i.area = $4 and i.item_id <> $1
), nearest as (
    select item_id, min(how) as how from found group by item_id
)
select i.*, n.how
from nearest n
join reception_item i on i.item_id = n.item_id
order by i.queued_at desc, i.item_id
limit 20
"""
"""1 the same ticket, 2 the same hot issue, 3 the same kind of matter in the same grid."""


async def earlier(conn: Conn, item: Record) -> list[Record]:
    """Other items about the same matter, newest first; an item without category has no third sort."""
    rows: list[Record] = await conn.fetch(
        SQL_EARLIER, item["item_id"], item["ticket_id"], item["category"], item["area"]
    )
    return rows
