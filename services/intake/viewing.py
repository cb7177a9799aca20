"""Reads the call-back desk's lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from asyncpg import Record

from kit.city_time import CITY_TIME
from kit.clock import business_now
from kit.db import Pool, reading
from kit.validation import wrong_field
from services.intake import store_callbacks as store
from services.intake.directory import Holder
from services.intake.store_callbacks import Page

PAGE: Final = 100
LONGEST: Final = timedelta(days=92)
"""Outliers are looked for in at most a quarter of a year at once."""
YEARS: Final = range(2000, 2101)
"""Far from where the calendar ends, so that no offset and no span leads beyond it."""
Which = Literal["due", "done"]
_FIRST: Final = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
_LAST: Final = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))


def place(cursor: str | None, which: Which) -> tuple[datetime, UUID]:
    """Where the page before ended. Raises DomainError 422."""
    if cursor is None:
        return _FIRST if which == "due" else _LAST
    at, _, ident = cursor.partition("~")
    try:
        return datetime.fromisoformat(at).astimezone(UTC), UUID(ident)
    except (ValueError, OverflowError):
        raise wrong_field(
            "cursor",
            zh="不是上一页给出的 next，请从第一页取起",
            en="is not the `next` of a page; begin with the first",
        ) from None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which list, from where on, and how much of it."""

    which: Which
    after: tuple[datetime, UUID]
    limit: int


async def callbacks(pool: Pool, holder: Holder, person: str, wanted: Wanted) -> dict[str, Any]:
    """A page of the work list or of what was recorded; words masked, no identity."""
    which, limit = wanted.which, wanted.limit
    async with reading(pool) as conn:
        day = (await business_now(conn)).astimezone(CITY_TIME).date()
        page = Page(person, sorted(holder.codes.units_of(person, day)), wanted.after, limit + 1)
        rows = await (store.due if which == "due" else store.done)(conn, page)
    when, ident = ("since", "complaint_id") if which == "due" else ("at", "callback_id")
    shown = rows[:limit]
    more = len(rows) > limit
    following = f"{shown[-1][when].isoformat()}~{shown[-1][ident]}" if more else None
    return {"items": [_item(row) for row in shown], "next": following}


async def outliers(pool: Pool, since: datetime, until: datetime) -> dict[str, Any]:
    """What looks odd among the answers from `since` until before `until`. Raises DomainError 422."""
    for name, at in (("from", since), ("to", until)):
        if at.year not in YEARS:
            raise wrong_field(
                name,
                zh=f"年份应为 {YEARS[0]} 至 {YEARS[-1]}",
                en=f"must be in a year from {YEARS[0]} to {YEARS[-1]}",
            )
    if not since < until <= since + LONGEST:
        raise wrong_field(
            "to",
            zh=f"应晚于 from，且相隔不超过 {LONGEST.days} 天",
            en=f"must come after `from`, by {LONGEST.days} days at most",
        )
    async with reading(pool) as conn:
        found = await store.outliers(conn, since, until)
    items = [_item(row) | {"finding": kind} for kind, rows in found.items() for row in rows]
    return {"items": items, "next": None}


def _item(row: Record) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}
