"""SQL of the watchdog: open tickets, slice by slice, that nothing will happen to; never opens or commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from asyncpg import Record

from kit.db import Conn

START: Final = UUID(int=0)
SQL_TAKE_TURN: Final = """
select w.after_id, w.lap_began_at
from watch w
where w.next_at <= $1
for update skip locked
"""
SQL_SLICE: Final = """
select v.ticket_id
from ticket_view v
where v.status not in ('closed', 'declined', 'merged', 'withdrawn') and v.ticket_id > $1
order by v.ticket_id
limit $2
"""
SQL_QUIET: Final = """
select s.id
from unnest($1::uuid[]) as s(id)
where not exists (
    select from ladder l where l.ticket_id = s.id and l.next_due_at is not null
) and not exists (
    select from clock c where c.ticket_id = s.id and c.next_at is not null
) and not exists (
    select from reception_item i where i.ticket_id = s.id and i.closed_at is null
) and not exists (
    select from legacy_matter m
    where m.ticket_id = s.id and m.ended_at is null and m.asked_at is null
)
"""
"""A rung or an alarm that is due already counts: raising it is the tick's affair, and SQL_WAITING_S watches that."""
SQL_NOTE: Final = """
insert into quiet_ticket (ticket_id, number, status, unit, area, found_at)
select v.ticket_id, v.number, v.status, v.unit, v.area, $2
from ticket_view v
where v.ticket_id = any($1::uuid[])
on conflict (ticket_id) do nothing
returning ticket_id, number, status, unit
"""
SQL_FORGET: Final = """
delete from quiet_ticket q
where q.ticket_id > $1 and q.ticket_id <= $2 and q.ticket_id <> all($3::uuid[])
returning q.ticket_id
"""
SQL_GO_ON: Final = """
update watch
set after_id = $1, lap_began_at = $2, next_at = $3, looked_at = looked_at + $4
"""
SQL_COUNT: Final = "select count(*) from quiet_ticket"
SQL_WAITING_S: Final = """
select greatest(0, extract(epoch from $1 - least(
    (select min(l.next_due_at) from ladder l where l.next_due_at is not null),
    (select min(c.next_at) from clock c where c.next_at is not null)
)))::float8
"""
LAST: Final = UUID(int=2**128 - 1)


class Turn(NamedTuple):
    """Where the walk over the open tickets stands."""

    after_id: UUID
    lap_began_at: datetime | None


async def take_turn(conn: Conn, now: datetime) -> Turn | None:
    """Hold the watch until the transaction ends; None when it is not time, or another replica holds it."""
    row = await conn.fetchrow(SQL_TAKE_TURN, now)
    return None if row is None else Turn(row["after_id"], row["lap_began_at"])


async def open_after(conn: Conn, after_id: UUID, limit: int) -> list[UUID]:
    """The next open tickets in order of id."""
    return [row["ticket_id"] for row in await conn.fetch(SQL_SLICE, after_id, limit)]


async def quiet(conn: Conn, ids: Sequence[UUID]) -> list[UUID]:
    """Which of these open tickets have no rung, no alarm to come and lie on no table."""
    return [row["id"] for row in await conn.fetch(SQL_QUIET, ids)]


async def note(conn: Conn, ids: Sequence[UUID], at: datetime) -> list[Record]:
    """Write down quiet tickets; those that were not known as such before."""
    rows: list[Record] = await conn.fetch(SQL_NOTE, ids, at)
    return rows


async def forget(conn: Conn, after_id: UUID, upto: UUID, quiet: Sequence[UUID]) -> list[UUID]:
    """Strike off whatever of a stretch of ids is not quiet any more, because it goes on or ended."""
    return [row["ticket_id"] for row in await conn.fetch(SQL_FORGET, after_id, upto, quiet)]


async def go_on(
    conn: Conn, after_id: UUID, lap_began_at: datetime | None, next_at: datetime, looked_at: int
) -> None:
    """Remember where to go on, and when."""
    await conn.execute(SQL_GO_ON, after_id, lap_began_at, next_at, looked_at)


async def count(conn: Conn) -> int:
    """Quiet tickets known of."""
    found: int = await conn.fetchval(SQL_COUNT)
    return found


async def waiting_s(conn: Conn, now: datetime) -> float:
    """For how many seconds the oldest rung or alarm has been due; 0 when none is."""
    found: float = await conn.fetchval(SQL_WAITING_S, now)
    return found
