"""The city's files: every fault is found, and named with its file, line, field and remedy."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError, model_validator

from contracts.directory import PARTS
from contracts.limits import Row
from services.router.directory import files
from services.router.directory.cells import has_rules_of_its_own
from services.router.directory.csv_rows import read_csv
from services.router.directory.faults import SHOWN_OF_A_KIND
from services.router.directory.files import BadDirectoryError, Fault
from services.router.directory.toml_rows import TOP
from services.router.publishing import pieces
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


def test_contacts_and_rules_for_notices_may_be_missing(folder: Path) -> None:
    for name in ("contacts.csv", "notices.toml"):
        (folder / name).unlink()
    tables = files.read(folder)
    assert (list(tables["contacts"]), list(tables["notices"])) == ([], [])


@pytest.mark.parametrize(
    ("key", "line"),
    [("budget = 0", "rules.standard.budget"), ('digest = ["rumour"]', "rules.standard.digest.0"),
     ('quiet = {normal = "22-7"}', "rules.standard.quiet.normal"), ("budgte = 3", "rules.standard.budgte")],
)  # fmt: skip
def test_a_rule_for_notices_that_means_nothing_is_named(folder: Path, key: str, line: str) -> None:
    (folder / "notices.toml").write_text(f"[rules.standard]\n{key}\n", encoding="utf-8")
    (fault,) = faults(folder)
    assert (fault.file, fault.line, fault.field) == ("notices.toml", 2, line)


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
        ("posts.csv", "AB,DESK,370105,desk,P9,某,138,work,,,soon", "away"),
        ("posts.csv", "AB,DESK,370105,desk,P9,某,138,work,,,2026-02-30", "away"),
        (
            "posts.csv",
            "AB,DESK,370105,desk,P9,某,138,work,,,2026-11-20|2026-11-27..2026-11-20",
            "away",
        ),
        ("categories.csv", "AB C,,某类,,normal,", "code"),
        ("categories.csv", "AB,,某类,,soon,", "default_urgency"),
        ("catalogue.csv", "*,,castle,DESK,,standard,", "compound_type"),
        ("duty.csv", "2026-13-01,DESK,DESK-Z,00:00,24:00", "date"),
        ("duty.csv", "2026-11-16,DESK,DESK-Z,midnight,24:00", "from"),
        ("readers.csv", "AB,某屏,spy,370105", "kind"),
        ("calendar/2026.csv", "standard,2026-13-01,workday,,09:00-12:00", "date"),
        ("calendar/2026.csv", "standard,2026-12-01,feast,,09:00-12:00", "kind"),
        ("calendar/2026.csv", "standard,2026-12-01,workday,,9-12", "shifts"),
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
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    (changed,) = {n for n, line in enumerate(lines, 1) if line == new.splitlines()[-1]} & {
        fault.line for fault in found
    }
    assert any(field in fault.field for fault in found if fault.line == changed), found


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
    count = len((folder / "limits.toml").read_text(encoding="utf-8").splitlines())
    assert (fault.file, fault.line, fault.field) == (
        "limits.toml", count, f"profiles.extra.normal.{limit.partition(' ')[0]}",
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


CSV = [part for part in PARTS if part not in {*TOP, "outlines"}]


@pytest.mark.parametrize("part", CSV)
def test_a_file_read_by_its_fields_is_judged_as_by_its_rows(part: str) -> None:
    assert not has_rules_of_its_own(PARTS[part])


def test_a_model_that_judges_whole_rows_would_be_noticed() -> None:
    class Pair(Row):
        low: int
        high: int

        @model_validator(mode="after")
        def _ordered(self) -> Pair:
            return self

    assert has_rules_of_its_own(Pair)


CELLS = st.sampled_from(
    ["", " ", "370105001", "370105001 ", "37010", "AB", "A B", "*", "district", "king", "closed",
     "2026-01-01", "2026/01/01", "2026-02-30", "a|b", "|", "yes", "no", "1", "117.02", "nan", "1-99",
     "odd:1-9", "09:00-12:00", "mon", "work", "leader", "normal", "\x07"]
)  # fmt: skip


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_row_is_accepted_exactly_when_its_model_accepts_it(
    data: st.DataObject, tmp_path: Path
) -> None:
    model = PARTS[data.draw(st.sampled_from(CSV))]
    cells = {name: data.draw(CELLS) for name in model.model_fields}
    file = tmp_path / "some.csv"
    with file.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([cells.keys(), cells.values()])
    rows, found = read_csv(file, model)
    if not any(cell.strip() for cell in cells.values()):
        assert not rows
        assert not found
        return
    meant = {
        name: _meant(name, cell.strip(), model) for name, cell in cells.items() if cell.strip()
    }
    try:
        wanted = [model.model_validate(meant)] if "\x07" not in cells.values() else []
    except ValidationError:
        wanted = []
    assert list(rows) == wanted
    assert bool(found) is not bool(wanted)


def _meant(name: str, cell: str, model: type[Row]) -> object:
    if "tuple" in str(model.model_fields[name].annotation):
        mark = ";" if name == "shifts" else "|"
        return [item.strip() for item in cell.split(mark) if item.strip()]
    if model.model_fields[name].annotation is bool:
        return {"yes": True, "no": False}.get(cell, cell)
    return cell


def test_remedies_are_words_in_two_languages_and_never_a_pattern(folder: Path) -> None:
    edited(folder, "areas.csv", with_line("37010,3701,street,,,castle,2026/1/1,never"))
    edited(folder, "units.csv", with_line("A B,,king,*,1,,A B,maybe,"))
    edited(folder, "calendar/2026.csv", with_line("standard,2026-13-01,feast,,9-12"))
    edited(folder, "duty.csv", with_line("tomorrow,A B,A B,8,20"))
    edited(folder, "places.csv", with_line("某路,river,1,,1~9,A B,x,y"))
    edited(folder, "ladder.toml", lambda whole: whole.replace('warn = "50%"', "warn = 50", 1))
    edited(folder, "limits.toml", lambda whole: whole.replace('"15m"', '"15min"', 1))
    found = faults(folder)
    assert len(found) > 25
    for fault in found:
        chinese, _, english = fault.remedy.rpartition(" / ")
        assert fault.line > 0, fault
        assert re.search("[一-鿿]", chinese), fault
        assert english.isascii(), fault
        assert not re.search(r"\[\^?[0-9a-zA-Z]-|\\d|pattern|\{\d", fault.remedy), fault


def test_a_missing_column_is_named_and_the_others_are_listed(folder: Path) -> None:
    edited(
        folder, "readers.csv", lambda whole: whole.replace("code,name,kind", "code,name,sort", 1)
    )
    by_field = {fault.field: fault for fault in faults(folder)}
    assert by_field.keys() == {"sort", "kind"}
    assert by_field["kind"].line == 1
    assert "code,name,kind,area" in by_field["kind"].remedy


def test_a_misspelt_column_is_named_with_the_one_that_was_meant(folder: Path) -> None:
    edited(folder, "units.csv", lambda whole: whole.replace("aliases", "alias", 1))
    (fault,) = faults(folder)
    assert (fault.line, fault.field) == (1, "alias")
    assert "aliases" in fault.remedy


@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_file_with_another_separator_is_told_so(folder: Path, mark: str) -> None:
    edited(folder, "readers.csv", lambda whole: whole.replace(",", mark))
    assert any("逗号" in fault.remedy and fault.line == 1 for fault in faults(folder))


def test_a_quote_that_never_closes_is_named_where_it_opens(folder: Path) -> None:
    edited(folder, "units.csv", lambda whole: whole.replace("\nDESK,", '\n"DESK,', 1))
    (fault,) = faults(folder)
    line = (folder / "units.csv").read_text(encoding="utf-8").split('"DESK')[0].count("\n") + 1
    assert (fault.file, fault.line) == ("units.csv", line)


def test_a_row_of_commas_as_spreadsheets_leave_it_is_no_row(folder: Path) -> None:
    edited(folder, "readers.csv", with_line(",,,"))
    assert files.read(folder) == sample.tables()


def test_the_line_of_every_row_is_remembered(folder: Path) -> None:
    tables = files.read(folder)
    units = (folder / "units.csv").read_text(encoding="utf-8").splitlines()
    for number, unit in enumerate(tables["units"]):
        file, line = tables["units"].place(number)
        assert file == "units.csv"
        assert units[line - 1].startswith(f"{unit.code},")
    places = [tables["calendar"].place(n) for n in range(len(tables["calendar"]))]
    assert {file for file, _ in places} == {"2024.csv", "2025.csv", "2026.csv", "2027.csv"}
    assert places == sorted(places)


def test_a_city_of_many_faults_is_told_a_bounded_list(folder: Path) -> None:
    edited(folder, "places.csv", with_line("\n".join(["某路,river,370105001,,,,,"] * 700)))
    found = faults(folder)
    assert len(found) == SHOWN_OF_A_KIND + 1
    assert "500" in found[-1].remedy
