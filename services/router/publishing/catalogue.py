"""Publishing the directory, and what is published: versions, parts, pieces."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from asyncpg import Record

from contracts.publication import DirectoryPublished
from kit import audit, outbox
from kit.clock import business_now
from kit.db import Conn, Pool, reading, transaction
from kit.logging import get
from kit.outbox import outgoing
from services.router.directory.files import BadDirectoryError, Tables
from services.router.publishing import checks, expecting, pieces
from services.router.publishing.pieces import Bodies

log = get(__name__)

LOCK_KEY: Final = 0x444952
CHANNEL: Final = "chuishao_directory"
"""PostgreSQL channel on which replicas hear of a version at once."""
ALIVE: Final = timedelta(seconds=10)
"""A replica that said nothing for so long is not waited for."""
AT_ONCE: Final = 4
"""Pieces stored or read in one statement: about a megabyte, some milliseconds of the event loop."""
SQL_LOCK: Final = "select pg_advisory_xact_lock($1)"
SQL_NEWEST: Final = """
select version, digest, effective_from from directory_version order by version desc limit 1
"""
SQL_IN_FORCE: Final = """
select version, digest, effective_from
from directory_version
where version = version_in_force()
"""
SQL_LISTED: Final = """
select version, digest, published_by, published_at, effective_from,
    version = version_in_force() as in_force
from directory_version
where $1::int is null or version < $1
order by version desc
limit $2
"""
PAGE: Final = 20
"""Versions on a page of their list."""
SQL_CONTENT: Final = "select part, piece, digest from directory_content where version = $1"
SQL_BODIES: Final = "select digest, body from directory_piece where digest = any($1::text[])"
SQL_PUBLISH: Final = """
insert into directory_version
    (version, digest, published_by, effective_from, published_at, active_at)
select $1, $2, $3, $4, $5::timestamptz, case when not exists (
    select from directory_replica where seen_at > now() - $6::interval
) then $5::timestamptz end
"""
SQL_KEEP_PIECES: Final = """
insert into directory_piece (digest, body)
select * from unnest($1::text[], $2::text[])
on conflict do nothing
"""
SQL_KEEP_CONTENT: Final = """
insert into directory_content (version, part, piece, digest)
select $1, * from unnest($2::text[], $3::text[], $4::text[])
"""
SQL_TELL: Final = "select pg_notify($1, $2)"


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing led to."""

    version: int
    changed: bool
    """False when the newest version already says exactly this."""
    effective_from: datetime


async def publish(
    pool: Pool, tables: Tables, *, by: str, effective_from: datetime | None = None
) -> Published:
    """Check and publish as a new version, in force from `effective_from` (now, where not given).

    One transaction with `directory.published`. It takes effect once every living replica has built it
    (services/router/publishing/in_use.py). Raises BadDirectoryError with every fault; the old version stays.
    """
    async with reading(pool) as conn:
        now = await business_now(conn)
    faults = checks.check(tables, now)
    if faults:
        raise BadDirectoryError(faults)
    bodies = pieces.split(tables)
    content = [
        (part, piece, pieces.digest(body))
        for part in bodies
        for piece, body in bodies[part].items()
    ]
    parts = {
        part: pieces.part_digest({piece: d for p, piece, d in content if p == part})
        for part in bodies
    }
    digest = pieces.part_digest(parts)
    async with transaction(pool) as conn:
        await conn.execute(SQL_LOCK, LOCK_KEY)
        newest = await conn.fetchrow(SQL_NEWEST)
        if newest is not None and newest["digest"] == digest:
            return Published(
                newest["version"], changed=False, effective_from=newest["effective_from"]
            )
        version = newest["version"] + 1 if newest else 1
        start = effective_from or now
        await conn.execute(SQL_PUBLISH, version, digest, by, start, now, ALIVE)
        await _keep(conn, bodies)
        await conn.execute(SQL_KEEP_CONTENT, version, *map(list, zip(*content, strict=True)))
        data = DirectoryPublished(version=version, digest=digest, parts=parts, effective_from=start)
        said = outgoing("directory.published", data, source="router", about=str(version), at=now)
        await outbox.append(conn, [said])
        passed = expecting.recorded(tables)
        entry = audit.Entry(now, by, "directory.publish", str(version), passed)
        await audit.record(conn, [entry])
        await conn.execute(SQL_TELL, CHANNEL, str(version))
    log.info("directory_published", version=version)
    return Published(version, changed=True, effective_from=start)


async def _keep(conn: Conn, bodies: Bodies) -> None:
    every = [body for part in bodies.values() for body in part.values()]
    for start in range(0, len(every), AT_ONCE):
        chunk = every[start : start + AT_ONCE]
        digests = [pieces.digest(body) for body in chunk]
        await conn.execute(SQL_KEEP_PIECES, digests, [body.decode() for body in chunk])


async def in_force(conn: Conn) -> Record | None:
    """Version, digest and first day of what decides now; None before the first publication."""
    return await conn.fetchrow(SQL_IN_FORCE)


async def content(conn: Conn, version: int) -> dict[str, dict[str, str]]:
    """Part to piece to digest of one version; empty for an unknown one."""
    found: dict[str, dict[str, str]] = {}
    for row in await conn.fetch(SQL_CONTENT, version):
        found.setdefault(row["part"], {})[row["piece"]] = row["digest"]
    return {part: dict(sorted(found[part].items())) for part in sorted(found)}


async def bodies(conn: Conn, digests: list[str]) -> AsyncIterator[tuple[str, str]]:
    """(digest, JSON text) of some pieces, a few at a time."""
    for start in range(0, len(digests), AT_ONCE):
        for row in await conn.fetch(SQL_BODIES, digests[start : start + AT_ONCE]):
            yield row["digest"], row["body"]


async def current(pool: Pool) -> dict[str, Any] | None:
    """Version in force with the digest of each part and of each of its pieces."""
    async with reading(pool) as conn:
        known = await in_force(conn)
        if known is None:
            return None
        found = await content(conn, known["version"])
    return {
        "version": known["version"],
        "digest": known["digest"],
        "effective_from": known["effective_from"].isoformat(),
        "parts": {part: pieces.part_digest(found[part]) for part in found},
        "pieces": found,
    }


async def listed(pool: Pool, before: int | None) -> dict[str, Any]:
    """A page of versions, newest first, with the cursor of the next."""
    async with reading(pool) as conn:
        rows = await conn.fetch(SQL_LISTED, before, PAGE + 1)
    return {
        "items": [
            dict(row)
            | {name: row[name].isoformat() for name in ("published_at", "effective_from")}
            | {"in_force": bool(row["in_force"])}
            for row in rows[:PAGE]
        ],
        "next": str(rows[PAGE - 1]["version"]) if len(rows) > PAGE else None,
    }


async def part(pool: Pool, version: int, name: str, piece: str | None) -> tuple[str, str] | None:
    """(digest, JSON text) of one part of one version, or of one of its pieces; immutable."""
    async with reading(pool) as conn:
        found = (await content(conn, version)).get(name, {})
        wanted = found if piece is None else {p: d for p, d in found.items() if p == piece}
        if not wanted:
            return None
        texts = {digest: body async for digest, body in bodies(conn, list(wanted.values()))}
    if piece is not None:
        return wanted[piece], texts[wanted[piece]]
    inside = (texts[digest][1:-1] for digest in wanted.values())
    return pieces.part_digest(found), f"[{','.join(text for text in inside if text)}]"
