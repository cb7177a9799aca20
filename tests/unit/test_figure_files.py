"""Rates as files: words of the glossary above columns, numbers as numbers, nothing that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook

from services.console.figures import sheets, table
from services.notifier.rates.figure import definitions, figures

COUNTS = {"response_n": 9, "response_d": 10, "solve_n": 0, "solve_d": 0, "solve_x": 2}


def rates(*keys: str) -> dict[str, Any]:
    counted = {"rates": figures(COUNTS)}
    return {
        "by": "unit",
        "from": "2026-11-01T00:00:00+08:00",
        "to": "2026-11-22T00:00:00+08:00",
        "as_of": "2026-11-22T08:00:00+08:00",
        "total": counted,
        "items": [{"key": key, **counted} for key in keys],
        "definitions": definitions(),
    }


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_name_is_run_by_a_spreadsheet(start: str) -> None:
    name = f'{start}HYPERLINK("x")'
    rows = table.table(rates("U-1"), lambda _: name, "zh-CN")
    line = list(csv.reader(io.StringIO(sheets.as_csv(rows).decode("utf-8-sig"), newline="")))[2]
    assert line[1] == f"'{name}"
    made = load_workbook(io.BytesIO(sheets.as_xlsx({"x": rows})))["x"]
    cell = made.cell(row=3, column=2)
    assert cell.data_type != "f"
    assert str(cell.value).endswith('HYPERLINK("x")')


def test_the_total_comes_first_then_each_group_by_its_name() -> None:
    rows = table.table(rates("U-1", "U-2"), {"U-1": "甲", "U-2": "乙"}.__getitem__, "zh-CN")
    assert rows[0][:6] == [
        "承办单位",
        "名称",
        "响应率",
        "响应率 分子",
        "响应率 分母",
        "响应率 剔除",
    ]
    assert [row[:6] for row in rows[1:]] == [
        ["", "合计", 0.9, 9, 10, 0],
        ["U-1", "甲", 0.9, 9, 10, 0],
        ["U-2", "乙", 0.9, 9, 10, 0],
    ]
    assert rows[1][6:10] == [None, 0, 0, 2]
    assert len({len(row) for row in rows}) == 1


def test_a_file_in_english_has_english_words() -> None:
    rows = table.table(rates(), str, "en")
    assert rows[0][:4] == ["Unit", "Name", "Response", "Response Numerator"]
    said = table.definitions(rates(), "en")
    assert said[0] == ["From", "2026-11-01T00:00:00+08:00"]
    assert all(str(cell).isascii() or "÷" in str(cell) for row in said for cell in row)
