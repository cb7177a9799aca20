"""The decision: place, category, duty, and what they rest on. Pure and total.

A function of the complaint, the directory version and the time; nothing else is read, so a stored
receipt can be replayed. What it would not decide alone goes to the named triage desk with a reason.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from contracts.complaint import ComplaintReceived, Urgency
from services.router import duty
from services.router.areas import city_day
from services.router.categorising import category_of
from services.router.decision import Decision, RoutingReason
from services.router.directory import ANY, Directory
from services.router.duty import Duty
from services.router.gazetteer import PlaceGuess
from services.router.keywords import CategoryGuess
from services.router.placing import place_of

COMPOUND: Final = 4
"""Depth at which a grid team is surely known."""


def decide(complaint: ComplaintReceived, directory: Directory, at: datetime) -> Decision:
    """Who gets it and why. Never raises on any complaint; needs a published directory."""
    place = place_of(complaint, directory, city_day(at))
    category = category_of(complaint, directory)
    reason, found = _judge(complaint, directory, place, category)
    to_owner = found if reason is RoutingReason.RULE else None
    unit = to_owner.unit if to_owner else duty.desk(directory, place.area, complaint.accused)
    post = duty.answering_post(directory, unit, place.area, at)
    known = directory.categories.get(category.code or "")
    return Decision(
        reason=reason,
        unit=unit,
        assists=_assists(complaint, directory, to_owner) if to_owner else (),
        post=post.post if post else None,
        urgency=complaint.urgency or (known.default_urgency if known else Urgency.NORMAL),
        place=place,
        category_guess=category,
        duty=found,
        directory_version=directory.version,
    )


def _assists(complaint: ComplaintReceived, directory: Directory, found: Duty) -> tuple[str, ...]:
    """Who helps; never the party complained about, nor the unit right above it."""
    if complaint.accused is None:
        return found.assists
    return tuple(u for u in found.assists if not duty.conflicts(directory, u, complaint.accused))


def _judge(
    complaint: ComplaintReceived,
    directory: Directory,
    place: PlaceGuess,
    category: CategoryGuess,
) -> tuple[RoutingReason, Duty | None]:
    if category.code is None:
        return RoutingReason.CATEGORY_UNKNOWN, None
    if place.area is None and place.owner is None:
        return RoutingReason.PLACE_UNKNOWN, None
    try:
        found = duty.find(directory, category.code, place.area, place.owner)
    except LookupError:
        return RoutingReason.NO_OWNER, None
    doubts = (
        (
            RoutingReason.CONFLICT_OF_INTEREST,
            duty.conflicts(directory, found.unit, complaint.accused),
        ),
        (RoutingReason.CATEGORY_UNSURE, not category.sure),
        (
            RoutingReason.PLACE_UNSURE,
            found.lead == "@grid" and directory.depth(place.area) < COMPOUND,
        ),
        (RoutingReason.BACKSTOP, found.rule[0] == ANY),
    )
    reason = next((reason for reason, holds in doubts if holds), RoutingReason.RULE)
    return reason, found
