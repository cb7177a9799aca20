"""The dead letters of every service, and what can be done with them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

from chuishao import secrets
from kit.db import Pool, create_pool, reading
from kit.deadletters import actions, store
from kit.deadletters.store import Filter

SERVICES: Final = secrets.SERVICES
"""Those that consume: all of them."""
WAIT_S: Final = 15.0
_POLL_S: Final = 0.3


class NoSuchLetterError(RuntimeError):
    """No service has an open dead letter of that id."""

    def __init__(self, idents: Sequence[UUID]) -> None:
        told = ", ".join(map(str, idents))
        super().__init__(f"没有这样的待处理死信：{told}。\nNo open dead letter of that id: {told}.")


class Desk:
    """Open pools to the services' schemas, as an administrator."""

    def __init__(self, pools: dict[str, Pool]) -> None:
        self._pools = pools

    async def listed(self, wanted: Filter, *, resolved: bool, most: int) -> dict[str, Any]:
        """Counts by service, consumer and reason, and the letters themselves, oldest first."""
        counts: list[dict[str, Any]] = []
        letters: list[dict[str, Any]] = []
        for service, pool in self._pools.items():
            async with reading(pool) as conn:
                counts += [{"service": service, **one} for one in await store.counted(conn)]
                found = await store.listed(conn, wanted, resolved=resolved, most=most)
                letters += [{"service": service, **one} for one in found]
        letters.sort(key=lambda one: one["buried_at"])
        return {"counts": counts, "items": letters[:most]}

    async def whole(self, ident: UUID) -> dict[str, Any]:
        """One letter with its headers and its body as text. Raises NoSuchLetterError."""
        for service, pool in self._pools.items():
            async with reading(pool) as conn:
                found = await store.whole(conn, ident)
            if found is not None:
                body = found.pop("body").decode("utf-8", "backslashreplace")
                return {"service": service, **found, "body": body}
        raise NoSuchLetterError([ident])

    async def matching(self, wanted: Filter) -> list[UUID]:
        """Every open letter a filter lets through."""
        found: list[UUID] = []
        for pool in self._pools.values():
            async with reading(pool) as conn:
                found += await store.matching(conn, wanted)
        return found

    async def replay(self, idents: Sequence[UUID], who: str, wait_s: float) -> list[dict[str, Any]]:
        """Ask for letters to be applied and say what became of them, so far as the services did it in time."""
        asked = await self._each(idents, lambda pool: actions.ask_replay(pool, idents, who))
        deadline = time.monotonic() + wait_s
        while True:
            states = [
                {"service": service, **one}
                for service, ids in asked.items()
                for one in await self._states(service, ids)
            ]
            if not any(one["asked"] for one in states) or time.monotonic() > deadline:
                return states
            await asyncio.sleep(_POLL_S)

    async def discard(self, idents: Sequence[UUID], who: str, why: str) -> int:
        """Put letters aside for good; how many were open. Raises NoSuchLetterError for none."""
        done = await self._each(idents, lambda pool: actions.discard(pool, idents, who, why))
        return sum(map(len, done.values()))

    async def _each(self, idents: Sequence[UUID], act: Any) -> dict[str, list[UUID]]:
        done = {service: await act(pool) for service, pool in self._pools.items()}
        if not any(done.values()):
            raise NoSuchLetterError(idents)
        return done

    async def _states(self, service: str, idents: Sequence[UUID]) -> list[dict[str, Any]]:
        async with reading(self._pools[service]) as conn:
            return await store.states(conn, idents)


@asynccontextmanager
async def opened(dsn: str, services: Sequence[str] = SERVICES) -> AsyncIterator[Desk]:
    """Connect to the schemas; raises OSError or asyncpg's errors when the server cannot be reached."""
    pools = {service: await create_pool(dsn, None, service, size=1) for service in services}
    try:
        yield Desk(pools)
    finally:
        for pool in pools.values():
            await pool.close()
