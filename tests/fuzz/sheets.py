"""How whatever reads tables of strangers is called, workbooks and work calendars, and what it may raise."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook as Written

from chuishao.importing.columns import UnreadableFileError, read_header
from chuishao.importing.workbook import Workbook
from contracts.directory import PARTS
from services.notifier.worktime.calendar import CalendarError
from services.notifier.worktime.calendar_rows import build
from services.router.directory.csv_rows import read_csv
from tests.fuzz.near import DISTRICT, Parser, in_file

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET: Final = "xl/worksheets/sheet1.xml"
WORDS: Final = "xl/sharedStrings.xml"
TYPES: Final = "[Content_Types].xml"


def _book(file: Path) -> None:
    with closing(Workbook(file)) as book:
        columns = read_header(book.header, {}, {})
        assert all((line.body is None) is (line.refusal is not None) for line in book.read(columns))


def _workbook() -> bytes:
    book, out = Written(), io.BytesIO()
    sheet: Any = book.active
    sheet.append(["类型", "内容", "电话", "发生时间", "保密"])
    sheet.append(["投诉", "路灯坏了", 13800001111, datetime(2026, 3, 2, 9), True])  # noqa: DTZ001 - cells have none
    sheet.append(["投诉", "又坏了", 1.5, "=1/0", None])
    book.save(out)
    return out.getvalue()


_GOOD: Final = _workbook()


def _parts(raw: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def _shared() -> dict[str, str]:
    """The same workbook as spreadsheets write it: words in a part of their own."""
    parts = _parts(_GOOD)
    words = ("类型", "内容", "电话", "投诉", "路灯坏了")
    told = "".join(f"<si><t>{word}</t></si>" for word in words)
    parts[WORDS] = f'<sst xmlns="{MAIN}" count="5">{told}</sst>'
    parts[SHEET] = (
        f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c>'
        '<c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>'
        '<row r="2"><c r="A2" t="s"><v>3</v></c><c r="B2" t="s"><v>4</v></c>'
        '<c r="C2"><v>13800001111</v></c></row></sheetData></worksheet>'
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/{WORDS}" ContentType="{kind}"/></Types>'
    parts[TYPES] = parts[TYPES].replace("</Types>", override)
    return parts


_PARTS: Final = _shared()


def _with(name: str) -> Parser:
    """A workbook one part of which says something else."""

    def reads(text: str) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as packed:
            for entry, own in (_PARTS | {name: text}).items():
                packed.writestr(entry, own.encode("utf-8", "surrogatepass"))
        in_file("a.xlsx", _book)(out.getvalue())

    return Parser(reads, (_PARTS[name],), (UnreadableFileError,))


def _calendar(file: Path) -> None:
    rows, faults = read_csv(file, PARTS["calendar"])
    assert all(fault.remedy for fault in faults)
    for name, calendar in build(rows).items():
        assert calendar.name == name


_DAYS: Final = (DISTRICT / "calendar" / "2026.csv").read_bytes().splitlines(keepends=True)
_HEADER: Final = _DAYS[0]
PARSERS: Final[Mapping[str, Parser]] = {
    "chuishao.importing.workbook:Workbook": Parser(
        in_file("a.xlsx", _book),
        (_GOOD, _GOOD[:-30], b"PK\x05\x06" + bytes(18)),
        (UnreadableFileError,),
    ),
    **{
        f"chuishao.importing.workbook:Workbook of {name}": _with(name)
        for name in (
            SHEET,
            WORDS,
            TYPES,
            "xl/workbook.xml",
            "xl/styles.xml",
            "xl/_rels/workbook.xml.rels",
        )
    },
    "services.notifier.worktime.calendar_rows:build": Parser(
        in_file("2026.csv", _calendar), (b"".join(_DAYS), b"".join(_DAYS[:9])), (CalendarError,)
    ),
}
"""Module and name to how it is tried; `of …` stands where one of them reads several kinds."""
