"""Building beside the event loop: the interpreter's settings come back, and what is let go is gone."""

from __future__ import annotations

import gc
import sys
import weakref

import pytest

from kit import aside


class Row:
    """Something that can be watched going."""


def fail_while_building() -> None:
    with aside.building():
        assert not gc.isenabled()
        assert sys.getswitchinterval() == pytest.approx(aside.SWITCH_S)
        raise KeyError


def test_settings_of_the_interpreter_come_back_even_when_building_fails() -> None:
    before = sys.getswitchinterval()
    with pytest.raises(KeyError):
        fail_while_building()
    assert gc.isenabled()
    assert sys.getswitchinterval() == before


def test_no_piece_holds_more_than_it_should_and_all_of_them_hold_everything() -> None:
    tables = {n: Row() for n in range(2 * aside.PIECE + 1)}, {-1: Row()}
    pieces = aside.in_pieces(tables)
    assert max(len(piece) for piece in pieces if isinstance(piece, list)) <= aside.PIECE
    kept = [row for piece in pieces if isinstance(piece, list) for row in piece]
    assert kept == [*tables[0].values(), *tables[1].values()]


def test_tables_go_before_their_values_and_what_is_held_elsewhere_stays() -> None:
    table = {n: Row() for n in range(3)}
    mine, watched = table[0], [weakref.ref(row) for row in table.values()]
    pieces = aside.in_pieces([table])
    assert pieces[-1] is table
    del table
    aside.let_go(pieces)
    assert [one() for one in watched] == [mine, None, None]
