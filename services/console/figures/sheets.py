"""Tables as files of spreadsheets: no cell of them is ever run (product.md section 8)."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from kit.formula import safe
from services.console.figures.table import Cell, Row

CSV: Final = "text/csv; charset=utf-8"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_csv(rows: list[Row]) -> bytes:
    """UTF-8 with a mark of byte order, so that spreadsheets know it; text that might be run is quoted."""
    text = io.StringIO(newline="")
    out = csv.writer(text)
    for row in rows:
        out.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(sheets: dict[str, list[Row]]) -> bytes:
    """A workbook of some sheets by their names; words stay words, whatever they begin with."""
    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([_cell(sheet, cell) for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(sheet: Any, cell: Cell) -> Any:
    if not isinstance(cell, str):
        return cell
    made = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("\ufffd", cell))
    made.data_type = "s"
    return made
