"""Which names lead where: areas above the building, their spoken forms, and places."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.directory import AreaLevel, Place
from services.router.place import spoken
from services.router.place.areas import Areas
from services.router.place.blocks import DEPTH, LEVELS, Block
from services.router.place.names import Candidate, Names

_COMPOUND = DEPTH[AreaLevel.COMPOUND]


def names_of(areas: Areas, places: Iterable[Place]) -> Names:
    """Every name of a version. Buildings are found inside their compound, not by name alone."""
    names = Names()
    for area in areas.upper.values():
        _add_area(names, area.code, area.name, area.aliases, area.level)
    for block in areas.blocks.values():
        _add_block(names, block)
    for place in places:
        for name in (place.name, *place.aliases):
            names.add(Candidate(place.grid, name, place.kind, place.numbers, place.owner))
    return names


def _add_block(names: Names, block: Block) -> None:
    for code, name, depth in block.named():
        if depth <= _COMPOUND:
            _add_area(names, code, name, block.aliases(code), LEVELS[depth - 1])


def _add_area(
    names: Names, code: str, name: str, aliases: tuple[str, ...], level: AreaLevel
) -> None:
    for said in (*spoken.strong(name, level), *aliases):
        names.add(Candidate(code, said, level.value))
    stem = spoken.weak(name, level)
    if stem is not None:
        names.add(Candidate(code, stem, level.value, weak=True))
