"""A service's own copy of the directory parts it needs, fetched once per version from the router.

The copy lives in the service's schema, so it works on with the last version while the router is down,
and is not ready before its first (product.md section 7).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import httpx

from kit.db import LOST, Conn, Pool, reading, transaction
from kit.logging import get
from kit.settings import ServiceSettings

log = get(__name__)

RETRY_S: Final = 0.25
TIMEOUT_S: Final = 10.0
SQL_KNOWN: Final = "select part, digest from directory_part"
SQL_BODIES: Final = "select part, version, body from directory_part"
SQL_KEEP: Final = """
insert into directory_part (part, version, digest, body)
values ($1, $2, $3, $4)
on conflict (part) do update
set version = excluded.version, digest = excluded.digest, body = excluded.body, fetched_at = now()
"""

Build = Callable[[int, dict[str, Any]], Awaitable[None] | None]


class NoServiceTokenError(RuntimeError):
    """A service that asks others was started without its own token."""


class Parts:
    """Keeps the named parts current and hands each new set to `build(version, parts)`."""

    def __init__(
        self, pool: Pool, settings: ServiceSettings, *, names: Sequence[str], build: Build
    ) -> None:
        if settings.service_token is None:
            raise NoServiceTokenError
        self._pool = pool
        self._url = settings.router_url
        self._token = settings.service_token.get_secret_value()
        self._names = tuple(names)
        self._build = build
        self._wanted = asyncio.Event()
        self.version = 0

    async def known(self) -> bool:
        """Readiness: a first version is in use."""
        return self.version > 0

    def refresh(self) -> None:
        """A new version was announced: fetch it soon."""
        self._wanted.set()

    async def run(self) -> None:
        """Use the kept copy, then follow the router's announcements for ever."""
        await self._use_kept()
        self._wanted.set()
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._fetch()
            except (httpx.HTTPError, *LOST) as error:
                log.info("directory_fetch_failed", error=type(error).__name__)
                await asyncio.sleep(RETRY_S)
                self._wanted.set()

    async def _fetch(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with httpx.AsyncClient(timeout=TIMEOUT_S, headers=headers) as client:
            current = (
                (await client.get(f"{self._url}/v1/directory/versions/current"))
                .raise_for_status()
                .json()
            )
            version = current["version"]
            if version == self.version:
                return
            async with reading(self._pool) as conn:
                known = {row["part"]: row["digest"] for row in await conn.fetch(SQL_KNOWN)}
            bodies = {}
            for name in self._names:
                if known.get(name) != current["parts"][name]:
                    answer = await client.get(f"{self._url}/v1/directory/versions/{version}/{name}")
                    bodies[name] = answer.raise_for_status().json()
        async with transaction(self._pool) as conn:
            for name, body in bodies.items():
                await self._keep(conn, name, version, current["parts"][name], body)
        await self._use_kept(version)

    async def _keep(self, conn: Conn, name: str, version: int, digest: str, body: Any) -> None:
        await conn.execute(SQL_KEEP, name, version, digest, body)

    async def _use_kept(self, version: int | None = None) -> None:
        async with reading(self._pool) as conn:
            rows = await conn.fetch(SQL_BODIES)
        parts = {row["part"]: row["body"] for row in rows}
        if not all(name in parts for name in self._names):
            return
        newest = version or max(row["version"] for row in rows)
        built = self._build(newest, parts)
        if built is not None:
            await built
        self.version = newest
        log.info("directory_in_use", version=newest)
