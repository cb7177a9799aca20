"""A ticker sleeps until the next due time: it has to know of every table that the tick claims from."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import Final

import pytest

from services.notifier import ladder, reception, whistle
from services.notifier.ladder.store_ladder import SQL_UNTIL_NEXT

CLAIMED: Final = re.compile(r"from (\w+) (\w)\b[^;]*?\bwhere \2\.(\w+) <= \$1", re.DOTALL)
KNOWN: Final = re.compile(r"select min\((\w)\.(\w+)\) from (\w+) \1\b")
OF_OTHERS: Final = frozenset({("watch", "next_at")})
"""Claimed by loops of their own."""


def claims() -> set[tuple[str, str]]:
    """Table and column of everything that is taken when its time has come."""
    found = set()
    for package in (ladder, reception, whistle):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, text in vars(importlib.import_module(module.name)).items():
                if name.startswith("SQL_") and "skip locked" in text:
                    found |= {(table, column) for table, _, column in CLAIMED.findall(text)}
    return found - OF_OTHERS


def test_the_look_knows_of_every_table_the_tick_claims_from() -> None:
    known = {(table, column) for _, column, table in KNOWN.findall(SQL_UNTIL_NEXT)}
    assert ("ladder", "next_due_at") in claims()
    assert claims() <= known


@pytest.mark.parametrize("table", ["ladder", "clock", "whistle_clock", "escalation"])
def test_a_table_left_out_would_be_noticed(table: str) -> None:
    assert table in {claimed for claimed, _ in claims()}
