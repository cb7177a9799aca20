"""The dead letters of one service. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from kit.db import Conn
from kit.inbox import storable

SQL_LISTED: Final = """
select dead_letter_id, consumer, message, subject, reason, error, attempts, buried_at,
    replay_asked_at, resolved_at, resolved_by, resolution
from dead_letter
where ($1::text is null or consumer = $1)
  and ($2::text is null or reason = $2)
  and ($3 or resolved_at is null)
order by buried_at, dead_letter_id
limit $4
"""
SQL_COUNTED: Final = """
select consumer, reason, count(*) as letters, min(buried_at) as oldest
from dead_letter
where resolved_at is null
group by consumer, reason
order by consumer, reason
"""
SQL_WHOLE: Final = "select * from dead_letter where dead_letter_id = $1"
SQL_MATCHING: Final = """
select dead_letter_id from dead_letter
where resolved_at is null
  and ($1::text is null or consumer = $1)
  and ($2::text is null or reason = $2)
order by buried_at, dead_letter_id
"""
SQL_ASK: Final = """
update dead_letter set replay_asked_at = clock_timestamp(), replay_asked_by = $2
where dead_letter_id = any($1::uuid[]) and resolved_at is null
returning dead_letter_id, consumer, message, reason
"""
SQL_DISCARD: Final = """
update dead_letter
set resolved_at = clock_timestamp(), resolved_by = $2, resolution = $3, replay_asked_at = null
where dead_letter_id = any($1::uuid[]) and resolved_at is null
returning dead_letter_id, consumer, message, reason
"""
SQL_NEVER_AGAIN: Final = """
insert into inbox (consumer, event_id) select $1, $2::text::uuid on conflict do nothing
"""
SQL_NEXT_ASKED: Final = """
select dead_letter_id, consumer, message, subject, body, replay_asked_by
from dead_letter
where replay_asked_at is not null and resolved_at is null
  and consumer = any($1::text[]) and dead_letter_id <> all($2::uuid[])
order by replay_asked_at, buried_at, dead_letter_id
limit 1
for update skip locked
"""
SQL_GAPS: Final = """
select dead_letter_id
from dead_letter
where reason = 'gap' and resolved_at is null and consumer = $1 and dead_letter_id > $2
order by dead_letter_id
limit $3
"""
SQL_GAP: Final = """
select dead_letter_id, consumer, message, subject, body, replay_asked_by
from dead_letter
where dead_letter_id = $1 and reason = 'gap' and resolved_at is null
for update skip locked
"""
SQL_DONE: Final = """
update dead_letter
set resolved_at = clock_timestamp(), resolved_by = $3, resolution = $2, replay_asked_at = null
where dead_letter_id = $1
"""
SQL_LACKING: Final = """
update dead_letter set reason = 'gap', error = $2, replay_asked_at = null
where dead_letter_id = $1 and (reason <> 'gap' or error <> $2 or replay_asked_at is not null)
"""
SQL_FAILED: Final = """
update dead_letter set reason = $2, error = $3, attempts = attempts + 1, replay_asked_at = null
where dead_letter_id = $1
"""
SQL_STATES: Final = """
select dead_letter_id, resolved_at is not null as resolved, resolution,
    replay_asked_at is not null as asked, reason, error
from dead_letter where dead_letter_id = any($1::uuid[])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Of which consumer and for which reason; None is any."""

    consumer: str | None = None
    reason: str | None = None


async def listed(conn: Conn, wanted: Filter, *, resolved: bool, most: int) -> list[dict[str, Any]]:
    """Letters, the oldest first, without what is in them."""
    rows = await conn.fetch(SQL_LISTED, wanted.consumer, wanted.reason, resolved, most)
    return [dict(row) for row in rows]


async def counted(conn: Conn) -> list[dict[str, Any]]:
    """How many open letters each consumer has, by reason."""
    return [dict(row) for row in await conn.fetch(SQL_COUNTED)]


async def whole(conn: Conn, ident: UUID) -> dict[str, Any] | None:
    """A letter with headers and body; None where there is none."""
    row = await conn.fetchrow(SQL_WHOLE, ident)
    return dict(row) if row else None


async def matching(conn: Conn, wanted: Filter) -> list[UUID]:
    """Ids of the open letters a filter lets through."""
    return [row[0] for row in await conn.fetch(SQL_MATCHING, wanted.consumer, wanted.reason)]


async def ask(conn: Conn, idents: Sequence[UUID], who: str) -> list[Any]:
    """Ask the service to apply letters once more; answers those that were open."""
    return list(await conn.fetch(SQL_ASK, idents, who))


async def discard(conn: Conn, idents: Sequence[UUID], who: str, why: str) -> list[Any]:
    """Resolve letters that are not to be applied; answers those that were open."""
    return list(await conn.fetch(SQL_DISCARD, idents, who, why))


async def never_again(conn: Conn, consumer: str, event_id: str) -> None:
    """Let the consumer take the event for applied, whoever offers it again."""
    await conn.execute(SQL_NEVER_AGAIN, consumer, event_id)


async def next_asked(
    conn: Conn, consumers: Sequence[str], seen: Sequence[UUID]
) -> dict[str, Any] | None:
    """A letter somebody wants applied, locked until this transaction ends."""
    row = await conn.fetchrow(SQL_NEXT_ASKED, consumers, seen)
    return dict(row) if row else None


async def gaps(conn: Conn, consumer: str, after: UUID, most: int) -> list[UUID]:
    """Open letters of a consumer that lack an earlier event, in the order they were buried."""
    return [row["dead_letter_id"] for row in await conn.fetch(SQL_GAPS, consumer, after, most)]


async def gap(conn: Conn, ident: UUID) -> dict[str, Any] | None:
    """One of them, locked until this transaction ends; None where another process has it."""
    row = await conn.fetchrow(SQL_GAP, ident)
    return dict(row) if row else None


async def done(conn: Conn, ident: UUID, resolution: str, who: str) -> None:
    """It had its effect, or had had it before."""
    await conn.execute(SQL_DONE, ident, resolution, who)


async def lacking(conn: Conn, ident: UUID, lacks: str) -> None:
    """It waits for an earlier event, named in words, and is tried again by itself."""
    await conn.execute(SQL_LACKING, ident, storable(lacks))


async def failed(conn: Conn, ident: UUID, reason: str, error: str) -> None:
    """It could not be applied this time either; it stays where it is."""
    await conn.execute(SQL_FAILED, ident, storable(reason), storable(error))


async def states(conn: Conn, idents: Sequence[UUID]) -> list[dict[str, Any]]:
    """What became of letters."""
    return [dict(row) for row in await conn.fetch(SQL_STATES, idents)]
