"""Rates as people read them: who may see which, counted from facts, printed with formula and exclusions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from asyncpg import Record

from kit.auth import Principal
from kit.clock import business_now
from kit.db import Conn, Pool, reading
from kit.errors import not_found
from services.notifier.directory import Directory
from services.notifier.looking import EVERYWHERE
from services.notifier.rates import figure, store_exclusions, store_figures, store_times
from services.notifier.rates.period import Period
from services.notifier.rates.store_figures import Wanted

By = Literal["unit", "grid", "community", "subdistrict", "category", "day", "week", "month"]
_HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for; times as they were written."""

    by: By = "unit"
    since: str | None = None
    until: str | None = None
    area: str | None = None
    unit: str | None = None

    def wanted(self, now: datetime) -> Wanted:
        """The same with times. Raises DomainError 422."""
        period = Period.of(self.since, self.until, now)
        units = (self.unit,) if self.unit else None
        return Wanted(self.by, period.since, period.until, self.area, units)


def narrowed(wanted: Wanted, directory: Directory, who: Principal, now: datetime) -> Wanted:
    """Only what the asker may read: a secretary the own areas, a unit its own figures. Raises DomainError 404."""
    wanted = replace(wanted, hidden=tuple(directory.roster.kin(who.sub, now)))
    if who.has(*EVERYWHERE):
        return wanted
    if who.has("secretary"):
        offices = directory.roster.offices_of(who.sub, now)
        return replace(wanted, within=tuple(area for areas in offices.values() for area in areas))
    own = tuple(sorted({post.unit for post in directory.roster.held_by(who.sub, now)}))
    if wanted.units is not None and not set(wanted.units) <= set(own):
        raise not_found("单位", "unit")
    return replace(wanted, units=wanted.units or own)


async def rates(pool: Pool, directory: Directory, who: Principal, asked: Asked) -> dict[str, Any]:
    """Every rate by group and over all, with what was left out of them. Raises DomainError 404, 422."""
    async with reading(pool) as conn:
        now = await business_now(conn)
        wanted = narrowed(asked.wanted(now), directory, who, now)
        return await counted(conn, wanted, now)


async def counted(conn: Conn, wanted: Wanted, now: datetime) -> dict[str, Any]:
    """The same for a caller that knows what may be seen."""
    parts = await store_figures.counts(conn, wanted, now)
    left_out = await store_exclusions.in_force(conn, wanted)
    groups: dict[str | None, dict[str, Any]] = defaultdict(dict)
    for rows in parts:
        for row in rows:
            key = None if row["whole"] else row["key"]
            groups[key] |= dict(row.items())
    total = groups.pop(None, {})
    return {
        "by": wanted.by,
        "from": wanted.since.isoformat(),
        "to": wanted.until.isoformat(),
        "area": wanted.area,
        "total": _shown(total),
        "items": [{"key": key, **_shown(groups[key])} for key in sorted(groups, key=str)],
        "next": None,
        "definitions": figure.definitions(),
        "example_weights": {"weights": dict(figure.EXAMPLE_WEIGHTS), "note": figure.EXAMPLE_NOTE},
        "exclusions": [store_exclusions.shown(row) for row in left_out],
        "as_of": now.isoformat(),
    }


async def times(pool: Pool, directory: Directory, who: Principal, asked: Asked) -> dict[str, Any]:
    """How long matters took by group, and each unit's share of that time. Raises DomainError 404, 422."""
    async with reading(pool) as conn:
        now = await business_now(conn)
        wanted = narrowed(asked.wanted(now), directory, who, now)
        return await timed(conn, wanted)


async def timed(conn: Conn, wanted: Wanted) -> dict[str, Any]:
    """The same for a caller that knows what may be seen."""
    rows = await store_times.times(conn, wanted)
    held = await store_times.held(conn, wanted)
    return {
        "by": wanted.by,
        "from": wanted.since.isoformat(),
        "to": wanted.until.isoformat(),
        "total": next((_time(row) for row in rows if row["whole"]), None),
        "items": [{"key": row["key"], **_time(row)} for row in rows if not row["whole"]],
        "held": [_held(row) for row in held],
        "next": None,
        "note": {
            "zh": "自受理至最后一次办结；工时按承办单位工作历，暂缓未扣除；持有时长不含待回访。",
            "en": "From receipt to the handing-in that stood; working hours by the unit's calendar, holds"
            " not taken off; time held leaves out the wait for the call-back.",
        },
    }


def _shown(counts: dict[str, Any]) -> dict[str, Any]:
    rates = figure.figures(counts)
    return {"rates": rates, "desk": figure.desk(counts), "example": figure.example(rates)}


def _time(row: Record) -> dict[str, Any]:
    return {
        "n": row["n"],
        "wall_h": _hours(row["wall"]),
        "working_h": _hours(row["working"]),
        "n_working": row["n_working"],
    }


def _hours(quantiles: list[float | None] | None) -> dict[str, float | None]:
    found = quantiles or [None, None, None]
    names = ("p50", "p90", "p95")
    return {
        name: None if value is None else round(value / _HOUR_S, 2)
        for name, value in zip(names, found, strict=True)
    }


def _held(row: Record) -> dict[str, Any]:
    return {
        "unit": row["unit"],
        "rounds": row["rounds"],
        "held_h": round(row["held_s"] / _HOUR_S, 2),
        "share": figure.ratio(row["held_s"], row["all_s"]),
        "late_h": round(row["late_s"] / _HOUR_S, 2),
        "on_time_by_share": {
            "rate": round(row["punctual"] / row["judged"], 4) if row["judged"] else None,
            "numerator": round(row["punctual"], 2),
            "denominator": round(row["judged"], 2),
            "formula": {
                "zh": "已办结轮次按持有时长分摊：按时份额 ÷ 已定份额",
                "en": "rounds handed in, shared out by time held: punctual shares ÷ decided shares",
            },
        },
    }
