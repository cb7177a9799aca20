"""The decision: place, category, duty, and what they rest on. Pure and total.

A function of the complaint, the directory version, the model version and the time; nothing else is
read, so a stored receipt can be replayed. What it would not decide alone goes to the named triage desk with a reason.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from contracts.complaint import ComplaintReceived, Urgency
from services.router.category.keywords import CategoryGuess
from services.router.category.model import Model
from services.router.decision import inputs
from services.router.decision.answering import PRESSING, Answer, answering_post
from services.router.decision.border import contested
from services.router.decision.categorising import category_of
from services.router.decision.conflict import conflicts, desk
from services.router.decision.decision import Decision, RoutingReason
from services.router.decision.duty import Duties, Duty, duties
from services.router.decision.placing import place_of
from services.router.directory.directory import ANY, Directory
from services.router.directory.hours import moment
from services.router.place.gazetteer import PlaceGuess


class _Asked(NamedTuple):
    """What is asked of the directory."""

    directory: Directory
    complaint: ComplaintReceived
    place: PlaceGuess
    category: CategoryGuess
    at: datetime
    pressing: bool

    def answers(self, unit: str) -> Answer | None:
        """Who answers for a unit."""
        return answering_post(
            self.directory, unit, self.place.area, self.at, pressing=self.pressing
        )

    def conflict(self, unit: str) -> bool:
        """True when a unit must not have the matter."""
        accused, area = self.complaint.accused, self.place.area
        return conflicts(self.directory, unit, accused, area, self.at) is not None


def decide(
    complaint: ComplaintReceived, directory: Directory, at: datetime, model: Model | None = None
) -> Decision:
    """Who gets it and why. Never raises on any complaint; needs a published directory.

    Without a learned model, keywords alone say what a complaint is about.
    """
    complaint = inputs.used(complaint)
    place = place_of(complaint, directory, moment(at).day)
    category = category_of(complaint, directory, model)
    known = directory.categories.get(category.code or "")
    urgency = complaint.urgency or (known.default_urgency if known else Urgency.NORMAL)
    asked = _Asked(directory, complaint, place, category, at, urgency in PRESSING)
    said = _said(asked)
    found, answer = _reached(asked, said)
    reason = _reason(asked, said, found, answer)
    assists: tuple[str, ...] = ()
    if reason is RoutingReason.RULE and found is not None and answer is not None:
        unit = answer.unit
        assists = _assists(asked, found, unit)
    else:
        unit = desk(directory, place.area, {complaint.accused}, at)
        answer = asked.answers(unit)
    return Decision(
        reason=reason,
        unit=unit,
        assists=assists,
        answer=answer if answer and answer.unit == unit else None,
        urgency=urgency,
        place=place,
        category_guess=category,
        duty=found,
        said=said,
        at=at,
        complaint=complaint,
        directory=directory,
    )


def _said(asked: _Asked) -> Duties | None:
    """What the catalogue says; None while category or place are unknown."""
    category, place = asked.category.code, asked.place
    if category is None or (place.area is None and place.owner is None):
        return None
    return duties(asked.directory, category, place.area, place.owner)


def _reached(asked: _Asked, said: Duties | None) -> tuple[Duty | None, Answer | None]:
    """The most specific duty for which somebody can be reached, with who that is."""
    for option in said.options if said else ():
        answer = asked.answers(option.unit)
        if answer is not None:
            return option, answer
    return None, None


def _assists(asked: _Asked, found: Duty, lead: str) -> tuple[str, ...]:
    """Who helps; never somebody who must not have the matter, nor the lead itself."""
    return tuple(u for u in found.assists if u != lead and not asked.conflict(u))


def _reason(
    asked: _Asked, said: Duties | None, found: Duty | None, answer: Answer | None
) -> RoutingReason:
    if asked.category.code is None:
        return RoutingReason.CATEGORY_UNKNOWN
    if said is None:
        return RoutingReason.PLACE_UNKNOWN
    if found is None or answer is None:
        unsure = said.place_unsure and not said.options
        return RoutingReason.PLACE_UNSURE if unsure else RoutingReason.NO_OWNER
    tied = asked.conflict(found.unit) or (answer.unit != found.unit and asked.conflict(answer.unit))
    torn = contested(asked.directory, asked.category.code, asked.place, found.unit)
    doubts = (
        (RoutingReason.CONFLICT_OF_INTEREST, tied),
        (RoutingReason.CATEGORY_UNSURE, not asked.category.sure),
        (RoutingReason.NEAR_BORDER, torn and asked.place.near_border),
        (RoutingReason.PLACE_UNSURE, torn or found.place_unsure),
        (RoutingReason.BACKSTOP, found.rule[0] == ANY),
    )
    return next((reason for reason, holds in doubts if holds), RoutingReason.RULE)
