"""Puts a drill together: what is filed, where, how fast, and what is told of it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from chuishao import runfile
from chuishao.bars import Tell
from chuishao.drill import store
from chuishao.drill.day import Filed, next_monday, recorded_day, sample_day
from chuishao.drill.report import summary
from chuishao.drill.run import Course
from chuishao.drill.stage import stage
from chuishao.exporting.reading import Reader
from chuishao.runfile import RunInfo
from kit.city_time import CITY_TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

HEARD: Final = ("intake", "router", "notifier")
TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Drill:
    """What was asked for."""

    day: date | None
    """A recorded day of the running installation; None: the sample, on the coming Monday."""
    data_dir: Path
    directory: Path
    speed: float
    days: int
    """How long time goes on after the day begins."""


async def play(asked: Drill, tell: Tell) -> dict[str, Any]:
    """Drill, and tell what happened. Raises StageError, ExportError, NotRunningError, ValueError for an empty day."""
    began = time.monotonic()
    day = asked.day or next_monday(datetime.now(CITY_TIME).date())
    filed = _filed(asked, day)
    if not filed:
        msg = f"{day} 没有诉求可演练 / nothing was filed on {day}"
        raise ValueError(msg)
    async with stage(asked.directory) as info:
        found = await _lived(info, filed, asked, tell)
    return {"day": day.isoformat(), **found, "seconds": round(time.monotonic() - began)}


def _filed(asked: Drill, day: date) -> Sequence[Filed]:
    if asked.day is None:
        return sample_day(day)
    return recorded_day(runfile.read(asked.data_dir), day)


async def _lived(info: RunInfo, filed: Sequence[Filed], asked: Drill, tell: Tell) -> dict[str, Any]:
    import asyncpg

    conn = await asyncpg.connect(info.postgres, timeout=TIMEOUT_S)
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            course = Course(info, conn, client, asked.speed, tell)
            end = filed[0].at + timedelta(days=asked.days)
            refused = await course.live(filed, end)
        found = await asyncio.to_thread(_told, info)
        return found | {"refused": refused, "stuck": await store.quiet(conn)}
    finally:
        await conn.close()


def _told(info: RunInfo) -> dict[str, Any]:
    with httpx.Client(trust_env=False) as client:
        reader = Reader(client, info.tokens["admin"])
        return summary(
            {
                service: (line for _, line in reader.events(getattr(info, service), "0-0"))
                for service in HEARD
            }
        )
