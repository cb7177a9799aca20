"""Lines of a CSV or NDJSON file, one after another; a bad line is told and the next one read."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TextIO

from chuishao.importing.body import BadCellError, Line, Refusal, of_cells, of_object
from chuishao.importing.columns import Columns, UnreadableFileError
from kit import strict_json
from kit.errors import DomainError

LONGEST: Final = 1 << 18
"""Characters of one line that are kept; every longer one is refused, as its text is over the limit too."""
_TOO_LONG: Final = Refusal("-", "这一行过长，请拆分或删减", "this line is too long; shorten it")
_UNDECODED: Final = Refusal(
    "-",
    "这一行有无法识别的字节，请核对编码后重新填写",
    "has bytes of another encoding; write it anew",
)
_NO_OBJECT: Final = Refusal("-", "应为一个 JSON 对象", "must be a JSON object")
_RAGGED: Final = Refusal(
    "-",
    "列数与表头不符；文字里的逗号和换行要用引号括起",
    "has not as many cells as the header; quote commas and line breaks",
)


def open_text(file: Path, encoding: str) -> TextIO:
    """Open as `examine` found it; bytes that break the encoding become surrogates, to be refused."""
    return file.open(encoding=encoding, errors="surrogateescape", newline="")


class CsvLines:
    """A CSV file: its header first, then its lines."""

    def __init__(self, text: TextIO) -> None:
        self._source = _Source(text)
        csv.field_size_limit(LONGEST)
        self._rows = csv.reader(self._source, strict=True)
        try:
            self.header: list[str] = next(self._rows, [])
        except csv.Error:
            raise UnreadableFileError(
                "表头的引号不配对 / quotes in the header do not match"
            ) from None

    def read(self, columns: Columns) -> Iterator[Line]:
        """Every line that holds something, good or bad, with the number of the line it begins on."""
        while True:
            begins = self._source.count + 1
            try:
                cells = next(self._rows)
            except StopIteration:
                return
            except csv.Error:
                yield self._unquoted(begins)
                continue
            if any(cell and not cell.isspace() for cell in cells):
                yield line_of(columns, begins, cells)

    def _unquoted(self, begins: int) -> Line:
        span = f"{begins} 至 {self._source.count} 行" if self._source.count > begins else "这一行"
        zh = f"{span}引号不配对或单元格过长，请检查引号"
        en = f"quotes do not match, or a cell is too long, up to line {self._source.count}"
        return Line(begins, (self._source.last.rstrip("\r\n"),), None, Refusal("-", zh, en))


def line_of(columns: Columns, number: int, cells: list[str]) -> Line:
    """One line with its body, or why it has none."""
    kept = tuple(cells)
    if len(cells) != len(columns.fields):
        return Line(number, kept, None, _RAGGED)
    if any(undecoded(cell) for cell in cells):
        return Line(number, kept, None, _UNDECODED)
    try:
        return Line(number, kept, of_cells(columns, cells))
    except BadCellError as error:
        return Line(number, kept, None, error.refusal)


def json_lines(text: TextIO, constants: Mapping[str, str]) -> Iterator[Line]:
    """Every line of an NDJSON file that holds something."""
    for number, line in enumerate(_Source(text), 1):
        if line.strip():
            yield _json_line(number, line.strip(), constants)


def undecoded(text: str) -> bool:
    """True where bytes stood that the file's encoding does not have."""
    return not text.isascii() and any("\udc80" <= c <= "\udcff" for c in text)


def _json_line(number: int, line: str, constants: Mapping[str, str]) -> Line:
    if len(line) >= LONGEST:
        return Line(number, (line[:200],), None, _TOO_LONG)
    if undecoded(line):
        return Line(number, (line,), None, _UNDECODED)
    try:
        value: Any = strict_json.loads(line)
        if not isinstance(value, dict):
            return Line(number, (line,), None, _NO_OBJECT)
        return Line(number, (line,), of_object(value, constants))
    except DomainError as error:
        return Line(number, (line,), None, Refusal("-", error.zh, error.en))
    except BadCellError as error:
        return Line(number, (line,), None, error.refusal)


class _Source:
    """Lines of a text, counted, cut at LONGEST: a file that is one endless line fits in memory too."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.count = 0
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST)
        if not line:
            raise StopIteration
        if len(line) == LONGEST and not line.endswith("\n"):
            while (rest := self._text.readline(LONGEST)) and not rest.endswith("\n"):
                pass
        self.count += 1
        self.last = line[:200]
        return line
