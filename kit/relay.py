"""Publishes outbox rows. One per process, on its own connection and key, which may publish nothing else.

A commit hands its events over in memory (milliseconds); whatever that misses is found by a poll once
its lease runs out. Large groups go as one atomic JetStream batch, one fsync for all of them; small
groups, and groups with an event the broker already has, go one by one. A time-out means "unknown": the
rows stay pending and are offered again under the same ids (reliability.md A.1 rows 1 to 5).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import asyncpg
import nats.errors
import orjson
from nats.aio.client import Client

from contracts.catalog import BY_NAME
from kit import metrics, outbox
from kit.db import LOST, Pool, reading
from kit.logging import get
from kit.outbox import Outgoing

log = get(__name__)

POLL_S: Final = 0.2
MARK_S: Final = 0.05
QUEUE_MOST: Final = 20_000
GROUP: Final = 256
ATOMIC_FROM: Final = 16
IN_FLIGHT: Final = 64
PUBLISH_TIMEOUT_S: Final = 5.0
MAINTENANCE_S: Final = 6 * 3600.0


class Relay:
    """Moves committed events to JetStream until told to stop."""

    def __init__(self, pool: Pool, client: Client, *, service: str) -> None:
        self._pool = pool
        self._client = client
        self._service = service
        self._queues: dict[str, deque[Outgoing]] = defaultdict(deque)
        self._woken = asyncio.Event()
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._published: list[UUID] = []
        self._stopping = False
        self.turned_at = time.monotonic()
        """When it last came round or was done with a publication, stored or not; the watchdog reads it."""
        self.highest: dict[str, int] = {}
        """By stream: the highest sequence number of an acknowledgement that came here."""

    def hint(self, events: Iterable[Outgoing]) -> None:
        """Events that were committed just now by this process.

        While the broker is away, or so slow that a thousand groups wait, they are left to the poll.
        """
        if not self._client.is_connected:
            return
        for event in events:
            if len(self._queues[event.stream]) < QUEUE_MOST:
                self._queues[event.stream].append(event)
        self._woken.set()

    async def run(self) -> None:
        """Publish until stopped; failures are logged and tried again, never raised."""
        helpers = [asyncio.create_task(work()) for work in (self._maintain, self._mark_regularly)]
        poll_at = 0.0
        try:
            while not self._stopping:
                self.turned_at = time.monotonic()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), POLL_S)
                self._woken.clear()
                await self._drain()
                if time.monotonic() >= poll_at:
                    await self._take_over()
                    poll_at = time.monotonic() + POLL_S
        finally:
            for helper in helpers:
                helper.cancel()

    async def stop(self) -> None:
        """Publish what was handed over, then end."""
        self._stopping = True
        self._woken.set()
        await self._drain()
        await self._mark()

    async def _drain(self) -> None:
        while streams := [name for name, queue in self._queues.items() if queue]:
            await asyncio.gather(*(self._next_group(name) for name in streams))

    async def _next_group(self, stream: str) -> None:
        queue = self._queues[stream]
        group = [queue.popleft() for _ in range(min(GROUP, len(queue)))]
        published = await self._publish(stream, group)
        self.turned_at = time.monotonic()
        metrics.PUBLISHED.labels(self._service).inc(len(published))
        self._published += published

    async def _mark_regularly(self) -> None:
        while True:
            await asyncio.sleep(MARK_S)
            await self._mark()

    async def _mark(self) -> None:
        """Take what the broker has off the pending rows; a crash before this only publishes it again."""
        if not self._published:
            return
        marked, self._published = self._published, []
        try:
            async with reading(self._pool) as conn:
                await outbox.mark_published(conn, marked)
        except LOST as error:
            log.warning("outbox_mark_failed", error=type(error).__name__, events=len(marked))

    async def _take_over(self) -> None:
        """Rows nobody published in time: of a process that died, or of a time without broker.

        Each claimed group is published and marked before the next is claimed, so that a backlog of any
        length shrinks however short the leases are.
        """
        while self._client.is_connected and not self._stopping:
            try:
                async with reading(self._pool) as conn:
                    rows = await outbox.claim(conn, GROUP)
            except LOST as error:
                log.warning("outbox_claim_failed", error=type(error).__name__)
                await asyncio.sleep(POLL_S)
                return
            for event_id, subject, body, attempt in rows:
                stream = BY_NAME[".".join(subject.split(".", 2)[:2])].stream
                self._queues[stream].append(Outgoing(event_id, subject, stream, body, attempt))
            if not rows:
                return
            await self._drain()
            await self._mark()

    async def _publish(self, stream: str, group: Sequence[Outgoing]) -> list[UUID]:
        """Ids of the events the broker acknowledged."""
        if not self._client.is_connected:
            return []
        if len(group) >= ATOMIC_FROM and await self._publish_atomically(stream, group):
            return [event.event_id for event in group]
        done = await asyncio.gather(*(self._publish_one(stream, event) for event in group))
        return [event_id for event_id in done if event_id is not None]

    async def _publish_atomically(self, stream: str, group: Sequence[Outgoing]) -> bool:
        batch = str(group[0].event_id)
        headers = {"Nats-Batch-Id": batch, "Nats-Expected-Stream": stream}
        try:
            for number, event in enumerate(group[:-1], 1):
                await self._client.publish(
                    event.subject,
                    event.body,
                    headers=headers
                    | {"Nats-Batch-Sequence": str(number), "Nats-Msg-Id": event.message_id},
                )
            last = group[-1]
            reply = await self._client.request(
                last.subject,
                last.body,
                timeout=PUBLISH_TIMEOUT_S,
                headers=headers
                | {
                    "Nats-Batch-Sequence": str(len(group)),
                    "Nats-Batch-Commit": "1",
                    "Nats-Msg-Id": last.message_id,
                },
            )
        except (nats.errors.Error, TimeoutError, OSError) as error:
            log.warning("atomic_publish_unknown", error=type(error).__name__, events=len(group))
            return False
        sequence = sequence_of(reply.data, stream, len(group))
        if sequence is not None:
            self._note_sequence(stream, sequence)
        return sequence is not None

    async def _publish_one(self, stream: str, event: Outgoing) -> UUID | None:
        async with self._slots:
            try:
                reply = await self._client.request(
                    event.subject,
                    event.body,
                    timeout=PUBLISH_TIMEOUT_S,
                    headers={"Nats-Expected-Stream": stream, "Nats-Msg-Id": event.message_id},
                )
            except (nats.errors.Error, TimeoutError, OSError) as error:
                self._unknown(event, type(error).__name__)
                return None
            finally:
                self.turned_at = time.monotonic()
        sequence = sequence_of(reply.data, stream)
        if sequence is None:
            self._unknown(event, "no acknowledgement")
            return None
        self._note_sequence(stream, sequence)
        return event.event_id

    def _unknown(self, event: Outgoing, error: str) -> None:
        metrics.PUBLISH_FAILED.labels(self._service).inc()
        log.warning("publish_unknown", error=error, subject=event.subject)

    def _note_sequence(self, stream: str, sequence: int) -> None:
        self.highest[stream] = max(self.highest.get(stream, 0), sequence)

    async def _maintain(self) -> None:
        while True:
            try:
                async with reading(self._pool) as conn:
                    await outbox.ensure_partitions(conn)
            except (*LOST, asyncpg.PostgresError) as error:
                log.warning("outbox_partitions_failed", error=type(error).__name__)
            await asyncio.sleep(MAINTENANCE_S)


def sequence_of(answer: bytes, stream: str, count: int | None = None) -> int | None:
    """The number under which that stream says it holds what was published; None for any other answer.

    Whoever hears a publish could answer it, so nothing is taken for granted (reliability.md A.1 row 5).
    `count` is the number of events of an atomic batch.
    """
    try:
        told = orjson.loads(answer)
    except ValueError:
        return None
    if not isinstance(told, dict) or "error" in told or told.get("stream") != stream:
        return None
    if count is not None and told.get("count") != count:
        return None
    sequence = told.get("seq")
    return sequence if type(sequence) is int and sequence > 0 else None
