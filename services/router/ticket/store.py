"""SQL of tickets; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns
from services.router.ticket.standing import Standing

SQL_HISTORY_APPEND: Final = """
insert into ticket_event
    (ticket_id, version, event, status, unit, round, actor, reason, cause, detail, at)
select * from unnest(
    $1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[], $8::text[],
    $9::text[], $10::jsonb[], $11::timestamptz[]
)
"""
SQL_TICKET: Final = "select * from ticket where ticket_id = $1 or number = $2"
SQL_ID_OF: Final = "select id_of_number($1)"
SQL_TICKET_LOCKED: Final = "select * from ticket where ticket_id = $1 or number = $2 for update"
SQL_MOVE: Final = """
with moved as (
    update ticket
    set status = $3, unit = $4, post = $5, assists = $6, category = $7, area = $8, profile = $9,
        rule_version = $10, receipt_id = $11, version = $12, changed_at = $13,
        dispatched_at = $14, coordinator = $16, urgency = $17, round = $18, pending = $19,
        extended = $20, ruled = $21, outcome = $22
    where ticket_id = $1 and version = $2
    returning ticket_id, assists
), left_off as (
    delete from assist a
    using moved m
    where a.ticket_id = m.ticket_id and a.unit = any($15::text[])
), joined as (
    insert into assist (unit, ticket_id)
    select unnest(m.assists), m.ticket_id from moved m
    on conflict do nothing
)
select ticket_id from moved
"""
SQL_RECEIPT: Final = "select body from receipt where receipt_id = $1"
SQL_ADD_RECEIPT: Final = "insert into receipt (receipt_id, ticket_id, body) values ($1, $2, $3)"
SQL_HISTORY: Final = "select * from ticket_event where ticket_id = $1 order by version"
SQL_RECEIPTS: Final = (
    "select receipt_id, body from receipt where ticket_id = $1 order by receipt_id"
)
SQL_CLOCKS: Final = """
select ticket_id, round, kind, state, unit, due_at, sentence, trace
from ticket_clock
where ticket_id = any($1::uuid[])
"""
SQL_PROJECT_CLOCKS: Final = """
insert into ticket_clock
    (ticket_id, round, kind, clock_id, state, unit, due_at, sentence, said_at, return_until,
        trace)
