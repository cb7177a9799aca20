"""A cell that a spreadsheet would run is text outside, and itself again inside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.formula import plain, safe

RUNS = "=+-@＝＋－＠"


@pytest.mark.parametrize(
    "cell",
    [
        '=HYPERLINK("http://x","y")', "@SUM(1)", "+1", "-1", "\t=1+1", "\r=1", "\n@x", "＝1+1",
        "＠SUM(1)", " =1", "\u3000＝1", "\ufeff=1", "\ufeff \t＋1", "\x00=1",
    ],
    ids=ascii,
)  # fmt: skip
def test_d7_12_what_might_run_is_text(cell: str) -> None:
    """D.7 #12: also full-width, and behind spaces, tabs and marks that a spreadsheet passes over."""
    assert safe(cell) == f"'{cell}"
    assert plain(safe(cell)) == cell


@given(st.text() | st.text(f"{RUNS} \t\u3000\ufeff'a", max_size=5))
def test_a_cell_comes_back_as_it_was_and_never_runs(cell: str) -> None:
    assert plain(safe(cell)) == cell
    assert not safe(cell).startswith(("\t", "\r", "\n"))
    assert not safe(cell).strip(" \t\r\n\u3000\ufeff\x00").startswith(tuple(RUNS))


@given(st.lists(st.text("'=+-@a", max_size=4)))
def test_marks_in_front_of_marks_come_back_too(cells: list[str]) -> None:
    assert [plain(safe(cell)) for cell in cells] == cells
