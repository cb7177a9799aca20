"""A turn of the projector: what was told since becomes rows, sums and frames, in one transaction.

One at a time for all replicas, so that numbers grow in the order in which they can be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kit.clock import business_now
from kit.db import Conn, Pool, transaction
from kit.logging import get
from services.console.projection import store_frames, store_shown, store_told, sums, topics
from services.console.projection.frames import Changes
from services.console.projection.rows import Row, rows
from services.console.projection.store_frames import State

log = get(__name__)

BATCH: Final = 500
"""Matters looked at in one turn."""


@dataclass(slots=True)
class Turn:
    """What one turn changes."""

    said: Mapping[UUID, list[str]]
    before: dict[tuple[str, str], Row]
    changes: Changes = field(default_factory=Changes)
    show: list[Row] = field(default_factory=list)
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)

    def matter(self, ticket_id: UUID, doc: dict[str, Any], kept_from: frozenset[str]) -> None:
        """Show a matter as it stands now; one that cannot be shown (a year 9999) holds nothing else up."""
        said = self.said.get(ticket_id, ())
        try:
            found = rows(str(ticket_id), doc, kept_from)
        except (ValueError, OverflowError, TypeError, KeyError):
            log.exception("matter_not_shown", ticket_id=str(ticket_id))
            return
        for row in found:
            old = self.before.pop(row.key, None)
            if row != old:
                self.show.append(row)
                self.changes.row(old, row, said)
                self._move(old, row)

    def rest(self) -> list[tuple[str, str]]:
        """Rows that follow from nothing any more."""
        for old in self.before.values():
            self.changes.row(old, None)
            self._move(old, None)
        return list(self.before)

    def _move(self, old: Row | None, new: Row | None) -> None:
        for key, n in sums.moved(old, new).items():
            self.moved[key] += n


async def turn(pool: Pool) -> int | None:
    """Project what waits, a batch at most; how many matters that were. None when another one is at it."""
    async with transaction(pool) as conn:
        if not await store_frames.alone(conn):
            return None
        state = await store_frames.state(conn)
        if state.rebuilding == "facts":
            return 0
        said = await store_told.claim(conn, BATCH)
        notices = [] if state.rebuilding else await store_told.claim_notices(conn)
        if not said and not notices:
            return 0
        now = await business_now(conn)
        done = await _look(conn, said)
        gone = done.rest()
        await store_shown.show(conn, done.show)
        await store_shown.hide(conn, gone)
        await store_shown.count(conn, done.moved)
        if not state.rebuilding:
            await _tell_sums(conn, done, now)
            for notice in notices:
                topic = notice["topic"]
                done.changes.plain(topic, topic, topic, notice["body"])
            await _tell(conn, done.changes, state, now)
        return len(said) or 1


async def _look(conn: Conn, said: dict[UUID, list[str]]) -> Turn:
    """Derive the rows of these matters and of those merged with them."""
    docs = await store_told.tree(conn, list(said)) if said else {}
    done = Turn(said, await store_shown.of(conn, list(docs)))
    kept = kept_from(docs)
    for ticket_id, doc in docs.items():
        done.matter(ticket_id, doc, kept[ticket_id])
    return done


def kept_from(docs: Mapping[UUID, dict[str, Any]]) -> dict[UUID, frozenset[str]]:
    """By matter: the parties complained about in it or in one that is worked on with it now (E23)."""
    by_number = {doc["t"]["number"]: i for i, doc in docs.items() if "t" in doc}
    group = {i: i for i in docs}

    def root(one: UUID) -> UUID:
        while group[one] != one:
            one = group[one]
        return one

    for i, doc in docs.items():
        into = by_number.get(doc.get("m", {}).get("into"))
        if into is not None and doc["m"]["merged"] and root(into) != root(i):
            group[root(i)] = root(into)
    named: dict[UUID, set[str]] = {}
    for i, doc in docs.items():
        accused = doc.get("c", {}).get("accused")
        named.setdefault(root(i), set()).update(topics.known([accused]))
    return {i: frozenset(named[root(i)]) for i in docs}


async def _tell_sums(conn: Conn, done: Turn, now: datetime) -> None:
    """Counters of the walls whose sums moved, and the spots on maps above."""
    areas = sums.touched(key for key, n in done.moved.items() if n)
    known = await store_shown.tally(conn, areas) if areas else {}
    spots = {a for (a, name), n in done.moved.items() if n and name in sums.OF_AN_AREA}
    for area in areas:
        told = known.get(area, {})
        if sums.has_wall(area):
            name = f"wall.{area}"
            done.changes.plain(name, "counters", area, sums.counters(area, told, now))
        for wall in sums.walls_above(area) if area in spots else ():
            done.changes.plain(f"wall.{wall}", "area", area, sums.of_area(told))


async def _tell(conn: Conn, changes: Changes, state: State, now: datetime) -> None:
    last = await store_frames.last(conn, sorted(changes.by_chain))
    if frames := changes.frames(last, state.seq, now):
        await store_frames.add(conn, frames)
