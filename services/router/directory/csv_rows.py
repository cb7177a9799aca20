"""Reads one CSV file into rows, column by column. Bad rows are left out; every bad cell of them is told."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TextIO

from contracts.limits import Row
from services.router.directory.cells import Bad, Cells
from services.router.directory.faults import Fault, Faults
from services.router.directory.rows import Rows

AT_ONCE: Final = 20_000
"""Rows turned into columns together."""

Progress = Callable[[str, int, int], None]
"""(what is being done, how far, out of how much)."""


class Reader:
    """One file on its way into `rows`. `complete` says afterwards whether its end was reached."""

    def __init__(self, file: Path, rows: Rows[Any], renamed: dict[str, str] | None = None) -> None:
        self._found = Faults()
        self.claimed: set[str] = set()
        """Codes of rows that could not be read: they are wrong, but not missing."""
        self.complete = False
        self._file = file
        self._rows = rows
        self._renamed = renamed or {}
        self._next_line = 1
        self._key = 0
        """Number of the column that holds the row's own code."""

    @property
    def faults(self) -> list[Fault]:
        """Every fault, in the order of lines; many of one kind are cut short."""
        return sorted(self._found.listed(), key=lambda fault: (fault.line == 0, fault.line))

    def read(self, progress: Progress | None = None) -> None:
        """Read what can be read; never raises for what the file holds."""
        try:
            with self._file.open(encoding="utf-8-sig", newline="") as text:
                self._read(text, progress)
        except FileNotFoundError:
            self._fault(0, "-", "文件缺失，请补上 / the file is missing", "missing-file")
        except UnicodeDecodeError:
            remedy_ = "不是 UTF-8 编码，请另存为“CSV UTF-8” / not UTF-8; save it as UTF-8"
            self._fault(_undecodable(self._file), "-", remedy_, "encoding")

    def _read(self, text: TextIO, progress: Progress | None) -> None:
        size = max(self._file.stat().st_size, 1)
        lines = csv.reader(text, strict=True)
        try:
            names = [name.strip() for name in next(lines, [])]
            columns = self._columns(names)
            for batch, numbers in self._batches(lines, len(names)):
                if columns:
                    self._take(columns, batch, numbers)
                if progress:
                    progress(self._file.name, min(text.buffer.tell(), size), size)
            self.complete = bool(columns)
        except csv.Error:
            remedy_ = (
                "从这里起引号不配对或单元格过长，请检查引号 / quotes do not match from here on"
            )
            self._fault(self._next_line, "-", remedy_, "quotes")

    def _batches(self, lines: Any, width: int) -> Iterator[tuple[list[list[str]], array[int]]]:
        """Rows of equal width with the line each ends on; blank ones skipped, too wide ones told."""
        batch: list[list[str]] = []
        numbers = array("I")
        for cells in lines:
            if any(cells) and not "".join(cells).isspace():
                if len(cells) > width:
                    more = (
                        "列数过多，文字里的逗号要加引号 / too many cells in this line; quote commas"
                    )
                    self._fault(lines.line_num, "-", more, "too-many-cells")
                    self._claim(cells)
                else:
                    batch.append(cells + [""] * (width - len(cells)))
                    numbers.append(lines.line_num)
            self._next_line = lines.line_num + 1
            if len(batch) == AT_ONCE:
                yield batch, numbers
                batch, numbers = [], array("I")
        if batch:
            yield batch, numbers

    def _columns(self, names: list[str]) -> dict[str, tuple[int, Cells]]:
        """Field to its column and cells; empty when a needed column is not there."""
        fields = self._rows.model.model_fields
        shown = {self._shown(field): field for field in fields}
        for n, name in enumerate(names):
            if name in names[:n]:
                self._fault(1, name, "同名的列出现两次 / this column stands twice", "column-twice")
            elif name not in shown:
                self._fault(1, name or "-", _unknown_column(name, list(shown)), "unknown-column")
        lacking = [name for name, field in shown.items()
                   if fields[field].is_required() and name not in names]  # fmt: skip
        for name in lacking:
            wanted = (
                f"缺少列 {name}，请补上；应有：{','.join(shown)} / column {name} is missing; add it"
            )
            self._fault(1, name, wanted, "missing-column")
        if lacking:
            return {}
        self._key = next((names.index(name) for name in ("code", "post") if name in names), 0)
        return {
            shown[name]: (n, Cells(shown[name], fields[shown[name]]))
            for n, name in enumerate(names)
            if name in shown and name not in names[:n]
        }

    def _take(
        self, columns: dict[str, tuple[int, Cells]], batch: list[list[str]], numbers: array[int]
    ) -> None:
        turned = list(zip(*batch, strict=True))
        values = {
            field: list(map(cells.__getitem__, turned[n])) for field, (n, cells) in columns.items()
        }
        if any(cells.any_bad for _, cells in columns.values()):
            values, numbers = self._without_bad(values, batch, numbers)
        self._rows.add(self._file.name, values, numbers)

    def _without_bad(
        self, values: dict[str, list[Any]], batch: list[list[str]], numbers: array[int]
    ) -> tuple[dict[str, list[Any]], array[int]]:
        bad: set[int] = set()
        for field, column in values.items():
            for n, value in enumerate(column):
                if isinstance(value, Bad):
                    bad.add(n)
                    for one in value.remedies:
                        self._fault(numbers[n], self._shown(field), one, f"bad-{field}")
        for n in bad:
            self._claim(batch[n])
        good = [n for n in range(len(batch)) if n not in bad]
        kept = {field: [column[n] for n in good] for field, column in values.items()}
        return kept, array("I", [numbers[n] for n in good])

    def _claim(self, cells: list[str]) -> None:
        self.claimed.add(cells[self._key].strip())

    def _shown(self, field: str) -> str:
        """The field's name as the file has it."""
        return next((name for name, of in self._renamed.items() if of == field), field)

    def _fault(self, line: int, field: str, remedy_: str, kind: str) -> None:
        self._found.add(Fault(self._file.name, line, field, remedy_, kind))


def _unknown_column(name: str, known: list[str]) -> str:
    if any(mark in name for mark in ";\t"):
        return "请用逗号分隔各列 / separate the columns by commas"
    near = get_close_matches(name, known, n=1)
    if near:
        return f"没有这一列，是否为 {near[0]}？ / no such column; is it {near[0]}?"
    return f"没有这一列，请删去；应有：{','.join(known)} / no such column; remove it"


def _undecodable(file: Path) -> int:
    raw = file.read_bytes()
    try:
        raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return raw.count(b"\n", 0, error.start) + 1
    return 0


def read_csv(file: Path, model: type[Row]) -> tuple[Rows[Any], list[Fault]]:
    """One file by itself, for tables that belong to no part."""
    rows: Rows[Any] = Rows(model)
    reader = Reader(file, rows)
    reader.read()
    return rows, reader.faults
