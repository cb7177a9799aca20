"""How the sums of each wall stood: kept every quarter of an hour, shown as trends and beside today's counters."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from kit.city_time import CITY_TIME
from kit.clock import business_now
from kit.db import LOST, Pool, reading, transaction
from kit.errors import DomainError
from kit.logging import get
from services.console.hall import store

log = get(__name__)

LEVELS: Final = ("open", "overdue", "near_due", "queue")
FLOWS: Final = ("received", "closed")
"""Of a day: they begin anew at midnight."""
QUARTER_MIN: Final = 15
LOOK_S: Final = 20.0
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
KEPT: Final = timedelta(days=8)

Span = Literal["day", "week"]


async def run(pool: Pool) -> None:
    """Keep a sample as each quarter of an hour begins; replicas share the work by whoever is first."""
    last: datetime | None = None
    while True:
        try:
            async with transaction(pool) as conn:
                now = await business_now(conn)
                at = quarter(now)
                if at != last:
                    await store.sample(conn, at, list(LEVELS), flows(now))
                    await store.thin(conn, at - DAY - timedelta(hours=1), at - KEPT)
            last = at
        except (DomainError, *LOST) as error:
            log.info("sample_missed", error=type(error).__name__)
        await asyncio.sleep(LOOK_S)


async def trend(pool: Pool, area: str) -> dict[str, Any]:
    """The last day by quarters, the last week by hours, and how things stood at this time yesterday."""
    async with reading(pool) as conn:
        now = await business_now(conn)
        rows = await store.samples(conn, area, now - KEPT, now - DAY - timedelta(hours=1))
    found = [(row["at"], row["counts"]) for row in rows]
    return {
        "area": area,
        "now": now.isoformat(),
        "day": points(found, now - DAY),
        "week": points((one for one in found if one[0].minute == 0), now - WEEK),
        "yesterday": yesterday(found, now),
    }


def quarter(now: datetime) -> datetime:
    """The beginning of the quarter of an hour that `now` lies in."""
    return now.replace(minute=now.minute - now.minute % QUARTER_MIN, second=0, microsecond=0)


def flows(now: datetime) -> list[str]:
    """Names of the sums of the city's day that are kept (projection/sums.py)."""
    day = now.astimezone(CITY_TIME).date().isoformat()
    return [f"{name}.{day}" for name in FLOWS]


def points(
    found: Iterable[tuple[datetime, Mapping[str, int]]], since: datetime
) -> list[dict[str, Any]]:
    """Samples from a time on, as charts draw them; a sum nobody has yet is 0."""
    return [
        {"at": at.isoformat(), **{name: counts.get(name, 0) for name in (*LEVELS, *FLOWS)}}
        for at, counts in found
        if at >= since
    ]


def yesterday(
    found: Iterable[tuple[datetime, Mapping[str, int]]], now: datetime
) -> dict[str, Any] | None:
    """The sample nearest to this time yesterday, no farther from it than an hour; None when nobody looked then."""
    wanted = now - DAY
    near = [one for one in found if abs(one[0] - wanted) <= timedelta(hours=1)]
    if not near:
        return None
    return points([min(near, key=lambda one: abs(one[0] - wanted))], now - KEPT)[0]
