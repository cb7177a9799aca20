"""SQL of rows as they were shown last, and of the sums over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns
from services.console.projection.rows import Row

SQL_OF: Final = """
select kind, id, ticket_id, array_to_string(topics, ' ') as topics,
    array_to_string(kept_from, ' ') as kept_from, body, words, counted, ended_at
from shown
where ticket_id = any($1::uuid[])
"""
SQL_HELD: Final = """
select kind, id, ticket_id, array_to_string(topics, ' ') as topics,
    array_to_string(kept_from, ' ') as kept_from, body, words, counted, ended_at
from shown
join unnest($1::text[], $2::text[]) as t(kind, id) using (kind, id)
"""
SQL_SHOW: Final = """
insert into shown (kind, id, ticket_id, topics, kept_from, body, words, counted, ended_at)
select kind, id, ticket_id, string_to_array(topics, ' '), string_to_array(kept_from, ' '), body, words,
    counted, ended_at
from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[],
    $8::jsonb[], $9::timestamptz[])
    as t(kind, id, ticket_id, topics, kept_from, body, words, counted, ended_at)
on conflict (kind, id) do update
set ticket_id = excluded.ticket_id, topics = excluded.topics, kept_from = excluded.kept_from,
    body = excluded.body, words = excluded.words, counted = excluded.counted,
    ended_at = excluded.ended_at
"""
SQL_HIDE: Final = """
delete from shown s
using unnest($1::text[], $2::text[]) as t(kind, id)
where s.kind = t.kind and s.id = t.id
"""
SQL_COUNT: Final = """
insert into tally (area, name, n)
select * from unnest($1::text[], $2::text[], $3::bigint[])
on conflict (area, name) do update set n = tally.n + excluded.n
"""
SQL_TALLY: Final = "select area, name, n from tally where area = any($1::text[]) and n <> 0"
SQL_TALLY_BELOW: Final = """
select area, name, n
from tally
where area > $1 and area < $1 || ':' and name = any($2::text[]) and n <> 0
"""
"""`:` comes after the digits."""
SQL_OPEN_ROWS: Final = """
select kind, id, body, words
from shown
where topics @> array[$1]::text[] and not kept_from && $2::text[] and ended_at is null
order by id desc
limit $3
"""
SQL_ENDED_ROWS: Final = """
select kind, id, body, words
from shown
where ended_at > $4 and topics @> array[$1]::text[] and not kept_from && $2::text[]
order by ended_at desc
limit $3
"""
SQL_FORGET: Final = """
with gone as (
    delete from shown where (kind, id) in (select kind, id from shown order by kind, id limit $1)
    returning kind, id, hashtextextended(
        topics::text || kept_from::text || body::text || coalesce(words::text, '') || counted::text, 0
    ) as digest
)
select kind, id, digest from gone
"""
SQL_DIGESTS: Final = """
select kind, id, hashtextextended(
    topics::text || kept_from::text || body::text || coalesce(words::text, '') || counted::text, 0
) as digest
from shown
where (kind, id) > ($1, $2)
order by kind, id
limit $3
"""
SQL_FORGET_TALLY: Final = "delete from tally where area >= ''"
SQL_SUMS: Final = "select area, name, n from tally where area >= '' and n <> 0"


async def of(conn: Conn, ticket_ids: Sequence[UUID]) -> dict[tuple[str, str], Row]:
    """Rows of these matters as they are shown."""
    rows = (_row(record) for record in await conn.fetch(SQL_OF, ticket_ids))
    return {row.key: row for row in rows}


async def held(conn: Conn, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Row]:
    """Rows of these kinds and names, of whatever matter they are."""
    if not keys:
        return {}
    rows = (_row(record) for record in await conn.fetch(SQL_HELD, *columns([*keys], 2)))
    return {row.key: row for row in rows}


async def show(conn: Conn, rows: Iterable[Row]) -> None:
    """Keep rows as they are shown from now on."""
    told: list[tuple[Any, ...]] = [
        (
            row.kind,
            row.ident,
            UUID(row.ticket_id),
            " ".join(sorted(row.topics)),
            " ".join(sorted(row.kept_from)),
            row.body,
            row.words,
            row.counted,
            row.ended_at,
        )
        for row in rows
    ]
    await conn.execute(SQL_SHOW, *columns(told, 9))


async def hide(conn: Conn, keys: Sequence[tuple[str, str]]) -> None:
    """Rows that are no more."""
    if keys:
        await conn.execute(SQL_HIDE, *columns([*keys], 2))


async def count(conn: Conn, moved: Mapping[tuple[str, str], int]) -> None:
    """Move sums by what was added or taken."""
    rows = [(area, name, n) for (area, name), n in sorted(moved.items()) if n]
    if rows:
        await conn.execute(SQL_COUNT, *columns(rows, 3))


async def tally(conn: Conn, areas: Sequence[str]) -> dict[str, dict[str, int]]:
    """Sums by area and name, of these areas."""
    return _by_area(await conn.fetch(SQL_TALLY, areas))


async def tally_below(conn: Conn, area: str, names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Some sums of every area below one."""
    return _by_area(await conn.fetch(SQL_TALLY_BELOW, area, names))


async def open_rows(conn: Conn, topic: str, kin: Sequence[str], most: int) -> list[Record]:
    """What a topic shows of matters that are not over, newest first."""
    return list(await conn.fetch(SQL_OPEN_ROWS, topic, kin, most))


async def ended_rows(
    conn: Conn, topic: str, kin: Sequence[str], most: int, after: Any
) -> list[Record]:
    """What a topic shows of matters that ended lately, the last first."""
    return list(await conn.fetch(SQL_ENDED_ROWS, topic, kin, most, after))


async def forget(conn: Conn, most: int) -> list[Record]:
    """Let some rows go, for a rebuild: what they were, each as (kind, id, digest)."""
    return list(await conn.fetch(SQL_FORGET, most))


async def forget_sums(conn: Conn) -> dict[tuple[str, str], int]:
    """Let all sums go; what they were."""
    before = await all_sums(conn)
    await conn.execute(SQL_FORGET_TALLY)
    return before


async def all_sums(conn: Conn) -> dict[tuple[str, str], int]:
    """Every sum, by area and name."""
    return {(row["area"], row["name"]): row["n"] for row in await conn.fetch(SQL_SUMS)}


async def digests(conn: Conn, after: tuple[str, str], most: int) -> list[Record]:
    """Rows past a key, each as (kind, id, digest)."""
    return list(await conn.fetch(SQL_DIGESTS, *after, most))


def _by_area(rows: Sequence[Record]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["area"], {})[row["name"]] = row["n"]
    return found


def _row(record: Record) -> Row:
    return Row(
        record["kind"],
        record["id"],
        str(record["ticket_id"]),
        frozenset(record["topics"].split()),
        frozenset(record["kept_from"].split()),
        record["body"],
        record["words"],
        record["counted"],
        record["ended_at"],
    )
