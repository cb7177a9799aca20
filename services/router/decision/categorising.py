"""The category of a complaint: the code the filer gave, the directory's keywords, a learned model. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from contracts.complaint import ComplaintReceived
from services.router.category.keywords import CategoryGuess, ModelSaid
from services.router.category.model import Model
from services.router.directory.directory import Directory

GIVEN: Final = "given"
WORDS: Final = "words"
MODEL: Final = "model"


def category_of(
    complaint: ComplaintReceived, directory: Directory, model: Model | None = None
) -> CategoryGuess:
    """The category, how sure, and the next best; a code the directory knows is believed.

    Else keywords or model decide, whichever is sure; where both are and mean different things, or
    neither is, a person does (domain.md A2 row 26).
    """
    if complaint.category is not None and complaint.category in directory.categories:
        return CategoryGuess(
            complaint.category,
            sure=True,
            score=1.0,
            best=((complaint.category, 1.0),),
            words=(GIVEN,),
            by=GIVEN,
        )
    heard = directory.keywords.guess(complaint.title, complaint.text)
    if model is None:
        return heard
    return agreed(heard, _said(complaint, directory, model), directory)


def agreed(heard: CategoryGuess, said: ModelSaid, directory: Directory) -> CategoryGuess:
    """One guess from what keywords heard and what the model said."""
    if heard.code is None and not said.best:
        return replace(heard, model=said)
    if heard.sure and said.sure:
        return _both(heard, said, directory)
    if heard.sure or not said.best:
        return replace(heard, model=said)
    code, score = said.best[0]
    words = heard.words if heard.code == code else ()
    return CategoryGuess(
        code, sure=said.sure, score=score, best=said.best, words=words, by=MODEL, model=said
    )


def _both(heard: CategoryGuess, said: ModelSaid, directory: Directory) -> CategoryGuess:
    """Two sure answers: the more exact one where they are of one branch, else neither."""
    code, score = said.best[0]
    assert heard.code is not None  # noqa: S101 - it is sure
    if code in directory.lines[heard.code]:
        return replace(heard, model=said)
    if heard.code in directory.lines[code]:
        return CategoryGuess(
            code, sure=True, score=score, best=said.best, words=heard.words, by=MODEL, model=said
        )
    best = ((heard.code, heard.score), (code, score))
    return replace(heard, sure=False, best=best, model=said)


def _said(complaint: ComplaintReceived, directory: Directory, model: Model) -> ModelSaid:
    """What the model says; categories that this directory no longer has are left out."""
    guess = model.guess(complaint.title, complaint.text)
    best = tuple(pair for pair in guess.best if pair[0] in directory.categories)
    sure = guess.sure and best[:1] == guess.best[:1]
    return ModelSaid(model.version, model.threshold, best, sure)
