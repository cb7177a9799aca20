"""SQL of runs that take a changed calendar to the open clocks; never opens or commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from kit.db import Conn
from kit.ids import new_id

SQL_FORGET: Final = """
delete from calendar_run r
where r.done_at is not null and r.moved + r.same + r.kept = 0 and r.version <= $1
"""
SQL_BEGIN: Final = """
insert into calendar_run (run_id, version, digests, begun_at)
select $1, $2, $3, $4
where not exists (select from calendar_run r where r.version > $2)
on conflict ((true)) where done_at is null do update
set version = excluded.version, digests = excluded.digests, tickets_done = false,
    tickets_done_to = default, whistles_done = false, whistles_done_to = default,
    decisions_done_to = default
"""
SQL_CLAIM: Final = """
select r.*
from calendar_run r
where r.done_at is null and r.digests = $1
for update skip locked
"""
SQL_TICKETS: Final = """
with page as materialized (
    select c.ticket_id
    from clock c
    where c.stopped_at is null and c.ticket_id > $1
    group by c.ticket_id
    order by c.ticket_id
    limit $2
)
select p.ticket_id, exists (
    select from clock c
    where c.ticket_id = p.ticket_id and c.stopped_at is null
        and c.trace ->> 'calendar_digest' is distinct from $3::jsonb ->> (c.trace ->> 'calendar')
) as stale
from page p
order by p.ticket_id
"""
"""Read by the partial index of running clocks; only tickets with a stale clock are locked and read whole."""
SQL_WHISTLES: Final = """
select c.whistle_id
from whistle_clock c
where c.stopped_at is null and c.whistle_id > $1
group by c.whistle_id
order by c.whistle_id
limit $2
"""
SQL_ADVANCE: Final = """
update calendar_run r
set tickets_done_to = $2, whistles_done_to = $3, tickets_done = $4, moved = $5, same = $6, kept = $7,
    done_at = $8, whistles_done = $9, decisions_done_to = $10
where r.run_id = $1
"""


@dataclass(slots=True)
class Run:
    """How far a run came."""

    run_id: UUID
    version: int
    tickets_done_to: UUID
    whistles_done_to: UUID
    tickets_done: bool
    """All tickets were looked at; whistles come after them."""
    whistles_done: bool
    """All whistles were looked at; reception decisions come last."""
    decisions_done_to: UUID
    moved: int
    """Clocks whose due time differs now."""
    same: int
    """Clocks on a changed calendar that are due when they were."""
    kept: int
    """Clocks that could not be reckoned again."""
    done_at: datetime | None = None


async def begin(conn: Conn, version: int, digests: Mapping[str, str], now: datetime) -> None:
    """Begin a run, or take over the one under way; not where a newer version was seen already.

    Finished runs that touched no clock are forgotten; the others tell a rebuild when it happened.
    """
    await conn.execute(SQL_FORGET, version)
    await conn.execute(SQL_BEGIN, new_id(), version, dict(digests), now)


async def claim(conn: Conn, digests: Mapping[str, str]) -> Run | None:
    """The run under way, locked; None where there is none, another has it, or its calendars are others."""
    row = await conn.fetchrow(SQL_CLAIM, dict(digests))
    if row is None:
        return None
    return Run(
        run_id=row["run_id"],
        version=row["version"],
        tickets_done_to=row["tickets_done_to"],
        whistles_done_to=row["whistles_done_to"],
        tickets_done=row["tickets_done"],
        whistles_done=row["whistles_done"],
        decisions_done_to=row["decisions_done_to"],
        moved=row["moved"],
        same=row["same"],
        kept=row["kept"],
    )


async def tickets(
    conn: Conn, after: UUID, digests: Mapping[str, str], limit: int
) -> list[tuple[UUID, bool]]:
    """The next open tickets in order of id, each with whether one of its clocks is on other rows."""
    rows = await conn.fetch(SQL_TICKETS, after, limit, dict(digests))
    return [(row["ticket_id"], row["stale"]) for row in rows]


async def whistles(conn: Conn, after: UUID, limit: int) -> list[UUID]:
    """The next whistles with a running clock, in order of id."""
    rows = await conn.fetch(SQL_WHISTLES, after, limit)
    return [row["whistle_id"] for row in rows]


async def advance(conn: Conn, run: Run) -> None:
    """Write back how far it came."""
    await conn.execute(
        SQL_ADVANCE,
        run.run_id,
        run.tickets_done_to,
        run.whistles_done_to,
        run.tickets_done,
        run.moved,
        run.same,
        run.kept,
        run.done_at,
        run.whistles_done,
        run.decisions_done_to,
    )
