"""Applies fetched messages: once only, in one transaction a batch, with a place for what cannot be applied.

A batch is tried as a whole; if anything in it fails, each message is tried alone, so that one bad
message costs the others nothing but a second try. Under `AckPolicy.MANUAL` FastStream acknowledges
nothing, so this module does: ack after commit, nak with a delay, term only after a dead letter is saved.
Attempts count only when a handler began; an hour without database buries nothing (reliability.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.base import Event
from contracts.catalog import BadSubjectError, decode
from contracts.topology import ConsumerSpec
from kit import inbox, metrics
from kit.db import LOST, Conn, Pool, reading, transaction
from kit.errors import DomainError
from kit.inbox import Letter
from kit.logging import get
from kit.outbox import Outgoing
from kit.puller import deliveries
from kit.relay import Relay

log = get(__name__)

BACKOFF_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
MAX_ATTEMPTS: Final = 12
SUSPECT_DELIVERIES: Final = 3
"""From this delivery on an attempt is recorded before it begins: it may be killing the process."""
GAP_DELAY_S: Final = 0.1
GAP_TRIES: Final = 10
"""The wait for an earlier message doubles up to 51 s."""
HOPELESS: Final = (asyncpg.DataError, ValueError, OverflowError)
"""A value that no rule and no column can take (an id that is none, NUL in a text, a number without
end) is the same at the next try: such a message is buried at the first."""
LOST_DELAY_S: Final = 2.0
DATABASE_POLL_S: Final = 0.5


@dataclass(slots=True)
class Received:
    """An event out of the stream, with the message it came in."""

    event: Event[Any]
    event_id: UUID
    message: Msg
    name: str
    """`ticket.dispatched`."""


@dataclass(slots=True)
class Effects:
    """What applying a batch leads to: events to publish, and messages that must wait for earlier ones."""

    events: list[Outgoing] = field(default_factory=list)
    waiting: list[Received] = field(default_factory=list)


Handler: TypeAlias = Callable[[Conn, Sequence[Received]], Awaitable[Effects]]


class Delivery:
    """Takes batches of one consumer through inbox, handler, outbox and acknowledgement."""

    def __init__(
        self,
        spec: ConsumerSpec,
        handler: Handler,
        *,
        pool: Pool,
        relay: Relay,
        once: bool = True,
    ) -> None:
        """`once` False leaves out the inbox and the transaction around it.

        For handlers whose whole effect is one statement that repetition does not change.
        """
        self.spec = spec
        self.handler = handler
        self.once = once
        self._pool = pool
        self._relay = relay
        self.progressed_at = time.monotonic()
        self.waiting_for_database = False

    async def __call__(self, messages: Sequence[Msg]) -> None:
        """Apply a fetched batch; returns when every message is acked, naked or terminated."""
        began = time.perf_counter()
        received = await self._read(messages)
        fresh = [r for r in received if deliveries(r.message) < SUSPECT_DELIVERIES]
        if fresh:
            await self._together(fresh)
        for suspect in received:
            if deliveries(suspect.message) >= SUSPECT_DELIVERIES:
                await self._alone(suspect, record_first=True)
        self.progressed_at = time.monotonic()
        metrics.BATCH_S.labels(self.spec.name).observe(time.perf_counter() - began)

    async def _read(self, messages: Sequence[Msg]) -> list[Received]:
        """Decode; what is no event of ours is buried at once."""
        received = []
        for message in messages:
            try:
                event = decode(message.subject, message.data)
                name = ".".join(message.subject.split(".", 2)[:2])
                received.append(Received(event, UUID(event.id), message, name))
            except (BadSubjectError, ValidationError, ValueError) as error:
                await self._bury(message, self._key(message), "undecodable", describe(error))
        return received

    async def _together(self, batch: list[Received]) -> None:
        try:
            effects = await self._apply(batch)
        except LOST as error:
            await self._lost(batch, error)
        except Exception as error:  # noqa: BLE001 - whichever message is at fault is found alone
            log.info("batch_split", consumer=self.spec.name, error=type(error).__name__)
            for one in batch:
                await self._alone(one, record_first=len(batch) == 1)
        else:
            await self._settle(batch, effects)

    async def _alone(self, one: Received, *, record_first: bool) -> None:
        attempts = 0
        try:
            if record_first:
                attempts = await self._count(one, "began")
                if attempts > MAX_ATTEMPTS:
                    await self._bury(
                        one.message, str(one.event_id), "attempts", "exhausted", attempts
                    )
                    return
            effects = await self._apply([one])
            if record_first:
                await self._forget_attempts(one)
        except LOST as error:
            await self._lost([one], error)
            if record_first:
                with contextlib.suppress(*LOST):
                    await self._forget_attempts(one)
        except DomainError as error:
            await self._bury(one.message, str(one.event_id), error.slug, error.en, attempts)
        except HOPELESS as error:
            await self._bury(one.message, str(one.event_id), "unusable", describe(error), attempts)
        except Exception as error:
            log.exception("handler_failed", consumer=self.spec.name, event_id=str(one.event_id))
            await self._retry(one, attempts if record_first else None, error)
        else:
            await self._settle([one], effects)

    async def _apply(self, batch: list[Received]) -> Effects:
        if not self.once:
            async with reading(self._pool) as conn:
                return await self.handler(conn, batch)
        async with transaction(self._pool) as conn:
            first: dict[UUID, Received] = {}
            for received in batch:  # one fetch may bring copies of an event: only one counts
                first.setdefault(received.event_id, received)
            fresh = await inbox.claim(conn, self.spec.name, list(first))
            effects = await self.handler(conn, [r for i, r in first.items() if i in fresh])
            if effects.waiting:
                early = [r.event_id for r in effects.waiting]
                await inbox.release(conn, self.spec.name, early)
        metrics.CONSUMED.labels(self.spec.name, "repeated").inc(len(batch) - len(fresh))
        return effects

    async def _settle(self, batch: list[Received], effects: Effects) -> None:
        self._relay.hint(effects.events)
        waiting = {id(r) for r in effects.waiting}
        for one in batch:
            if id(one) in waiting:
                tries = min(deliveries(one.message), GAP_TRIES)
                await one.message.nak(delay=GAP_DELAY_S * 2 ** (tries - 1))
            else:
                await one.message.ack()
        metrics.CONSUMED.labels(self.spec.name, "waiting").inc(len(waiting))
        metrics.CONSUMED.labels(self.spec.name, "applied").inc(len(batch) - len(waiting))

    async def _lost(self, batch: list[Received], error: BaseException) -> None:
        """The database is away: give everything back, uncounted, and stop pulling until it answers."""
        log.warning("database_lost", consumer=self.spec.name, error=type(error).__name__)
        for one in batch:
            await one.message.nak(delay=LOST_DELAY_S)
        self.waiting_for_database = True
        while not await self._database_answers():
            await asyncio.sleep(DATABASE_POLL_S)
        self.waiting_for_database = False

    async def _database_answers(self) -> bool:
        try:
            async with reading(self._pool) as conn:
                return bool(await conn.fetchval("select true"))
        except LOST:
            return False

    async def _count(self, one: Received, error: str) -> int:
        async with transaction(self._pool) as conn:
            return await inbox.count_attempt(conn, self.spec.name, str(one.event_id), error)

    async def _forget_attempts(self, one: Received) -> None:
        """It was applied, or has to wait for an earlier one: neither is a failed attempt."""
        async with reading(self._pool) as conn:
            await inbox.forget_attempts(conn, self.spec.name, str(one.event_id))

    async def _retry(self, one: Received, attempts: int | None, error: Exception) -> None:
        try:
            count = await self._count(one, describe(error)) if attempts is None else attempts
        except LOST:
            await one.message.nak(delay=LOST_DELAY_S)
            return
        if count >= MAX_ATTEMPTS:
            await self._bury(one.message, str(one.event_id), "attempts", describe(error), count)
            return
        metrics.CONSUMED.labels(self.spec.name, "retried").inc()
        await one.message.nak(delay=BACKOFF_S[min(count - 1, len(BACKOFF_S) - 1)])

    def _key(self, message: Msg) -> str:
        """Of what has no event id. A stream made anew counts from 1 again, so what it holds counts too."""
        held = sha256(message.subject.encode(errors="surrogateescape") + b"\0" + message.data)
        place = f"{message.metadata.stream}:{message.metadata.sequence.stream}"
        return f"{place}:{held.hexdigest()[:16]}"

    async def _bury(
        self, message: Msg, key: str, reason: str, error: str, attempts: int = 1
    ) -> None:
        metadata = message.metadata
        letter = Letter(
            consumer=self.spec.name,
            message=key,
            stream=metadata.stream,
            stream_seq=metadata.sequence.stream,
            subject=message.subject,
            headers=dict(message.headers or {}),
            body=message.data,
        )
        try:
            async with transaction(self._pool) as conn:
                await inbox.bury(conn, letter, reason=reason, error=error, attempts=attempts)
        except (*LOST, asyncpg.PostgresError) as failed:
            log.warning("bury_failed", consumer=self.spec.name, error=type(failed).__name__)
            await message.nak(delay=LOST_DELAY_S)
            return
        metrics.CONSUMED.labels(self.spec.name, "buried").inc()
        log.error("message_buried", consumer=self.spec.name, message=key, reason=reason)
        await message.term()


def describe(error: Exception) -> str:
    """Type and place of a failure, never the values it was about."""
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['type']}"
            for item in error.errors(include_input=False, include_url=False)[:8]
        )
    return type(error).__name__
