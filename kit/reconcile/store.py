"""SQL of the reconciler: whose turn it is, what was kept, what is offered again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.db import Conn
from kit.reconcile.suspicion import Stand

LEASE_S: Final = 30
"""How long a turn lasts unless it is extended; the next replica takes over from one that died."""

SQL_ENSURE: Final = "insert into reconciled (stream) values ($1) on conflict do nothing"
SQL_TAKE: Final = """
update reconciled
set lease_until = clock_timestamp() + make_interval(secs => $3)
where stream = $1
    and lease_until not between clock_timestamp() and clock_timestamp() + interval '10 minutes'
    and (
        look_at not between clock_timestamp() and clock_timestamp() + interval '1 hour'
        or server is distinct from $2
    )
returning server, created, first_seq, first_at, last_seq, deleted, round, from_tx::text as from_tx,
    from_position,
    scan_at not between clock_timestamp() and clock_timestamp() + interval '2 days' as scan_due
"""
"""Times further ahead than any is ever set were set while the machine's clock was: they are over, too."""
SQL_EXTEND: Final = """
update reconciled set lease_until = clock_timestamp() + make_interval(secs => $2) where stream = $1
"""
SQL_GIVE_BACK: Final = """
update reconciled set lease_until = '-infinity', look_at = clock_timestamp() + make_interval(secs => $2)
where stream = $1
"""
SQL_NOTE: Final = """
update reconciled
set server = $2, created = $3, first_seq = $4, first_at = $5, last_seq = $6, deleted = $7
where stream = $1
"""
SQL_SCANNED: Final = """
update reconciled
set scan_at = clock_timestamp() + make_interval(secs => $2), round = round + 1,
    from_tx = $3::text::xid8, from_position = $4, offered = offered + $5
where stream = $1
"""
SQL_PAGE: Final = """
select tx::text as tx, position, event_id::text as event_id, created_at,
    split_part(subject, '.', 1) = any($3::text[]) as own
from outbox
where (tx, position) > ($1::text::xid8, $2)
    and tx < pg_snapshot_xmin(pg_current_snapshot())
order by outbox.tx, position
limit $4
"""
SQL_STILL_PENDING: Final = """
select event_id::text as event_id from outbox_pending where event_id = any($1::text[]::uuid[])
"""
SQL_OFFER: Final = """
insert into outbox_pending (event_id, created_at, lease_until, attempt)
select event_id, created_at, clock_timestamp(), $2
from outbox where event_id = any($1::text[]::uuid[])
on conflict do nothing
returning event_id
"""
SQL_CROWD: Final = "select count(*) from (select from outbox_pending limit $1) as waiting"


@dataclass(frozen=True, slots=True)
class Turn:
    """What a replica is told when it is its turn to look at a stream."""

    known: Stand | None
    round: int
    """How many scans there were."""
    after: tuple[int, int]
    """Transaction and position before which everything is older than the stream keeps."""
    scan_due: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """One event of the outbox."""

    tx: int
    position: int
    event_id: str
    created_at: datetime
    own: bool
    """It belongs into the stream that is looked at."""


async def ensure(conn: Conn, stream: str) -> None:
    """Make the row of a stream."""
    await conn.execute(SQL_ENSURE, stream)


async def take(conn: Conn, stream: str, server: str) -> Turn | None:
    """Take the turn; None when it is not time, unless `server` is another than the last one seen."""
    row = await conn.fetchrow(SQL_TAKE, stream, server, LEASE_S)
    if row is None:
        return None
    names = ("server", "created", "first_seq", "first_at", "last_seq", "deleted")
    known = None if row["server"] is None else Stand(*(row[name] for name in names))
    after = (int(row["from_tx"]), row["from_position"])
    return Turn(known, row["round"], after, row["scan_due"])


async def extend(conn: Conn, stream: str) -> None:
    """Keep the turn for as long again."""
    await conn.execute(SQL_EXTEND, stream, LEASE_S)


async def give_back(conn: Conn, stream: str, seconds: float) -> None:
    """End the turn; the next one is in so many seconds."""
    await conn.execute(SQL_GIVE_BACK, stream, seconds)


async def note(conn: Conn, stream: str, stand: Stand) -> None:
    """Remember how the stream stood."""
    await conn.execute(
        SQL_NOTE,
        stream,
        stand.server,
        stand.created,
        stand.first_seq,
        stand.first_at,
        stand.last_seq,
        stand.deleted,
    )


async def scanned(
    conn: Conn, stream: str, after: tuple[int, int], offered: int, *, again_s: float
) -> None:
    """A scan is over: where the next one begins, what this one offered, when one is due anyway."""
    await conn.execute(SQL_SCANNED, stream, again_s, str(after[0]), after[1], offered)


async def page(conn: Conn, after: tuple[int, int], nouns: Sequence[str], limit: int) -> list[Kept]:
    """Kept events behind a cursor to which nothing can be added before (kit.outbox.after)."""
    rows = await conn.fetch(SQL_PAGE, str(after[0]), after[1], nouns, limit)
    return [
        Kept(int(row["tx"]), row["position"], row["event_id"], row["created_at"], row["own"])
        for row in rows
    ]


async def still_pending(conn: Conn, ids: Sequence[str]) -> set[str]:
    """Those of the ids that are to be published anyway."""
    return {row["event_id"] for row in await conn.fetch(SQL_STILL_PENDING, ids)}


async def offer(conn: Conn, ids: Sequence[str], round_: int) -> int:
    """Make events pending again; returns how many were not."""
    return len(await conn.fetch(SQL_OFFER, ids, round_))


async def crowd(conn: Conn, most: int) -> int:
    """How many events wait to be published, counted up to `most`."""
    count: int = await conn.fetchval(SQL_CROWD, most)
    return count
