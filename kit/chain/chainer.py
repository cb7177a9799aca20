"""Links audit records within a second and anchors the head each minute.

Every replica asks twice a second whether it is its turn; the advisory lock of one transaction decides, so
that another takes over at once when one is killed, and one that hangs holds it for ten seconds at most
(`idle_in_transaction_session_timeout`). What is to be linked is found by state, never by a cursor: a record
that commits late is linked late (reliability.md A.1 row 3).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg

from kit import metrics
from kit.chain import place, store
from kit.chain.anchor import FIRST_FOLLOWS, Anchor, Signer
from kit.chain.link import genesis, link
from kit.chain.row import Row
from kit.chain.store import Head
from kit.db import LOST, Conn, Pool, transaction
from kit.logging import get
from kit.settings import ServiceSettings

log = get(__name__)

POLL_S: Final = 0.5
BATCH: Final = 2_000
ANCHOR_S: Final = 60.0
IDLE_ANCHOR_S: Final = 3_600.0
"""An unchanged head is anchored once an hour, so that an old file shows by its age."""
COPY: Final = 1_000
COPY_AGAIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Anchoring:
    """What signs the anchors, and the folder they are copied to."""

    signer: Signer
    folder: Path | None = None

    @classmethod
    def of(cls, settings: ServiceSettings) -> Anchoring | None:
        """As a service is told; None without a key. Raises ValueError for a key that is none."""
        if settings.audit_key is None:
            return None
        folder = Path(settings.audit_anchors) if settings.audit_anchors else None
        return cls(Signer(settings.audit_key.get_secret_value()), folder)


class Chainer:
    """One service's; any number of replicas may run one each."""

    def __init__(self, pool: Pool, service: str, anchoring: Anchoring | None = None) -> None:
        self._pool = pool
        self._service = service
        self._genesis = genesis(service)
        self._anchoring = anchoring
        self._seen = Head(0, self._genesis)
        self._copied: int | None = None
        self._copy_at = 0.0

    async def run(self) -> None:
        """Link and anchor for ever; failures are logged and tried again."""
        metrics.AUDIT_LINKED.labels(self._service)
        metrics.AUDIT_TAMPERED.labels(self._service)
        if self._anchoring is None:
            log.warning("audit_without_anchors", remedy="CHUISHAO_AUDIT_KEY")
        while True:
            linked = await self._trying(self.link_once)
            if linked < BATCH:
                await self._trying(self.anchor_once)
                await asyncio.sleep(POLL_S)

    async def _trying(self, step: Callable[[], Awaitable[int]]) -> int:
        try:
            return await step()
        except (*LOST, asyncpg.PostgresError) as error:
            log.warning("audit_chain_waits", step=step.__name__, error=type(error).__name__)
            return 0

    async def link_once(self) -> int:
        """Link up to BATCH records; 0 where there is none, or where it is another's turn."""
        async with transaction(self._pool) as conn:
            if not await store.my_turn(conn):
                return 0
            head = await self._head(conn)
            rows = chained(head, await store.take(conn, BATCH))
            if rows:
                await store.add(conn, rows)
        self._seen = Head(rows[-1].seq, rows[-1].hash) if rows else head
        metrics.AUDIT_LINKED.labels(self._service).inc(len(rows))
        return len(rows)

    async def _head(self, conn: Conn) -> Head:
        """The head, after making sure that what this process saw of the chain is still in it."""
        seen = self._seen
        if seen.seq and await store.hash_at(conn, seen.seq) != seen.hash:
            metrics.AUDIT_TAMPERED.labels(self._service).inc()
            log.error(
                "audit_chain_changed", service=self._service, seq=seen.seq, was=seen.hash.hex()
            )
        return await store.head(conn, self._genesis)

    async def anchor_once(self) -> int:
        """Sign the head where it is time; 1 where it was. The copy follows, also what it missed before."""
        if self._anchoring is None:
            return 0
        made = None
        async with transaction(self._pool) as conn:
            if await store.my_turn(conn):
                made = await self._anchor(conn, self._anchoring.signer)
        if made is not None:
            log.info("audit_anchored", anchor=made.line())
        due = self._copied is None and time.monotonic() >= self._copy_at
        if self._anchoring.folder is not None and (made is not None or due):
            await self._copy(self._anchoring.folder)
        return int(made is not None)

    async def _anchor(self, conn: Conn, signer: Signer) -> Anchor | None:
        last, age_s = await store.last_anchor(conn)
        head = await store.head(conn, self._genesis)
        wait_s = ANCHOR_S if last is None or last.seq != head.seq else IDLE_ANCHOR_S
        if last is not None and abs(age_s) < wait_s:
            return None
        anchor = signer.sign(
            Anchor(
                service=self._service,
                number=last.number + 1 if last else 1,
                seq=head.seq,
                hash=head.hash.hex(),
                count=head.seq,
                at=await store.clock(conn),
                previous=last.digest() if last else FIRST_FOLLOWS,
            )
        )
        await store.keep(conn, anchor)
        return anchor

    async def _copy(self, folder: Path) -> None:
        path = place.anchors_file(folder, self._service)
        try:
            if self._copied is None:
                self._copied = await asyncio.to_thread(place.last_number, path)
            while True:
                async with transaction(self._pool) as conn:
                    lines = await store.anchors_after(conn, self._copied, COPY)
                if not lines:
                    return
                await asyncio.to_thread(place.append, path, lines)
                self._copied += len(lines)
        except OSError as error:
            self._copied, self._copy_at = None, time.monotonic() + COPY_AGAIN_S
            log.warning("audit_anchor_not_copied", error=type(error).__name__)


def chained(head: Head, records: list[Any]) -> list[Row]:
    """The records as links behind a head, in their order."""
    seq, before = head.seq, head.hash
    rows = []
    for record in records:
        seq += 1
        row = Row(
            seq,
            record["linked_at"],
            b"",
            record["audit_id"],
            record["at"],
            record["written_at"],
            record["actor"],
            record["action"],
            record["object"],
            record["detail"],
        )
        before = link(before, row)
        rows.append(row._replace(hash=before))
    return rows
