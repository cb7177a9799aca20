"""What looks odd among the answers of a time: listed with its figures, judged by people (domain.md E28, F9)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asyncpg import Record

from kit.city_time import CITY_TIME
from kit.clock import business_now
from kit.db import Pool, reading
from services.notifier.rates import sign, store_flags
from services.notifier.rates.period import Period


async def flags(pool: Pool, since: str | None, until: str | None) -> dict[str, Any]:
    """Every sign found in a period, by kind. Raises DomainError 422."""
    async with reading(pool) as conn:
        now = await business_now(conn)
        period = Period.of(since, until, now)
        span = (period.since, period.until)
        ends = store_flags.ends_of(*(at.astimezone(CITY_TIME) for at in span))
        items = [_item("many_in_a_minute", row) for row in await store_flags.many(conn, *span)]
        items += [_item("at_once", row) for row in await store_flags.at_once(conn, *span)]
        items += [x for row in await store_flags.runs(conn, *span) if (x := _run(row))]
        crowds = await store_flags.crowds(conn, *span, ends)
        items += [x for row in crowds if (x := _crowd(row))]
        items += [_item("no_work_between", row) for row in await store_flags.no_work(conn, *span)]
    return {
        "from": period.since.isoformat(),
        "to": period.until.isoformat(),
        "items": items,
        "next": None,
        "note": {
            "zh": "仅为线索，须由人核查原因；不是对任何人的评分。",
            "en": "Signs only, for a person to find out why; no score of anybody.",
        },
    }


def _run(row: Record) -> dict[str, Any] | None:
    """A run of satisfied answers, when the unit's own past makes it improbable."""
    share = sign.past_share(row["past_satisfied"], row["past_n"])
    chance = sign.run_chance(row["run"], row["n"], share)
    if row["past_n"] < sign.LEAST or chance >= sign.UNLIKELY:
        return None
    return _item("all_satisfied", row, chance=chance, past_share=round(share, 4))


def _crowd(row: Record) -> dict[str, Any] | None:
    """An hour before a period's end that holds far more answers than the unit's hours usually do."""
    chance = sign.crowd_chance(row["most"], row["n"], row["hours"], row["looked_at"])
    if row["most"] < sign.LEAST or chance >= sign.UNLIKELY:
        return None
    return _item("before_the_end", row, chance=chance)


def _item(kind: str, row: Record, **more: Any) -> dict[str, Any]:
    zh, en = sign.WORDS[kind]
    figures = {key: _plain(value) for key, value in row.items() if value is not None}
    return {"finding": kind, "text": {"zh": zh, "en": en}, **figures, **more}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
