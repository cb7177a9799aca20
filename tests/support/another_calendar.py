"""A city that changes its calendar while clocks run."""

from __future__ import annotations

from typing import Any

from contracts.base import Event
from contracts.clock import ClockEvent
from kit.db import Pool
from services.notifier import recounting
from services.notifier.directory import Directory
from tests.support import city


def changed(version: int, *holidays: str, **parts: Any) -> Directory:
    """The sample's directory with more holidays in its standard calendar."""
    own = city.parts()
    own["calendar"] += [
        {"calendar": "standard", "date": day, "kind": "holiday", "name": "临时放假"}
        for day in holidays
    ]
    return Directory.of(version, own | parts)


async def recount(pool: Pool, directory: Directory, *, limit: int = 200) -> list[ClockEvent]:
    """Run to the end; what was said."""
    await recounting.begin(pool, directory)
    said = []
    while (done := await recounting.step(pool, directory, limit=limit)) is not None:
        said += [Event[ClockEvent].model_validate_json(e.body).data for e in done.events]
    return said
