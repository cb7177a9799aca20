"""The forty of reliability.md D.7 each have a test; docs/reliability.md says of them and of the last run what is so."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.chaos.campaign import ALL, ONLY_AIMED
from tests.chaos.faults.leader import KillLeader
from tests.chaos.page import FIGURES, PAGE, PICTURE, PICTURE_MOST, figures_text, part, picture, put
from tests.support.forty import FORTY, Row
from tests.support.survived import SURVIVED, Survived
from tests.support.trust_page import forty_text, survived_text

TESTS: Final = Path(__file__).parents[1]
BESIDE: Final = {"chaos", "fuzz"}
"""Marks of tests that `make test` leaves to other targets."""


@cache
def functions_of(file: Path) -> dict[str, set[str]]:
    """Test functions of a file with the marks on them and on the file, as pytest would collect them."""
    if not file.name.startswith("test_") or not file.exists():
        return {}
    body = ast.parse(file.read_text("utf-8")).body
    everywhere = {
        mark
        for one in body
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "pytestmark"
        for mark in re.findall(r"mark\.(\w+)", ast.unparse(one.value))
    }
    return {
        one.name: everywhere
        | {m for d in one.decorator_list for m in re.findall(r"mark\.(\w+)", ast.unparse(d))}
        for one in body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test_")
    }


def missing(rows: Iterable[Row | Survived]) -> list[str]:
    """What is wrong with a table: a test that is not there, a row that `make test` does not show."""
    wrong = []
    for row in rows:
        shown = False
        for name in row.tests:
            path, _, function = name.partition("::")
            there = functions_of(TESTS / path)
            found = there if function == "*" else {k: v for k, v in there.items() if k == function}
            if not found:
                wrong.append(f"{row.number}: no {name}")
            shown = shown or any(not marks & (BESIDE | {"skip"}) for marks in found.values())
        if not shown and not (isinstance(row, Survived) and row.kinds):
            wrong.append(f"{row.number}: nothing in `make test`")
    return wrong


def test_each_of_the_forty_has_a_test_that_runs() -> None:
    assert [row.number for row in FORTY] == list(range(1, 41))
    assert missing(FORTY) == []


def test_each_fault_has_a_test_or_a_kind_that_shows_it() -> None:
    assert [row.number for row in SURVIVED] == list(range(1, 41))
    assert missing(SURVIVED) == []
    struck = {*ALL, KillLeader.kind} - ONLY_AIMED
    assert {kind for row in SURVIVED for kind in row.kinds} == struck


def test_a_row_whose_test_went_away_would_be_told() -> None:
    good = FORTY[0]
    gone = "integration/test_hostile_input.py::test_that_was_renamed"
    assert missing([Row(1, "", "", (*good.tests, gone))]) == [f"1: no {gone}"]
    assert missing([Row(2, "", "", ("no/test_file.py::test_x",))]) != []
    assert missing([Row(3, "", "", ("support/forty.py::*",))]) != []
    poison = "fuzz/test_poison.py::test_d7_31_34_poison_is_buried_once_and_good_traffic_goes_on"
    assert missing([Row(4, "", "", (poison,))]) == ["4: nothing in `make test`"]
    assert missing([Row(5, "", "", ())]) == ["5: nothing in `make test`"]


def test_no_test_is_named_after_a_row_there_is_not() -> None:
    said = "\n".join(file.read_text("utf-8") for file in TESTS.rglob("test_*.py"))
    names = set(re.findall(r"^(?:async )?def (test_\w+)", said, re.MULTILINE))
    numbers = {int(n) for name in names for n in re.findall(r"d7_(\d+)", name)}
    assert numbers <= {row.number for row in FORTY}
    assert len(numbers) > 25


@pytest.mark.parametrize(
    ("name", "text"), [("forty", forty_text), ("faults", survived_text)], ids=["forty", "faults"]
)
def test_the_page_has_the_table_of_the_code(name: str, text: Callable[[], str]) -> None:
    """After a change: `python -m tests.support.trust_page` writes it."""
    assert part(PAGE.read_text("utf-8"), name) == text()


def test_the_figures_of_the_page_are_those_of_the_run() -> None:
    """`python -m tests.chaos.page FOLDER` writes both; nobody types a figure."""
    figures = json.loads(FIGURES.read_text("utf-8"))
    page = PAGE.read_text("utf-8")
    assert part(page, "figures") == "\n".join(figures_text(figures))
    figures["lost"] += 1
    assert part(page, "figures") != "\n".join(figures_text(figures))
    assert not re.search(r"/tmp|/root|/home|/work", json.dumps(figures))


def test_the_picture_is_small_and_shows_no_place() -> None:
    drawing = PICTURE.read_text("utf-8")
    assert drawing.startswith("<svg ")
    assert len(drawing.encode()) <= PICTURE_MOST
    assert not re.search(r"/tmp|/root|/home|/work|<script", drawing)
    with pytest.raises(ValueError, match="no drawing"):
        picture("<html></html>")


def test_every_file_the_threat_model_names_is_there() -> None:
    """Whoever moves what enforces a line has to look at the line."""
    said = (PAGE.parent / "threat-model.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_0-9/]+/[a-z_0-9]+\.py)`", said))
    assert len(named) > 25
    assert [name for name in sorted(named) if not (TESTS.parent / name).exists()] == []


def test_only_what_is_marked_is_written() -> None:
    page = "a\n<!-- x: written by a program -->\nold\n<!-- end of x -->\nb"
    assert put(page, "x", "new") == page.replace("old", "new")
    with pytest.raises(ValueError, match="no marks"):
        put(page, "y", "new")
