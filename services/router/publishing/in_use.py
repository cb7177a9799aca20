"""The directory a replica decides with: built off the event loop, switched by all replicas together.

A version is in force when every living replica has built it (or a minute has passed) and its first day
has come. Before each decision the version in force is asked for in the same statement as the time, so
no decision uses another one; a replica that has not built it yet builds before it decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from kit.db import LOST, Conn, Pool, reading
from kit.errors import DomainError, Kind
from kit.ids import new_id
from kit.logging import get
from services.router.directory.directory import Directory
from services.router.place.blocks import Block
from services.router.publishing import catalogue
from services.router.publishing.catalogue import ALIVE, CHANNEL
from services.router.publishing.version import build_version, end

log = get(__name__)

BEAT_S: Final = 2.0
GRACE_S: Final = 30.0
"""How long a replaced version is kept for who still reads it."""
AHEAD: Final = timedelta(minutes=10)
"""A version with a later first day is built so long before it."""
LONGEST: Final = timedelta(minutes=1)
"""After so long a version takes effect though a living replica could not build it."""
SQL_BEAT: Final = """
insert into directory_replica (replica, version, seen_at) values ($1, $2, now())
on conflict (replica) do update set version = excluded.version, seen_at = excluded.seen_at
"""
SQL_LEAVE: Final = """
delete from directory_replica where replica = $1 or seen_at < now() - interval '1 day'
"""
SQL_NEXT: Final = """
select max(version)
from directory_version
where effective_from <= chuishao.business_now() + $1::interval
"""
SQL_ACTIVATE: Final = """
update directory_version v
set active_at = chuishao.business_now()
where v.version = $1
    and v.active_at is null
    and (v.created_at < now() - $2::interval or not exists (
        select
        from directory_replica r
        where r.seen_at > now() - $3::interval and r.version < v.version
    ))
returning v.version
"""


class DirectoryInUse:
    """The versions this replica has built, and the one in force."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._replica: UUID = new_id()
        self._held: dict[int, Directory] = {}
        self._blocks: Mapping[str, Block] = {}
        self._building = asyncio.Lock()
        self._told = asyncio.Event()
        self._retired: set[asyncio.Task[None]] = set()
        self._directory: Directory | None = None

    @property
    def directory(self) -> Directory | None:
        """The version decided with last; None before the first was published."""
        return self._directory

    def needed(self) -> Directory:
        """The same for what cannot be done without one. Raises DomainError 503 before the first."""
        if self._directory is None:
            raise DomainError(
                "no-directory",
                Kind.UNAVAILABLE,
                zh="区划目录尚未加载，请稍后重试。",
                en="The directory is not loaded yet; try again shortly.",
            )
        return self._directory

    async def known(self) -> bool:
        """Readiness: builds the version in force if there is one."""
        async with reading(self._pool) as conn:
            row = await catalogue.in_force(conn)
            if row is not None:
                await self.at_least(row["version"], conn)
        return self._directory is not None

    async def at_least(self, version: int, conn: Conn) -> Directory | None:
        """The directory of `version`, built now if this replica does not hold it; None for version 0."""
        if version == 0:
            return None
        if self._directory is None or self._directory.version != version:
            directory = await self._build(version, conn)
            before, self._directory = self._directory, directory
            log.info("directory_in_use", version=version)
            if before is not None:
                self._retire(before.version)
        return self._directory

    async def _build(self, version: int, conn: Conn) -> Directory:
        async with self._building:
            held = self._held.get(version)
            if held is None:
                held, self._blocks = await build_version(conn, version, self._blocks)
                self._held[version] = held
            return held

    def _retire(self, version: int) -> None:
        task = asyncio.create_task(self._forget(version))
        self._retired.add(task)
        task.add_done_callback(self._retired.discard)

    async def _forget(self, version: int) -> None:
        """Let a replaced version go, beside the loop: freeing a million rows at once stops everything."""
        await asyncio.sleep(GRACE_S)
        old = self._held.pop(version, None)
        if old is None:
            return
        last = [old]
        del old
        await asyncio.to_thread(end, last)

    def following(self) -> Callable[[], Coroutine[Any, Any, None]]:
        """The loop that hears of new versions, builds them ahead, and puts them in force."""

        async def follow_directory() -> None:
            while True:
                try:
                    async with reading(self._pool) as conn:
                        await self._listen(conn)
                except LOST as error:
                    log.warning("directory_follow_lost", error=type(error).__name__)
                    await asyncio.sleep(BEAT_S)

        return follow_directory

    async def _listen(self, conn: Conn) -> None:
        await conn.add_listener(CHANNEL, self._hear)
        try:
            while True:
                await self._step(conn)
                try:
                    await asyncio.wait_for(self._told.wait(), BEAT_S)
                except TimeoutError:
                    continue
                self._told.clear()
        finally:
            if not conn.is_closed():
                await conn.remove_listener(CHANNEL, self._hear)
                await conn.execute(SQL_LEAVE, self._replica)

    def _hear(self, *_: object) -> None:
        self._told.set()

    async def _step(self, conn: Conn) -> None:
        """Build what comes next, say so, and put it in force when everybody has it."""
        await self._beat(conn)
        newest = await conn.fetchval(SQL_NEXT, AHEAD)
        if newest is not None and newest not in self._held:
            await self._build(newest, conn)
            await self._beat(conn)
        if newest is not None and await conn.fetchval(SQL_ACTIVATE, newest, LONGEST, ALIVE):
            await conn.execute(catalogue.SQL_TELL, CHANNEL, str(newest))
            log.info("directory_in_force", version=newest)
        row = await catalogue.in_force(conn)
        if row is not None:
            await self.at_least(row["version"], conn)

    async def _beat(self, conn: Conn) -> None:
        await conn.execute(SQL_BEAT, self._replica, max(self._held, default=0))
