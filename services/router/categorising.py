"""The category of a complaint: the code the filer gave, then the directory's keywords. Pure."""

from __future__ import annotations

from typing import Final

from contracts.complaint import ComplaintReceived
from services.router.directory import Directory
from services.router.keywords import CategoryGuess

GIVEN: Final = "given"


def category_of(complaint: ComplaintReceived, directory: Directory) -> CategoryGuess:
    """The category, how sure, and the next best; a code the directory knows is believed."""
    if complaint.category is not None and complaint.category in directory.categories:
        return CategoryGuess(
            complaint.category,
            sure=True,
            score=1.0,
            best=((complaint.category, 1.0),),
            words=(GIVEN,),
        )
    return directory.keywords.guess(complaint.title, complaint.text)
