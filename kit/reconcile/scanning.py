"""One scan: everything kept laid beside everything that came back; what is missing is offered again.

Exact however busy the service is: what was no longer pending when it was asked had been acknowledged by
then, so it lies before the end of the stream as it is read after that, or it is lost.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.db import Pool, reading
from kit.reconcile import store
from kit.reconcile.echo import Echo, EchoBrokenError
from kit.reconcile.merging import Merge

PAGE: Final = 2_000
OFFERED_AT_ONCE: Final = 1_000
CROWD: Final = 2_000
"""While so many events wait to be published, nothing more is offered: new ones come first."""
PATIENCE_S: Final = 60.0
MANY: Final = 50_000
EXTEND_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Scope:
    """What is compared: one service's nouns in one stream, from a cursor and a time on."""

    stream: str
    nouns: tuple[str, ...]
    after: tuple[int, int]
    since: datetime
    """Older events may have left the stream by age; they need not come back."""
    round: int


@dataclass(slots=True)
class Scanned:
    """What a scan found."""

    after: tuple[int, int]
    kept: int = 0
    held: int = 0
    offered: int = 0


class Scan:
    """One run; `run` once."""

    def __init__(self, pool: Pool, echo: Echo, scope: Scope) -> None:
        self._pool = pool
        self._echo = echo
        self._scope = scope
        self._merge = Merge()
        self._cursor = scope.after
        self._found = Scanned(scope.after)
        self._extended_at = time.monotonic()

    async def run(self) -> Scanned:
        """Compare and offer. Raises EchoBrokenError, nats errors, or one of kit.db.LOST."""
        await self._echo.open()
        heard_until, kept_until = 0.0, 0.0
        all_heard, all_kept = self._echo.left == 0, False
        while not (all_heard and all_kept):
            if not all_heard and (all_kept or heard_until <= kept_until):
                heard_until = await self._hear() or heard_until
                all_heard = self._echo.left == 0
            else:
                until = await self._read()
                all_kept, kept_until = until is None, until or kept_until
            if all_heard and self._merge.missing_count() > MANY:
                await self._settle()
            await self._go_on()
        await self._settle()
        return self._found

    async def _hear(self) -> float | None:
        heard = await self._echo.take()
        self._echo.check()
        self._merge.came_back(one.event_id for one in heard)
        self._found.held += len(heard)
        return heard[-1].stored_at if heard else None

    async def _read(self) -> float | None:
        """The next page of the outbox: when its last row was written; None at the end."""
        scope = self._scope
        async with reading(self._pool) as conn:
            rows = await store.page(conn, self._cursor, scope.nouns, PAGE)
        if not rows:
            return None
        self._cursor = (rows[-1].tx, rows[-1].position)
        if rows[-1].created_at < scope.since:
            self._found.after = self._cursor
        own = [row.event_id for row in rows if row.own and row.created_at >= scope.since]
        self._merge.kept(own)
        self._found.kept += len(own)
        return rows[-1].created_at.timestamp()

    async def _settle(self) -> None:
        """Offer what is truly missing: neither to be published anyway nor just arrived."""
        missing = self._merge.missing
        if not missing:
            return
        pending: set[str] = set()
        for at in range(0, len(missing), PAGE):
            async with reading(self._pool) as conn:
                pending |= await store.still_pending(conn, missing[at : at + PAGE])
        await self._hear()
        while self._echo.left:
            await self._hear()
            await self._go_on()
        lost = [one for one in self._merge.missing if one not in pending]
        for at in range(0, len(lost), OFFERED_AT_ONCE):
            await self._room()
            async with reading(self._pool) as conn:
                chunk = lost[at : at + OFFERED_AT_ONCE]
                self._found.offered += await store.offer(conn, chunk, self._scope.round)
            await self._go_on()
        self._merge.forget(missing)

    async def _room(self) -> None:
        """Wait until the relays have caught up with what was offered."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            async with reading(self._pool) as conn:
                if await store.crowd(conn, CROWD) < CROWD:
                    return
            if time.monotonic() > deadline:
                raise EchoBrokenError("events are not published as fast as they are offered")
            await self._go_on()
            await asyncio.sleep(0.05)

    async def _go_on(self) -> None:
        """Let others work, and keep the turn."""
        await asyncio.sleep(0)
        if time.monotonic() - self._extended_at > EXTEND_S:
            self._extended_at = time.monotonic()
            async with reading(self._pool) as conn:
                await store.extend(conn, self._scope.stream)
