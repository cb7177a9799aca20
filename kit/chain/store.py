"""The chain's tables: what is to be linked, links, anchors. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from kit.chain.anchor import Anchor, parse
from kit.chain.row import Row
from kit.db import Conn

LOCK: Final = 0x41554449
"""First half of the advisory lock; the second is the schema, so that each service has its own chainer."""

SQL_MY_TURN: Final = "select pg_try_advisory_xact_lock($1, hashtext(current_schema()))"
SQL_HEAD: Final = "select seq, hash from audit_link order by seq desc limit 1"
SQL_HASH_AT: Final = "select hash from audit_link where seq = $1"
SQL_TAKE: Final = """
with taken as (
    delete from audit_pending p
    using (
        select written_at, audit_id from audit_pending order by written_at, audit_id limit $1
    ) due
    where p.written_at = due.written_at and p.audit_id = due.audit_id
    returning p.audit_id, p.written_at
)
select a.audit_id::text as audit_id, clock_timestamp()::text as linked_at, a.at::text as at,
    a.written_at::text as written_at, a.actor, a.action, a.object, a.detail::text as detail
from taken t
join audit a using (audit_id)
where not exists (select from audit_link l where l.audit_id = a.audit_id)
order by t.written_at, t.audit_id
"""
"""What was linked before is passed over: whoever puts it here once more forks nothing."""
SQL_LINK: Final = """
insert into audit_link (seq, audit_id, linked_at, hash)
select seq, audit_id::uuid, linked_at::timestamptz, hash
from unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[]) as l(seq, audit_id, linked_at, hash)
"""
SQL_LAST_ANCHOR: Final = """
select line, extract(epoch from clock_timestamp() - at)::float8 as age_s
from audit_anchor order by number desc limit 1
"""
SQL_CLOCK: Final = "select clock_timestamp()::text"
SQL_ANCHOR: Final = """
insert into audit_anchor (number, seq, at, line) values ($1, $2, $3::text::timestamptz, $4)
"""
SQL_ANCHORS_AFTER: Final = (
    "select line from audit_anchor where number > $1 order by number limit $2"
)
SQL_STANDING: Final = """
select coalesce((select max(seq) from audit_link), 0) as linked,
    (select count(*) from (select from audit_pending limit 100000) w) as waiting,
    coalesce(extract(epoch from clock_timestamp() - (select min(written_at) from audit_pending)), 0)::float8
        as lag_s
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link."""

    seq: int
    hash: bytes


async def my_turn(conn: Conn) -> bool:
    """True for the one transaction that may link now; it is another's turn when this one ends."""
    return bool(await conn.fetchval(SQL_MY_TURN, LOCK))


async def head(conn: Conn, genesis: bytes) -> Head:
    """Where the chain ends."""
    row = await conn.fetchrow(SQL_HEAD)
    return Head(row["seq"], row["hash"]) if row else Head(0, genesis)


async def hash_at(conn: Conn, seq: int) -> bytes | None:
    """The hash of a link; None where there is none."""
    hashed: bytes | None = await conn.fetchval(SQL_HASH_AT, seq)
    return hashed


async def take(conn: Conn, most: int) -> list[Any]:
    """The oldest records without a link; they leave the waiting ones with this transaction."""
    return list(await conn.fetch(SQL_TAKE, most))


async def add(conn: Conn, rows: Sequence[Row]) -> None:
    """Write links."""
    await conn.execute(
        SQL_LINK,
        [row.seq for row in rows],
        [row.audit_id for row in rows],
        [row.linked_at for row in rows],
        [row.hash for row in rows],
    )


async def last_anchor(conn: Conn) -> tuple[Anchor | None, float]:
    """The last anchor and its age in seconds, negative after the clock was set back."""
    row = await conn.fetchrow(SQL_LAST_ANCHOR)
    return (parse(row["line"]), row["age_s"]) if row else (None, 0.0)


async def clock(conn: Conn) -> str:
    """The database's clock as text."""
    now: str = await conn.fetchval(SQL_CLOCK)
    return now


async def keep(conn: Conn, anchor: Anchor) -> None:
    """Keep an anchor beside the chain; the copy in the other place is what counts."""
    await conn.execute(SQL_ANCHOR, anchor.number, anchor.seq, anchor.at, anchor.line())


async def anchors_after(conn: Conn, number: int, most: int) -> list[str]:
    """Lines of the anchors behind `number`."""
    return [row["line"] for row in await conn.fetch(SQL_ANCHORS_AFTER, number, most)]


async def standing(conn: Conn) -> tuple[int, int, float]:
    """How many are linked, how many wait (counted to 100,000), and for how many seconds the oldest does."""
    row = await conn.fetchrow(SQL_STANDING)
    assert row is not None  # noqa: S101 - a select without from has one row
    return row["linked"], row["waiting"], max(0.0, row["lag_s"])
