"""The city's files: every fault is found, and named with its file, line, field and remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from contracts.directory import Row
from services.router import files, pieces
from services.router.files import BadDirectoryError, Fault
from tests.support import sample

Edit = Callable[[str], str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample directory to do damage to."""
    copy = tmp_path / "directory"
    shutil.copytree(sample.FOLDER, copy)
    return copy


def faults(folder: Path) -> list[Fault]:
    with pytest.raises(BadDirectoryError) as refused:
        files.read(folder)
    assert str(refused.value.faults[0]) in str(refused.value)
    return refused.value.faults


def edited(folder: Path, file: str, edit: Edit) -> None:
    path = folder / file
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")


def with_line(text: str) -> Edit:
    return lambda whole: whole.rstrip("\n") + "\n" + text + "\n"


def test_the_sample_has_no_fault() -> None:
    tables = sample.tables()
    assert len(tables["areas"]) == 309
    assert all(tables[part] for part in tables)


def test_the_published_form_reads_back_to_the_same_rows() -> None:
    bodies = pieces.split(sample.tables())
    back = {part: pieces.models(part, bodies[part].values()) for part in bodies}
    for part, rows in sample.tables().items():
        assert sorted(map(_plain, back[part])) == sorted(map(_plain, rows)), part


@pytest.mark.parametrize(
    "file",
    [f"{part}.csv" for part in ("areas", "places", "units", "posts", "categories", "catalogue",
                                "duty", "readers")] + ["limits.toml", "ladder.toml"],
)  # fmt: skip
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    (fault,) = faults(folder)
    assert (fault.file, fault.line) == (file, 0)
    assert "missing" in fault.remedy


@pytest.mark.parametrize(
    ("file", "line", "field"),
    [
        ("areas.csv", "37010,370105,subdistrict,某街道,,,,", "code"),
        ("areas.csv", "370105002,370105,street,某街道,,,,", "level"),
        ("areas.csv", "370105002,370105,subdistrict,,,,,", "name"),
        ("areas.csv", "370105002,370105,subdistrict,某街道,,castle,,", "compound_type"),
        ("areas.csv", "370105002,370105,subdistrict,某街道,,,2026/01/01,", "valid_from"),
        ("places.csv", "某路,river,370105001,,,,,", "kind"),
        ("places.csv", "某路,road,370105001,,1~99,,,", "numbers"),
        ("places.csv", "某路,road,370105001,,,,一百一十七,36", "lon"),
        ("units.csv", "A B,某单位,department,QX-TQ,,standard,,no,", "code"),
        ("units.csv", "AB.C,某单位,department,QX-TQ,,standard,,no,", "code"),
        ("units.csv", "*,某单位,department,QX-TQ,,standard,,no,", "code"),
        ("units.csv", "AB,某单位,king,QX-TQ,,standard,,no,", "kind"),
        ("units.csv", "AB,某单位,department,QX-TQ,,standard,,perhaps,", "nats"),
        ("posts.csv", "AB,DESK,370105,boss,P9,某,138,work,,", "role"),
        ("posts.csv", "AB,DESK,370105,desk,P9,某,138,nights,,", "hours"),
        ("posts.csv", "AB,DESK,370105,desk,P9,某,138,work,,,soon", "away.0"),
        ("posts.csv", "AB,DESK,370105,desk,P9,某,138,work,,,2026-02-30", "away.0"),
        (
            "posts.csv",
            "AB,DESK,370105,desk,P9,某,138,work,,,2026-11-20|2026-11-27..2026-11-20",
            "away.1",
        ),
        ("categories.csv", "AB C,,某类,,normal,", "code"),
        ("categories.csv", "AB,,某类,,soon,", "default_urgency"),
        ("catalogue.csv", "*,,castle,DESK,,standard,", "compound_type"),
        ("duty.csv", "2026-13-01,DESK,DESK-Z,00:00,24:00", "date"),
        ("duty.csv", "2026-11-16,DESK,DESK-Z,midnight,24:00", "start"),
        ("readers.csv", "AB,某屏,spy,370105", "kind"),
        ("calendar/2026.csv", "standard,2026-13-01,workday,,09:00-12:00", "date"),
        ("calendar/2026.csv", "standard,2026-12-01,feast,,09:00-12:00", "kind"),
        ("calendar/2026.csv", "standard,2026-12-01,workday,,9-12", "shifts.0"),
    ],
)
def test_a_bad_cell_is_named_with_file_line_and_column(
    folder: Path, file: str, line: str, field: str
) -> None:
    edited(folder, file, with_line(line))
    (fault,) = faults(folder)
    count = len((folder / file).read_text(encoding="utf-8").splitlines())
    assert (fault.file, fault.line, fault.field) == (Path(file).name, count, field)
    assert fault.remedy


