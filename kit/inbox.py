"""The way in: which messages a consumer has applied, how often it failed, and what it gave up on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from kit.db import Conn, columns
from kit.ids import new_id

SQL_CLAIM: Final = """
insert into inbox (consumer, event_id)
select $1, unnest($2::uuid[])
on conflict do nothing
returning event_id
"""
SQL_RELEASE: Final = "delete from inbox where consumer = $1 and event_id = any($2::uuid[])"
SQL_ATTEMPT: Final = """
insert into delivery_attempt (consumer, message, attempts, last_error)
values ($1, $2, 1, $3)
on conflict (consumer, message) do update
set attempts = delivery_attempt.attempts + 1, last_error = excluded.last_error, last_at = now()
returning attempts
"""
SQL_FORGET: Final = "delete from delivery_attempt where consumer = $1 and message = $2"
SQL_BURY: Final = """
insert into dead_letter
    (dead_letter_id, consumer, message, stream, stream_seq, subject, headers, body, reason, error, attempts)
select * from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::jsonb[], $8::bytea[],
    $9::text[], $10::text[], $11::int[]
)
on conflict (consumer, message) do update
set attempts = excluded.attempts, reason = excluded.reason, error = excluded.error,
    buried_at = now(), resolved_at = null, resolved_by = null, resolution = null, replay_asked_at = null
"""
SQL_OPEN_DEAD_LETTERS: Final = "select count(*) from dead_letter where resolved_at is null"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it came, for the dead-letter table, and why it lies there."""

    consumer: str
    message: str
    """Event id where one could be read, else `stream:sequence:digest` of subject and body."""
    stream: str
    stream_seq: int
    subject: str
    headers: dict[str, str]
    body: bytes
    reason: str
    error: str
    attempts: int


async def claim(conn: Conn, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
    """Ids this consumer has not applied before; the first statement of the effect's transaction."""
    return {row["event_id"] for row in await conn.fetch(SQL_CLAIM, consumer, event_ids)}


async def release(conn: Conn, consumer: str, event_ids: Sequence[UUID]) -> None:
    """Un-claim messages that came too early; they will be offered again."""
    await conn.execute(SQL_RELEASE, consumer, event_ids)


async def count_attempt(conn: Conn, consumer: str, message: str, error: str) -> int:
    """Record a failed or begun attempt and return how many there were."""
    attempts: int = await conn.fetchval(SQL_ATTEMPT, consumer, message, error)
    return attempts


async def forget_attempts(conn: Conn, consumer: str, message: str) -> None:
    """The message did not fail after all."""
    await conn.execute(SQL_FORGET, consumer, message)


async def bury(conn: Conn, letters: Sequence[Letter]) -> None:
    """Keep what could not be applied, in one statement; only then may the broker forget it.

    In the same order by whomever, so that two who bury the same wait for each other and never in a ring.
    """
    each = {(letter.consumer, letter.message): letter for letter in letters}
    await conn.execute(SQL_BURY, *columns([_row(each[key]) for key in sorted(each)], 11))


def _row(letter: Letter) -> tuple[Any, ...]:
    return (
        new_id(),
        letter.consumer,
        letter.message,
        letter.stream,
        letter.stream_seq,
        letter.subject,
        {storable(name): storable(text) for name, text in letter.headers.items()},
        letter.body,
        storable(letter.reason),
        storable(letter.error),
        letter.attempts,
    )


def storable(text: str) -> str:
    """As a dead letter may hold it, whatever a stranger's event said: at most 500 characters.

    PostgreSQL keeps neither NUL nor half a surrogate pair.
    """
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()[:500]


async def open_dead_letters(conn: Conn) -> int:
    """How many dead letters nobody has resolved."""
    count: int = await conn.fetchval(SQL_OPEN_DEAD_LETTERS)
    return count
