"""A service's own copy of the directory parts it needs, fetched once per version from the router.

The copy lives in the service's schema, so it works on with the last version while the router is down,
and is not ready before its first (product.md section 7).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import httpx
from asyncpg import Record

from kit.db import LOST, Pool, reading, transaction
from kit.errors import DomainError
from kit.logging import get
from kit.settings import ServiceSettings

log = get(__name__)

RETRY_S: Final = 0.1
RETRY_MOST_S: Final = 5.0
ASK_S: Final = 10.0
TIMEOUT_S: Final = 10.0
SQL_KEPT: Final = "select part, version, digest, body from directory_part"
SQL_KEEP: Final = """
insert into directory_part (part, version, digest, body)
values ($1, $2, $3, $4)
on conflict (part) do update
set version = excluded.version, digest = excluded.digest, body = excluded.body, fetched_at = now()
"""

Build = Callable[[int, dict[str, Any]], None]


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
        self._refused = 0
        self.version = 0

    async def known(self) -> bool:
        """Readiness: a first version is in use."""
        return self.version > 0

    def refresh(self) -> None:
        """A new version was announced: fetch it soon."""
        self._wanted.set()

    async def run(self) -> None:
        """Use the kept copy, then follow the router: at once when told, else by asking now and then.

        Asking too, because replicas share a durable and only one of them is told.
        """
        await self._use_kept()
        retry_s = RETRY_S
        while True:
            try:
                await self._fetch()
                retry_s, wait_s = RETRY_S, ASK_S
            except (httpx.HTTPError, *LOST) as error:
                log.info("directory_fetch_failed", error=type(error).__name__)
                retry_s = wait_s = min(retry_s * 2, RETRY_MOST_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), wait_s)
            self._wanted.clear()

    async def _fetch(self) -> None:
        """Fetch what changed, build, and only then keep it: a version that cannot be built changes nothing."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with httpx.AsyncClient(timeout=TIMEOUT_S, headers=headers) as client:
            current = await _get(client, f"{self._url}/v1/directory/versions/current")
            version = current["version"]
            if version in (self.version, self._refused):
                return
            kept = await self._kept()
            fetched = {
                name: await _get(client, f"{self._url}/v1/directory/versions/{version}/{name}")
                for name in self._names
                if name not in kept or kept[name]["digest"] != current["parts"][name]
            }
        bodies = {name: row["body"] for name, row in kept.items()} | fetched
        try:
            self._build(version, bodies)
        except (ValueError, KeyError, DomainError):
            self._refused = version
            log.exception("directory_unusable", version=version)
            return
        async with transaction(self._pool) as conn:
            for name in fetched:
                await conn.execute(SQL_KEEP, name, version, current["parts"][name], bodies[name])
        self.version = version
        log.info("directory_in_use", version=version)

    async def _kept(self) -> dict[str, Record]:
        async with reading(self._pool) as conn:
            return {row["part"]: row for row in await conn.fetch(SQL_KEPT)}

    async def _use_kept(self) -> None:
        kept = await self._kept()
        if all(name in kept for name in self._names):
            newest = max(row["version"] for row in kept.values())
            self._build(newest, {name: row["body"] for name, row in kept.items()})
            self.version = newest
            log.info("directory_in_use", version=newest)


async def _get(client: httpx.AsyncClient, url: str) -> Any:
    return (await client.get(url)).raise_for_status().json()
