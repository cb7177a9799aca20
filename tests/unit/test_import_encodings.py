"""How a file is written: found, told, and one broken byte costs one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chuishao.importing import run
from chuishao.importing.body import Line
from chuishao.importing.columns import UnreadableFileError
from chuishao.importing.encoding import examine


def read(file: Path) -> list[Line]:
    with run.opened(run.Wish(file, file.parent, run.default_rejects(file))) as source:
        return list(source.lines)


def bodies(file: Path) -> list[dict[str, Any] | None]:
    return [line.body for line in read(file)]


def written(folder: Path, raw: bytes) -> Path:
    file = folder / "a.csv"
    file.write_bytes(raw)
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_an_encoding_is_found_and_told(tmp_path: Path, encoding: str) -> None:
    rows = "类型,内容\n" + "投诉,小区门口的路灯坏了三天了\n" * 50
    file = written(tmp_path, rows.encode(encoding))
    assert [body and body["text"] for body in bodies(file)] == ["小区门口的路灯坏了三天了"] * 50
    found = examine(file)
    assert (found.encoding == "gb18030") == (encoding == "gb18030")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_one_broken_byte_costs_one_line(tmp_path: Path, encoding: str) -> None:
    rows = ["类型,内容\n"] + ["投诉,小区门口的路灯坏了三天了\n"] * 40
    raw = [row.encode(encoding) for row in rows]
    raw[7] = "投诉,坏".encode(encoding) + b"\xff\xff\n"
    lines = read(written(tmp_path, b"".join(raw)))
    assert [line.number for line in lines if line.refusal] == [8]


def test_a_file_that_is_neither_is_refused(tmp_path: Path) -> None:
    for raw in (
        b"\xff\xfe" + "类型,内容".encode("utf-16-le"),
        b"kind,text\n" + b"\xff\xff\xfe" * 99,
    ):
        with pytest.raises(UnreadableFileError, match="UTF-8"):
            read(written(tmp_path, raw))
