"""Lines of the first sheet of an XLSX workbook, read as a stream; formulas give the value last shown."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

from chuishao.importing.body import Line
from chuishao.importing.columns import Columns, UnreadableFileError
from chuishao.importing.reading import line_of
from kit.city_time import CITY_TIME

_WORDS: Final = "xl/sharedStrings.xml"
_MOST_WORDS: Final = 256 << 20
"""Bytes of a workbook's words, unpacked, that are read into memory; more has to come as CSV."""
_ROWS: Final = 1_048_576
"""Of a sheet, at most (ECMA-376, Excel); a row that claims a later number is no row."""
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, ArithmeticError, AttributeError, EOFError, LookupError,
    NotImplementedError, OSError, RuntimeError, SyntaxError, TypeError, ValueError,
)  # fmt: skip
"""What openpyxl and the unpacker raise on files of others, or on bytes that changed on the way."""


@contextmanager
def _understanding() -> Iterator[None]:
    """Raises UnreadableFileError for whatever is wrong with the file, OSError for the disk it lies on."""
    try:
        yield
    except UnreadableFileError:
        raise
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UnreadableFileError(
            "打不开这个 XLSX，请另存为 XLSX 或 CSV UTF-8"
            " / this XLSX cannot be opened; save it anew, or as CSV UTF-8"
        ) from None


class Workbook:
    """The first sheet: its header first, then its lines."""

    def __init__(self, file: Path) -> None:
        from openpyxl import load_workbook

        with _understanding(), ExitStack() as opened:
            _check(file)
            raw = opened.enter_context(file.open("rb"))
            book = load_workbook(raw, read_only=True, data_only=True)
            opened.callback(book.close)
            sheet = book.worksheets[0]
            self.lines = int(sheet.max_row or 0)
            sheet.reset_dimensions()
            self._rows = iter(sheet.iter_rows(values_only=True))
            self.header = _trimmed([_text(cell) for cell in next(self._rows, ())])
            self._opened = opened.pop_all()

    def read(self, columns: Columns) -> Iterator[Line]:
        """Every line that holds something; cells missing at its end are blank.

        Raises UnreadableFileError where the file breaks off.
        """
        width = len(columns.fields)
        for number, row in self._numbered():
            if cells := _trimmed([_text(cell) for cell in row]):
                yield line_of(columns, number, cells + [""] * (width - len(cells)))

    def _numbered(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """Rows behind the header; those a sheet leaves out are empty ones."""
        with _understanding():
            for number, row in enumerate(self._rows, 2):
                if number > _ROWS:
                    raise ValueError(number)
                yield number, row

    def close(self) -> None:
        """Let go of the file."""
        self._opened.close()


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
