"""The small district after its grids were divided anew, for the rules of following."""

from __future__ import annotations

from datetime import date
from typing import Final

from contracts.directory import Area, AreaLevel, Unit, UnitKind
from services.router.directory.files import Tables
from tests.support import small
from tests.support.small import EAST, GARDEN, GARDEN_3, GARDEN_5, HAPPY_EAST, MONDAY, post

NORTH: Final = "370105001008011"
SOUTH: Final = "370105001008012"
ENDS: Final = MONDAY.date()
GT_NORTH: Final = "GT-N"
GT_SOUTH: Final = "GT-S"
SPLIT: Final[dict[str, tuple[str, ...]]] = {GARDEN: (NORTH, SOUTH)}
MERGED: Final[dict[str, tuple[str, ...]]] = {GARDEN: (NORTH,), HAPPY_EAST: (NORTH,)}


def tables(heirs: dict[str, tuple[str, ...]], *, ends: date = ENDS) -> Tables:
    """Areas end on a day and others take their place; 3号楼 goes north and 5号楼 south."""
    found = small.tables()
    found["areas"] = [_divided(area, heirs, ends) for area in found["areas"]]
    found["areas"] += [
        Area(code=NORTH, parent=EAST, level=AreaLevel.COMPOUND, name="金桂北苑", compound_type="closed"),
        Area(code=SOUTH, parent=EAST, level=AreaLevel.COMPOUND, name="金桂南苑", compound_type="closed"),
    ]  # fmt: skip
    found["places"] = [
        place.model_copy(update={"grid": EAST}) if place.grid in heirs else place
        for place in found["places"]
    ]
    for code, area in ((GT_NORTH, NORTH), (GT_SOUTH, SOUTH)):
        found["units"].append(
            Unit(code=code, name=code, kind=UnitKind.GRID_TEAM, parent="SQ-1", area=(area,))
        )
        found["posts"].append(post(f"{code}-L", code))
    return found


def _divided(area: Area, heirs: dict[str, tuple[str, ...]], ends: date) -> Area:
    if area.code in heirs:
        return area.model_copy(update={"valid_to": ends, "successors": heirs[area.code]})
    if area.parent == GARDEN and GARDEN in heirs:
        home = {GARDEN_3: NORTH, GARDEN_5: heirs[GARDEN][-1]}[area.code]
        return area.model_copy(update={"parent": home})
    return area
