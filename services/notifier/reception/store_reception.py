"""SQL over the secretaries' queues; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from contracts.escalation import EntryRule, ReceptionLevel
from kit.db import Conn, columns
from services.notifier.reception.item import Item

SQL_QUEUE: Final = """
insert into reception_item (
    item_id, ticket_id, number, round, level, org, rule, requesters, care, unit, area, received_at,
    queued_at
)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::int[],
    $9::int[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[]
)
on conflict (ticket_id) where closed_at is null do update
set level = excluded.level, org = excluded.org, rule = excluded.rule, round = excluded.round,
    unit = excluded.unit, area = excluded.area, queued_at = excluded.queued_at
where reception_item.org <> excluded.org
returning *
"""
SQL_WITHDRAW: Final = """
update reception_item i
set closed_at = $2
where i.ticket_id = any($1::uuid[]) and i.closed_at is null
returning i.*
"""
SQL_QUEUE_AGAIN: Final = """
update reception_item i
set closed_at = null
from unnest($1::uuid[], $2::int[], $3::timestamptz[]) as t(id, round, merged_at)
where i.ticket_id = t.id and i.round = t.round and i.closed_at >= t.merged_at
returning i.*
"""


async def queue(conn: Conn, items: Sequence[Item]) -> list[Item]:
    """Put matters on queues, or move those already queued to another office; what changed."""
    rows: list[tuple[Any, ...]] = [
        (
            i.item_id, i.ticket_id, i.number, i.round, i.level.value, i.org, i.rule.value,
            i.requesters, i.care, i.unit, i.area, i.received_at, i.queued_at,
        )
        for i in items
    ]  # fmt: skip
    return [item_of(row) for row in await conn.fetch(SQL_QUEUE, *columns(rows, 13))] if rows else []


async def withdraw(conn: Conn, ids: Sequence[UUID], at: datetime) -> list[Item]:
    """Take tickets that ended off the queues."""
    return [item_of(row) for row in await conn.fetch(SQL_WITHDRAW, ids, at)]


async def queue_again(conn: Conn, returned: Sequence[tuple[UUID, int, datetime]]) -> list[Item]:
    """Put back on the queues what a merger had taken off: (ticket id, round, when it was merged)."""
    rows = await conn.fetch(SQL_QUEUE_AGAIN, *columns(list(returned), 3))
    return [item_of(row) for row in rows]


def item_of(row: Record) -> Item:
    """A row of table `reception_item`."""
    values = {name: row[name] for name in Item.__dataclass_fields__}
    return Item(**values | {"level": ReceptionLevel(row["level"]), "rule": EntryRule(row["rule"])})
