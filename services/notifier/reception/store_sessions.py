"""SQL over reception sessions and their agendas; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from contracts.escalation import ReceptionState
from kit.db import Conn, columns
from services.notifier.reception.item import Item
from services.notifier.reception.session import Session
from services.notifier.reception.store_reception import item_of

SQL_ADD: Final = """
insert into reception_session (
    session_id, org, level, kind, starts_at, place, chair, participants, cap, state, version,
    created_by, created_at, opened_at, closed_at, minutes
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""
SQL_SESSION: Final = "select s.* from reception_session s where s.session_id = $1"
SQL_LOCK_SESSION: Final = SQL_SESSION + " for update"
SQL_MOVE: Final = """
update reception_session
set version = version + 1, state = $3, opened_at = $4, closed_at = $5, minutes = $6
where session_id = $1 and version = $2
returning version
"""
SQL_CALENDAR: Final = """
select s.*, (
    select count(*) from reception_hearing h join reception_item i using (item_id)
    where h.session_id = s.session_id
        and (h.outcome in ('decided', 'carried_over') or i.session_id = s.session_id)
) as items
from reception_session s
where ($1::text[] is null or s.org = any($1)) and s.starts_at >= $2 and s.starts_at < $3
order by s.starts_at, s.session_id
limit $4
"""
SQL_LOCK_ITEMS: Final = """
select i.*,
    array(select a.accused from ticket_about a where a.ticket_id = i.ticket_id) as accused
from reception_item i
where i.item_id = any($1::uuid[])
order by i.item_id
for update
"""
SQL_HEAVIEST: Final = """
select i.item_id
from reception_item i
where i.org = $1 and i.state = 'queued' and i.closed_at is null
order by i.rank desc, i.item_id desc
limit $2
for update skip locked
"""
"""As the queue's page is ordered; what somebody else holds right now is left for the next time."""
SQL_SAVE_ITEMS: Final = """
update reception_item i
set state = t.state, level = t.level, org = t.org, carried = t.carried, session_id = t.session_id,
    queued_at = t.queued_at, closed_at = t.closed_at
from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::uuid[], $7::timestamptz[],
    $8::timestamptz[]
) as t(id, state, level, org, carried, session_id, queued_at, closed_at)
where i.item_id = t.id
"""
SQL_PUT: Final = """
insert into reception_hearing (session_id, item_id, position)
select $1, t.item_id, $3 + t.n
from unnest($2::uuid[]) with ordinality as t(item_id, n)
on conflict (session_id, item_id) do update
set position = excluded.position, outcome = null, reason = null
"""
SQL_HEARD: Final = """
update reception_hearing
set form = $3, note = $4, present = $5, heard_at = $6, heard_by = $7
where session_id = $1 and item_id = $2
"""
SQL_OUTCOME: Final = """
update reception_hearing h
set outcome = t.outcome, reason = t.reason
from unnest($2::uuid[], $3::text[], $4::text[]) as t(item_id, outcome, reason)
where h.session_id = $1 and h.item_id = t.item_id
"""
SQL_AGENDA: Final = """
select h.session_id as agenda_of, h.position, h.form, h.note, h.present, h.heard_at, h.heard_by,
    h.outcome, h.reason, i.*,
    array(select a.accused from ticket_about a where a.ticket_id = i.ticket_id) as accused
from reception_hearing h
join reception_item i on i.item_id = h.item_id
where h.session_id = $1
order by h.position, h.item_id
"""
SQL_TICKET: Final = """
select v.round, v.unit, v.urgency, (
    select max(c.due_at) from clock c where c.ticket_id = v.ticket_id and c.kind = 'result'
) as due_at
from ticket_view v
where v.ticket_id = $1 and v.status not in ('closed', 'declined', 'merged', 'withdrawn')
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an agenda."""

    item: Item
    position: int
    form: str | None
    note: str | None
    present: Sequence[str]
    heard_at: datetime | None
    heard_by: str | None
    outcome: str | None
    reason: str | None
    here: bool
    """Its matter still belongs to this session."""


async def add(conn: Conn, session: Session) -> None:
    """A new session."""
    await conn.execute(SQL_ADD, *session.row())


async def session(conn: Conn, session_id: UUID, *, lock: bool = False) -> Session | None:
    """A session, locked until the transaction ends where that is asked."""
    row = await conn.fetchrow(SQL_LOCK_SESSION if lock else SQL_SESSION, session_id)
    return Session.of(row) if row else None


async def move(conn: Conn, before: Session, after: Session) -> int | None:
    """Save by compare-and-set on the version; the new version."""
    version: int | None = await conn.fetchval(
        SQL_MOVE,
        before.session_id,
        before.version,
        after.state,
        after.opened_at,
        after.closed_at,
        after.minutes,
    )
    return version


async def calendar(
    conn: Conn, orgs: Sequence[str] | None, first: datetime, last: datetime, limit: int
) -> list[Record]:
    """Sessions of offices (all for None) in a span, in order of time, with their number of matters."""
    rows: list[Record] = await conn.fetch(SQL_CALENDAR, orgs, first, last, limit)
    return rows


async def lock_items(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, Item]:
    """Matters by id, locked in order of id until the transaction ends."""
    return {row["item_id"]: item_of(row) for row in await conn.fetch(SQL_LOCK_ITEMS, sorted(ids))}


async def heaviest(conn: Conn, org: str, limit: int) -> list[UUID]:
    """The weightiest matters on an office's queue, by score, locked."""
    rows = await conn.fetch(SQL_HEAVIEST, org, limit)
    return [row["item_id"] for row in rows]


async def save_items(conn: Conn, items: Sequence[Item], at: datetime) -> None:
    """Write back how matters stand."""
    ended = (ReceptionState.DONE, ReceptionState.WITHDRAWN)
    rows: list[tuple[Any, ...]] = [
        (
            i.item_id, i.state.value, i.level.value, i.org, i.carried, i.session_id, i.queued_at,
            at if i.state in ended else None,
        )
        for i in items
    ]  # fmt: skip
    if rows:
        await conn.execute(SQL_SAVE_ITEMS, *columns(rows, 8))


async def put(conn: Conn, session_id: UUID, ids: Sequence[UUID], after: int) -> None:
    """Lines of the agenda in the order given, behind position `after`."""
    await conn.execute(SQL_PUT, session_id, list(ids), after)


async def heard(conn: Conn, *values: Any) -> None:
    """(session, item, form, note, present, at, by)."""
    await conn.execute(SQL_HEARD, *values)


async def outcome(
    conn: Conn, session_id: UUID, found: Sequence[tuple[UUID, str, str | None]]
) -> None:
    """(item, outcome, reason) of lines of the agenda."""
    await conn.execute(SQL_OUTCOME, session_id, *columns(list(found), 3))


async def agenda(conn: Conn, session_id: UUID) -> list[Line]:
    """The lines of an agenda in order, with how each matter stands now."""
    return [_line(row) for row in await conn.fetch(SQL_AGENDA, session_id)]


async def ticket(conn: Conn, ticket_id: UUID) -> Record | None:
    """Round, holder, urgency and due time of a ticket that is open; None for one that ended."""
    return await conn.fetchrow(SQL_TICKET, ticket_id)


def _line(row: Record) -> Line:
    own = {name: row[name] for name in Line.__dataclass_fields__ if name not in {"item", "here"}}
    here = row["session_id"] == row["agenda_of"] and row["state"] != ReceptionState.WITHDRAWN
    return Line(item=item_of(row), here=here, **own)
