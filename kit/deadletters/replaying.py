"""Applies dead letters once more: by the consumer that could not, and only by it.

Where somebody asked for it, and by itself what lacked an earlier event: a page of those at a time, over and
over, so that what comes late is applied in order and what never comes costs little (docs/adr/0046).

Not through the stream: within its duplicate window that takes an event said again for a copy, and after it
every other consumer and the units' own durables would get a second one. The letter holds the bytes that
came; the same inbox, the same handler and the same transaction rules make it one effect, whether the event
is another service's or was applied in the meantime. What did not decode is decoded again, which helps once
the program knows more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, cast
from uuid import UUID

import asyncpg
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.catalog import BadSubjectError, decode
from kit import audit, inbox
from kit.burial import describe
from kit.clock import business_now
from kit.db import LOST, Conn, Pool, reading, transaction
from kit.deadletters import store
from kit.delivery import Delivery, Effects, Received
from kit.errors import DomainError, Kind
from kit.logging import get
from kit.relay import Relay

log = get(__name__)

POLL_S: Final = 1.0
MEND_S: Final = 10.0
PAGE: Final = 50
"""Letters of a consumer that are tried each time for the earlier event they lack."""
START: Final = UUID(int=0)
ITSELF: Final = "chuishao"
"""Who applied it when nobody asked."""
APPLIED: Final = "applied"
ALREADY: Final = "already"


class Replayer:
    """One for each process of a service; letters are shared by their row locks."""

    def __init__(self, pool: Pool, relay: Relay, deliveries: Sequence[Delivery]) -> None:
        """`deliveries` may still grow until `run`."""
        self._pool = pool
        self._relay = relay
        self._deliveries = deliveries
        self._from: dict[str, UUID] = {}
        """Where the next page begins, by consumer."""
        self._swept_at = 0.0

    async def run(self) -> None:
        """Look every second for what was asked; failures are logged and tried again."""
        mended_at = time.monotonic()
        while True:
            try:
                await self.sweep()
                if time.monotonic() - mended_at >= MEND_S:
                    mended_at = time.monotonic()
                    await self.mend(self._sweep_in_time)
            except (*LOST, asyncpg.PostgresError) as error:
                log.warning("replay_waits", error=type(error).__name__)
            await asyncio.sleep(POLL_S)

    async def sweep(self) -> int:
        """Try every letter that was asked for once; how many there were."""
        seen: list[UUID] = []
        while (ident := await self._next(seen)) is not None:
            seen.append(ident)
        self._swept_at = time.monotonic()
        return len(seen)

    async def _sweep_in_time(self) -> None:
        """Whoever asked is not kept waiting while thousands of letters are mended."""
        if time.monotonic() - self._swept_at >= POLL_S:
            await self.sweep()

    async def mend(self, between: Callable[[], Awaitable[None]] | None = None) -> int:
        """Try a page of each consumer's letters that lack an earlier event; how many had their effect.

        As long as one had it, the page is tried again: what came after it may be next. Consumers take
        turns. `between` is called before each letter.
        """
        mended = 0
        left = list(self._deliveries)
        while left:
            tried = [(delivery, await self._mend_page(delivery, between)) for delivery in left]
            mended += sum(done for _, done in tried)
            left = [delivery for delivery, done in tried if done]
        return mended

    async def _mend_page(
        self, delivery: Delivery, between: Callable[[], Awaitable[None]] | None
    ) -> int:
        name = delivery.spec.name
        begin = self._from.pop(name, START)
        async with reading(self._pool) as conn:
            page = await store.gaps(conn, name, begin, PAGE)
        done = 0
        for ident in page:
            if between is not None:
                await between()
            done += await self._mend(delivery, ident)
        if done:
            self._from[name] = begin
        elif len(page) == PAGE:
            self._from[name] = page[-1]
        return done

    async def _mend(self, delivery: Delivery, ident: UUID) -> bool:
        async with transaction(self._pool) as conn:
            letter = await store.gap(conn, ident)
            if letter is None:
                return False
            effects = await self._settle(conn, delivery, letter)
        self._relay.hint(effects.events)
        return not effects.waiting

    async def _next(self, seen: Sequence[UUID]) -> UUID | None:
        by_name = {delivery.spec.name: delivery for delivery in self._deliveries}
        async with transaction(self._pool) as conn:
            letter = await store.next_asked(conn, list(by_name), seen)
            if letter is None:
                return None
            events = await self._settle(conn, by_name[letter["consumer"]], letter)
        self._relay.hint(events.events)
        ident: UUID = letter["dead_letter_id"]
        return ident

    async def _settle(self, conn: Conn, delivery: Delivery, letter: dict[str, Any]) -> Effects:
        """Apply it inside a savepoint and note what became of it in the same transaction."""
        try:
            one = _read(letter)
        except (BadSubjectError, ValidationError, ValueError) as error:
            await _failed(conn, letter, "undecodable", describe(error))
            return Effects()
        try:
            async with conn.transaction():
                outcome, effects = await _applied(conn, delivery, one)
        except LOST:
            raise
        except DomainError as error:
            if error.kind is Kind.UNAVAILABLE:  # such as a service without its directory
                return Effects(waiting=[one])
            await _failed(conn, letter, error.slug, error.en)
            return Effects()
        except Exception as error:  # noqa: BLE001 - it stays a dead letter, whatever is wrong with it
            await _failed(conn, letter, "attempts", describe(error))
            return Effects()
        if lacks := effects.lacks.get(one.event_id):
            await store.lacking(conn, letter["dead_letter_id"], lacks)
        elif not effects.waiting:
            await _done(conn, letter, outcome)
        return effects


def _read(letter: dict[str, Any]) -> Received:
    event = decode(letter["subject"], letter["body"])
    name = ".".join(letter["subject"].split(".", 2)[:2])
    return Received(event, UUID(event.id), cast("Msg", None), name)


async def _applied(conn: Conn, delivery: Delivery, one: Received) -> tuple[str, Effects]:
    if delivery.once and not await inbox.claim(conn, delivery.spec.name, [one.event_id]):
        return ALREADY, Effects()
    effects = await delivery.handler(conn, [one])
    if effects.waiting and delivery.once:
        await inbox.release(conn, delivery.spec.name, [one.event_id])
    return APPLIED, effects


async def _done(conn: Conn, letter: dict[str, Any], outcome: str) -> None:
    ident = letter["dead_letter_id"]
    who = letter["replay_asked_by"] or ITSELF
    await store.done(conn, ident, outcome, who)
    await inbox.forget_attempts(conn, letter["consumer"], letter["message"])
    told = {"consumer": letter["consumer"], "outcome": outcome}
    now = await business_now(conn)
    await audit.record(conn, [audit.Entry(now, who, "deadletter.applied", str(ident), told)])
    log.info("dead_letter_replayed", dead_letter_id=str(ident), outcome=outcome)


async def _failed(conn: Conn, letter: dict[str, Any], reason: str, error: str) -> None:
    await store.failed(conn, letter["dead_letter_id"], reason, error)
    log.warning("replay_failed", dead_letter_id=str(letter["dead_letter_id"]), reason=reason)
