"""A service's own copy of the directory parts it needs, fetched once per version from the router.

The copy lives in the service's schema, so it works on with the last version while the router is down,
and is not ready before its first (product.md section 7).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, Protocol, TypeVar

import httpx
import orjson

from kit.aside import building, let_go
from kit.db import LOST, Pool, columns, reading, transaction
from kit.errors import DomainError
from kit.logging import get
from kit.settings import ServiceSettings

log = get(__name__)

RETRY_S: Final = 0.1
RETRY_MOST_S: Final = 5.0
ASK_S: Final = 10.0
TIMEOUT_S: Final = 10.0
GRACE_S: Final = 5.0
"""How long a replaced version is kept for who still reads it."""
SQL_KEPT: Final = "select part, piece, digest from directory_part where part = any($1::text[])"
SQL_KEPT_VERSION: Final = """
select coalesce(max(version), 0) from directory_part where part = any($1::text[])
"""
SQL_BODY: Final = "select body from directory_part where part = $1 and piece = $2"
SQL_KEEP: Final = """
insert into directory_part (part, piece, version, digest, body)
select part, piece, $1, digest, body
from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as t(part, piece, digest, body)
on conflict (part, piece) do update
set version = excluded.version, digest = excluded.digest, body = excluded.body, fetched_at = now()
"""
SQL_DROP: Final = """
delete from directory_part d
using unnest($1::text[], $2::text[]) as t(part, piece)
where d.part = t.part and d.piece = t.piece
"""
KEPT_AT_ONCE: Final = 8


class Built(Protocol):
    """What a service makes of its parts."""

    def pieces(self) -> list[Any]:
        """What there is much of, for `kit.aside.let_go`."""
        ...


T = TypeVar("T", bound=Built)
Place = tuple[str, str]
"""(part, piece)."""


class Rows:
    """The rows of a part; parsed piece by piece while they are gone through, so that few are at hand."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for text in self._texts:
            yield from orjson.loads(text)


class NoServiceTokenError(RuntimeError):
    """A service that asks others was started without its own token."""


class Parts(Generic[T]):
    """Keeps the named parts current; `build` makes of them what the service needs, `use` switches to it.

    `build` runs in a thread, so that a large directory holds nothing up, and so does letting one go.
    """

    def __init__(
        self,
        pool: Pool,
        settings: ServiceSettings,
        *,
        names: Sequence[str],
        build: Callable[[int, Mapping[str, Rows]], T],
        use: Callable[[T], None],
    ) -> None:
        if settings.service_token is None:
            raise NoServiceTokenError
        self._pool = pool
        self._url = settings.router_url
        self._token = settings.service_token.get_secret_value()
        self._names = tuple(names)
        self._build = build
        self._use = use
        self._built: T | None = None
        self._ending: asyncio.Task[None] | None = None
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
        base = f"{self._url}/v1/directory/versions"
        async with httpx.AsyncClient(timeout=TIMEOUT_S, headers=headers) as client:
            current = orjson.loads(await _get(client, f"{base}/current", None))
            version = current["version"]
            if version in (self.version, self._refused):
                return
            wanted = {
                (name, piece): digest
                for name in self._names
                for piece, digest in current["pieces"].get(name, {}).items()
            }
            kept = await self._kept()
            fetched = {
                (name, piece): await _get(client, f"{base}/{version}/{name}", piece)
                for (name, piece), digest in wanted.items()
                if kept.get((name, piece)) != digest
            }
        if not await self._switch(version, list(wanted), fetched):
            return
        gone = sorted(set(kept) - set(wanted))
        rows = [(*place, wanted[place], text) for place, text in fetched.items()]
        async with transaction(self._pool) as conn:
            await conn.execute(SQL_DROP, *columns(gone, 2))
            for start in range(0, len(rows), KEPT_AT_ONCE):
                await conn.execute(
                    SQL_KEEP, version, *columns(rows[start : start + KEPT_AT_ONCE], 4)
                )

    async def _switch(self, version: int, places: list[Place], fetched: dict[Place, str]) -> bool:
        """Build from what was fetched and what is kept, and use it; False when it cannot be built."""
        texts: dict[str, list[str]] = {name: [] for name in self._names}
        async with reading(self._pool) as conn:
            for name, piece in places:
                text = fetched.get((name, piece))
                texts[name].append(text or await conn.fetchval(SQL_BODY, name, piece))
        parts = {name: Rows(found) for name, found in texts.items()}
        try:
            with building():
                built = await asyncio.to_thread(self._build, version, parts)
        except (ValueError, KeyError, DomainError):
            self._refused = version
            log.exception("directory_unusable", version=version)
            return False
        self._use(built)
        before, self._built, self.version = self._built, built, version
        if before is not None:
            self._ending = asyncio.create_task(self._end([before]))
        log.info("directory_in_use", version=version)
        return True

    async def _end(self, last: list[T]) -> None:
        """Let the version go that was replaced, when nobody reads it any more."""
        await asyncio.sleep(GRACE_S)
        await asyncio.to_thread(let_go, last.pop().pieces())

    async def _kept(self) -> dict[Place, str]:
        async with reading(self._pool) as conn:
            rows = await conn.fetch(SQL_KEPT, self._names)
        return {(row["part"], row["piece"]): row["digest"] for row in rows}

    async def _use_kept(self) -> None:
        kept = await self._kept()
        if {name for name, _ in kept} >= set(self._names):
            async with reading(self._pool) as conn:
                newest = await conn.fetchval(SQL_KEPT_VERSION, self._names)
            await self._switch(newest, sorted(kept), {})


async def _get(client: httpx.AsyncClient, url: str, piece: str | None) -> str:
    params = {} if piece is None else {"piece": piece}
    return (await client.get(url, params=params)).raise_for_status().text
