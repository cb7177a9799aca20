"""Rows of a view, live and made anew, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from services.notifier.rebuild.views import TICK_S, View

EXAMPLES: Final = 20
Row = Mapping[str, Any]


@dataclass(slots=True)
class Found:
    """What comparing one view found."""

    view: str
    equal: int = 0
    missing: int = 0
    """Rows the events lead to and the live view lacks."""
    extra: int = 0
    """Live rows that no event leads to."""
    different: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)
    """The first EXAMPLES, by key, each with what is wrong."""

    def note(self, key: tuple[Any, ...], wrong: str, fields: Mapping[str, Any]) -> None:
        """Keep an example."""
        if len(self.examples) < EXAMPLES:
            self.examples.append({"key": list(key), "wrong": wrong, "fields": dict(fields)})


def compare(view: View, live: Iterable[Row], rebuilt: Iterable[Row]) -> Found:
    """Row by row; rows of the same key are told apart by their order."""
    found = Found(view.name)
    expected = dict(_numbered(view, rebuilt))
    for key, row in _numbered(view, live):
        other = expected.pop(key, None)
        if other is None:
            found.extra += 1
            found.note(key, "extra", {})
        elif fields := differing(view, row, other):
            found.different += 1
            found.note(key, "different", fields)
        else:
            found.equal += 1
    for key in expected:
        found.missing += 1
        found.note(key, "missing", {})
    return found


def differing(view: View, live: Row, rebuilt: Row) -> dict[str, tuple[Any, Any]]:
    """Columns that differ, with the live value and the one made anew."""
    return {
        name: (live[name], rebuilt.get(name))
        for name in live
        if name not in view.unequal and not _same(view, name, live[name], rebuilt.get(name))
    }


def _same(view: View, name: str, one: Any, other: Any) -> bool:
    if name in view.near and isinstance(one, datetime) and isinstance(other, datetime):
        return abs((one - other).total_seconds()) <= TICK_S
    return bool(one == other)


def _numbered(view: View, rows: Iterable[Row]) -> Iterable[tuple[tuple[Any, ...], Row]]:
    seen: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        key = tuple(row[name] for name in view.key)
        seen[key] += 1
        yield ((*key, seen[key]) if seen[key] > 1 else key), row
