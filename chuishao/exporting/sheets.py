"""Files of exported lines: CSV, NDJSON or XLSX; the old file stays until the new one is whole."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TextIO

from chuishao.exporting.columns import cells, pick
from chuishao.exporting.form import Format
from kit.formula import safe

Add = Callable[[dict[str, Any]], None]
_MOST_ROWS: Final = 1_048_575
"""Lines below the header of an XLSX sheet."""


@contextmanager
def sheet(path: Path, form: Format, columns: dict[str, str], *, zh: bool) -> Iterator[Add]:
    """Yield what adds a line. `zh`: Chinese header; field names otherwise, for machines.

    Raises ValueError when an XLSX sheet has no room for another line.
    """
    part = path.with_name(f".{path.name}.part")
    header = list(columns.values()) if zh else list(columns)
    writer = {Format.CSV: _csv, Format.NDJSON: _ndjson, Format.XLSX: _xlsx}[form]
    try:
        with writer(part, header, columns) as add:
            yield add
        part.replace(path)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _open(path: Path, encoding: str) -> TextIO:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(handle, "w", encoding=encoding, newline="")


@contextmanager
def _csv(path: Path, header: list[str], columns: dict[str, str]) -> Iterator[Add]:
    """UTF-8 with BOM, so that spreadsheets know it."""
    with _open(path, "utf-8-sig") as text:
        out = csv.writer(text)
        out.writerow(header)
        yield lambda item: out.writerow([safe(cell) for cell in cells(item, columns)])


@contextmanager
def _ndjson(path: Path, _: list[str], columns: dict[str, str]) -> Iterator[Add]:
    with _open(path, "utf-8") as text:
        yield lambda item: print(
            json.dumps(pick(item, columns), ensure_ascii=False), file=text, end="\n"
        )


@contextmanager
def _xlsx(path: Path, header: list[str], columns: dict[str, str]) -> Iterator[Add]:
    from openpyxl import Workbook

    _open(path, "utf-8").close()
    book = Workbook(write_only=True)
    out = book.create_sheet("chuishao")
    out.append(header)
    count = 0

    def add(item: dict[str, Any]) -> None:
        nonlocal count
        count += 1
        if count > _MOST_ROWS:
            raise ValueError(
                "XLSX 放不下这么多行，请用 --format csv / too many lines for XLSX; use --format csv"
            )
        out.append([_words(out, cell) for cell in cells(item, columns)])

    yield add
    book.save(path)


def _words(out: Any, cell: str) -> Any:
    """A cell of type string, whatever it begins with."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    made = WriteOnlyCell(out, value=ILLEGAL_CHARACTERS_RE.sub("\ufffd", cell))
    made.data_type = "s"
    return made
