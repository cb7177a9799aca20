"""Rows of a 311 file as cases. Of the later half `due` and `ontime` are dropped as a line is read.

The file writes wall-clock times of its city without a zone. Its targets run on that wall clock (a limit
of 120 days is due at the same hour on the other side of a change of daylight saving), so the times are
taken as times of the product's own local zone, which has no such change.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from kit.city_time import CITY_TIME

HELD_BACK: Final = ("due", "ontime")


@dataclass(slots=True)
class Case:
    """One request: what is known when it opens, when it closed, and, of the earlier half, its due time."""

    line: int
    opened: datetime
    closed: datetime | None
    type: str
    department: str
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the file says of a case of the later half; read only to compare."""

    due: datetime | None
    ontime: str


def at(text: str | None) -> datetime | None:
    """`2011-07-01 01:32:33` as local time; None where empty or unreadable."""
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=CITY_TIME) if text else None
    except ValueError:
        return None


def read(path: Path) -> tuple[list[Case], list[Case]]:
    """The earlier and the later half by opening time; lines without one are left out."""
    with _rows(path) as rows:
        opened = sorted((text, line) for line, row in rows if at(text := row.get("created") or ""))
    if not opened:
        msg = f"{path}: 没有 created 列或没有可读的时间 / no readable column `created`"
        raise ValueError(msg)
    later = {line for _, line in opened[len(opened) // 2 :]}
    halves: tuple[list[Case], list[Case]] = ([], [])
    with _rows(path) as rows:
        for line, row in rows:
            if line in later:
                for column in HELD_BACK:
                    row.pop(column, None)
            if (begun := at(row.get("created"))) is not None:
                halves[line in later].append(_case(line, begun, row))
    for half in halves:
        half.sort(key=lambda case: (case.opened, case.line))
    return halves


def answers(path: Path, later: list[Case]) -> dict[int, Answer]:
    """What was held back of the later half, by line."""
    wanted = {case.line for case in later}
    with _rows(path) as rows:
        return {
            line: Answer(at(row.get("due")), (row.get("ontime") or "").strip().upper())
            for line, row in rows
            if line in wanted
        }


def _case(line: int, opened: datetime, row: dict[str, str]) -> Case:
    kind, department = ((row.get(name) or "").strip() for name in ("type", "department"))
    return Case(line, opened, at(row.get("closed")), kind, department, at(row.get("due")))


@contextmanager
def _rows(path: Path) -> Iterator[Iterator[tuple[int, dict[str, str]]]]:
    """Lines of a CSV, plain or gzip, numbered."""
    open_text = gzip.open if path.suffix == ".gz" else open
    with open_text(path, "rt", encoding="utf-8-sig", newline="") as file:
        yield enumerate(csv.DictReader(file), 2)
