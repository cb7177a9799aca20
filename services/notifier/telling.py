"""Words on clocks, in an order that no late hearing and no business clock set back can mix up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TypeAlias

from contracts.clock import ClockEvent
from kit.clock import database_now
from kit.db import Conn
from kit.outbox import Outgoing
from services.notifier.ending import say

Word: TypeAlias = tuple[str, ClockEvent]


async def tell(conn: Conn, said: Iterable[Sequence[Word]]) -> list[Outgoing]:
    """What was said of each ticket's or whistle's clocks, in order; each word bears when it was said.

    To be called when the clocks it tells of are written and so locked: then whatever is said of them next
    is said later. A word's `at` cannot order them: what ended a clock may be heard of after its alarm.
    """
    words = [own for own in said if own]
    if not words:
        return []
    now = await database_now(conn)
    return [
        say(
            name, data.model_copy(update={"said_at": now + timedelta(microseconds=n)}), to=data.unit
        )
        for own in words
        for n, (name, data) in enumerate(own)
    ]
