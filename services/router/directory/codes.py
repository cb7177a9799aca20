"""Codes as people give them: unknown ones are refused with the nearest, units go by any of their names.

The same words as intake's when a complaint is filed (product.md section 8). Pure; never walks over all
areas of a city: a wrong digit or two exchanged ones are tried, then the areas around.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from contracts.directory import Unit
from kit.validation import known_code, unknown_code

if TYPE_CHECKING:
    from services.router.directory.directory import Directory

SHOWN: Final = 3
_DIGITS: Final = "0123456789"
_AROUND: Final = (12, 9, 6)
"""Lengths of the codes of community, subdistrict and district (GB/T 30428.1)."""


def unit_names(units: Iterable[Unit]) -> dict[str, str]:
    """Code, name or alias to code. A code comes before a name, a name before an alias; then the first code."""
    rows = sorted(units, key=lambda unit: unit.code)
    found: dict[str, str] = {}
    for names in (
        ((unit.code,) for unit in rows),
        ((unit.name,) for unit in rows),
        (unit.aliases for unit in rows),
    ):
        for unit, own in zip(rows, names, strict=True):
            for name in own:
                found.setdefault(name, unit.code)
    return found


def check(directory: Directory, grid_code: str | None, category: str | None) -> None:
    """Refuse unknown codes and name the nearest. Raises DomainError 422."""
    known_area("grid_code", grid_code, directory)
    known_code("category", category, directory.categories)


def known_area(field: str, code: str | None, directory: Directory) -> None:
    """Refuse an area code that the directory does not have. Raises DomainError 422."""
    if code is not None and code not in directory.areas:
        raise unknown_code(field, _nearest_areas(directory.areas, code))


def _nearest_areas(areas: Mapping[str, object], code: str) -> list[str]:
    found: list[str] = []
    for near in _variants(code):
        if near in areas and near not in found:
            found.append(near)
        if len(found) == SHOWN:
            break
    return found


def _variants(code: str) -> Iterator[str]:
    """One digit wrong, two neighbours exchanged, one left out or too many, then the areas around."""
    for at in range(len(code)):
        for digit in _DIGITS:
            yield code[:at] + digit + code[at + 1 :]
        yield code[:at] + code[at + 1 : at + 2] + code[at] + code[at + 2 :]
        yield code[:at] + code[at + 1 :]
        for digit in _DIGITS:
            yield code[:at] + digit + code[at:]
    for length in _AROUND:
        if length < len(code):
            yield code[:length]