select * from unnest(
    $1::uuid[], $2::int[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[],
    $8::text[], $9::timestamptz[], $10::timestamptz[], $11::jsonb[]
)
on conflict (ticket_id, round, kind) do update
set clock_id = excluded.clock_id,
    state = case when ticket_clock.said_at <= excluded.said_at then excluded.state else ticket_clock.state end,
    unit = case when ticket_clock.said_at <= excluded.said_at then excluded.unit else ticket_clock.unit end,
    due_at = case when ticket_clock.said_at <= excluded.said_at then excluded.due_at else ticket_clock.due_at end,
    sentence = case when ticket_clock.said_at <= excluded.said_at
        then excluded.sentence else ticket_clock.sentence end,
    trace = case when ticket_clock.said_at <= excluded.said_at then excluded.trace else ticket_clock.trace end,
    said_at = greatest(ticket_clock.said_at, excluded.said_at),
    return_until = coalesce(
        excluded.return_until,
        case when ticket_clock.clock_id = excluded.clock_id then ticket_clock.return_until end
    )
where ticket_clock.said_at < excluded.said_at
    or (ticket_clock.said_at = excluded.said_at
        and (ticket_clock.clock_id = excluded.clock_id
            or excluded.state not in ('stopped', 'paused')))
    or (ticket_clock.clock_id = excluded.clock_id
        and ticket_clock.return_until is null and excluded.return_until is not null)
"""
"""What was said later counts; the return window is said once, so it is taken from a late word too.

Words of before `said_at` may bear one time: then a new clock replaces an ended one, never the other way round.
"""
SQL_PROJECT_LEVELS: Final = """
with told as (
    select u.ticket_id, u.level from unnest($1::uuid[], $2::int[]) as u(ticket_id, level)
), raised as (
    update ticket t
    set escalation_level = u.level
    from told u
    where t.ticket_id = u.ticket_id and t.escalation_level < u.level
)
select u.ticket_id
from told u
where not exists (select from ticket t where t.ticket_id = u.ticket_id)
"""
SQL_ALONE: Final = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
SQL_COMMAND: Final = "select body_hash, reply from command where unit = $1 and command_id = $2"
SQL_KEEP_COMMAND: Final = """
insert into command (command_id, unit, body_hash, reply, at) values ($1, $2, $3, $4, $5)
on conflict do nothing
"""
SQL_COUNT_OPEN: Final = """
select status, count(*) as n
from ticket
where status not in ('closed', 'declined', 'merged', 'withdrawn')
group by status
"""


async def append_history(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """Rows of ticket_event, in the order of its columns."""
    await conn.execute(SQL_HISTORY_APPEND, *columns(rows, 11))


async def ticket(
    conn: Conn, ticket_id: UUID | None, number: str | None, *, lock: bool = False
) -> Record | None:
    """One ticket by id or number, locked for a change where asked."""
    return await conn.fetchrow(SQL_TICKET_LOCKED if lock else SQL_TICKET, ticket_id, number)


async def id_of(conn: Conn, number: str) -> UUID | None:
    """The id behind a number, whoever asks."""
    ticket_id: UUID | None = await conn.fetchval(SQL_ID_OF, number)
    return ticket_id


async def move(conn: Conn, before: Record, after: Standing, version: int, at: datetime) -> bool:
    """Compare and set on the version; False when somebody else was first."""
    saved = await conn.fetchval(
        SQL_MOVE,
        before["ticket_id"],
        before["version"],
        after.status.value,
        after.unit,
        after.post,
        after.assists,
        after.category,
        after.area,
        after.profile,
        after.rule_version,
        after.receipt_id,
        version,
        at,
        after.dispatched_at,
        [unit for unit in before["assists"] if unit not in after.assists],
        after.coordinator,
        after.urgency,
        after.round,
        after.pending,
        after.extended,
        after.ruled,
        after.outcome,
    )
    return saved is not None


async def receipt(conn: Conn, receipt_id: UUID) -> str:
    """JSON text of the receipt of a decision."""
    body: str = await conn.fetchval(SQL_RECEIPT, receipt_id)
    return body


async def add_receipt(conn: Conn, receipt_id: UUID, ticket_id: UUID, body: str) -> None:
    """Keep one more receipt; the ones before stay."""
    await conn.execute(SQL_ADD_RECEIPT, receipt_id, ticket_id, body)


async def history(conn: Conn, ticket_id: UUID) -> list[Record]:
    """All that happened to a ticket, oldest first."""
    return list(await conn.fetch(SQL_HISTORY, ticket_id))


async def receipts(conn: Conn, ticket_id: UUID) -> list[Record]:
    """Its routing receipts, oldest first."""
    return list(await conn.fetch(SQL_RECEIPTS, ticket_id))


async def clocks(conn: Conn, ticket_ids: Sequence[UUID]) -> list[Record]:
    """Projected clocks of some tickets."""
    return list(await conn.fetch(SQL_CLOCKS, ticket_ids))


async def project_clocks(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """Newest word on clocks; an older one changes nothing."""
    await conn.execute(SQL_PROJECT_CLOCKS, *columns(rows, 11))


async def project_levels(conn: Conn, rows: list[tuple[Any, ...]]) -> set[UUID]:
    """(ticket id, level): a level never goes down by itself. Ids of tickets that are not there yet."""
    unknown = await conn.fetch(SQL_PROJECT_LEVELS, *columns(rows, 2))
    return {row["ticket_id"] for row in unknown}


async def alone(conn: Conn, key: str) -> None:
    """Wait until nobody else works on this key; until the transaction ends."""
    await conn.execute(SQL_ALONE, key)


async def command(conn: Conn, unit: str, command_id: str) -> Record | None:
    """What a command was answered before."""
    return await conn.fetchrow(SQL_COMMAND, unit, command_id)


async def keep_command(conn: Conn, *values: Any) -> None:
    """(command id, unit, body hash, reply, at)."""
    await conn.execute(SQL_KEEP_COMMAND, *values)


async def count_open_by_status(conn: Conn) -> dict[str, int]:
    """Open tickets by state, from the partial index."""
    return {row["status"]: row["n"] for row in await conn.fetch(SQL_COUNT_OPEN)}
