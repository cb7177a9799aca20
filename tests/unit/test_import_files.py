"""What a file says about each complaint, and what is wrong with it."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from chuishao.importing import run, workbook
from chuishao.importing.aliases import FIELDS, HEADERS, WORDS
from chuishao.importing.body import Line, key
from chuishao.importing.columns import UnreadableFileError
from contracts.complaint import Channel, Kind, Point, Urgency
from services.intake.complaint import Decline, Filing, OnTheSpot, Requester

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
NESTED: dict[str, type[BaseModel]] = {
    "point": Point,
    "requester": Requester,
    "decline": Decline,
    "settled": OnTheSpot,
}


def wish(file: Path, **more: Any) -> run.Wish:
    return run.Wish(file, file.parent / "data", run.default_rejects(file), **more)


def read(file: Path, **more: Any) -> list[Line]:
    with run.opened(wish(file, **more)) as source:
        return list(source.lines)


def written(folder: Path, text: str | bytes, name: str = "a.csv") -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def bodies(lines: list[Line]) -> list[dict[str, Any] | None]:
    return [line.body for line in lines]


def test_every_field_of_a_complaint_is_a_column_and_nothing_else_is() -> None:
    leaves = set()
    for name in Filing.model_fields:
        parts = NESTED[name].model_fields if name in NESTED else None
        leaves |= {f"{name}.{part}" for part in parts} if parts else {name}
    assert set(FIELDS) == leaves
    names = [name for aliases in HEADERS.values() for name in aliases]
    assert len(names) == len(set(names))


def test_every_word_means_a_code_that_intake_takes() -> None:
    codes = {"channel": Channel, "kind": Kind, "urgency": Urgency}
    for field, known in codes.items():
        assert set(WORDS[field].values()) <= {one.value for one in known}


def test_chinese_headers_words_times_and_nested_fields(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "标题,内容,来电人,电话,类型,紧急程度,发生时间,经度,纬度,渠道,匿名,外部编号\n"
        "灯,路灯坏了,刘某,13800001111,求助,紧急,2026/3/2 9:05,117.02,36.66,热线,否,A-1\n"
        ",路灯又坏了,,,投诉,,2026-03-02T09:00:00Z,,,,,\n",
    )
    first, second = bodies(read(file))
    assert first == {
        "channel": "hotline",
        "kind": "help",
        "title": "灯",
        "text": "路灯坏了",
        "urgency": "urgent",
        "occurred_at": "2026-03-02T09:05:00+08:00",
        "point": {"lon": 117.02, "lat": 36.66},
        "requester": {"name": "刘某", "phone": "13800001111", "anonymous": False},
        "external_id": "A-1",
    }
    assert second == {
        "channel": "import",
        "kind": "complaint",
        "text": "路灯又坏了",
        "occurred_at": "2026-03-02T09:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "空"),
        ("\n", "空"),
        ("类型,内容,电化\n", "是否为 电话"),
        ("kind;text\n", "逗号"),
        ("类型,内容,正文\n", "同一项"),
        ("类型,内容,内容\n", "同一项"),
        ("内容\n", "缺少列 kind"),
        ("类型\n", "缺少列 text"),
        ('类型,"内容\n', "引号"),
    ],
)
def test_a_header_that_cannot_be_read_says_how_to_mend_it(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(UnreadableFileError, match=said):
        read(written(tmp_path, text))


def test_columns_can_be_named_left_out_and_set(tmp_path: Path) -> None:
    file = written(tmp_path, "说了啥,备注\n路灯坏了,x\n")
    renamed = {"说了啥": "内容", "备注": "-"}
    lines = read(file, renamed=renamed, constants={"kind": "投诉"})
    assert bodies(lines) == [{"channel": "import", "kind": "complaint", "text": "路灯坏了"}]
    with pytest.raises(UnreadableFileError, match="是否为 备注"):
        read(file, renamed={"备住": "-"})


def test_bad_lines_are_told_and_the_rest_is_read(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "kind,text,point.lon,confidential,occurred_at\n"
        "help,good,117,,\n"
        "help,ragged,117\n"
        '"help"x,quotes,1,,\n'
        "help,lon,east,,\n"
        "help,yes,,maybe,\n"
        "help,when,,,yesterday\n"
        "\n"
        'help,"two\nlines",,,\n'
        "help,last,,是,\n",
    )
    lines = read(file)
    assert [(line.number, line.refusal and line.refusal.field) for line in lines] == [
        (2, None),
        (3, "-"),
        (4, "-"),
        (5, "point.lon"),
        (6, "confidential"),
        (7, "occurred_at"),
        (9, None),
        (11, None),
    ]
    assert bodies(lines)[-2:] == [
        {"channel": "import", "kind": "help", "text": "two\nlines"},
        {"channel": "import", "kind": "help", "text": "last", "confidential": True},
    ]


def test_json_lines_are_read_nested_or_dotted(tmp_path: Path) -> None:
    told = [
        {"类型": "投诉", "text": "a", "requester": {"phone": "13800001111"}},
        {"kind": "help", "text": "b", "point.lon": 117.0, "point": {"lat": 36.6}},
        {"kind": "help", "text": "c", "txet": "?"},
        ["no object"],
    ]
    text = "\n".join([*map(json.dumps, told), '{"text":NaN}', "{", "[" * 10_000, ""])
    lines = read(written(tmp_path, text, "a.ndjson"))
    assert [line.refusal and line.refusal.field for line in lines] == [
        None, None, "txet", "-", "-", "-", "-",
    ]  # fmt: skip
    assert lines[0].body
    assert lines[0].body["requester"] == {"phone": "13800001111"}
    assert lines[1].body
    assert lines[1].body["point"] == {"lon": 117.0, "lat": 36.6}


def test_a_workbook_keeps_phones_whole_and_gives_times_an_offset(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book, file = Workbook(), tmp_path / "a.xlsx"
    book.active.append(["类型", "内容", "电话", "发生时间", "保密"])
    book.active.append(["投诉", "路灯坏了", 13800001111, datetime(2026, 3, 2, 9), True])  # noqa: DTZ001 - cells have none
    book.active.append([None, None])
    book.active.append(["投诉", "又坏了"])
    book.save(file)
    first, second = bodies(read(file))
    assert first == {
        "channel": "import",
        "kind": "complaint",
        "text": "路灯坏了",
        "requester": {"phone": "13800001111"},
        "occurred_at": "2026-03-02T09:00:00+08:00",
        "confidential": True,
    }
    assert second == {"channel": "import", "kind": "complaint", "text": "又坏了"}
    with pytest.raises(UnreadableFileError, match="XLSX"):
        read(written(tmp_path, "no zip", "b.xlsx"))


def test_a_workbook_with_a_row_no_sheet_has_ends_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows a sheet leaves out are read as empty ones: a number of fifteen digits is no reason to count so far."""
    from openpyxl import Workbook

    monkeypatch.setattr(workbook, "_ROWS", 1_000)
    book, file = Workbook(), tmp_path / "a.xlsx"
    book.active.append(["类型", "内容"])
    book.active.append(["投诉", "路灯坏了"])
    book.active.cell(row=1_000, column=2, value="又坏了")
    book.save(file)
    assert len(bodies(read(file))) == 2
    book.active.cell(row=1_001, column=2, value="还是坏的")
    book.save(file)
    with pytest.raises(UnreadableFileError, match="XLSX"):
        read(file)


