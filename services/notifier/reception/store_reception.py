"""SQL over the items on secretaries' tables; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from contracts.escalation import EntryRule, ReceptionLevel, ReceptionState
from kit.db import Conn, columns
from services.notifier.reception.item import Item

SQL_WITHDRAW: Final = """
update reception_item i
set closed_at = t.at, state = 'withdrawn'
from unnest($1::uuid[], $2::timestamptz[]) as t(id, at)
where i.ticket_id = t.id and i.closed_at is null and i.state <> 'decided' and not exists (
    select from legacy_matter l
    where l.ticket_id = i.ticket_id and l.ended_at is null and l.asked_at is not null
)
returning i.*
"""
"""A legacy problem that waits for its review stays, whatever becomes of its ticket (domain.md F10); so does a
decided matter: what was decided about it is carried out."""
SQL_QUEUE_AGAIN: Final = """
update reception_item i
set closed_at = null, state = 'queued', session_id = null, issue_id = (
    select o.issue_id from hot_issue o where o.issue_id = i.issue_id and not exists (
        select from reception_item other
        where other.issue_id = i.issue_id and other.closed_at is null
    )
)
from unnest($1::uuid[], $2::int[], $3::timestamptz[]) as t(id, round, merged_at)
where i.ticket_id = t.id and i.round <= t.round and i.closed_at >= t.merged_at
    and i.state = 'withdrawn' and not exists (
    select from reception_item later where later.ticket_id = t.id and later.closed_at is null
)
returning i.*
"""
"""Another ticket may stand for the hot issue meanwhile, and a review may have put it back already."""


async def withdraw(conn: Conn, ended: Mapping[UUID, datetime]) -> list[Item]:
    """Take tickets off the queues, each as of when it ended."""
    rows = await conn.fetch(SQL_WITHDRAW, list(ended), list(ended.values()))
    return [item_of(row) for row in rows]


async def queue_again(conn: Conn, returned: Sequence[tuple[UUID, int, datetime]]) -> list[Item]:
    """Put back on the queues what a merger had taken off: (ticket id, round, when it was merged)."""
    rows = await conn.fetch(SQL_QUEUE_AGAIN, *columns(list(returned), 3))
    return [item_of(row) for row in rows]


def item_of(row: Record) -> Item:
    """A row of table `reception_item`."""
    values = {name: row[name] for name in Item.__dataclass_fields__ if name != "accused"}
    values["accused"] = frozenset(row.get("accused") or ())
    values["level"], values["rule"] = ReceptionLevel(row["level"]), EntryRule(row["rule"])
    return Item(**values | {"state": ReceptionState(row["state"])})
