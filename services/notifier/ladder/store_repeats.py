"""SQL of raised rungs that are said again until somebody acknowledges them; never opens or commits."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn

SQL_CLAIM_REPEATS: Final = """
with due as (
    select e.escalation_id, e.cleared_at is null and exists (
        select from clock c
        where c.ticket_id = e.ticket_id and c.round = e.round and c.kind = e.clock
            and c.stopped_at is null and c.paused_at is null
    ) as running
    from escalation e
    where e.repeat_at <= $1
    order by e.repeat_at
    limit $2
    for update of e skip locked
)
update escalation e
set repeats = e.repeats + d.running::int, repeat_at = case
        when d.running and e.repeats + 1 < e.repeat_max
        then case
            when e.repeat_at + make_interval(secs => e.repeat_s) > $1 then e.repeat_at else $1
        end + make_interval(secs => e.repeat_s)
    end
from due d
where e.escalation_id = d.escalation_id
returning e.*, d.running
"""
"""Signed, contacted, handled, held, closed: where the clock does not run any more, nothing is said again.

What an outage made miss is said once, then the rhythm goes on.
"""
SQL_LOCK: Final = """
select e.*, v.unit as holder
from escalation e
join ticket_view v on v.ticket_id = e.ticket_id
where e.escalation_id = $1
for update of e
"""
SQL_ACKNOWLEDGE: Final = """
update escalation e
set acknowledged_at = $2, acknowledged_by = $3, repeat_at = null
where e.escalation_id = $1
"""


async def claim_repeats(conn: Conn, now: datetime, limit: int) -> list[Record]:
    """Rungs whose repetition is due, counted and moved on; `running` says whether it is said at all."""
    rows: list[Record] = await conn.fetch(SQL_CLAIM_REPEATS, now, limit)
    return rows


async def lock(conn: Conn, escalation_id: UUID) -> Record | None:
    """A raised rung with the unit that holds its ticket now, locked until the transaction ends."""
    return await conn.fetchrow(SQL_LOCK, escalation_id)


async def acknowledge(conn: Conn, escalation_id: UUID, at: datetime, post: str) -> None:
    """Somebody knows of it: it is not said again."""
    await conn.execute(SQL_ACKNOWLEDGE, escalation_id, at, post)
