"""What `python -m services.router VERB` does on a running installation's database: one thing, then it ends.

It says what it finds as JSON lines, so that whoever started it can show progress and words:
`{"progress": [what, done, total]}`, `{"item": …}` for each of a long list, `{"result": …}` at the end.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from kit.clock import business_now
from kit.db import Pool, reading, transaction
from kit.errors import not_found
from services.router.directory import files
from services.router.directory.directory import Directory, build
from services.router.directory.faults import BadDirectoryError
from services.router.directory.files import Tables
from services.router.publishing import (
    catalogue,
    checks,
    coverage,
    reaching,
    sheets,
    store_directory,
    touching,
)
from services.router.publishing.contacts import Patience
from services.router.publishing.diffing import differences
from services.router.publishing.in_use import DirectoryInUse
from services.router.publishing.model_in_use import ModelInUse
from services.router.publishing.replaying import compare
from services.router.ticket import store_routing

EVERY_S: Final = 0.2
"""How often progress is told."""


@dataclass(slots=True)
class Telling:
    """Hands JSON lines to whoever listens, progress not too often."""

    say: Callable[[dict[str, Any]], None]
    _next: float = field(default=0.0)

    def progress(self, what: str, done: int, total: int) -> None:
        """How far it is."""
        if done >= total or time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_S
            self.say({"progress": [what, done, total]})


async def load(
    pool: Pool, folder: Path, telling: Telling, start: datetime | None = None
) -> dict[str, Any]:
    """Publish a folder, in force from `start` (at once, where not given).

    Raises BadDirectoryError with every fault; the version in force stays.
    """
    tables = files.read(folder, telling.progress)
    published = await catalogue.publish(pool, tables, by="system:load", effective_from=start)
    return {
        "version": published.version,
        "changed": published.changed,
        "effective_from": published.effective_from.isoformat(),
        "areas": len(tables["areas"]),
        "units": len(tables["units"]),
    }


async def prove(pool: Pool, patience: Patience) -> dict[str, Any]:
    """The coverage proof of the version in force, taken now, with silent contacts; nothing is stored."""
    directory, now = await _in_force(pool)
    silent = [one.view() for one in await reaching.stale(pool, directory, patience)]
    return coverage.prove(directory, now).view() | {"contacts": silent}


async def diff(pool: Pool, folder: Path, telling: Telling) -> dict[str, Any]:
    """What a folder would change of the version in force, the open tickets it touches, the rulings it heeds."""
    old, now = await _in_force(pool)
    new, tables = _buildable(folder, now, telling)
    found = differences(old, new, now)
    found.sheets = await sheets.changed(pool, old.version, sheets.cut(tables))
    return await touching.touched(pool, old, new, found)


async def replay(pool: Pool, folder: Path, days: int, telling: Telling) -> dict[str, Any]:
    """Decide the last days' tickets again under a folder and under the version in force; writes nothing."""
    old, now = await _in_force(pool)
    new, _ = _buildable(folder, now, telling)
    start = now - timedelta(days=days)
    pairs: Counter[tuple[str, str]] = Counter()
    done = 0
    async with transaction(pool) as conn:
        await store_directory.read_only(conn)
        _, _, newest = await store_routing.now_and_version(conn)
        model = await ModelInUse().of(newest, conn)
        total = await store_directory.count_since(conn, start)
        async for row in store_directory.since(conn, start):
            done += 1
            found = compare(row, old, new, now, model)
            if found is not None:
                pairs[found.old, found.new] += 1
                telling.say({"item": found.view()})
            telling.progress("replay", done, total)
    return {
        "version": old.version,
        "days": days,
        "tickets": done,
        "elsewhere": pairs.total(),
        "moves": [
            {"from": was, "to": becomes, "tickets": times}
            for (was, becomes), times in pairs.most_common()
        ],
    }


async def _in_force(pool: Pool) -> tuple[Directory, datetime]:
    in_use = DirectoryInUse(pool)
    await in_use.known()
    if in_use.directory is None:
        raise not_found("目录版本", "directory version")
    async with reading(pool) as conn:
        return in_use.directory, await business_now(conn)


def _buildable(folder: Path, at: datetime, telling: Telling) -> tuple[Directory, Tables]:
    """A folder with no fault that would keep it from being built; gaps and failing tests may be left."""
    scan = files.scan(folder, telling.progress)
    faults = checks.examine(scan.tables, at, scan, proving=False).faults
    if faults:
        raise BadDirectoryError(faults)
    return build(scan.tables, version=0), scan.tables
