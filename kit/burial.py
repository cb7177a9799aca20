"""Saves what a consumer could not apply among the dead letters, and only then takes it from the broker.

What one fetch brought is buried with one statement, so that a flood of poison holds nobody up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import asyncpg
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.topology import ConsumerSpec
from kit import inbox, metrics
from kit.db import LOST, Pool, transaction
from kit.inbox import Letter
from kit.logging import get

log = get(__name__)

LOST_DELAY_S: Final = 2.0
GAP: Final = "gap"
"""Why an event lies there that only lacks an earlier one: it is applied by itself once that one came."""


@dataclass(frozen=True, slots=True)
class Grave:
    """A message to be buried."""

    message: Msg
    key: str
    """Event id where one could be read, else `stream:sequence:digest`."""
    reason: str
    error: str
    attempts: int = 1


class Graves:
    """The dead letters of one consumer."""

    def __init__(self, spec: ConsumerSpec, pool: Pool) -> None:
        self._spec = spec
        self._pool = pool

    async def bury(self, graves: Sequence[Grave]) -> None:
        """Save and terminate them; what cannot be saved now is given back to the broker."""
        if not graves:
            return
        try:
            async with transaction(self._pool) as conn:
                await inbox.bury(conn, [self._letter(one) for one in graves])
        except (*LOST, asyncpg.PostgresError) as failed:
            log.warning("bury_failed", consumer=self._spec.name, error=type(failed).__name__)
            await self._again(graves, failed)
            return
        for one in graves:
            log.error(
                "message_buried", consumer=self._spec.name, message=one.key, reason=one.reason
            )
            await one.message.term()
        metrics.CONSUMED.labels(self._spec.name, "buried").inc(len(graves))

    async def _again(self, graves: Sequence[Grave], failed: Exception) -> None:
        """One that no table takes must not keep the others from their graves."""
        if len(graves) > 1 and not isinstance(failed, LOST):
            for one in graves:
                await self.bury([one])
            return
        for one in graves:
            await one.message.nak(delay=LOST_DELAY_S)

    def _letter(self, one: Grave) -> Letter:
        metadata = one.message.metadata
        return Letter(
            consumer=self._spec.name,
            message=one.key,
            stream=metadata.stream,
            stream_seq=metadata.sequence.stream,
            subject=one.message.subject,
            headers=dict(one.message.headers or {}),
            body=one.message.data,
            reason=one.reason,
            error=one.error,
            attempts=one.attempts,
        )


def place(message: Msg) -> str:
    """What a message is called that bears no event id that can be read.

    A stream made anew counts from 1 again, so what it holds counts too.
    """
    held = sha256(message.subject.encode(errors="surrogateescape") + b"\0" + message.data)
    at = message.metadata
    return f"{at.stream}:{at.sequence.stream}:{held.hexdigest()[:16]}"


def describe(error: Exception) -> str:
    """Type and place of a failure, never the values it was about."""
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['type']}"
            for item in error.errors(include_input=False, include_url=False)[:8]
        )
    return type(error).__name__
