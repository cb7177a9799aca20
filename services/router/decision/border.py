"""When another reading of the place would make another unit responsible (domain.md E1). Pure.

A point or an address near a border of two grids is no doubt for a department that answers for both; it
is one where the grids have owners of their own.
"""

from __future__ import annotations

from typing import Final

from services.router.decision.duty import duties
from services.router.directory.directory import Directory
from services.router.place.gazetteer import CONTRADICTED, PlaceGuess

LOOKED_AT: Final = 8
"""Other readings that are looked at; a name with more of them is unsure by any of these."""


def contested(directory: Directory, category: str, place: PlaceGuess, unit: str) -> bool:
    """True where the place is open and one of its other readings leads to another unit than `unit`."""
    open_question = place.near_border or place.score <= CONTRADICTED
    if not open_question:
        return False
    for area in place.runners_up[:LOOKED_AT]:
        options = duties(directory, category, area, place.owner).options
        if options and options[0].unit != unit:
            return True
    return False
