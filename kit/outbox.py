"""The way out: events are rows of the transaction that made them true; the relay publishes them after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.base import EventData
from contracts.catalog import BY_NAME, make, subject
from kit.db import Conn, columns
from kit.ids import new_id

LEASE_S: Final = 5
"""How long a freshly written row is left to the process that wrote it."""

SQL_APPEND: Final = """
with kept as (
    insert into outbox (event_id, subject, body)
    select * from unnest($1::uuid[], $2::text[], $3::bytea[])
    returning event_id, created_at
)
insert into outbox_pending (event_id, created_at, lease_until)
select event_id, created_at, clock_timestamp() + make_interval(secs => $4)
from kept
"""
CTE_SAY: Final = """
said as (
    insert into outbox (event_id, subject, body)
    select event_id, subject, body from saying
    returning event_id, created_at
), pending as (
    insert into outbox_pending (event_id, created_at, lease_until)
    select event_id, created_at, clock_timestamp() + interval '5 seconds' from said
)"""
"""The same inside a larger statement that has a CTE `saying (event_id, subject, body)`; LEASE_S is in it."""
SQL_PUBLISHED: Final = "delete from outbox_pending where event_id = any($1::uuid[])"
SQL_CLAIM: Final = """
with due as (
    select event_id
    from outbox_pending
    where lease_until < (select clock_timestamp())
    order by lease_until
    limit $1
    for update skip locked
), ahead as (
    select event_id
    from outbox_pending
    where lease_until > (select clock_timestamp() + 12 * make_interval(secs => $2))
    order by lease_until desc
    limit $1
    for update skip locked
), claimed as (
    update outbox_pending p
    set lease_until = clock_timestamp() + make_interval(secs => $2)
    from (select event_id from due union all select event_id from ahead) as taken
    where p.event_id = taken.event_id
    returning p.event_id, p.created_at, p.attempt
)
select o.event_id, o.subject, o.body, c.attempt
from claimed c
join outbox o on o.event_id = c.event_id and o.created_at = c.created_at
order by o.tx, o.position
"""
"""A lease that ends long after any could was given while the machine's clock was ahead: it is over, too."""
SQL_LAG: Final = """
select count(*) as pending, coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as age_s
from outbox_pending
"""
SQL_AFTER: Final = """
select tx::text as tx, position, body
from outbox
where (tx, position) > ($1::text::xid8, $2)
  and tx < pg_snapshot_xmin(pg_current_snapshot())
order by outbox.tx, position
limit $3
"""
"""Ordered by the column: `tx` alone would be the text that is handed out, and sort 1000 before 999."""
SQL_ENSURE_PARTITIONS: Final = "select ensure_outbox_partitions()"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event on its way out: id, NATS subject, stream, and the encoded CloudEvent."""

    event_id: UUID
    subject: str
    stream: str
    body: bytes
    attempt: int = 0
    """0, or the round in which it was found missing from the stream and offered again."""

    @property
    def message_id(self) -> str:
        """What the broker knows repeats by; another one for each round (docs/adr/0040)."""
        return f"{self.event_id}~{self.attempt}" if self.attempt else str(self.event_id)


def outgoing(  # noqa: PLR0913 - what an event needs besides its data
    name: str,
    data: EventData,
    *,
    source: str,
    about: str,
    at: datetime,
    to: str | int | None = None,
    area: str | None = None,
) -> Outgoing:
    """Encode event `name` for an addressee and an area. Raises BadSubjectError on a bad token."""
    event_id = new_id()
    event = make(name, data, event_id=str(event_id), source=source, about=about, at=at)
    return Outgoing(event_id, subject(name, to=to, area=area), BY_NAME[name].stream, event.encode())


async def append(conn: Conn, events: Sequence[Outgoing]) -> None:
    """Write events in the caller's transaction: kept for ever, and pending until published."""
    if events:
        rows: list[tuple[Any, ...]] = [(e.event_id, e.subject, e.body) for e in events]
        await conn.execute(SQL_APPEND, *columns(rows, 3), LEASE_S)


async def mark_published(conn: Conn, event_ids: Sequence[UUID]) -> None:
    """The broker has them on disk."""
    await conn.execute(SQL_PUBLISHED, event_ids)


async def claim(conn: Conn, limit: int) -> list[tuple[UUID, str, bytes, int]]:
    """Take over rows whose lease ran out: (event id, subject, body, attempt), oldest first."""
    return [tuple(row) for row in await conn.fetch(SQL_CLAIM, limit, LEASE_S)]


async def lag(conn: Conn) -> tuple[int, float]:
    """How many events wait and for how many seconds the oldest does."""
    row = await conn.fetchrow(SQL_LAG)
    return (row["pending"], row["age_s"]) if row else (0, 0.0)


async def after(conn: Conn, tx: int, position: int, limit: int) -> list[tuple[int, int, bytes]]:
    """Published and unpublished events past a cursor, in an order to which nothing is added behind it.

    Ordered by transaction id, and only transactions older than every running one are shown: a sequence
    alone would let a late commit appear behind a cursor that has already passed it.
    """
    rows = await conn.fetch(SQL_AFTER, str(tx), position, limit)
    return [(int(row["tx"]), row["position"], row["body"]) for row in rows]


async def ensure_partitions(conn: Conn) -> None:
    """Make this month's and next month's partitions of the outbox."""
    await conn.execute(SQL_ENSURE_PARTITIONS)
