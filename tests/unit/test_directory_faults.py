"""A folder edited by hand: every mistake is told with its file, line, field and remedy, all at once."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from services.router.directory import files
from services.router.directory.faults import SHOWN_OF_A_KIND, Fault
from services.router.publishing import checks
from services.router.publishing.checks import Findings
from tests.support import sample
from tests.support.small import MONDAY

COMMUNITY = "370105001010"
COMPOUND = "370105001010006"
BUILDING = f"{COMMUNITY}139"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample directory to do damage to."""
    copy = tmp_path / "directory"
    shutil.copytree(sample.FOLDER, copy)
    return copy


def examined(folder: Path) -> Findings:
    scan = files.scan(folder)
    return checks.examine(scan.tables, MONDAY, scan)


def append(folder: Path, file: str, line: str) -> int:
    """Add a line; returns its number."""
    path = folder / file
    text = path.read_text(encoding="utf-8").rstrip("\n")
    path.write_text(f"{text}\n{line}\n", encoding="utf-8")
    return text.count("\n") + 2


def replaced(folder: Path, file: str, old: str, new: str) -> int:
    """Change the first line that matches; returns its number."""
    path = folder / file
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if re.search(old, line))
    lines[at] = re.sub(old, new, lines[at], count=1)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return at + 1


ADDED = [
    ("areas.csv", "370106,,district,某区,,,2026-12-01,2026-11-01", "370106.valid_to", "dates"),
    ("areas.csv", "370105002,,subdistrict,某街道,,,,", "370105002.parent", "no-parent"),
    ("areas.csv", "370106,370105,district,某区,,,,", "370106.parent", "parent-level"),
    ("areas.csv", "370105001099,370105001099,community,某社区,,,,", "370105001099.parent", "parent-level"),
    ("areas.csv", f"370105002,{COMMUNITY},subdistrict,某街道,,,,", "370105002.parent", "parent-level"),
    ("areas.csv", "370106001,370105,subdistrict,某街道,,,,", "370106001.code", "code-prefix"),
    ("areas.csv", f"370105001009777,{COMPOUND},building,7号楼,,,,", "370105001009777.code", "code-prefix"),
    ("areas.csv", "370105002,370105,community,某社区,,,,", "370105002.code", "code-digits"),
    ("areas.csv", "370105001777777,370105001,compound,某小区,,,,", "370105001777777.parent", "level-jumped"),
    ("areas.csv", "370105001777777,370105001,building,7号楼,,,,", "370105001777777.parent", "level-jumped"),
    ("areas.csv", "370105,,district,天桥区,,,,", "370105", "code-twice"),
    ("areas.csv", "370105002,370109,subdistrict,某街道,,,,", "370105002.parent", "unknown-code"),
    ("places.csv", "某路,road,370105001,,,,36.7,117.0", "某路.lon", "point"),
    ("places.csv", "某路,road,370105001,,,,217.0,36.7", "某路.lon", "point"),
    ("places.csv", "某路,road,370105001,,,,117.0,", "某路.lat", "point"),
    ("places.csv", "某路,road,370105001,,,,nan,36.7", "某路.lon", "point"),
    ("places.csv", "某路,road,370105001,,99-1,,,", "某路.numbers", "numbers"),
    ("places.csv", "某路,road,370105001,,,SZZ,,", "某路.owner", "unknown-code"),
    ("units.csv", "GT-999,某网格,grid_team,SQ-001,370105001008001,standard,,no,", "GT-999.area", "covered-twice"),
    ("units.csv", "AB,某单位,department,AB,,standard,,no,", "AB.parent", "cycle"),
    ("units.csv", "AB,某单位,department,,,standard,AB,no,", "AB.deputy", "own-deputy"),
    ("units.csv", "AB,某单位,department,,,lunar,,no,", "AB.calendar", "unknown-code"),
    ("posts.csv", "AB,SZZ,,member,P0001,孙玉梅,138,work,,", "AB.unit", "unknown-code"),
    ("posts.csv", "AB,SZ,,member,P0001,孙玉梅,138,work,AB,", "AB.deputy", "own-deputy"),
    ("duty.csv", "2026-11-16,DESK,DESK-Z,06:00,09:00", "2026-11-16.from", "turns-overlap"),
    ("duty.csv", "2026-11-30,DESK,DESK-Z,20:00,08:00", "2026-11-30.to", "turn"),
    ("duty.csv", "2026-11-30,SZ,DESK-Z,08:00,09:00", "2026-11-30.post", "post-of-another-unit"),
    ("categories.csv", "AB,ZZ,某类,,normal,", "AB.parent", "unknown-code"),
    ("categories.csv", "AB,*,某类,,normal,", "parent", "bad-parent"),
    ("categories.csv", "AB,WY,某类,词:0,normal,", "AB.keywords", "keyword"),
    ("catalogue.csv", "WY-SF,,,SZ,,standard,", "WY-SF", "equal-rules"),
    ("catalogue.csv", "WY-SG,,,SZ,,standard,", "WY-SG.category", "unknown-code"),
    ("catalogue.csv", "WY-SF,,open,@gird,,standard,", "WY-SF.lead", "unknown-word"),
    ("calendar/2026.csv", "standard,2026-10-01,workday,,", "2026-10-01.date", "day-twice"),
    ("calendar/2026.csv", "standard,mon,workday,,09:00-12:00", "mon.date", "day-twice"),
    ("calendar/2026.csv", "standard,2026-02-30,holiday,,", "2026-02-30.date", "no-such-day"),
    ("calendar/2026.csv", "standard,2026-03-07,makeup,,09:00-12:00;11:00-13:00", "2026-03-07.shifts", "shifts"),
    ("calendar/2026.csv", "standard,2026-03-07,makeup,,12:00-09:00", "2026-03-07.shifts", "shifts"),
    ("calendar/2026.csv", "standard,2026-03-08,rest,,09:00-12:00", "2026-03-08.shifts", "rest-with-shifts"),
    ("calendar/2026.csv", "standard,2027-03-08,holiday,,", "2027-03-08.date", "other-year"),
    ("readers.csv", "AB,某屏,dashboard,370109", "AB.area", "unknown-code"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "line", "field", "kind"), ADDED)
