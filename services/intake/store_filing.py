"""SQL of filing: one question before, one statement that does it all; two round trips for a group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.audit import CTE_NOTE
from kit.db import Conn, columns
from kit.outbox import CTE_SAY

WIDTH: Final = 36
"""Columns of a row of SQL_FILE."""

SQL_RESERVE_NUMBERS: Final = """
insert into number_block (day, used)
values ($1, $2)
on conflict (day) do update set used = number_block.used + excluded.used
returning used
"""
SQL_NOW_AND_ALIKE: Final = """
with clock as (select chuishao.business_now() as now)
select clock.now, seen.fingerprint, seen.number, null::int as place, null::text as kind,
    null::text as title, null::text as words, null::text as address, null::float8 as lon,
    null::float8 as lat, null::text as datum, null::text as grid_code, null::text as filed_grid,
    null::text as category, null::timestamptz as received_at
from clock
left join lateral (
    select t.fingerprint, alike.number
    from unnest($1::bigint[]) as t(fingerprint)
    cross join lateral (
        select c.number
        from complaint c
        where c.fingerprint = t.fingerprint
            and c.received_at > clock.now - $2::interval
            and c.decline_reason is null
        order by c.received_at desc
        limit 5
    ) alike
) seen on true
union all
select clock.now, null, null, asked.place, c.kind, c.title, left(c.body, $5), c.address, c.lon, c.lat,
    c.datum, coalesce(v.area, c.grid_code), c.grid_code, coalesce(v.category, c.category),
    c.received_at
from clock, unnest($3::int[], $4::bytea[]) as asked(place, caller)
cross join lateral vault.complaints_of(asked.caller, 20) as own(complaint_id)
join complaint c on c.complaint_id = own.complaint_id
left join ticket_view v on v.complaint_id = c.complaint_id
where c.received_at > clock.now - $6::interval and c.decline_reason is null and not c.confidential
    and coalesce(v.status, '') not in ('declined', 'withdrawn')
"""
"""The time, numbers with the same words, and what the same callers said before."""
SQL_KNOWN_KEYS: Final = """
select i.sub, i.key, i.body_hash, i.complaint_id, i.number, i.received_at, i.duplicates
from idempotency i
join unnest($1::text[], $2::text[]) as t(sub, key) on i.sub = t.sub and i.key = t.key
"""
SQL_FILE: Final = (
    """
with filing as materialized (
    select *
    from unnest(
        $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::float8[], $10::float8[], $11::text[], $12::text[], $13::text[], $14::text[],
        $15::text[], $16::boolean[], $17::text[], $18::text[], $19::text[], $20::bigint[],
        $21::text[], $22::timestamptz[], $23::text[], $24::bytea[], $25::text[], $26::int[],
        $27::bytea[], $28::bytea[], $29::bytea[], $30::uuid[], $31::text[], $32::bytea[],
        $33::uuid[], $34::text[], $35::bytea[], $36::boolean[], $37::text[]
    ) as t(
        complaint_id, number, channel, kind, title, words, address, lon, lat, datum, grid_code,
        category, urgency, accused, confidential, external_id, decline_reason, decline_door,
        fingerprint, filed_by, occurred_at, key, body_hash, duplicates, key_version, wrapped_key,
        box, phone_index, event_id, subject, event, audit_id, marks, tail, reachable, repeat_of
    )
), claimed as (
    insert into idempotency (sub, key, body_hash, complaint_id, number, duplicates, received_at)
    select filed_by, key, body_hash, complaint_id, number, duplicates, $1 from filing
    on conflict do nothing
    returning complaint_id
), fresh as (
    select filing.* from filing join claimed using (complaint_id)
), stored as (
    insert into complaint (
        complaint_id, number, channel, kind, title, body, address, lon, lat, datum, grid_code,
        category, urgency, accused, confidential, external_id, decline_reason, decline_door,
        fingerprint, filed_by, occurred_at, received_at, reachable, repeat_of
    )
    select complaint_id, number, channel, kind, title, words, address, lon, lat, datum, grid_code,
        category, urgency, accused, confidential, external_id, decline_reason, decline_door,
        fingerprint, filed_by, occurred_at, $1, reachable, repeat_of
    from fresh
), sealed as (
    insert into vault.requester (complaint_id, key_version, wrapped_key, box, phone_index, tail)
    select complaint_id, key_version, wrapped_key, box, phone_index, tail
    from fresh
    where box is not null
), marked as (
    insert into complaint_mark (mark, complaint_id)
    select unnest(marks::bigint[]), complaint_id from fresh
), saying as (
    select event_id, subject, event as body from fresh
), noting as (
    select audit_id, $1::timestamptz as at, filed_by as actor, 'complaint.file' as action,
        complaint_id::text as object, '{}'::jsonb as detail
    from fresh
), """
    + CTE_SAY
    + ", "
    + CTE_NOTE
    + """
select complaint_id from claimed
"""
)
"""A row whose key was used before does nothing at all; the ids of the others come back."""


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


@dataclass(frozen=True, slots=True)
class Before:
    """What is known before a group is filed."""

    now: datetime
    alike: dict[int, list[str]]
    """At most five numbers with the same fingerprint inside the window."""
    earlier: list[Record]
    """What the callers said before, each with the `place` of its draft."""


async def before(  # noqa: PLR0913 - one question in place of four
    conn: Conn,
    prints: Sequence[int],
    window: timedelta,
    callers: Sequence[tuple[int, bytes]],
    *,
    read: int,
    since: timedelta,
) -> Before:
    """Business time, the same words inside `window`, and the callers' complaints inside `since`."""
    rows = await conn.fetch(
        SQL_NOW_AND_ALIKE, prints, window, *columns(list(callers), 2), read, since
    )
    alike: dict[int, list[str]] = {}
    for row in rows:
        if row["number"] is not None and row["number"] not in alike.get(row["fingerprint"], ()):
            alike.setdefault(row["fingerprint"], []).append(row["number"])
    earlier = [row for row in rows if row["place"] is not None]
    return Before(rows[0]["now"], alike, earlier)


async def file(conn: Conn, rows: list[tuple[Any, ...]], now: datetime) -> set[UUID]:
    """Store a group of filings with identities, marks, events and audit; ids of those whose key was free."""
    stored = await conn.fetch(SQL_FILE, now, *columns(rows, WIDTH))
    return {row["complaint_id"] for row in stored}


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


def _numbers(joined: str) -> tuple[str, ...]:
    return tuple(joined.split(",")) if joined else ()
