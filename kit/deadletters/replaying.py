"""Applies dead letters once more where somebody asked for it: by the consumer that could not, and only by it.

Not through the stream: within its duplicate window that takes an event said again for a copy, and after it
every other consumer and the units' own durables would get a second one. The letter holds the bytes that
came; the same inbox, the same handler and the same transaction rules make it one effect, whether the event
is another service's or was applied in the meantime. What did not decode is decoded again, which helps once
the program knows more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final, cast
from uuid import UUID

import asyncpg
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.catalog import BadSubjectError, decode
from kit import audit, inbox
from kit.clock import business_now
from kit.db import LOST, Conn, Pool, transaction
from kit.deadletters import store
from kit.delivery import Delivery, Effects, Received, describe
from kit.errors import DomainError
from kit.logging import get
from kit.relay import Relay

log = get(__name__)

POLL_S: Final = 1.0
APPLIED: Final = "applied"
ALREADY: Final = "already"


class Replayer:
    """One for each process of a service; letters are shared by their row locks."""

    def __init__(self, pool: Pool, relay: Relay, deliveries: Sequence[Delivery]) -> None:
        """`deliveries` may still grow until `run`."""
        self._pool = pool
        self._relay = relay
        self._deliveries = deliveries

    async def run(self) -> None:
        """Look every second for what was asked; failures are logged and tried again."""
        while True:
            try:
                await self.sweep()
            except (*LOST, asyncpg.PostgresError) as error:
                log.warning("replay_waits", error=type(error).__name__)
            await asyncio.sleep(POLL_S)

    async def sweep(self) -> int:
        """Try every letter that was asked for once; how many there were."""
        seen: list[UUID] = []
        while (ident := await self._next(seen)) is not None:
            seen.append(ident)
        return len(seen)

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
            await _failed(conn, letter, error.slug, error.en)
            return Effects()
        except Exception as error:  # noqa: BLE001 - it stays a dead letter, whatever is wrong with it
            await _failed(conn, letter, "attempts", describe(error))
            return Effects()
        if effects.waiting:
            log.info("replay_too_early", dead_letter_id=str(letter["dead_letter_id"]))
        else:
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
    await store.done(conn, ident, outcome)
    await inbox.forget_attempts(conn, letter["consumer"], letter["message"])
    told = {"consumer": letter["consumer"], "outcome": outcome}
    now = await business_now(conn)
    who = letter["replay_asked_by"]
    await audit.record(conn, [audit.Entry(now, who, "deadletter.applied", str(ident), told)])
    log.info("dead_letter_replayed", dead_letter_id=str(ident), outcome=outcome)


async def _failed(conn: Conn, letter: dict[str, Any], reason: str, error: str) -> None:
    await store.failed(conn, letter["dead_letter_id"], reason, error)
    log.warning("replay_failed", dead_letter_id=str(letter["dead_letter_id"]), reason=reason)
