"""Applies fetched messages: once only, in one transaction a batch, with a place for what cannot be applied.

A batch is tried as a whole; if anything in it fails, each message is tried alone, so that one bad
message costs the others nothing but a second try. Under `AckPolicy.MANUAL` FastStream acknowledges
nothing, so this module does: ack after commit, nak with a delay, term only after a dead letter is saved
(kit/burial.py). Attempts count only when a handler began; an hour without database buries nothing
(reliability.md). What came before an earlier event waits in the broker for a while, then among the dead
letters (kit/patience.py, docs/adr/0046).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.base import Event
from contracts.catalog import BadSubjectError, decode
from contracts.topology import ConsumerSpec
from kit import inbox, metrics
from kit.burial import GAP, LOST_DELAY_S, Grave, Graves, describe, place
from kit.db import LOST, Conn, Pool, reading, transaction
from kit.errors import DomainError
from kit.logging import get
from kit.outbox import Outgoing
from kit.patience import Patience, delay_s
from kit.puller import deliveries
from kit.relay import Relay

log = get(__name__)

BACKOFF_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
MAX_ATTEMPTS: Final = 12
CLASH: Final = asyncpg.IntegrityConstraintViolationError
CLASHES: Final = 5
"""Attempts at a row that contradicts others: a race is over in seconds, a broken sender never corrects it."""
SUSPECT_DELIVERIES: Final = 3
"""From this delivery on an attempt is recorded before it begins: it may be killing the process."""
HOPELESS: Final = (asyncpg.DataError, ValueError, OverflowError)
"""A value that no rule and no column can take (an id that is none, NUL in a text, a number without
end) is the same at the next try: such a message is buried at the first."""
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
    """What applying a batch leads to: events to publish, and messages that must wait."""

    events: list[Outgoing] = field(default_factory=list)
    waiting: list[Received] = field(default_factory=list)
    lacks: dict[UUID, str] = field(default_factory=dict)
    """By id of an early event: what is missing, in words. The others wait for this service itself."""

    def wait(self, early: Iterable[Received], lacks: str) -> None:
        """Let events wait for an earlier one, named in words (kit/patience.py)."""
        for one in early:
            self.waiting.append(one)
            self.lacks[one.event_id] = lacks


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
        """`once` False, for effects that repetition does not change: no inbox, no transaction."""
        self.spec = spec
        self.handler = handler
        self.once = once
        self._pool = pool
        self._relay = relay
        self._patience = Patience()
        self._graves = Graves(spec, pool)
        self.progressed_at = time.monotonic()
        self.waiting_for_database = False

    async def __call__(self, messages: Sequence[Msg]) -> None:
        """Apply a fetched batch; returns when every message is acked, naked or terminated."""
        began = time.perf_counter()
        received = await self._read(messages)
        suspects = [r for r in received if self._is_suspect(r)]
        if fresh := [r for r in received if not self._is_suspect(r)]:
            await self._together(fresh)
        for suspect in suspects:
            await self._alone(suspect, record_first=True)
        self.progressed_at = time.monotonic()
        metrics.BATCH_S.labels(self.spec.name).observe(time.perf_counter() - began)

    async def _read(self, messages: Sequence[Msg]) -> list[Received]:
        """Decode; what is no event of ours is buried at once."""
        received, graves = [], []
        for message in messages:
            try:
                event = decode(message.subject, message.data)
                name = ".".join(message.subject.split(".", 2)[:2])
                received.append(Received(event, UUID(event.id), message, name))
            except (BadSubjectError, ValidationError, ValueError) as error:
                graves.append(Grave(message, place(message), "undecodable", describe(error)))
        await self._graves.bury(graves)
        return received

    def _is_suspect(self, one: Received) -> bool:
        """It came often, and not because this process told it to come again later."""
        often = deliveries(one.message) >= SUSPECT_DELIVERIES
        return often and not self._patience.knows(one.event_id)

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
                    await self._bury(one, "attempts", "exhausted", attempts)
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
            await self._bury(one, error.slug, error.en, attempts)
        except HOPELESS as error:
            await self._bury(one, "unusable", describe(error), attempts)
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
        graves = []
        for one in batch:
            if id(one) not in waiting:
                self._patience.over(one.event_id)
                await one.message.ack()
            elif (lacks := effects.lacks.get(one.event_id)) is None:
                await one.message.nak(delay=delay_s(deliveries(one.message)))
            elif (later := self._patience.early(one.event_id, time.monotonic())) is not None:
                await one.message.nak(delay=later)
            else:
                tries = deliveries(one.message)
                graves.append(Grave(one.message, str(one.event_id), GAP, lacks, tries))
        await self._graves.bury(graves)
        metrics.CONSUMED.labels(self.spec.name, "waiting").inc(len(waiting) - len(graves))
        metrics.CONSUMED.labels(self.spec.name, "applied").inc(len(batch) - len(waiting))

    async def _lost(self, batch: list[Received], error: BaseException) -> None:
        """The database is away: give everything back, uncounted, and stop pulling until it answers."""
        log.warning("database_lost", consumer=self.spec.name, error=type(error).__name__)
        for one in batch:
            await one.message.nak(delay=LOST_DELAY_S)
        self.waiting_for_database = True
        try:
            while not await self._database_answers():
                await asyncio.sleep(DATABASE_POLL_S)
        finally:
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
        if count >= (CLASHES if isinstance(error, CLASH) else MAX_ATTEMPTS):
            await self._bury(one, "attempts", describe(error), count)
            return
        metrics.CONSUMED.labels(self.spec.name, "retried").inc()
        await one.message.nak(delay=BACKOFF_S[min(count - 1, len(BACKOFF_S) - 1)])

    async def _bury(self, one: Received, reason: str, error: str, attempts: int) -> None:
        await self._graves.bury([Grave(one.message, str(one.event_id), reason, error, attempts)])
