"""Codes: none twice, none that leads nowhere, no parents in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from services.router.directory.faults import Fault
from services.router.directory.hours import moment
from services.router.publishing.inspection import Codes, Inspection, Table

ANY: Final = "*"
_UNIQUE: Final = ("areas", "units", "posts", "categories", "readers", "limits", "outlines")
_REFERENCES: Final = (
    ("outlines", "code", "areas"),
    ("places", "grid", "areas"),
    ("places", "owner", "units"),
    ("readers", "area", "areas"),
    ("units", "parent", "units"),
    ("units", "deputy", "units"),
    ("units", "area", "areas"),
    ("posts", "unit", "units"),
    ("posts", "area", "areas"),
    ("posts", "deputy", "posts"),
    ("duty", "post", "posts"),
    ("contacts", "post", "posts"),
    ("duty", "unit", "units"),
    ("categories", "parent", "categories"),
    ("catalogue", "area", "areas"),
    ("catalogue", "profile", "limits"),
)
"""(part, column, part it must name a code of)."""


def check_codes(seen: Inspection, at: datetime) -> Iterator[Fault]:
    """Every duplicate and every dangling code, with both lines and the nearest codes."""
    for part in _UNIQUE:
        yield from _twice(seen.table(part))
    for part, column, of in _REFERENCES:
        yield from _dangling(seen.table(part), column, seen.codes(of))
    yield from _calendars(seen)
    yield from _catalogue(seen)
    for part in ("units", "categories"):
        yield from _circles(seen.table(part))
    yield from _ended(seen, at)


def _twice(table: Table) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for number, key in enumerate(table.keys):
        before = first.setdefault(key, number)
        if before != number:
            zh, en = table.named(before)
            remedy = f"与{zh}重复，只留一行 / repeats {en}; keep one of the two"
            yield table.fault(number, "", remedy, "code-twice")


def _dangling(table: Table, column: str, known: Codes) -> Iterator[Fault]:
    for number, cell in enumerate(table.column(column)):
        for code in cell if isinstance(cell, tuple) else (cell,):
            if code is not None and code not in known:
                yield table.fault(number, column, known.remedy(code), "unknown-code")


def _calendars(seen: Inspection) -> Iterator[Fault]:
    names = frozenset(seen.table("calendar").column("calendar")) | {"always"}
    known = Codes(names, (), all_read=seen.complete("calendar"))
    yield from _dangling(seen.table("units"), "calendar", known)


def _catalogue(seen: Inspection) -> Iterator[Fault]:
    table, units, categories = (
        seen.table("catalogue"),
        seen.codes("units"),
        seen.codes("categories"),
    )
    rows = zip(table.keys, table.column("lead"), table.column("assists"), strict=True)
    for number, (category, lead, assists) in enumerate(rows):
        if category != ANY and category not in categories:
            yield table.fault(number, "category", categories.remedy(category), "unknown-code")
        for field, unit in (("lead", lead), *(("assists", unit) for unit in assists)):
            if not unit.startswith("@") and unit not in units:
                yield table.fault(number, field, units.remedy(unit), "unknown-code")


def _circles(table: Table) -> Iterator[Fault]:
    parents = dict(zip(table.keys, table.column("parent"), strict=True))
    for number, code in enumerate(table.keys):
        passed = {code}
        at = parents[code]
        while at is not None and at in parents and at not in passed:
            passed.add(at)
            at = parents[at]
        if at == code:
            remedy = "上级成环，请改 parent / its parents form a circle; change parent"
            yield table.fault(number, "parent", remedy, "cycle")


def _ended(seen: Inspection, at: datetime) -> Iterator[Fault]:
    """Rows that name an area which is no longer in force do nothing any more."""
    areas, today = seen.table("areas"), moment(at).day
    ended = {
        areas.keys[number]: areas.column("successors")[number]
        for number, ends in enumerate(areas.column("valid_to"))
        if ends is not None and ends <= today
    }
    if not ended:
        return
    for part, column, of in _REFERENCES:
        table = seen.table(part)
        for number, cell in enumerate(table.column(column)) if of == "areas" else ():
            for code in cell if isinstance(cell, tuple) else (cell,):
                if code in ended:
                    heirs = "、".join(ended[code]) or "上级"
                    remedy = f"{code} 已停用，请改为 {heirs} / has ended; name what took its place"
                    yield table.warning(number, column, remedy, "ended-area")
