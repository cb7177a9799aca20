"""A cell that a spreadsheet would run is text outside, and itself again inside."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chuishao.formula import plain, safe


@given(st.text())
def test_a_cell_comes_back_as_it_was_and_never_runs(cell: str) -> None:
    assert plain(safe(cell)) == cell
    assert not safe(cell).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(st.lists(st.text("'=+-@a", max_size=4)))
def test_marks_in_front_of_marks_come_back_too(cells: list[str]) -> None:
    assert [plain(safe(cell)) for cell in cells] == cells
