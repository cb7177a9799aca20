"""SQL of frames: one writer numbers them, everybody reads them by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from asyncpg import Record

from kit.db import Conn, columns
from services.console.projection.frames import Frame

SQL_ALONE: Final = (
    "select pg_try_advisory_xact_lock(hashtextextended('chuishao console projector', 0))"
)
SQL_WAIT_ALONE: Final = (
    "select pg_advisory_xact_lock(hashtextextended('chuishao console projector', 0))"
)
SQL_STATE: Final = "select seq, floor, rebuilding from stream"
SQL_LAST: Final = "select chain, seq from chain where chain = any($1::text[])"
SQL_ADD: Final = """
insert into frame (seq, topic, chain, prev, body, made_at)
select seq, split_part(chain, '!', 1), chain, prev, body, clock_timestamp()
from unnest($1::bigint[], $2::text[], $3::bigint[], $4::bytea[]) as t(seq, chain, prev, body)
"""
SQL_ADVANCE_CHAINS: Final = """
insert into chain (chain, seq)
select * from unnest($1::text[], $2::bigint[])
on conflict (chain) do update set seq = excluded.seq
"""
SQL_ADVANCE: Final = "update stream set seq = $1"
SQL_AFTER: Final = """
select seq, chain, body from frame where seq > $1 order by seq limit $2
"""
SQL_REPLAY: Final = """
select seq, chain, body
from frame
where topic = any($1::text[]) and seq > $2 and seq <= $3
order by seq
limit $4
"""
SQL_KEPT_LONGEST: Final = """
select greatest(
    coalesce((select max(seq) from frame where made_at < clock_timestamp() - make_interval(secs => $1)), 0),
    (select seq from stream) - $2
)
"""
SQL_DROP: Final = """
delete from frame
where seq in (select seq from frame where seq <= $1 order by seq limit $2)
"""
SQL_FLOOR: Final = "update stream set floor = greatest(floor, least($1, seq))"
SQL_REBUILDING: Final = "update stream set rebuilding = $1"
SQL_RESET: Final = "update stream set seq = seq + 1, floor = seq + 1"


@dataclass(frozen=True, slots=True)
class State:
    """How far the stream has come."""

    seq: int
    floor: int
    """Frames up to this number are not kept any more."""
    rebuilding: str
    """Empty; `facts` while they are told anew and what is shown stands still; `rows` while nothing is shown."""


async def state(conn: Conn) -> State:
    """How far the stream has come."""
    row = await conn.fetchrow(SQL_STATE)
    assert row is not None  # noqa: S101 - made with the table
    return State(*row)


async def alone(conn: Conn) -> bool:
    """True for the one transaction that may number frames now."""
    won: bool = await conn.fetchval(SQL_ALONE)
    return won


async def wait_alone(conn: Conn) -> None:
    """Wait until nobody else numbers frames; until the transaction ends."""
    await conn.execute(SQL_WAIT_ALONE)


async def last(conn: Conn, names: Sequence[str]) -> dict[str, int]:
    """Number of the newest frame of each chain."""
    return {row["chain"]: row["seq"] for row in await conn.fetch(SQL_LAST, names)}


async def add(conn: Conn, frames: Sequence[Frame]) -> None:
    """Keep frames, numbered without a gap."""
    await conn.execute(SQL_ADD, *columns([tuple(one) for one in frames], 4))
    newest = [(one.chain, one.seq) for one in frames]
    await conn.execute(SQL_ADVANCE_CHAINS, *columns(newest, 2))
    await conn.execute(SQL_ADVANCE, frames[-1].seq)


async def after(conn: Conn, seq: int, most: int) -> list[Record]:
    """Frames past a number, in order."""
    return list(await conn.fetch(SQL_AFTER, seq, most))


async def replay(
    conn: Conn, topics: Sequence[str], since: int, until: int, most: int
) -> list[Record]:
    """Frames of some topics between two numbers, in order."""
    return list(await conn.fetch(SQL_REPLAY, topics, since, until, most))


async def prune(conn: Conn, age_s: float, most: int, at_once: int) -> int:
    """Drop frames older than `age_s` or beyond the newest `most`; how many went."""
    floor = await conn.fetchval(SQL_KEPT_LONGEST, age_s, most)
    if floor <= 0:
        return 0
    await conn.execute(SQL_FLOOR, floor)
    gone: str = await conn.execute(SQL_DROP, floor, at_once)
    return int(gone.rpartition(" ")[2])


async def rebuilding(conn: Conn, stage: str) -> None:
    """Say how far a rebuild has come; empty: it is over."""
    await conn.execute(SQL_REBUILDING, stage)


async def reset(conn: Conn) -> None:
    """Whoever follows begins anew: no number given before is one to go on from."""
    await conn.execute(SQL_RESET)
