"""SQL of whistles; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns
from services.router.whistle.deeds import Deed
from services.router.whistle.whistle import Whistle

SQL_WHISTLE: Final = "select * from whistle where whistle_id = $1"
SQL_WHISTLE_LOCKED: Final = "select * from whistle where whistle_id = $1 for update"
SQL_CALLS: Final = "select * from whistle_call where whistle_id = any($1::uuid[]) order by unit"
SQL_ADD: Final = """
insert into whistle (
    whistle_id, kind, status, version, blower, person, office, area, ticket_id, number, round,
    confidential, reason, text, place, meet_at, blown_at, changed_at, signer, issued_at, resolved_at,
    closed_at, outcome, accused
)
values (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
    $22, $23, $24
)
"""
SQL_ADD_CALL: Final = """
insert into whistle_call (
    whistle_id, unit, required, state, late, person, seen_at, checked_in_at, arrived_at, done_at,
    declined_at, no_show_at, excused_at, point, proof, result, reason, speed, quality, note, rated_at
)
values (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21
)
"""
SQL_MOVE: Final = """
update whistle
set status = $3, version = $4, changed_at = $5, signer = $6, issued_at = $7, resolved_at = $8,
    closed_at = $9, outcome = $10
where whistle_id = $1 and version = $2
returning whistle_id
"""
SQL_SAVE_CALL: Final = """
update whistle_call
set required = $3, state = $4, late = $5, person = $6, seen_at = $7, checked_in_at = $8,
    arrived_at = $9, done_at = $10, declined_at = $11, no_show_at = $12, excused_at = $13,
    point = $14, proof = $15, result = $16, reason = $17, speed = $18, quality = $19, note = $20,
    rated_at = $21
where whistle_id = $1 and unit = $2
"""
SQL_APPEND: Final = """
insert into whistle_event
    (whistle_id, version, event, status, unit, state, actor, reason, cause, detail, at)
select * from unnest(
    $1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::jsonb[], $11::timestamptz[]
)
"""
SQL_HISTORY: Final = "select * from whistle_event where whistle_id = $1 order by version"
SQL_CLOCKS: Final = """
select whistle_id, kind, unit, state, due_at, sentence, trace
from whistle_clock
where whistle_id = any($1::uuid[])
order by kind, unit
"""
SQL_PROJECT: Final = """
insert into whistle_clock (whistle_id, kind, unit, state, due_at, sentence, said_at, trace)
select * from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::timestamptz[],
    $8::jsonb[]
)
on conflict (whistle_id, kind, unit) do update
set state = excluded.state, due_at = excluded.due_at, sentence = excluded.sentence,
    said_at = excluded.said_at, trace = excluded.trace
where whistle_clock.said_at <= excluded.said_at
"""
SQL_CALLING: Final = """
select w.whistle_id
from whistle_call c
join whistle w using (whistle_id)
where c.unit = $2 and w.ticket_id = $1 and w.status = 'issued'
order by w.whistle_id
"""
SQL_CALLED_FOR: Final = """
select c.unit
from whistle w
join whistle_call c using (whistle_id)
where w.ticket_id = $1 and w.status in ('issued', 'resolved', 'rated') and c.state <> 'excused'
"""
SQL_OF_TICKET: Final = (
    "select * from whistle where ticket_id = $1 order by whistle_id desc limit 100"
)
SQL_PAGE: Final = """
select w.*
from whistle w
where ($1::uuid is null or w.whistle_id < $1)
    and ($2::text is null or w.status = $2)
    and ($3::uuid is null or w.ticket_id = $3)
    and ($4::text is null or w.blower = $4)
    and ($5::text is null or exists (
        select from whistle_call c where c.whistle_id = w.whistle_id and c.unit = $5
    ))
    and (
        $6::text[] is null or w.blower = any($6) or w.office = any($6)
        or (w.issued_at is not null and exists (
            select from whistle_call c where c.whistle_id = w.whistle_id and c.unit = any($6)
        ))
    )
    and not w.accused && $7::text[]
order by w.whistle_id desc
limit $8
"""


async def whistle(conn: Conn, whistle_id: UUID, *, lock: bool = False) -> Whistle | None:
    """One whistle with its departments, locked for a step where asked."""
    row = await conn.fetchrow(SQL_WHISTLE_LOCKED if lock else SQL_WHISTLE, whistle_id)
    return (await _with_calls(conn, [row]))[0] if row else None


async def of_ticket(conn: Conn, ticket_id: UUID) -> list[Whistle]:
    """The newest hundred whistles about a ticket, newest first."""
    return await _with_calls(conn, await conn.fetch(SQL_OF_TICKET, ticket_id))


async def page(conn: Conn, *filters: Any) -> list[Whistle]:
    """A page, newest first.

    Filters: before which id, status, ticket, blower, called unit, units that may know, parties whose
    matters must not be seen, limit.
    """
    return await _with_calls(conn, await conn.fetch(SQL_PAGE, *filters))


async def calling(conn: Conn, ticket_id: UUID, unit: str) -> list[UUID]:
    """Issued whistles of a ticket that call a unit."""
    return [row["whistle_id"] for row in await conn.fetch(SQL_CALLING, ticket_id, unit)]


async def called_for(conn: Conn, ticket_id: UUID) -> frozenset[str]:
    """Departments that may read a ticket because a whistle calls them."""
    return frozenset(row["unit"] for row in await conn.fetch(SQL_CALLED_FOR, ticket_id))


async def add(conn: Conn, deed: Deed) -> None:
    """Store a whistle that was just blown."""
    after = deed.after
    await conn.execute(SQL_ADD, *after.row())
    await conn.executemany(SQL_ADD_CALL, [(after.whistle_id, *c.row()) for c in after.calls])


async def move(conn: Conn, deed: Deed) -> bool:
    """Compare and set on the version, with the departments that changed; False when somebody was first."""
    w = deed.after
    saved = await conn.fetchval(
        SQL_MOVE, w.whistle_id, deed.before.version, w.status.value, w.version, w.changed_at,
        w.signer, w.issued_at, w.resolved_at, w.closed_at, w.outcome,
    )  # fmt: skip
    if saved is not None:
        await conn.executemany(SQL_SAVE_CALL, [(w.whistle_id, *c.row()) for c in deed.changed])
    return saved is not None


async def append_history(conn: Conn, deed: Deed) -> None:
    """The lines of a step; they are never changed."""
    await conn.execute(SQL_APPEND, *columns(deed.history(), 11))


async def history(conn: Conn, whistle_id: UUID) -> list[Record]:
    """All that happened to a whistle, oldest first."""
    return list(await conn.fetch(SQL_HISTORY, whistle_id))


async def clocks(conn: Conn, whistle_ids: Sequence[UUID]) -> dict[UUID, list[Record]]:
    """Projected clocks of some whistles."""
    found: dict[UUID, list[Record]] = defaultdict(list)
    for row in await conn.fetch(SQL_CLOCKS, whistle_ids):
        found[row["whistle_id"]].append(row)
    return found


async def project(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """Newest word on clocks of whistles; an older one changes nothing."""
    await conn.execute(SQL_PROJECT, *columns(rows, 8))


async def _with_calls(conn: Conn, rows: Sequence[Record]) -> list[Whistle]:
    if not rows:
        return []
    found: dict[UUID, list[Record]] = defaultdict(list)
    for call in await conn.fetch(SQL_CALLS, [row["whistle_id"] for row in rows]):
        found[call["whistle_id"]].append(call)
    return [Whistle.of(row, found[row["whistle_id"]]) for row in rows]
