"""The place of a complaint: what the filer gave, what the words say, where the point lies. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from contracts.complaint import ComplaintReceived, Datum, Point
from services.router.directory.directory import Directory
from services.router.place.areas import Areas
from services.router.place.gazetteer import (
    AGREED,
    CONTRADICTED,
    WRONG_ABOVE,
    PlaceGuess,
    common,
)
from services.router.place.outlines import Outlines

GIVEN: Final = "given"
BOTH: Final = "words+point"


def place_of(complaint: ComplaintReceived, directory: Directory, day: date) -> PlaceGuess:
    """The grid at the deepest sure level on `day`; a grid code the directory knows is believed."""
    said = directory.gazetteer.locate(
        complaint.address, f"{complaint.title or ''} {complaint.text}", day
    )
    given = complaint.grid_code
    if given is not None and given in directory.areas and directory.areas.valid(given, day):
        return PlaceGuess(given, AGREED, (GIVEN,), (), said.owner, by=GIVEN)
    if complaint.point is None:
        return said
    return _both(said, complaint.point, directory.outlines, directory.areas)


def _both(said: PlaceGuess, point: Point, outlines: Outlines, areas: Areas) -> PlaceGuess:
    """Words and point together: the deeper where they agree, what both share where they do not."""
    pinned = outlines.locate(point)
    if pinned.area is None:
        return said
    if said.area is None:
        return replace(pinned, names=said.names, owner=said.owner)
    picked = _picked(said, pinned, areas)
    if picked is not None:
        return picked
    for datum in Datum:
        other = outlines.locate(point, datum)
        if datum is not point.datum and other.area and _agree(areas, other.area, said.area):
            return replace(said, score=min(said.score, WRONG_ABOVE), by=BOTH, datum=datum.value)
    return PlaceGuess(
        common(areas, (said.area, pinned.area)),
        CONTRADICTED,
        said.names,
        (said.area, pinned.area),
        said.owner,
        by=BOTH,
        contradicted=said.names,
    )


def _picked(said: PlaceGuess, pinned: PlaceGuess, areas: Areas) -> PlaceGuess | None:
    """What both agree on; None where they exclude each other."""
    assert said.area is not None  # noqa: S101 - the caller looked
    assert pinned.area is not None  # noqa: S101 - the caller looked
    told = [one for one in said.runners_up if _agree(areas, one, pinned.area)]
    if said.near_border and len(told) == 1:
        deeper = max(told[0], pinned.area, key=areas.depth)
        return replace(
            said, area=deeper, score=AGREED, near_border=False, by=BOTH, runners_up=said.runners_up
        )
    if pinned.area in areas.chain(said.area):
        return replace(said, by=BOTH)
    if said.area in areas.chain(pinned.area):
        return replace(pinned, names=said.names, owner=said.owner, by=BOTH)
    return None


def _agree(areas: Areas, one: str, other: str) -> bool:
    return one in areas.chain(other) or other in areas.chain(one)
