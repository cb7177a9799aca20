"""Saying a raised rung again, once each time, until somebody acknowledges it or its clock stops."""

from __future__ import annotations

from datetime import datetime

from kit import audit
from kit.db import Conn
from kit.outbox import Outgoing
from services.notifier.ending import ACTOR, say
from services.notifier.ladder import store_repeats
from services.notifier.ladder.escalation import Escalation


async def repeat(conn: Conn, now: datetime, limit: int) -> tuple[list[Outgoing], bool]:
    """Say again what is due, in the caller's transaction: events, and whether there may be more."""
    rows = await store_repeats.claim_repeats(conn, now, limit)
    again = [Escalation.of(row) for row in rows if row["running"]]
    entries = [
        audit.Entry(
            now,
            ACTOR,
            "escalation.repeat",
            str(e.ticket_id),
            {"level": e.level, "repeat": e.repeats, "to": list(e.recipients)},
        )
        for e in again
    ]
    await audit.record(conn, entries)
    return [say("escalation.raised", e.event(now), to=e.level) for e in again], len(rows) == limit
