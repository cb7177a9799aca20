"""SQL of what people do to items by hand; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from contracts.escalation import EntryRule
from kit.db import Conn
from services.notifier.reception.item import WEIGHT, Item
from services.notifier.reception.store_reception import item_of

SQL_BY_NAME: Final = """
select v.ticket_id from ticket_view v where v.ticket_id = $1 or v.number = $2 for update
"""
SQL_ITEM: Final = "select i.* from reception_item i where i.item_id = $1"
SQL_LOCK_ITEM: Final = "select i.* from reception_item i where i.item_id = $1 for update"
SQL_ENTRIES: Final = """
select e.item_id, e.rule, e.round, e.cause, e.at, e.queued_by, e.reason, e.withdrawn_at,
    e.withdrawn_reason
from reception_entry e
where e.item_id = any($1::uuid[])
order by e.item_id, e.at, e.rule
"""
SQL_TAKE_BACK: Final = """
update reception_entry e
set withdrawn_at = $3, withdrawn_reason = $4
where e.item_id = $1 and e.rule = 'manual' and e.queued_by = $2 and e.withdrawn_at is null
returning e.cause
"""
SQL_ANSWER: Final = """
update reception_entry e
set withdrawn_at = $3, withdrawn_reason = $4
where e.ticket_id = $1 and e.rule = 'legacy' and e.cause = $2 and e.withdrawn_at is null
returning e.item_id
"""
SQL_REWEIGH: Final = """
update reception_item i set rule = $2, points = $3 where i.item_id = $1 returning i.*
"""
SQL_CARE: Final = """
update reception_item i
set care = $2, care_kind = $3, care_by = $4
where i.item_id = $1 and i.closed_at is null
returning i.*
"""


async def lock_named(conn: Conn, ticket_id: UUID | None, number: str | None) -> UUID | None:
    """The id of a ticket by id or number, its row locked until the transaction ends."""
    found: UUID | None = await conn.fetchval(SQL_BY_NAME, ticket_id, number)
    return found


async def item(conn: Conn, item_id: UUID) -> Record | None:
    """An item, open or not."""
    return await conn.fetchrow(SQL_ITEM, item_id)


async def lock_item(conn: Conn, item_id: UUID) -> Record | None:
    """An item, locked until the transaction ends."""
    return await conn.fetchrow(SQL_LOCK_ITEM, item_id)


async def entries(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, list[Record]]:
    """Which rules put items on their tables, in order of time; withdrawn ones too."""
    found: dict[UUID, list[Record]] = {item_id: [] for item_id in ids}
    for row in await conn.fetch(SQL_ENTRIES, ids):
        found[row["item_id"]].append(row)
    return found


async def take_back(conn: Conn, item_id: UUID, who: str, at: datetime, reason: str) -> bool:
    """Withdraw what somebody put on a table by hand; False where there is nothing of theirs."""
    return bool(await conn.fetch(SQL_TAKE_BACK, item_id, who, at, reason))


async def answer(conn: Conn, ticket_id: UUID, cause: str, at: datetime, reason: str) -> UUID | None:
    """Take off the review of a legacy problem that was held; the item it was on, if any."""
    found: UUID | None = await conn.fetchval(SQL_ANSWER, ticket_id, cause, at, reason)
    return found


async def reweigh(conn: Conn, item_id: UUID, rule: EntryRule) -> Item:
    """Let another rule of an item count."""
    row = await conn.fetchrow(SQL_REWEIGH, item_id, rule.value, WEIGHT[rule])
    assert row is not None  # noqa: S101 - it is locked
    return item_of(row)


async def care(conn: Conn, item_id: UUID, points: int, kind: str | None, who: str) -> Item | None:
    """Set or take off an open item's care flag; None where it is not open."""
    by = who if kind else None
    row = await conn.fetchrow(SQL_CARE, item_id, points, kind, by)
    return item_of(row) if row else None
