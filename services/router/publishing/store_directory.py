"""SQL of the directory's life: what open and past tickets say about a version; takes a connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any, Final

from asyncpg import Record

from kit.db import Conn

PROOF_LOCK: Final = 0x50524F4F
LEASE_S: Final = 1_800.0
"""How long a replica may take to prove; after that another one begins anew."""
AT_ONCE: Final = 200
"""Tickets read in one go."""
SQL_OPEN_PLACES: Final = """
select area, unit, count(*) as tickets
from ticket
where status not in ('closed', 'declined', 'merged', 'withdrawn')
group by area, unit
"""
SQL_READ_ONLY: Final = "set transaction read only"
SQL_COUNT_SINCE: Final = "select count(*) from ticket where received_at >= $1"
SQL_SINCE: Final = """
select t.ticket_id, t.number, t.title, t.body, t.address, t.confidential, t.received_at,
    (
        select first.body
        from (select * from receipt own where own.ticket_id = t.ticket_id offset 0) first
        order by first.receipt_id
        limit 1
    ) as origin
from ticket t
where t.received_at >= $1
"""
SQL_CLAIM_PROOF: Final = """
insert into coverage_proof (day, version, claimed_at)
select $1, $2, now()
where pg_try_advisory_xact_lock($3)
on conflict (day) do update
set version = excluded.version, claimed_at = excluded.claimed_at
where coverage_proof.proved_at is null
    and coverage_proof.claimed_at < now() - make_interval(secs => $4)
returning day
"""
SQL_PROVED_ON: Final = "select proved_at is not null from coverage_proof where day = $1"
SQL_LAST_PROOF: Final = """
select day, version, proved_at, whole, open_cells, fingerprint, body
from coverage_proof
where proved_at is not null
order by day desc
limit 1
"""
SQL_KEEP_PROOF: Final = """
update coverage_proof
set version = $2, proved_at = $3, whole = $4, open_cells = $5, fingerprint = $6, body = $7
where day = $1
"""
SQL_FORGET_PROOFS: Final = """
update coverage_proof set body = null where day < $1::date - 30 and body is not null
"""


async def claim_proof(conn: Conn, day: date, version: int) -> bool:
    """True for the one replica that is to prove this night; its claim ends after LEASE_S."""
    claimed = await conn.fetchval(SQL_CLAIM_PROOF, day, version, PROOF_LOCK, LEASE_S)
    return claimed is not None


async def proved_on(conn: Conn, day: date) -> bool:
    """Whether a night has its proof."""
    return bool(await conn.fetchval(SQL_PROVED_ON, day))


async def last_proof(conn: Conn) -> Record | None:
    """The newest finished proof."""
    return await conn.fetchrow(SQL_LAST_PROOF)


async def keep_proof(conn: Conn, day: date, *values: Any) -> None:
    """(version, proved at, whole, open cells, fingerprint, body); bodies of past months are let go."""
    await conn.execute(SQL_KEEP_PROOF, day, *values)
    await conn.execute(SQL_FORGET_PROOFS, day)


async def open_places(conn: Conn) -> list[Record]:
    """Areas and units with open tickets: (area, unit, tickets)."""
    return list(await conn.fetch(SQL_OPEN_PLACES))


async def read_only(conn: Conn) -> None:
    """From here on this transaction cannot write."""
    await conn.execute(SQL_READ_ONLY)


async def count_since(conn: Conn, since: datetime) -> int:
    """How many tickets' complaints were received since."""
    return int(await conn.fetchval(SQL_COUNT_SINCE, since))


async def since(conn: Conn, start: datetime) -> AsyncIterator[Record]:
    """Their words and given inputs, through a cursor; inside a transaction."""
    async for row in conn.cursor(SQL_SINCE, start, prefetch=AT_ONCE):
        yield row
