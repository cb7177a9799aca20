"""`chuishao hot-issues FILE`: what it reads, what it refuses, what it prints; made-up messages."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner, Result

from chuishao.cli import app
from tests.support.messages import message, town

HOT: Final = {("金桂苑", "lift"): 9, ("碧波湾", "smoke"): 6}
COLUMNS: Final = ("id", "user", "title", "text", "time", "likes", "dislikes")
START: Final = datetime(2026, 3, 1, 8, 0)  # noqa: DTZ001 - files have city time without an offset


def _lines() -> list[dict[str, str]]:
    found = []
    for number, (compound, matter, which) in enumerate(town(HOT)):
        title, text = message(compound, matter, which)
        at = START + timedelta(hours=7 * which)
        words = {"title": title, "text": text, "time": f"{at:%Y-%m-%d %H:%M:%S}"}
        who = "U1" if (compound, matter) == ("碧波湾", "smoke") else f"U{number}"
        likes = {"likes": "4" if matter == "lift" else "0", "dislikes": "1"}
        found.append({"id": f"{compound}-{matter}-{which}", "user": who} | words | likes)
    return found


def _write(path: Path, lines: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> Path:
    text = io.StringIO()
    rows = csv.DictWriter(text, columns, extrasaction="ignore")
    rows.writeheader()
    rows.writerows(lines)
    data = text.getvalue().encode("utf-8-sig")
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def _run(path: Path, *flags: str) -> Result:
    return CliRunner().invoke(app, ["hot-issues", str(path), *flags])


def _clusters(path: Path, *flags: str) -> dict[str, Any]:
    answer = _run(path, "--json", *flags)
    assert answer.exit_code == 0, answer.output
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


@pytest.mark.parametrize("name", ["messages.csv", "messages.csv.gz"])
def test_the_hottest_cluster_comes_first_with_its_members(tmp_path: Path, name: str) -> None:
    found = _clusters(_write(tmp_path / name, _lines()))
    first, second = found["clusters"][:2]
    assert first["ids"] == [f"金桂苑-lift-{which}" for which in range(9)]
    assert (first["rank"], first["count"], first["people"], first["likes"]) == (1, 9, 9, 27)
    assert first["from"] == "2026-03-01T08:00:00+08:00"
    assert any("金桂苑" in place for place in first["places"])
    assert first["heat"] > second["heat"] > 0
    assert (found["n"], found["refused"]) == (113, 0)


def test_one_person_who_writes_six_times_is_one_person(tmp_path: Path) -> None:
    found = _clusters(_write(tmp_path / "m.csv", _lines()))
    (posted,) = [one for one in found["clusters"] if "碧波湾-smoke-0" in one["ids"]]
    assert (posted["count"], posted["people"]) == (6, 1)
    without = tuple(name for name in COLUMNS if name not in ("user", "likes", "dislikes"))
    found = _clusters(_write(tmp_path / "n.csv", _lines(), without))
    (posted,) = [one for one in found["clusters"] if "碧波湾-smoke-0" in one["ids"]]
    assert (posted["count"], posted["people"], posted["likes"]) == (6, 6, 0)


def test_top_keeps_the_hottest(tmp_path: Path) -> None:
    path = _write(tmp_path / "m.csv", _lines())
    assert _clusters(path, "--top", "1")["clusters"] == _clusters(path)["clusters"][:1]


BAD: Final = [
    ({"id": ""}, "id"),
    ({"id": "金桂苑-lift-0"}, "id"),
    ({"time": "yesterday"}, "time"),
    ({"time": ""}, "time"),
    ({"likes": "-1"}, "likes"),
    ({"likes": "many"}, "likes"),
    ({"title": "", "text": " "}, "text"),
]


@pytest.mark.parametrize(("fault", "field"), BAD)
def test_a_bad_line_is_refused_by_number_and_field_and_the_rest_counts(
    tmp_path: Path, fault: dict[str, str], field: str
) -> None:
    lines = _lines()
    bad = {"id": "bad", "title": "停水", "text": "停水", "time": "2026-03-01 08:00:00"} | fault
    answer = _run(_write(tmp_path / "m.csv", [*lines, bad]), "--json")
    assert answer.exit_code == 0
    assert f"line {len(lines) + 2}: {field}: " in answer.stderr
    found = json.loads(answer.stdout)
    assert (found["n"], found["refused"]) == (len(lines), 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "id, text, time"),
        (b"id,text\n1,a\n", "time"),
        ("id,text,time\n1,停水两天没人管,2026-01-01\n".encode("gb18030"), "UTF-8"),
        (b"id,text,time\n" + b'1,"' + b"x" * 200_000 + b'",2026-01-01\n', "CSV"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(content)
    answer = _run(path, "--json")
    assert answer.exit_code == 1
    assert says in answer.stderr
    assert answer.stdout == ""


def test_no_file_and_no_gzip_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "m.csv.gz").write_bytes(b"id,text,time\n")
    for name in ("m.csv.gz", "none.csv"):
        answer = _run(tmp_path / name)
        assert answer.exit_code == 1
        assert answer.stderr.count("\n") == 1
        assert "Traceback" not in answer.output


def test_a_file_without_messages_has_no_clusters(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("id,text,time\n", encoding="utf-8")
    found = _clusters(path)
    assert (found["clusters"], found["n"]) == ([], 0)


def test_the_table_shows_words_as_words(tmp_path: Path) -> None:
    lines = [line | {"title": f"[red]\x1b[31m{line['title']}"} for line in _lines()]
    answer = _run(_write(tmp_path / "m.csv", lines), "--top", "1")
    assert answer.exit_code == 0
    assert "[red]" in answer.stdout
    assert "\x1b" not in answer.stdout