def test_a_mistake_in_a_line_is_told_with_that_line_and_nothing_else(
    folder: Path, file: str, line: str, field: str, kind: str
) -> None:
    number = append(folder, file, line)
    (fault,) = examined(folder).faults
    assert (fault.file, fault.line) == (Path(file).name, number)
    assert (fault.field, fault.kind) == (field, kind)
    assert " / " in fault.remedy


def test_all_of_them_are_told_at_once(folder: Path) -> None:
    wanted = {(Path(file).name, append(folder, file, line), kind) for file, line, _, kind in ADDED}
    found = {(fault.file, fault.line, fault.kind) for fault in examined(folder).faults}
    missing = {kind for _, _, kind in wanted - found}
    # A code given twice here belongs to its first row, and a circle may close elsewhere.
    assert missing <= {"code-digits", "level-jumped", "no-parent", "unknown-code", "cycle"}


def test_a_duplicate_names_both_lines(folder: Path) -> None:
    line = append(folder, "units.csv", "SZ,又一个市政,department,QX-TQ,,standard,,no,")
    first = next(
        n for n, text in enumerate((folder / "units.csv").read_text().splitlines(), 1)
        if text.startswith("SZ,")
    )  # fmt: skip
    (fault,) = examined(folder).faults
    assert (fault.line, fault.kind) == (line, "code-twice")
    assert f"第 {first} 行" in fault.remedy


def test_a_wrong_code_is_told_with_the_nearest_ones(folder: Path) -> None:
    append(folder, "catalogue.csv", "WY-SG,,,SZZ,,standard,")
    by_field = {fault.field: fault.remedy for fault in examined(folder).faults}
    assert "WY-SF" in by_field["WY-SG.category"]
    assert "SZ" in by_field["WY-SG.lead"]


def test_the_nearest_of_very_many_codes_are_their_neighbours() -> None:
    from services.router.publishing.inspection import COMPARED, Codes

    known = [f"3701050010{n:05d}" for n in range(COMPARED + 2)]
    wrong = known.pop(77)
    remedy = Codes(known, (), all_read=True).remedy(wrong)
    assert known[76] in remedy
    assert known[77] in remedy


def test_a_row_that_could_not_be_read_is_not_taken_for_missing(folder: Path) -> None:
    line = replaced(folder, "units.csv", "^SZ,(.*),department,", r"SZ,\1,king,")
    faults = examined(folder).faults
    assert [(fault.file, fault.line, fault.field) for fault in faults] == [
        ("units.csv", line, "kind")
    ]


