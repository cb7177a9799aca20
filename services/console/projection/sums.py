"""Sums over tickets, by area and name: what a changed row moves, and how a wall shows them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from kit.city_time import CITY_TIME
from services.console.projection import topics
from services.console.projection.rows import Row

OF_AN_AREA: Final = ("open", "overdue", "near_due", "queue")
"""What is shown of every area on the map, down to the smallest grid."""
BY_NAME: Final = ("status", "urgency", "category", "level")
TODAY: Final = ("received", "closed", "declined", "withdrawn", "merged")

Sums = Mapping[str, int]


def moved(before: Row | None, after: Row | None) -> Counter[tuple[str, str]]:
    """(area, name) to what is added or taken."""
    found: Counter[tuple[str, str]] = Counter()
    for row, one in ((after, 1), (before, -1)):
        if row is not None and row.counted:
            for area in _areas(row.counted["area"]):
                found.update(dict.fromkeys(((area, name) for name in row.counted["names"]), one))
    return Counter({key: n for key, n in found.items() if n})


def touched(keys: Iterable[tuple[str, str]]) -> list[str]:
    """Areas of which a sum moved."""
    return sorted({area for area, _ in keys})


def counters(area: str, sums: Sums, now: datetime) -> dict[str, Any]:
    """The counters of a wall; of a day those of the city's day that `now` lies in."""
    day = now.astimezone(CITY_TIME).date().isoformat()
    by_name: dict[str, dict[str, int]] = {kind: {} for kind in BY_NAME}
    for name, n in sorted(sums.items()):
        kind, _, rest = name.partition(".")
        if kind in by_name:
            by_name[kind][rest] = n
    today = {name: sums.get(f"{name}.{day}", 0) for name in TODAY}
    return {"area": area, "day": day, "today": today, **of_area(sums), **by_name}


def of_area(sums: Sums) -> dict[str, int]:
    """What the map shows of an area."""
    return {name: sums.get(name, 0) for name in OF_AN_AREA}


def has_wall(area: str) -> bool:
    """True for an area that has a wall of its own."""
    return len(area) in topics.AREA_DIGITS


def walls_above(area: str) -> list[str]:
    """Areas on whose walls another one is a spot on the map."""
    return [one for one in topics.above(area) if one != area]


def _areas(area: str) -> set[str]:
    wide = topics.above(area)
    return {*wide, area} if wide else set()
