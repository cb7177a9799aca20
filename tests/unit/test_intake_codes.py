"""Codes that intake knows: a wrong one is refused with the nearest of its own community, else of those above."""

from __future__ import annotations

from typing import Any, Final

import pytest

from kit.errors import DomainError
from services.intake.directory import Codes

STREET: Final = "370105002"
COMMUNITIES: Final = tuple(f"{STREET}{n:03}" for n in (1, 2, 3))


def _row(code: str, level: str, parent: str | None, name: str = "某地") -> dict[str, Any]:
    return {"code": code, "level": level, "parent": parent, "name": name}


AREAS: Final = [
    _row("370105", "district", None),
    _row(STREET, "subdistrict", "370105"),
    *(_row(code, "community", STREET) for code in COMMUNITIES),
    *(_row(f"{code}{n:03}", "compound", code) for code in COMMUNITIES for n in range(1, 40)),
]
CODES: Final = Codes.of(
    1,
    {
        "areas": AREAS,
        "categories": [{"code": "SH", "name": "生活"}],
        "units": [],
        "places": [],
    },
)


def nearest(grid_code: str) -> list[str]:
    with pytest.raises(DomainError) as error:
        CODES.check(grid_code, None)
    found: list[str] = error.value.extra["nearest"]
    return found


def test_every_area_is_known() -> None:
    for row in AREAS:
        CODES.check(row["code"], "SH")


@pytest.mark.parametrize(
    ("wrong", "offered"),
    [
        (f"{COMMUNITIES[1]}900", COMMUNITIES[1]),
        (f"{STREET}008001", STREET),
        ("370105009001001", "370105"),
    ],
)
def test_an_unknown_code_is_refused_with_the_nearest_of_the_smallest_area_that_is_known(
    wrong: str, offered: str
) -> None:
    found = nearest(wrong)
    assert found
    assert all(code.startswith(offered) for code in found)


def test_what_is_let_go_is_all_there_is_much_of() -> None:
    pieces = CODES.pieces()
    assert all(block in pieces for block in CODES.names.blocks.values())
    assert sum(len(block) for block in CODES.names.blocks.values()) == len(AREAS)
