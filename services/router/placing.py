"""The place of a complaint: what the filer gave, then what the words say. Pure."""

from __future__ import annotations

from typing import Final

from contracts.complaint import ComplaintReceived
from services.router.directory import Directory
from services.router.gazetteer import PlaceGuess

GIVEN: Final = "given"


def place_of(complaint: ComplaintReceived, directory: Directory) -> PlaceGuess:
    """The grid at the deepest sure level; a grid code the directory knows is believed."""
    said = directory.gazetteer.locate(
        complaint.address, f"{complaint.title or ''} {complaint.text}"
    )
    if complaint.grid_code in directory.areas:
        return PlaceGuess(complaint.grid_code, 1.0, (GIVEN,), (), said.owner)
    return said
