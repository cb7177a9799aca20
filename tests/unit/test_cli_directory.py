"""`chuishao directory check` and `coverage`, as a person and as a program sees them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from chuishao.cli import app
from chuishao.coverage_page import page
from chuishao.coverage_report import share
from services.router.publishing import coverage
from tests.support import sample, small
from tests.support.small import MONDAY, rule


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample directory to do damage to."""
    copy = tmp_path / "directory"
    shutil.copytree(sample.FOLDER, copy)
    return copy


def called(*words: object) -> Result:
    return CliRunner().invoke(app, ["directory", *map(str, words)])


def damage(folder: Path) -> None:
    """Three faults of three files, and one warning."""
    for file, line in (
        ("units.csv", "AB,某单位,king,QX-TQ,,standard,,no,"),
        ("areas.csv", "370105002,370109,subdistrict,某街道,,,,"),
        ("catalogue.csv", "WY-SG,,,SZ,,standard,"),
        ("categories.csv", "AC,WY,某类,电梯坏:3,normal,"),
    ):
        with (folder / file).open("a", encoding="utf-8") as text:
            text.write(line + "\n")


def vacate(folder: Path, unit: str) -> None:
    """Nobody holds a post of a unit any more, and no other unit stands in."""
    units = folder / "units.csv"
    text = units.read_text(encoding="utf-8")
    units.write_text(re.sub(rf"(?m)^({unit},.*,standard),[^,]*,", r"\1,,", text), encoding="utf-8")
    path = folder / "posts.csv"
    kept = [line for line in path.read_text("utf-8").splitlines() if line.split(",")[1] != unit]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def test_a_good_folder_is_said_to_be_fit_with_what_was_proved(folder: Path) -> None:
    done = called("check", folder)
    assert done.exit_code == 0
    assert "可以发布" in done.stdout
    assert "29,900" in done.stdout
    assert "25 tests passed" in done.stdout


def test_every_fault_is_a_line_with_its_place_and_the_exit_code_is_1(folder: Path) -> None:
    damage(folder)
    done = called("check", folder)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines[:-2]] == [
        "units.csv", "catalogue.csv", "areas.csv",
    ]  # fmt: skip
    assert all(re.match(r"[a-z]+\.csv:\d+: \S+: .+ / .+", line) for line in lines[:-2])
    assert lines[-2].startswith("warning: categories.csv:")
    assert "3 faults, 1 warnings" in lines[-1]


def test_programs_get_the_same_as_one_document(folder: Path) -> None:
    damage(folder)
    done = called("check", folder, "--json")
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert not said["fit"]
    assert {fault["file"] for fault in said["faults"]} == {
        "units.csv",
        "areas.csv",
        "catalogue.csv",
    }
    assert all(fault["line"] and fault["kind"] and fault["remedy"] for fault in said["faults"])
    assert len(said["warnings"]) == 1
    assert said["coverage"] is None
    good = json.loads(called("check", sample.FOLDER, "--json").stdout)
    assert good["fit"]
    assert good["tests"]["failed"] == 0
    assert good["coverage"]["open_cells"] == 0


def test_a_whole_city_is_a_table_without_gaps(folder: Path) -> None:
    done = called("coverage", folder)
    assert done.exit_code == 0
    assert "全部有人接" in done.stdout
    assert done.stdout.count("370105001") == 5
    assert "缺口" not in done.stdout


def test_a_gap_is_marked_where_it_is_and_said_with_its_remedy(folder: Path) -> None:
    vacate(folder, "WY-08")
    done = called("coverage", folder)
    assert done.exit_code == 1
    (row,) = [
        line for line in done.stdout.splitlines() if re.match(r" 370105001010 \S+ +\d+ ", line)
    ]
    marks = row.split()[3:]
    assert marks[0].isdigit()  # WY, property
    assert marks[-1] == "●"
    assert "WY-08" in done.stdout
    assert "posts.csv" in done.stdout
    said = json.loads(called("coverage", folder, "--json").stdout)
    assert said["open_cells"] > 0
    assert sum(gap["cells"] for gap in said["gaps"]) == said["open_cells"]


def test_the_page_stands_alone_and_shows_names_as_text(folder: Path) -> None:
    vacate(folder, "WY-08")
    with (folder / "areas.csv").open("a", encoding="utf-8") as text:
        text.write("370105001777,370105001,community,<script>alert(1)</script>,,,,\n")
    out = folder / "coverage.html"
    called("coverage", folder, "--html", out)
    html = out.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert not re.search(r"(?i)https?:|//[a-z]|<script|<link|<img|@import|url\(", html)
    assert "&lt;script&gt;" in html
    assert "WY-08" in html
    assert "class='c a'" in html


def test_all_of_one_color_would_be_no_picture() -> None:
    view = coverage.prove(small.directory(catalogue=[rule("LJ", "@grid")]), MONDAY).view()
    html = page(view)
    assert "class='c z'" in html
    assert "class='c a'" in html


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 0, "100%"), (5, 5, "100%"), (999_999, 1_000_000, "99.99%"), (1, 3, "33.33%")],
)
def test_100_percent_is_said_only_when_nothing_is_missing(part: int, whole: int, said: str) -> None:
    assert share(part, whole) == said


def test_what_cannot_be_proved_says_why(folder: Path) -> None:
    damage(folder)
    done = called("coverage", folder)
    assert done.exit_code == 1
    assert "units.csv" in done.stderr