def test_a_file_that_could_not_be_read_to_its_end_accuses_no_other(folder: Path) -> None:
    line = replaced(folder, "units.csv", "^DESK,", '"DESK,')
    faults = examined(folder).faults
    assert [(fault.file, fault.line, fault.kind) for fault in faults] == [
        ("units.csv", line, "quotes")
    ]


def test_an_outline_of_no_area_is_told_with_its_line(folder: Path) -> None:
    line = replaced(folder, "areas.geojson", '"370105001010"', '"370105001990"')
    (fault,) = examined(folder).faults
    assert (fault.file, fault.line, fault.kind) == ("areas.geojson", line, "unknown-code")


def test_an_outline_in_metres_is_told_with_its_line(folder: Path) -> None:
    line = replaced(folder, "areas.geojson", r"\[116\.964738,", "[116964.738,")
    found = {(fault.file, fault.line, fault.kind) for fault in examined(folder).faults}
    assert ("areas.geojson", line, "outline") in found
    assert any("度" in fault.remedy for fault in examined(folder).faults)


ENDED = "2026-12-01"


def test_an_area_may_end_with_successors_and_a_successor_may_not_end_before(folder: Path) -> None:
    with_column(folder)
    line = replaced(folder, "areas.csv", f"^({COMPOUND},.*),,$", rf"\1,{ENDED},{COMMUNITY}007")
    kinds = {(fault.line, fault.kind) for fault in examined(folder).faults}
    assert {kind for _, kind in kinds} == {"outlives-parent"}
    for found in re.findall(rf"(?m)^({COMMUNITY}\d+),{COMPOUND},", text_of(folder)):
        replaced(folder, "areas.csv", f"^{found},{COMPOUND},", f"{found},{COMMUNITY}007,")
    assert examined(folder).faults == []
    replaced(folder, "areas.csv", f"^({COMMUNITY}007,.*),,$", r"\1,2026-11-20,")
    assert {(f.line, f.kind) for f in examined(folder).faults} >= {(line, "successors")}


@pytest.mark.parametrize(
    ("tail", "field", "kind"),
    [
        (f",,{COMMUNITY}007", "valid_to", "successors"),
        (f",{ENDED},{COMMUNITY}777", "successors", "unknown-code"),
        (f",{ENDED},{COMPOUND}", "successors", "cycle"),
    ],
)
def test_successors_need_an_end_must_exist_and_never_lead_back(
    folder: Path, tail: str, field: str, kind: str
) -> None:
    with_column(folder)
    line = replaced(folder, "areas.csv", f"^({COMPOUND},.*),,$", rf"\1{tail}")
    found = {(f.line, f.field, f.kind) for f in examined(folder).faults}
    assert (line, f"{COMPOUND}.{field}", kind) in found


def with_column(folder: Path) -> None:
    """Give areas.csv its optional column."""
    path = folder / "areas.csv"
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text(
        "\n".join([f"{head},successors", *(f"{line}," for line in lines)]) + "\n", "utf-8"
    )


def text_of(folder: Path) -> str:
    return (folder / "areas.csv").read_text(encoding="utf-8")


def test_a_level_may_be_left_out_where_the_city_has_none(folder: Path) -> None:
    append(folder, "areas.csv", "370105009,370105,subdistrict,无社区街道,,,,")
    append(folder, "areas.csv", "370105009001001,370105009,compound,某小区,,,,")
    append(folder, "areas.csv", f"{COMMUNITY}777,{COMMUNITY},building,独栋楼,,,,")
    assert not {fault.kind for fault in examined(folder).faults} & {"level-jumped", "code-prefix"}


