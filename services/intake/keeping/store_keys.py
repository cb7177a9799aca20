"""SQL of keys and of records under older ones; with the vault's role. Takes a connection, never opens or commits."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from kit.db import Conn, columns

SQL_PROOFS: Final = "select version, proof from vault.master_key where retired_at is null"
SQL_PROVE: Final = """
insert into vault.master_key (version, proof, since) values ($1, $2, $3)
on conflict (version) do nothing
"""
SQL_SAMPLE: Final = """
select complaint_id, key_version, wrapped_key, box
from vault.requester
where wrapped_key is not null
limit 1
"""
SQL_OLDER: Final = """
select complaint_id, key_version, wrapped_key, box, phone_index is not null as indexed
from vault.requester
where complaint_id > $1 and key_version < $2 and wrapped_key is not null
order by complaint_id
limit $3
for update skip locked
"""
SQL_OLDER_LATER: Final = """
select word_id, key_version, wrapped_key, box
from vault.later_word
where word_id > $1 and key_version < $2 and wrapped_key is not null
order by word_id
limit $3
for update skip locked
"""
SQL_REWRAP: Final = """
update vault.requester r
set key_version = n.key_version, wrapped_key = n.wrapped_key, phone_index = n.phone_index, tail = n.tail
from unnest($1::uuid[], $2::int[], $3::bytea[], $4::bytea[], $5::bytea[])
    as n(complaint_id, key_version, wrapped_key, phone_index, tail)
where r.complaint_id = n.complaint_id
"""
SQL_REWRAP_LATER: Final = """
update vault.later_word w
set key_version = n.key_version, wrapped_key = n.wrapped_key
from unnest($1::uuid[], $2::int[], $3::bytea[]) as n(word_id, key_version, wrapped_key)
where w.word_id = n.word_id
"""
SQL_BEHIND: Final = """
select
    (select count(*) from vault.requester where key_version < $1 and wrapped_key is not null)
    + (select count(*) from vault.later_word where key_version < $1 and wrapped_key is not null)
"""


async def proofs(conn: Conn) -> dict[int, bytes]:
    """Proof of each key that was used here and is not retired."""
    return {row["version"]: bytes(row["proof"]) for row in await conn.fetch(SQL_PROOFS)}


async def prove(conn: Conn, version: int, proof: bytes, now: datetime) -> None:
    """Note that a key is used from now on."""
    await conn.execute(SQL_PROVE, version, proof, now)


async def sample(conn: Conn) -> Record | None:
    """Any sealed record."""
    return await conn.fetchrow(SQL_SAMPLE)


async def older(conn: Conn, after: UUID, version: int, limit: int) -> list[Record]:
    """Identities under keys before `version`, locked, in order of their ids."""
    return list(await conn.fetch(SQL_OLDER, after, version, limit))


async def older_later(conn: Conn, after: UUID, version: int, limit: int) -> list[Record]:
    """Later words under keys before `version`, locked, in order of their ids."""
    return list(await conn.fetch(SQL_OLDER_LATER, after, version, limit))


async def rewrap(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """Identities under another key: id, version, wrapped key, phone index, tail."""
    await conn.execute(SQL_REWRAP, *columns(rows, 5))


async def rewrap_later(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    """Later words under another key: id, version, wrapped key."""
    await conn.execute(SQL_REWRAP_LATER, *columns(rows, 3))


async def behind(conn: Conn, version: int) -> int:
    """How many records lie under keys before `version`."""
    found: int = await conn.fetchval(SQL_BEHIND, version)
    return found
