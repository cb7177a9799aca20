"""Reads the city's directory from its plain files: every row a typed row, every fault with its place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from contracts.directory import PARTS, Outline
from services.router.directory.csv_rows import Progress, Reader
from services.router.directory.expectation import Expectation
from services.router.directory.faults import BadDirectoryError, Fault
from services.router.directory.rows import Listed, Rows
from services.router.directory.toml_rows import TOP, TomlReader
from services.router.place import outline_file

__all__ = ["BadDirectoryError", "Fault", "Folder", "Scan", "Tables", "read", "scan"]

Tables: TypeAlias = dict[str, Any]
"""Part to its rows: a list, or `Rows` where they were read from a folder."""
TESTS: Final = "tests.csv"
OPTIONAL: Final = frozenset({"contacts", "notices", "reception"})
"""Parts whose file may be missing: nobody is told by a channel, and notices follow the usual rules."""
OUTLINES_FILE: Final = "areas.geojson"
_RENAMED: Final = {"duty": {"from": "start", "to": "end"}}


class Folder(dict[str, Any]):
    """Tables as they stand in a folder: they know the line of every row, and bring their own tests."""

    def __init__(self) -> None:
        super().__init__()
        self.tests: Rows[Expectation] = Rows(Expectation)
        self.tests_digest: str | None = None
        """SHA-256 of tests.csv; None where the folder has none."""


@dataclass(slots=True)
class Scan:
    """What a folder holds as far as it can be read, and what is wrong with the rest."""

    tables: Folder
    faults: list[Fault] = field(default_factory=list)
    claimed: dict[str, set[str]] = field(default_factory=dict)
    """Part to codes of rows that could not be read: wrong, but not missing."""
    broken: set[str] = field(default_factory=set)
    """Parts of which so much could not be read that nobody can say which codes are missing."""


def read(folder: Path, progress: Progress | None = None) -> Tables:
    """Every part of the directory in `folder`. Raises BadDirectoryError with all faults found."""
    found = scan(folder, progress)
    if found.faults:
        raise BadDirectoryError(found.faults)
    return found.tables


def scan(folder: Path, progress: Progress | None = None) -> Scan:
    """Read all that can be read; never raises for what a file holds."""
    found = Scan(Folder())
    for part in PARTS:
        if part in OPTIONAL and not any(file.exists() for file in _files(folder, part)):
            found.tables[part] = Rows(PARTS[part])
        elif part in TOP:
            toml = TomlReader(folder / f"{part}.toml", part)
            found.tables[part] = toml.read()
            found.faults += toml.faults
            if not toml.complete or toml.faults:
                found.broken.add(part)
        elif part == "outlines":
            _outlines(folder / OUTLINES_FILE, found)
        else:
            _part(folder, part, found, progress)
    _tests(folder / TESTS, found)
    return found


def _part(folder: Path, part: str, found: Scan, progress: Progress | None) -> None:
    rows: Rows[Any] = Rows(PARTS[part])
    claimed: set[str] = set()
    for file in _files(folder, part):
        reader = Reader(file, rows, _RENAMED.get(part))
        reader.read(progress)
        found.faults += reader.faults
        claimed |= reader.claimed
        if not reader.complete:
            found.broken.add(part)
    found.tables[part] = rows
    found.claimed[part] = claimed


def _outlines(file: Path, found: Scan) -> None:
    """Outlines are optional: no file, no outlines."""
    rows: Listed[Outline] = Listed(file.name)
    for item in outline_file.read(file) if file.exists() else ():
        if isinstance(item, outline_file.BadOutline):
            found.faults.append(Fault(file.name, item.line, item.field, item.remedy, "outline"))
        else:
            rows.append(item)
    if rows:
        lines = outline_file.lines_of(file.read_bytes())
        rows.lines = [lines.get(row.code, 0) for row in rows]
    found.tables["outlines"] = rows


def _files(folder: Path, part: str) -> Iterator[Path]:
    if part == "calendar":
        yield from sorted((folder / "calendar").glob("*.csv"))
    else:
        yield folder / f"{part}.{'toml' if part in TOP else 'csv'}"


def _tests(file: Path, found: Scan) -> None:
    """The folder's own tests; a folder may have none."""
    if file.exists():
        reader = Reader(file, found.tables.tests)
        reader.read()
        found.faults += reader.faults
        found.tables.tests_digest = hashlib.sha256(file.read_bytes()).hexdigest()