def test_a_line_is_known_by_its_external_id_or_by_file_and_place() -> None:
    named = {"external_id": "A" * 200}
    assert key(named, "one", 1) == key(named, "two", 9)
    assert len({key({}, "one", 1), key({}, "one", 2), key({}, "two", 1)}) == 3
    assert len(key(named, "f" * 64, 10**9)) <= 128


def test_a_dry_run_names_what_intake_would_refuse_and_the_reject_file_can_be_mended(
    tmp_path: Path,
) -> None:
    file = written(tmp_path, "kind,text,地址\nhelp,=good(),\nhelp,nul\x00,=1+1\nhepl,-x,@y\nhelp\n")
    job = wish(file)
    with run.opened(job) as source:
        state = run.dry_run(source, job.rejects, lambda *_: None, NOW)
    assert (state.done, state.refused) == (4, 3)
    assert job.rejects.stat().st_mode & 0o777 == 0o600
    with job.rejects.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.reader(text))
    assert rows[0] == [
        "reject_line",
        "reject_field",
        "reject_zh",
        "reject_en",
        "kind",
        "text",
        "地址",
    ]
    assert [(row[0], row[1]) for row in rows[1:]] == [("3", "text"), ("4", "kind"), ("5", "-")]
    assert rows[1][-1] == "'=1+1"
    assert rows[2][-2:] == ["'-x", "'@y"]
    mended = written(tmp_path, job.rejects.read_text("utf-8-sig").replace("hepl", "help"), "b.csv")
    again = read(mended)
    assert again[1].body == {"channel": "import", "kind": "help", "text": "-x", "address": "@y"}
