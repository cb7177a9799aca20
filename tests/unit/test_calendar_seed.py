"""A first calendar file from the national arrangement: what it holds, when it is refused, who wins."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from chuishao.cli import app
from services.router.directory import files
from tests.support import sample

SAMPLE = sample.FOLDER / "calendar"


def called(*words: object) -> Result:
    return CliRunner().invoke(app, ["directory", "calendar", *map(str, words)])


def dated(file: Path) -> set[tuple[str, str, str]]:
    """Dates of the standard calendar with their kind and shifts."""
    with file.open(encoding="utf-8") as text:
        return {
            (row["date"], row["kind"], row["shifts"])
            for row in csv.DictReader(text)
            if row["calendar"] == "standard"
        }


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_samples_years_are_those_of_the_national_arrangement(year: int, tmp_path: Path) -> None:
    file = tmp_path / f"{year}.csv"
    done = called(year, "--out", file)
    assert done.exit_code == 0, done.output
    assert "国务院" in done.output
    assert "the city's own file wins" in done.output
    assert dated(file) == dated(SAMPLE / f"{year}.csv")


def test_other_shifts_for_another_calendar(tmp_path: Path) -> None:
    text = called(2026, "--out", "-", "--shifts", "07:30-11:30,13:00-17:00", "--calendar", "early")
    lines = text.stdout.splitlines()
    assert "early,mon,workday,工作日,07:30-11:30;13:00-17:00" in lines
    assert "early,2026-10-10,makeup,国庆节调休上班,07:30-11:30;13:00-17:00" in lines
    assert "early,2026-10-01,holiday,国庆节," in lines
    assert not list(tmp_path.iterdir())


def test_a_year_the_package_does_not_know_is_refused_in_both_languages(tmp_path: Path) -> None:
    file = tmp_path / "2027.csv"
    refused = called(2099, "--out", file)
    assert refused.exit_code == 1
    assert "还不知道 2099 年" in refused.output
    assert "does not know 2099 yet" in refused.output
    assert not file.exists()


def test_a_file_of_the_city_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "2026.csv"
    file.write_text("ours", encoding="utf-8")
    refused = called(2026, "--out", file)
    assert refused.exit_code == 1
    assert "以本市的文件为准" in refused.output
    assert file.read_text(encoding="utf-8") == "ours"


@pytest.mark.parametrize(
    "shifts", ["9-12", "09:00-12:00,11:00-13:00", "12:00-09:00", "", "22:00-25:00", "09:00-09:00"]
)
def test_shifts_without_sense_are_refused(shifts: str) -> None:
    refused = called(2026, "--out", "-", "--shifts", shifts)
    assert refused.exit_code == 1
    assert "班次" in refused.output


def test_what_it_writes_can_be_read_as_a_directorys_calendar(tmp_path: Path) -> None:
    called(2026, "--out", tmp_path / "calendar" / "2026.csv")
    found = files.scan(tmp_path)
    assert [fault for fault in found.faults if fault.file == "2026.csv"] == []
    assert len(found.tables["calendar"]) == 7 + 33 + 6
