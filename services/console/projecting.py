"""A turn of the projector: what was told since becomes rows, sums and frames, in one transaction.

One at a time for all replicas, so that numbers grow in the order in which they can be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kit.clock import business_now
from kit.db import LOST, Conn, Pool, transaction
from kit.logging import get
from services.console import metrics
from services.console.projection import store_frames, store_shown, store_told, sums, topics
from services.console.projection.frames import Changes
from services.console.projection.rows import TICKET, Row, rows
from services.console.projection.store_frames import State

log = get(__name__)

Key = tuple[str, str]
"""Kind and name of a row."""
BATCH: Final = 500
"""Matters looked at in one turn."""


@dataclass(slots=True)
class Turn:
    """What one turn changes."""

    said: Mapping[UUID, list[str]]
    before: dict[Key, Row]
    """Rows of these matters as they are shown."""
    held: Mapping[Key, Row]
    """Rows of other matters with a name that one of these gives to a row, too."""
    taken: set[Key] = field(default_factory=set)
    changes: Changes = field(default_factory=Changes)
    show: list[Row] = field(default_factory=list)
    moved: Counter[Key] = field(default_factory=Counter)

    def matter(self, ticket_id: UUID, found: Sequence[Row]) -> None:
        """Show a matter as it stands now.

        Where two claim a whistle, an item or a rung, which no service of ours says, it is of the one with the
        smaller id, in whatever order they came.
        """
        said = self.said.get(ticket_id, ())
        for row in found:
            other = self.held.get(row.key)
            if row.key in self.taken or (other and other.ticket_id < row.ticket_id):
                log.error("row_claimed_twice", kind=row.kind, id=row.ident, ticket_id=row.ticket_id)
                continue
            self.taken.add(row.key)
            old = self.before.pop(row.key, other)
            if row != old:
                self.show.append(row)
                self.changes.row(old, row, said)
                self._move(old, row)

    def rest(self) -> list[Key]:
        """Rows that follow from nothing any more."""
        for old in self.before.values():
            self.changes.row(old, None)
            self._move(old, None)
        return list(self.before)

    def _move(self, old: Row | None, new: Row | None) -> None:
        for key, n in sums.moved(old, new).items():
            self.moved[key] += n


async def turn(pool: Pool) -> int | None:
    """Project what waits, a batch at most; how many matters that were. None when another one is at it.

    What cannot be projected is passed over, found by taking one at a time: it costs nobody else their view.
    """
    try:
        return await _turn(pool, BATCH)
    except LOST:
        raise
    except Exception:
        log.exception("turn_failed")
    return await _singly(pool)


async def _singly(pool: Pool) -> int | None:
    for done in range(BATCH):
        try:
            looked = await _turn(pool, 1)
        except LOST:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the next matter is not at fault
            await _pass_over(pool, error)
            continue
        if not looked:
            return done or looked
    return BATCH


async def _pass_over(pool: Pool, error: Exception) -> None:
    async with transaction(pool) as conn:
        if not await store_frames.alone(conn):
            return
        for ticket_id in await store_told.claim(conn, 1):
            _not_shown(ticket_id, error)


async def _turn(pool: Pool, most: int) -> int | None:
    async with transaction(pool) as conn:
        if not await store_frames.alone(conn):
            return None
        state = await store_frames.state(conn)
        if state.rebuilding == "facts":
            return 0
        said = await store_told.claim(conn, most)
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
    kept = kept_from(docs)
    found = {i: derived(i, doc, kept[i]) for i, doc in sorted(docs.items())}
    before = await store_shown.of(conn, list(docs))
    new = {row.key for rows in found.values() for row in rows if row.kind != TICKET} - before.keys()
    done = Turn(said, before, await store_shown.held(conn, sorted(new)))
    for ticket_id, own in found.items():
        done.matter(ticket_id, own)
    return done


def derived(ticket_id: UUID, doc: dict[str, Any], kept: frozenset[str]) -> list[Row]:
    """What is to be shown of a matter; nothing of one that cannot be shown (a year 9999)."""
    try:
        return rows(str(ticket_id), doc, kept)
    except (ValueError, OverflowError, TypeError, KeyError) as error:
        _not_shown(ticket_id, error)
        return []


def _not_shown(ticket_id: UUID, error: Exception) -> None:
    log.error("matter_not_shown", ticket_id=str(ticket_id), error=type(error).__name__)
    metrics.NOT_SHOWN.inc()


def kept_from(docs: Mapping[UUID, dict[str, Any]]) -> dict[UUID, frozenset[str]]:
    """By matter: the parties complained about in it or in one that is worked on with it now (E23)."""
    by_number = {doc["t"]["number"]: i for i, doc in sorted(docs.items()) if "t" in doc}
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
