"""tests.csv beside the directory: what must go where, proved before anything is published."""

from __future__ import annotations

import csv
import hashlib
import shutil
from pathlib import Path

import pytest

from chuishao.sample_complaints import FILES, read_samples
from services.router.directory import files
from services.router.directory.faults import Fault
from services.router.directory.files import TESTS, BadDirectoryError
from services.router.publishing import checks, expecting, pieces
from tests.support import sample, small
from tests.support.small import MONDAY

COLUMNS = "text,title,address,point,grid_code,category,accused,expected_unit,expected_category,expected_area,note"
LAMP = "路灯坏了一排，晚上漆黑"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample directory to do damage to."""
    copy = tmp_path / "directory"
    shutil.copytree(sample.FOLDER, copy)
    return copy


def with_tests(folder: Path, *lines: str) -> None:
    (folder / TESTS).write_text("\n".join([COLUMNS, *lines]) + "\n", encoding="utf-8")


def faults(folder: Path) -> list[Fault]:
    return checks.check(files.read(folder), MONDAY)


def test_the_sample_passes_its_own_tests() -> None:
    found = checks.examine(sample.tables(), MONDAY)
    assert found.faults == []
    assert found.tested
    assert found.tested.passed == len(sample.tables().tests) >= 20  # type: ignore[attr-defined]


def test_the_samples_tests_cover_every_kind_of_owner_and_the_conflict() -> None:
    rows = list(sample.tables().tests)  # type: ignore[attr-defined]
    units = {unit.code: unit for unit in sample.tables()["units"]}
    kinds = {units[row.expected_unit].kind.value for row in rows}
    assert kinds >= {"department", "enterprise", "property", "grid_team", "desk"}
    assert {"MZ", "ZJ", "SZ", "CG-ZF", "SJ", "GD"} <= {row.expected_unit for row in rows}
    assert any(row.accused and units[row.expected_unit].kind.value == "desk" for row in rows)


def test_the_samples_tests_are_none_of_its_complaints() -> None:
    known = {str(one.body["text"]) for file in FILES for one in read_samples(file)}
    assert not known & {row.text for row in sample.tables().tests}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("line", "field", "came"),
    [
        (f"{LAMP},,汇泽西街,,,,,SZ,,,", "expected_unit", "DW-07"),
        (f"{LAMP},,济安路45号,,,,,SZ,SZ-LM,,", "expected_category", "SZ-LD"),
        (f"{LAMP},,济安路45号,,,,,SZ,SZ-LD,370105001010001,", "expected_area", "370105001010"),
        ("电梯坏了两周，不修,,清河新居1号楼,,,,清和居,WY-02,,,", "expected_unit", "DESK"),
    ],
)
def test_a_test_that_fails_is_told_with_line_expectation_outcome_and_reason(
    folder: Path, line: str, field: str, came: str
) -> None:
    with_tests(folder, f"{LAMP},,汇泽西街,,,,,DW-07,,,", line)
    (fault,) = faults(folder)
    assert (fault.file, fault.line, fault.field) == (TESTS, 3, field)
    assert f"实为 {came}" in fault.remedy
    assert "SZ-LD" in fault.remedy or "conflict_of_interest" in fault.remedy


def test_one_line_of_reason_names_what_was_understood(folder: Path) -> None:
    with_tests(folder, f"{LAMP},,汇泽西街,,,,,SZ,,,")
    (fault,) = faults(folder)
    for part in ("rule", "SZ-LD", "汇泽西街", "@owner"):
        assert part in fault.remedy
    assert "\n" not in fault.remedy


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (f"{LAMP},,,north,,,,SZ,,,", "point"),
        (f"{LAMP},,,,37010,,,SZ,,,", "grid_code"),
        (f"{LAMP},,,,,,,,,,", "expected_unit"),
        (f"{'长' * 10_001},,,,,,,SZ,,,", "text"),
    ],
)
def test_a_bad_cell_in_a_test_is_told_like_any_other(folder: Path, line: str, field: str) -> None:
    with_tests(folder, line)
    with pytest.raises(BadDirectoryError) as refused:
        files.read(folder)
    (fault,) = refused.value.faults
    assert (fault.file, fault.line, fault.field) == (TESTS, 2, field)


def test_a_point_is_given_as_lon_and_lat(folder: Path) -> None:
    with_tests(folder, f'{LAMP},,济安路45号,"117.02, 36.66",,,,SZ,,,')
    (row,) = files.read(folder).tests  # type: ignore[attr-defined]
    place = row.place()
    assert (place.lon, place.lat) == (117.02, 36.66)
    assert faults(folder) == []


def test_a_folder_without_tests_is_no_fault_and_says_so(folder: Path) -> None:
    (folder / TESTS).unlink()
    tables = files.read(folder)
    assert checks.check(tables, MONDAY) == []
    assert expecting.recorded(tables) == {}


def test_the_version_says_which_tests_it_passed_and_publishes_none_of_them(folder: Path) -> None:
    tables = files.read(folder)
    digest = hashlib.sha256((folder / TESTS).read_bytes()).hexdigest()
    with (folder / TESTS).open(encoding="utf-8", newline="") as text:
        count = sum(1 for _ in csv.DictReader(text))
    assert expecting.recorded(tables) == {"tests": count, "tests_digest": digest}
    assert "tests" not in pieces.split(tables)
    assert expecting.recorded(small.tables()) == {}
