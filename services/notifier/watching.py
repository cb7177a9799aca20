"""The watchdog: every open ticket has a next step, or somebody is told that it has none (domain.md E13, F13).

A next step is a planned rung, a clock with an alarm to come (a hold's review among them), an open item on a
secretary's table, or the coming review of a legacy problem. The walk goes over the open tickets in slices of
one size, each in a transaction of its own, so that a look costs the same whether a thousand or a million are
open; one replica walks at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from asyncpg import Record

from kit import audit
from kit.clock import business_now
from kit.db import Conn, Pool, reading, transaction
from services.notifier.ending import ACTOR
from services.notifier.ladder import store_watch

SLICE: Final = 5_000
"""Open tickets looked at in one transaction; some tens of milliseconds."""
LAP: Final = timedelta(minutes=5)
"""From the beginning of one walk over all open tickets to that of the next, where it does not take longer."""
NAMED: Final = 50
"""Ticket ids that one log line names; the table holds all."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look found."""

    looked_at: int
    """Open tickets of this slice."""
    new: tuple[str, ...]
    """Ids of tickets found without a next step for the first time."""
    lap_done: bool
    """The walk has reached the end."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the ladder is; the same whichever replica asks."""

    quiet: int
    """Open tickets known to have no next step."""
    waiting_s: float
    """For how long the oldest rung or alarm has been due: more than a few seconds means that no tick runs."""


async def watch(pool: Pool, *, limit: int = SLICE) -> Watched | None:
    """Look at the next slice; None when it is not time yet or another replica walks."""
    async with transaction(pool) as conn:
        now = await business_now(conn)
        turn = await store_watch.take_turn(conn, now)
        if turn is None:
            return None
        ids = await store_watch.open_after(conn, turn.after_id, limit)
        lap_done = len(ids) < limit
        upto = store_watch.LAST if lap_done else ids[-1]
        quiet = await store_watch.quiet(conn, ids)
        new = await store_watch.note(conn, quiet, now)
        found = await store_watch.forget(conn, turn.after_id, upto, quiet)
        await audit.record(conn, _audit(new, found, now))
        began = turn.lap_began_at or now
        await _go_on(conn, (upto, began, now), len(ids), lap_done=lap_done)
    return Watched(len(ids), tuple(str(row["ticket_id"]) for row in new), lap_done)


async def health(pool: Pool) -> Health:
    """Two small questions, whatever is open."""
    async with reading(pool) as conn:
        now = await business_now(conn)
        return Health(await store_watch.count(conn), await store_watch.waiting_s(conn, now))


async def _go_on(
    conn: Conn, where: tuple[UUID, datetime, datetime], looked_at: int, *, lap_done: bool
) -> None:
    upto, began, now = where
    if lap_done:
        await store_watch.go_on(conn, store_watch.START, None, max(began + LAP, now), looked_at)
    else:
        await store_watch.go_on(conn, upto, began, now, looked_at)


def _audit(new: Sequence[Record], found: Sequence[UUID], now: datetime) -> list[audit.Entry]:
    entries = [
        audit.Entry(
            now,
            ACTOR,
            "watchdog.quiet",
            str(row["ticket_id"]),
            {"number": row["number"], "status": row["status"], "unit": row["unit"]},
        )
        for row in new
    ]
    return entries + [audit.Entry(now, ACTOR, "watchdog.goes_on", str(one)) for one in found]