@pytest.mark.parametrize(
    ("file", "line", "kind"),
    [
        ("units.csv", "GT-999,某网格,grid_team,SQ-001,,standard,,no,", "covers-nothing"),
        ("units.csv", "AB,某单位,committee,SQ-001,,standard,,no,", "no-post"),
        ("posts.csv", "AB,SZ,,member,P0001,别人,138,work,,", "two-names"),
        ("posts.csv", "AB,SZ,,member,P9998,别人,,work,,", "no-phone"),
        ("posts.csv", "AB,SZ,,member,P9998,别人,138,work,DESK-Z,", "deputy-elsewhere"),
        ("areas.csv", f"{COMMUNITY}777,{COMMUNITY},compound,纺兴苑,,,,", "namesake"),
        ("categories.csv", "AB,WY,某类,电梯坏:3,normal,", "keyword-contested"),
        ("categories.csv", "AB,WY,某类,某词:3|某词:2,normal,", "keyword-twice"),
        ("places.csv", "某路,road,370105001,,,,113.0,23.0", "far-away"),
        ("duty.csv", "2026-11-16,DESK,DESK-ZG,06:00,09:00", "turns-overlap"),
    ],
)
def test_what_is_odd_but_possible_is_a_warning(
    folder: Path, file: str, line: str, kind: str
) -> None:
    if file == "duty.csv":
        append(folder, "posts.csv", "DESK-ZG,DESK,,desk,P9999,某人,138,work,,")
    if file == "areas.csv":
        append(folder, "units.csv", f"GT-999,某网格,grid_team,SQ-003,{COMMUNITY}777,standard,,no,")
        append(folder, "posts.csv", "GT-999-L,GT-999,,leader,P9999,某人,138,work,,")
    number = append(folder, file, line)
    found = examined(folder)
    assert found.faults == []
    assert (file, number, kind) in {(f.file, f.line, f.kind) for f in found.warnings}
    assert all(warning.warning for warning in found.warnings)


def test_rows_that_name_an_area_which_has_ended_are_warned_of(folder: Path) -> None:
    with_column(folder)
    append(
        folder, "areas.csv", f"{COMMUNITY}777,{COMMUNITY},compound,老院,,,,2026-11-01,{COMPOUND}"
    )
    line = append(folder, "places.csv", f"老院东门,landmark,{COMMUNITY}777,,,,,")
    found = examined(folder)
    assert found.faults == []
    (warning,) = found.warnings
    assert (warning.file, warning.line, warning.kind) == ("places.csv", line, "ended-area")
    assert COMPOUND in warning.remedy


def test_the_standard_profile_must_be_there_for_every_urgency(folder: Path) -> None:
    path = folder / "limits.toml"
    text = path.read_text(encoding="utf-8")
    cut = re.sub(r"(?s)\[profiles\.standard\.complex\].*?(?=\[profiles\.bureau\])", "", text)
    path.write_text(cut, encoding="utf-8")
    (fault,) = examined(folder).faults
    assert (fault.file, fault.kind) == ("limits.toml", "no-standard")
    assert "complex" in fault.remedy


def test_weekdays_must_be_alike_in_the_files_of_all_years(folder: Path) -> None:
    line = replaced(
        folder, "calendar/2027.csv", "^standard,mon,(.*),09:00", r"standard,mon,\1,08:00"
    )
    (fault,) = examined(folder).faults
    assert (fault.file, fault.line, fault.kind) == ("2027.csv", line, "weekdays-differ")


def test_a_city_of_many_faults_is_told_a_bounded_list(folder: Path) -> None:
    append(folder, "places.csv", "\n".join(["某路,road,370109,,,,,"] * (SHOWN_OF_A_KIND + 40)))
    found = examined(folder).faults
    assert len(found) == SHOWN_OF_A_KIND + 1
    assert "40" in found[-1].remedy


def test_a_vacant_owner_is_told_with_the_line_of_its_post(folder: Path) -> None:
    path = folder / "posts.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    mine = [n for n, line in enumerate(lines) if line.split(",")[1] == "JY"]
    for n in mine:
        lines[n] = lines[n].rstrip(",") + "," * (9 - lines[n].rstrip(",").count(",")) + "2026-11-18"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    faults: list[Fault] = examined(folder).faults
    assert faults
    assert {(f.file, f.field, f.kind) for f in faults} == {("posts.csv", "JY", "unreachable")}
    assert {f.line for f in faults} == {mine[-1] + 1}
    assert all("2 天后" in f.remedy for f in faults)


def test_a_reception_rule_is_for_a_unit_a_level_or_everybody(folder: Path) -> None:
    append(folder, "reception.toml", "[office.SQ-001]\nweek = 1\n[office.SZZ]\nweek = 1")
    (fault,) = examined(folder).faults
    assert (fault.file, fault.field, fault.kind) == ("reception.toml", "SZZ", "unknown-code")
    append(folder, "reception.toml", "[office.SQ-002]\ndecision = 'none'\ncap = 16\nlapse = '80%'")
    fields = {one.field for one in files.scan(folder).faults}
    assert fields == {f"office.SQ-002.{name}" for name in ("decision", "cap", "lapse")}
    (folder / "reception.toml").unlink()
    assert examined(folder).faults == []
