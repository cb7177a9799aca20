"""Snapshots: what a topic shows now, as of a frame's number."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from asyncpg import Record

from kit.clock import business_now
from kit.db import Conn, Pool, reading
from kit.errors import DomainError, Kind
from services.console.projection import (
    store_frames,
    store_shown,
    store_told,
    sums,
)

MOST: Final = 5_000
"""Rows of one snapshot; `more` says that there are others."""
ENDED_MOST: Final = 500
ENDED_FOR: Final = timedelta(days=3)
"""How long what ended is still listed."""
TICKER: Final = 100
WITH_ENDED: Final = frozenset({"inbox", "area"})
"""Kinds of topics that list what ended lately, too."""

View = dict[str, Any]


@asynccontextmanager
async def _moment(pool: Pool) -> AsyncIterator[tuple[Conn, View, datetime]]:
    """One moment of everything, with the number of its newest frame and business time."""
    async with (
        reading(pool) as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        state = await store_frames.state(conn)
        if state.rebuilding == "rows":
            raise rebuilding()
        now = await business_now(conn)
        head: View = {"seq": state.seq, "now": now.isoformat()}
        if state.rebuilding:
            head["rebuilding"] = True
        yield conn, head, now


def rebuilding() -> DomainError:
    """The answer while nothing is shown because all of it is being made anew."""
    return DomainError(
        "rebuilding",
        Kind.UNAVAILABLE,
        zh="视图正在由事件重建，请稍候。",
        en="The views are being made anew from the events; wait a moment.",
        retry_after_s=5,
    )


async def rows(pool: Pool, topic: str, kin: Collection[str]) -> View:
    """What a topic shows: tickets, and whistles beside them; of what ended, what ended lately."""
    async with _moment(pool) as (conn, head, now):
        found = await store_shown.open_rows(conn, topic, sorted(kin), MOST + 1)
        more = len(found) > MOST
        found = found[:MOST]
        if topic.partition(".")[0] in WITH_ENDED:
            since = now - ENDED_FOR
            found += await store_shown.ended_rows(conn, topic, sorted(kin), ENDED_MOST, since)
    worded = topic.startswith("inbox.")
    by_kind: dict[str, list[Any]] = {"ticket": [], "whistle": [], "queue": []}
    for one in found:
        by_kind[one["kind"]].append(_told(one, worded=worded))
    whistles = by_kind.pop("whistle")
    shown = by_kind["queue"] if topic.startswith("queue.") else by_kind["ticket"]
    return head | {"topic": topic, "rows": shown, "whistles": whistles, "more": more}


async def wall(pool: Pool, area: str, kin: Collection[str]) -> View:
    """Counters of an area, of the areas below it, and the newest escalations that stand."""
    async with _moment(pool) as (conn, head, now):
        topic = f"wall.{area}"
        found = await store_shown.open_rows(conn, topic, sorted(kin), TICKER)
        own = await store_shown.tally(conn, [area])
        below = await store_shown.tally_below(conn, area, sums.OF_AN_AREA)
    return head | {
        "topic": topic,
        "rows": [_told(one, worded=False) for one in found],
        "counters": sums.counters(area, own.get(area, {}), now),
        "areas": {code: sums.of_area(told) for code, told in sorted(below.items())},
    }


async def status(pool: Pool) -> View:
    """How far the console has come, for operations."""
    async with reading(pool) as conn:
        state = await store_frames.state(conn)
        waiting = await store_told.waiting(conn)
        now = await business_now(conn)
    return {
        "seq": state.seq,
        "now": now.isoformat(),
        "floor": state.floor,
        "rebuilding": state.rebuilding,
        "untold": waiting,
    }


def _told(row: Record, *, worded: bool) -> View:
    body: View = row["body"]
    return body | row["words"] if worded and row["words"] else body
