"""Everything the console shows, made anew from the events that services keep for ever (docs/adr/0047).

While facts are told anew, screens keep what they showed last and nothing moves. Then rows are derived from
nothing, for a moment without any view, and every screen begins anew. What services say meanwhile is heard as
always: facts are the same in whatever order they come.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import httpx

from kit.db import Pool, transaction
from kit.delivery import Received
from kit.errors import DomainError, Kind
from kit.kept import BEGINNING, kept_events
from services.console import hearing, projecting
from services.console.projection import store_frames, store_shown, store_told

Tell = Callable[[str, int, int], None]
"""(what is being done, how far, out of how much; 0: nobody knows)."""
Key = tuple[str, str]

TOGETHER: Final = 500
AT_ONCE: Final = 2_000
FIRST: Final = UUID(int=0)
TURN_S: Final = 0.05


@dataclass(slots=True)
class Rebuild:
    """One rebuild of a console that may be running beside."""

    pool: Pool
    client: httpx.AsyncClient
    urls: Mapping[str, str]
    """Of the services whose events are read, by name."""
    tell: Tell
    settle_s: float
    """A service hands an event out when no older transaction runs there any more, and none runs for longer than
    this (kit/db.py): what was heard and forgotten is read once so much time has passed."""
    _read: int = 0
    _cursors: dict[str, str] = field(default_factory=dict)

    async def run(self) -> dict[str, Any]:
        """Forget, read, derive; how what is shown then differs from before. Raises DomainError 503.

        Ends half-way, it leaves the console as it stood: the next one begins from nothing.
        """
        await self._stage("facts")
        await self._forget()
        forgotten_at = time.monotonic()
        await self._read_all()
        await asyncio.sleep(max(0.0, forgotten_at + self.settle_s - time.monotonic()))
        await self._read_all()
        await self._stage("rows")
        before, sums_before = await self._hide()
        await self._derive()
        after, sums_after = await self._shown()
        async with transaction(self.pool) as conn:
            await store_frames.wait_alone(conn)
            await store_frames.reset(conn)
            await store_frames.rebuilding(conn, "")
        return {"events": self._read, **compared(before, after, sums_before, sums_after)}

    async def _stage(self, stage: str) -> None:
        async with transaction(self.pool) as conn:
            await store_frames.wait_alone(conn)
            await store_frames.rebuilding(conn, stage)

    async def _forget(self) -> None:
        while True:
            async with transaction(self.pool) as conn:
                if not await store_told.forget(conn, AT_ONCE):
                    return

    async def _read_all(self) -> None:
        for service, url in self.urls.items():
            batch: list[Received] = []
            async for cursor, one in kept_events(
                self.client, url, self._cursors.get(service, BEGINNING)
            ):
                batch.append(one)
                if len(batch) >= TOGETHER:
                    await self._keep(batch)
                self._cursors[service] = cursor
            await self._keep(batch)

    async def _keep(self, batch: list[Received]) -> None:
        async with transaction(self.pool) as conn:
            await hearing.keep(conn, [(one.name, one.event) for one in batch])
        self._read += len(batch)
        self.tell("events", self._read, 0)
        batch.clear()

    async def _hide(self) -> tuple[dict[Key, int], dict[Key, int]]:
        """Let all rows and sums go, and say what they were."""
        found: dict[Key, int] = {}
        while True:
            async with transaction(self.pool) as conn:
                rows = await store_shown.forget(conn, AT_ONCE)
            found |= {(kind, ident): digest for kind, ident, digest in rows}
            if not rows:
                break
        async with transaction(self.pool) as conn:
            return found, await store_shown.forget_sums(conn)

    async def _derive(self) -> None:
        """Let the projector look at every matter; this process takes turns, too, in case none runs."""
        last: UUID | None = FIRST
        while last is not None:
            async with transaction(self.pool) as conn:
                last = await store_told.all_again(conn, last, AT_ONCE)
        async with transaction(self.pool) as conn:
            total = waiting = await store_told.waiting(conn)
        while waiting:
            if not await projecting.turn(self.pool):
                await asyncio.sleep(TURN_S)
            async with transaction(self.pool) as conn:
                waiting = await store_told.waiting(conn)
            self.tell("rebuild", max(0, total - waiting), total)

    async def _shown(self) -> tuple[dict[Key, int], dict[Key, int]]:
        found: dict[Key, int] = {}
        last: Key = ("", "")
        async with transaction(self.pool) as conn:
            while rows := await store_shown.digests(conn, last, AT_ONCE):
                found |= {(kind, ident): digest for kind, ident, digest in rows}
                last = (rows[-1]["kind"], rows[-1]["id"])
            return found, await store_shown.all_sums(conn)


def compared(
    before: Mapping[Key, int],
    after: Mapping[Key, int],
    sums_before: Mapping[Key, int],
    sums_after: Mapping[Key, int],
) -> dict[str, Any]:
    """How many rows are as they were, and which are not: the first twenty of each."""
    both = before.keys() & after.keys()
    different = sorted(key for key in both if before[key] != after[key])
    found = {
        "rows": len(after),
        "equal": len(both) - len(different),
        "gone": len(before.keys() - both),
        "new": len(after.keys() - both),
        "different": len(different),
        "sums": len(sums_after),
        "sums_different": len(dict(sums_before.items() ^ sums_after.items())),
    }
    return found | {"examples": [list(key) for key in different[:20]]}


async def rebuild(
    pool: Pool, urls: Mapping[str, str], token: str, tell: Tell, settle_s: float
) -> dict[str, Any]:
    """Make everything anew from the events of the services at `urls`. Raises DomainError 503."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(timeout=60, headers=headers, trust_env=False) as client:
        try:
            return await Rebuild(pool, client, urls, tell, settle_s).run()
        except httpx.HTTPError as error:
            raise DomainError(
                "neighbour-silent",
                Kind.UNAVAILABLE,
                zh=f"读不到其他服务的事件（{type(error).__name__}）；视图停在原处，请确认服务在运行后再重建一次。",
                en=f"Cannot read the events of the other services ({type(error).__name__}); what is shown"
                " stands still: see that they run, then rebuild once more.",
            ) from error
