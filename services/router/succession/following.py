"""Open tickets follow the directory: areas that ended, units that are gone, places that others cover now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

import orjson

from kit import audit, outbox
from kit.db import Conn, Pool, transaction
from kit.ids import new_id
from kit.logging import get
from kit.outbox import Outgoing
from services.router.directory.directory import Directory
from services.router.directory.hours import moment
from services.router.publishing.in_use import DirectoryInUse
from services.router.succession import store_following
from services.router.succession.resettling import Move
from services.router.succession.succession import Case, decided_before, settle, stays
from services.router.ticket import merging, store, store_merging, store_routing

log = get(__name__)

AT_ONCE: Final = 200
"""Tickets looked at in one transaction."""


@dataclass(slots=True)
class Followed:
    """What one step did."""

    events: list[Outgoing] = field(default_factory=list)
    moved: int = 0
    more: bool = False
    """There are tickets that were not looked at yet."""


async def follow_directory(pool: Pool, in_use: DirectoryInUse, *, limit: int = AT_ONCE) -> Followed:
    """One step: look at the next open tickets and let those follow that have to.

    Every open ticket is looked at once for a version and once for each day after; one that somebody
    holds locked is left out and taken up by the next step. One process at a time does it.
    """
    async with transaction(pool) as conn:
        if not await store_following.alone(conn):
            return Followed()
        now, version, _ = await store_routing.now_and_version(conn)
        directory = await in_use.at_least(version, conn)
        if directory is None:
            return Followed()
        done = await _step(conn, directory, now, limit)
    if done.moved:
        log.info("tickets_followed", version=version, moved=done.moved)
    return done


async def _step(conn: Conn, directory: Directory, now: datetime, limit: int) -> Followed:
    day = moment(now).day
    job = await store_following.job(conn, directory.version, day)
    renewed = not job["again"]
    ahead = await store_following.next_open(conn, job["seen"], limit)
    if not ahead and not job["skipped"]:
        return Followed()
    unsettled = (
        row["ticket_id"] for row in ahead if not stays(row, directory, day, renewed=renewed)
    )
    rows = await store_following.open_ones(conn, [*unsettled, *job["skipped"]])
    judge = partial(_moves, directory=directory, now=now, renewed=renewed)
    moves = await asyncio.to_thread(judge, rows, {}) if rows else []
    against = await _against(conn, moves)
    if against:
        moves = await asyncio.to_thread(judge, [move.row for move in moves], against)
    done, skipped = await _take(conn, moves)
    seen = ahead[-1]["ticket_id"] if ahead else job["seen"]
    await store_following.job_done(conn, directory.version, day, seen, skipped, done.moved)
    done.more = len(ahead) == limit
    return done


def _moves(
    rows: Sequence[Mapping[str, Any]],
    against: Mapping[UUID, frozenset[str]],
    *,
    directory: Directory,
    now: datetime,
    renewed: bool,
) -> list[Move]:
    """What the rules say about these tickets; off the event loop."""
    found = []
    for row in rows:
        named = against.get(row["ticket_id"], frozenset())
        case = Case(row, _read(row["receipt"]), _read(row["origin"]).get("inputs", {}), named)
        newer = decided_before(row, directory, renewed=renewed)
        settled = settle(case, directory, now, renewed=newer)
        if settled is not None and (settled.area, settled.unit) != (row["area"], row["unit"]):
            found.append(Move(row, settled, new_id(), directory.version, now, named))
    return found


def _read(text: str | None) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(text) if text else {}
    return found


async def _against(conn: Conn, moves: Sequence[Move]) -> dict[UUID, frozenset[str]]:
    """Parties complained about in what was merged into these tickets, where there are any."""
    if not moves:
        return {}
    tree = await store_merging.tree(conn, [move.row["ticket_id"] for move in moves])
    named = {m.row["ticket_id"]: merging.accused(tree, m.row["ticket_id"]) for m in moves}
    own = {m.row["ticket_id"]: m.row["accused"] for m in moves}
    return {one: codes for one, codes in named.items() if codes - {own[one]}}


async def _take(conn: Conn, moves: Sequence[Move]) -> tuple[Followed, list[UUID]]:
    """Move the tickets that nobody else is changing; the ids of the others."""
    if not moves:
        return Followed(), []
    free = await store_following.lock_free(conn, [move.row["ticket_id"] for move in moves])
    taken = [m for m in moves if free.get(m.row["ticket_id"]) == m.row["version"]]
    skipped = [m.row["ticket_id"] for m in moves if m not in taken]
    events = [event for move in taken for event in move.events()]
    for move in taken:
        await store.move(conn, move.row, move.after, move.announcements[-1][2], move.at)
    await store_following.keep_receipts(conn, [r for move in taken if (r := move.receipt())])
    await store.append_history(conn, [line for move in taken for line in move.lines()])
    await outbox.append(conn, events)
    await audit.record(conn, [move.entry() for move in taken])
    return Followed(events, len(taken)), skipped
