"""The directory in use: published in versions, built off to the side, swapped in whole."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

import orjson

from contracts.publication import DirectoryPublished
from kit import audit, outbox
from kit.clock import business_now
from kit.db import Conn, Pool, reading, transaction
from kit.logging import get
from kit.outbox import outgoing
from services.router import checks, expecting, files
from services.router.directory import Directory, build
from services.router.files import BadDirectoryError, Tables

log = get(__name__)

LOCK_KEY: Final = 0x444952
SQL_LOCK: Final = "select pg_advisory_xact_lock($1)"
SQL_NEWEST: Final = """
select version, digest, effective_from from directory_version order by version desc limit 1
"""
SQL_BODIES: Final = "select part, digest, body from directory_body where version = $1"
SQL_BODY: Final = "select digest, body from directory_body where version = $1 and part = $2"
SQL_PUBLISH: Final = """
insert into directory_version (version, digest, published_by, effective_from, published_at)
values ($1, $2, $3, $4, $4)
"""
SQL_PUBLISH_PART: Final = """
insert into directory_body (version, part, digest, body) values ($1, $2, $3, $4)
"""


class DirectoryInUse:
    """The version this replica decides with."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._directory: Directory | None = None

    @property
    def directory(self) -> Directory | None:
        """None before the first version was published."""
        return self._directory

    async def known(self) -> bool:
        """Readiness: loads the newest version if there is one."""
        async with reading(self._pool) as conn:
            row = await conn.fetchrow(SQL_NEWEST)
            if row is not None:
                await self.at_least(row["version"], conn)
        return self._directory is not None

    async def at_least(self, version: int, conn: Conn) -> Directory | None:
        """The directory of `version`, built now if this replica still has an older one."""
        if version == 0:
            return None
        if self._directory is None or self._directory.version < version:
            rows = await conn.fetch(SQL_BODIES, version)
            parts = {row["part"]: orjson.loads(row["body"]) for row in rows}
            self._directory = build(files.from_parts(parts), version)
            log.info("directory_in_use", version=version)
        return self._directory


async def publish(pool: Pool, tables: Tables, *, by: str) -> int:
    """Check and publish; returns the version, the current one when nothing changed.

    One transaction with `directory.published`. Raises BadDirectoryError with every fault; the old
    version stays.
    """
    async with transaction(pool) as conn:
        now = await business_now(conn)
        faults = checks.check(tables, now)
        if faults:
            raise BadDirectoryError(faults)
        await conn.execute(SQL_LOCK, LOCK_KEY)
        newest = await conn.fetchrow(SQL_NEWEST)
        bodies = {part: _canonical(rows) for part, rows in files.to_parts(tables).items()}
        digests = {part: hashlib.sha256(body).hexdigest() for part, body in bodies.items()}
        digest = hashlib.sha256(_canonical(digests)).hexdigest()
        if newest is not None and newest["digest"] == digest:
            return int(newest["version"])
        version = newest["version"] + 1 if newest else 1
        await conn.execute(SQL_PUBLISH, version, digest, by, now)
        for part, body in bodies.items():
            await conn.execute(SQL_PUBLISH_PART, version, part, digests[part], body.decode())
        await outbox.append(conn, [_announce(version, digest, digests, now)])
        passed = expecting.recorded(tables)
        entry = audit.Entry(now, by, "directory.publish", str(version), passed)
        await audit.record(conn, [entry])
    log.info("directory_published", version=version)
    return version


async def current(pool: Pool) -> dict[str, Any] | None:
    """Version, digest and the digest of each part of what is in force."""
    async with reading(pool) as conn:
        newest = await conn.fetchrow(SQL_NEWEST)
        if newest is None:
            return None
        rows = await conn.fetch(SQL_BODIES, newest["version"])
    return {
        "version": newest["version"],
        "digest": newest["digest"],
        "effective_from": newest["effective_from"].isoformat(),
        "parts": {row["part"]: row["digest"] for row in rows},
    }


async def part(pool: Pool, version: int, name: str) -> tuple[str, str] | None:
    """(digest, JSON text) of one part of one version; immutable."""
    async with reading(pool) as conn:
        row = await conn.fetchrow(SQL_BODY, version, name)
    return (row["digest"], row["body"]) if row else None


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _announce(version: int, digest: str, digests: dict[str, str], now: datetime) -> outbox.Outgoing:
    data = DirectoryPublished(version=version, digest=digest, parts=digests, effective_from=now)
    return outgoing("directory.published", data, source="router", about=str(version), at=now)
