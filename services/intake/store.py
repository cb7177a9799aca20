"""SQL of intake; takes a connection, never opens or commits one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns

SQL_RESERVE_NUMBERS: Final = """
insert into number_block (day, used)
values ($1, $2)
on conflict (day) do update set used = number_block.used + excluded.used
returning used
"""
SQL_CLAIM_KEYS: Final = """
insert into idempotency (sub, key, body_hash, complaint_id, number, duplicates, received_at)
select t.*, $7
from unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[], $5::text[], $6::text[]) as t
on conflict do nothing
returning complaint_id
"""
SQL_KNOWN_KEYS: Final = """
select i.sub, i.key, i.body_hash, i.complaint_id, i.number, i.received_at, i.duplicates
from idempotency i
join unnest($1::text[], $2::text[]) as t(sub, key) on i.sub = t.sub and i.key = t.key
"""
SQL_SAME_WORDS: Final = """
select t.fingerprint, seen.number
from unnest($1::bigint[]) as t(fingerprint)
cross join lateral (
    select c.number
    from complaint c
    where c.fingerprint = t.fingerprint and c.received_at > $2 and c.decline_reason is null
    order by c.received_at desc
    limit 5
) seen
"""
SQL_INSERT_COMPLAINTS: Final = """
insert into complaint (
    complaint_id, number, channel, kind, title, body, address, lon, lat, datum, grid_code,
    category, urgency, accused, confidential, external_id, decline_reason, decline_door,
    fingerprint, filed_by, occurred_at, received_at
)
select * from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::float8[], $9::float8[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
    $15::boolean[], $16::text[], $17::text[], $18::text[], $19::bigint[], $20::text[],
    $21::timestamptz[], $22::timestamptz[]
)
"""
SQL_SEAL: Final = """
insert into vault.requester (complaint_id, key_version, wrapped_key, box, phone_index)
select * from unnest($1::uuid[], $2::int[], $3::bytea[], $4::bytea[], $5::bytea[])
"""
SQL_UNSEAL: Final = "select wrapped_key, box from vault.requester where complaint_id = $1"
SQL_COMPLAINT: Final = """
select c.*, t.status, t.unit, t.round
from complaint c
left join ticket_view t using (complaint_id)
where c.complaint_id = $1 or c.number = $2
"""
SQL_PROJECT: Final = """
insert into ticket_view (complaint_id, status, unit, round, version)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[])
on conflict (complaint_id) do update
set status = excluded.status, unit = excluded.unit, round = excluded.round, version = excluded.version
where ticket_view.version < excluded.version
"""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """What an idempotency key was used for."""

    body_hash: bytes
    complaint_id: UUID
    number: str
    received_at: datetime
    duplicates: tuple[str, ...]


async def reserve_numbers(conn: Conn, day: date, count: int) -> int:
    """Take `count` counters of a day for this process; returns the first."""
    used: int = await conn.fetchval(SQL_RESERVE_NUMBERS, day, count)
    return used - count


async def claim_keys(
    conn: Conn, rows: Sequence[tuple[str, str, bytes, UUID, str, str]], at: datetime
) -> set[UUID]:
    """Insert (sub, key, body hash, complaint id, number, duplicates); ids of those whose key was free."""
    taken = await conn.fetch(SQL_CLAIM_KEYS, *columns(list(rows), 6), at)
    return {row["complaint_id"] for row in taken}


async def known_keys(
    conn: Conn, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], KnownKey]:
    """What the given (sub, key) pairs were used for before."""
    rows = await conn.fetch(SQL_KNOWN_KEYS, *columns(list(keys), 2))
    return {
        (row["sub"], row["key"]): KnownKey(
            row["body_hash"],
            row["complaint_id"],
            row["number"],
            row["received_at"],
            _numbers(row["duplicates"]),
        )
        for row in rows
    }


async def same_words(conn: Conn, prints: Sequence[int], since: datetime) -> dict[int, list[str]]:
    """Numbers of at most five complaints with the same fingerprint since then, newest first."""
    found: dict[int, list[str]] = {}
    for row in await conn.fetch(SQL_SAME_WORDS, prints, since):
        found.setdefault(row["fingerprint"], []).append(row["number"])
    return found


async def insert_complaints(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """Write complaints, masked, in the order of the table's columns."""
    await conn.execute(SQL_INSERT_COMPLAINTS, *columns(rows, 22))


async def seal(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """Write sealed identities: (complaint id, key version, wrapped key, box, phone index)."""
    if rows:
        await conn.execute(SQL_SEAL, *columns(rows, 5))


async def unseal(conn: Conn, complaint_id: UUID) -> tuple[bytes, bytes] | None:
    """Wrapped key and box of one complaint; needs the vault role."""
    row = await conn.fetchrow(SQL_UNSEAL, complaint_id)
    return (row["wrapped_key"], row["box"]) if row else None


async def complaint(conn: Conn, complaint_id: UUID | None, number: str | None) -> Record | None:
    """One complaint by id or number, masked, with what its ticket is known to be."""
    return await conn.fetchrow(SQL_COMPLAINT, complaint_id, number)


async def project(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """Newest known (complaint id, status, unit, round, version) of tickets; older ones change nothing."""
    await conn.execute(SQL_PROJECT, *columns(rows, 5))


def _numbers(joined: str) -> tuple[str, ...]:
    return tuple(joined.split(",")) if joined else ()
