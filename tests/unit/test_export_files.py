"""Files of exports: nothing runs in a spreadsheet, nothing unnamed leaves, the old file stays until the end."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook

from chuishao.exporting.columns import COMPLAINTS, TICKETS
from chuishao.exporting.form import Format
from chuishao.exporting.reading import ExportError, Reader, span
from chuishao.exporting.sheets import sheet

ITEM = {
    "number": "261123000017",
    "title": "=HYPERLINK(1)",
    "text": "@a\tb\x07",
    "address": "-1",
    "assists": ["A", "B"],
    "due": {"result": "2026-11-30T09:00:00+08:00"},
    "requester": {"name": "never"},
    "phone": "13800001111",
}


def test_a_csv_is_text_for_spreadsheets_and_holds_only_named_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with sheet(path, Format.CSV, TICKETS, zh=False) as add:
        add(ITEM)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as text:
        row = next(csv.DictReader(text))
    assert (row["title"], row["text"], row["address"]) == ("'=HYPERLINK(1)", "'@a\tb\x07", "'-1")
    assert (row["assists"], row["due.result"]) == ("A;B", "2026-11-30T09:00:00+08:00")
    assert list(row) == list(TICKETS)


def test_a_workbook_has_strings_where_a_formula_could_be(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    with sheet(path, Format.XLSX, TICKETS, zh=True) as add:
        add(ITEM)
    rows = list(load_workbook(path).active.iter_rows())
    assert [cell.value for cell in rows[0]] == list(TICKETS.values())
    named = dict(zip(TICKETS, rows[1], strict=True))
    assert (named["title"].value, named["title"].data_type) == ("=HYPERLINK(1)", "s")


def test_json_lines_keep_their_types_and_leave_the_rest_out(tmp_path: Path) -> None:
    path = tmp_path / "t.ndjson"
    with sheet(path, Format.NDJSON, TICKETS, zh=False) as add:
        add(ITEM)
    told = json.loads(path.read_text("utf-8"))
    assert told["assists"] == ["A", "B"]
    assert set(told) == set(TICKETS)


def test_no_column_names_who_spoke() -> None:
    said = " ".join([*TICKETS, *COMPLAINTS])
    assert not any(word in said for word in ("requester", "phone", "accused", "external"))


def test_a_failed_export_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old")
    with pytest.raises(ExportError):
        _torn(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def _torn(path: Path) -> None:
    with sheet(path, Format.CSV, TICKETS, zh=False) as add:
        add(ITEM)
        raise ExportError("gone")


def test_a_last_day_counts_in_full_and_times_are_the_citys() -> None:
    november = span("2026-11-01", "2026-11-30")
    assert november.holds("2026-10-31T16:00:00+00:00")
    assert november.holds("2026-11-30T23:59:59+08:00")
    assert not november.holds("2026-11-30T16:00:00+00:00")
    assert not november.holds("2026-10-31T15:59:59+00:00")
    for bad in (("2026-11-02", "2026-11-01"), ("soon", None)):
        with pytest.raises(ValueError, match="--from"):
            span(*bad)


def test_events_are_read_on_after_a_torn_answer_and_words_may_hold_any_separator() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["after"])
        lines = [{"cursor": f"1-{n}", "event": {"text": "a\u2028b"}} for n in (1, 2, 3)]
        raw = [json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines]
        if len(asked) == 1:
            return httpx.Response(503)
        if len(asked) == 2:
            return httpx.Response(200, stream=Torn(raw[0] + raw[1][:9]))
        return httpx.Response(200, content=raw[1] + raw[2])

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        reader = Reader(client, "t", pause=lambda _: None)
        cursors = [cursor for cursor, _ in reader.events("http://s", "0-0")]
    assert cursors == ["1-1", "1-2", "1-3"]
    assert asked == ["0-0", "0-0", "1-1"]


class Torn(httpx.SyncByteStream):
    """A connection that breaks in the middle of a line."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def __iter__(self) -> Iterator[bytes]:
        yield self._raw
        raise httpx.ReadError("gone")
