"""Lines of the first sheet of an XLSX workbook, read as a stream; formulas give the value last shown."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

from chuishao.importing.body import CITY_TIME, Line
from chuishao.importing.columns import Columns, UnreadableFileError
from chuishao.importing.reading import line_of

_WORDS: Final = "xl/sharedStrings.xml"
_MOST_WORDS: Final = 256 << 20
"""Bytes of a workbook's words, unpacked, that are read into memory; more has to come as CSV."""


class Workbook:
    """The first sheet: its header first, then its lines."""

    def __init__(self, file: Path) -> None:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException

        try:
            _check(file)
            self._book = load_workbook(file, read_only=True, data_only=True)
            sheet = self._book.worksheets[0]
            self.lines = int(sheet.max_row or 0)
            sheet.reset_dimensions()
            self._rows = iter(sheet.iter_rows(values_only=True))
            self.header = _trimmed([_text(cell) for cell in next(self._rows, ())])
        except (zipfile.BadZipFile, KeyError, IndexError, SyntaxError, InvalidFileException):
            raise UnreadableFileError(
                "打不开这个 XLSX，请另存为 XLSX 或 CSV UTF-8"
                " / this XLSX cannot be opened; save it anew, or as CSV UTF-8"
            ) from None

    def read(self, columns: Columns) -> Iterator[Line]:
        """Every line that holds something; cells missing at its end are blank."""
        width = len(columns.fields)
        for number, row in enumerate(self._rows, 2):
            cells = _trimmed([_text(cell) for cell in row])
            if cells:
                yield line_of(columns, number, cells + [""] * (width - len(cells)))

    def close(self) -> None:
        """Let go of the file."""
        self._book.close()


def _check(file: Path) -> None:
    with zipfile.ZipFile(file) as packed:
        words = next((e for e in packed.infolist() if e.filename == _WORDS), None)
        if words is not None and words.file_size > _MOST_WORDS:
            raise UnreadableFileError(
                "工作簿过大，请另存为“CSV UTF-8” / this workbook is too large; save it as CSV UTF-8"
            )


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


def _text(value: Any) -> str:
    """A cell as a person reads it: a phone kept as a number has no decimal point, a time has its offset."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=CITY_TIME)).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