def test_absences_are_days_or_stretches_of_days(folder: Path) -> None:
    line = "AB,DESK,370105,desk,P9,某,138,work,,,2026-11-20..2026-11-27|2026-12-31"
    edited(folder, "posts.csv", with_line(line))
    assert files.read(folder)["posts"][-1].away == ("2026-11-20..2026-11-27", "2026-12-31")


def test_an_unknown_column_is_named(folder: Path) -> None:
    edited(folder, "readers.csv", lambda whole: whole.replace("code,name", "code,colour,name", 1))
    assert {fault.field for fault in faults(folder)} >= {"colour"}


def test_a_line_with_too_many_cells_is_named(folder: Path) -> None:
    edited(folder, "readers.csv", with_line("AB,某屏,dashboard,370105,extra"))
    (fault,) = faults(folder)
    assert (fault.file, fault.line) == ("readers.csv", 4)
    assert "too many" in fault.remedy


def test_a_file_saved_in_another_encoding_is_named_with_the_line(folder: Path) -> None:
    path = folder / "units.csv"
    text = path.read_text(encoding="utf-8")
    path.write_bytes(text.encode("gb18030"))
    (fault,) = faults(folder)
    assert (fault.file, fault.line) == ("units.csv", 2)
    assert "UTF-8" in fault.remedy


def test_a_toml_file_in_another_encoding_is_named(folder: Path) -> None:
    path = folder / "limits.toml"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    assert [fault.file for fault in faults(folder)] == ["limits.toml"]


def test_a_mark_at_the_beginning_and_windows_line_ends_are_no_fault(folder: Path) -> None:
    for name in ("units.csv", "areas.csv"):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert files.read(folder) == sample.tables()


def test_lines_are_counted_as_an_editor_counts_them(folder: Path) -> None:
    edited(
        folder, "readers.csv", with_line('\n"AB","两行\n名字",dashboard,370105\nXX,某屏,spy,370105')
    )
    (fault,) = faults(folder)
    assert (fault.line, fault.field) == (7, "kind")


@pytest.mark.parametrize(
    ("file", "old", "new", "field"),
    [
        ("limits.toml", "[profiles.standard]", "[profile.standard]", "profile"),
        ("limits.toml", "[profiles.standard]", "[profiles.standard]\ncolour = 1", "colour"),
        ("ladder.toml", "[urgency.critical]", "[urgencies.critical]", "urgencies"),
        ("ladder.toml", "[urgency.critical]", "[urgency.yesterday]", "urgency.yesterday.urgency"),
        ("ladder.toml", "[urgency.critical]", "[urgency.critical]\ncolour = 1", "colour"),
        ("ladder.toml", 'at = "start+1h"', 'at = "start+1x"', "at"),
        ("ladder.toml", 'at = "start+1h"', 'at = "soon"', "at"),
        ("ladder.toml", 'warn = "80%"', 'warn = "0.8"', "warn"),
        ("ladder.toml", "level = 5", "level = 6", "level"),
        ("ladder.toml", 'clock = "result"', 'clock = "lunch"', "clock"),
        ("ladder.toml", 'reception = "district"', 'reception = "moon"', "reception"),
    ],
)
def test_a_wrong_key_or_value_in_toml_is_named(
    folder: Path, file: str, old: str, new: str, field: str
) -> None:
    edited(folder, file, lambda whole: whole.replace(old, new, 1))
    found = faults(folder)
    assert {fault.file for fault in found} == {file}
    assert any(field in fault.field for fault in found), found


@pytest.mark.parametrize(
    "limit",
    ['sign_for = "24"', 'sign_for = "0h"', 'sign_for = "soon"', "sign_for = 24", "lunch = 1"],
)
def test_a_limit_that_is_no_duration_is_named_with_its_profile(folder: Path, limit: str) -> None:
    edited(
        folder,
        "limits.toml",
        with_line(f'[profiles.extra]\ntitle = "x"\n[profiles.extra.normal]\n{limit}'),
    )
    (fault,) = faults(folder)
    assert (fault.file, fault.field) == (
        "limits.toml", f"profiles.extra.limits.normal.{limit.partition(' ')[0]}",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["profiles = 3", "[profiles]\nstandard = 3", "= 1", "\x00"])
def test_toml_of_another_shape_is_a_fault_and_no_crash(folder: Path, text: str) -> None:
    (folder / "limits.toml").write_text(text, encoding="utf-8")
    assert {fault.file for fault in faults(folder)} == {"limits.toml"}


def test_all_faults_are_told_at_once(folder: Path) -> None:
    edited(folder, "units.csv", with_line("A B,某单位,king,QX-TQ,,standard,,no,"))
    edited(folder, "readers.csv", with_line("AB,某屏,spy,370105"))
    (folder / "duty.csv").unlink()
    assert [fault.file for fault in faults(folder)] == [
        "units.csv", "units.csv", "duty.csv", "readers.csv",
    ]  # fmt: skip


def _plain(row: Row) -> bytes:
    return orjson.dumps(row.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
