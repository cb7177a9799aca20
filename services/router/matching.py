"""The decision: place, category, duty, and the receipt that says why. Pure and total.

A function of the complaint, the directory version and the time; nothing else is read, so a stored
receipt can be replayed. What it would not decide alone goes to the named triage desk with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from contracts.complaint import ComplaintReceived, Urgency
from services.router import duty
from services.router.directory import ANY, Directory
from services.router.duty import Duty
from services.router.gazetteer import PlaceGuess
from services.router.keywords import CategoryGuess

RECEIPT_FORM: Final = 1
GIVEN: Final = "given"
COMPOUND: Final = 4
"""Depth at which a grid team is surely known."""


class RoutingReason(StrEnum):
    """Why a ticket went where it went: the receipt's reason, the event's, and the metric's label."""

    RULE = "rule"
    PLACE_UNKNOWN = "place_unknown"
    PLACE_UNSURE = "place_unsure"
    CATEGORY_UNKNOWN = "category_unknown"
    CATEGORY_UNSURE = "category_unsure"
    NO_OWNER = "no_owner"
    BACKSTOP = "backstop"
    CONFLICT_OF_INTEREST = "conflict_of_interest"


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a complaint goes."""

    triage: bool
    reason: RoutingReason
    unit: str
    assists: tuple[str, ...]
    post: str | None
    area: str | None
    category: str | None
    urgency: Urgency
    profile: str
    receipt: dict[str, Any]


def decide(complaint: ComplaintReceived, directory: Directory, at: datetime) -> Decision:
    """Who gets it and why. Never raises on any complaint; needs a published directory."""
    place = _place(complaint, directory)
    category = _category(complaint, directory)
    reason, found = _judge(complaint, directory, place, category)
    triage = reason is not RoutingReason.RULE
    to_owner = found if not triage else None
    unit = to_owner.unit if to_owner else duty.desk(directory, place.area, complaint.accused)
    post = duty.answering_post(directory, unit, place.area, at)
    known = directory.categories.get(category.code or "")
    decision = Decision(
        triage=triage,
        reason=reason,
        unit=unit,
        assists=_assists(complaint, directory, to_owner) if to_owner else (),
        post=post.post if post else None,
        area=place.area,
        category=category.code,
        urgency=complaint.urgency or (known.default_urgency if known else Urgency.NORMAL),
        profile=found.profile if found else "standard",
        receipt={},
    )
    decision.receipt.update(_receipt(decision, place, category, found, directory.version))
    return decision


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


def _place(complaint: ComplaintReceived, directory: Directory) -> PlaceGuess:
    said = directory.gazetteer.locate(
        complaint.address, f"{complaint.title or ''} {complaint.text}"
    )
    if complaint.grid_code in directory.areas:
        return PlaceGuess(complaint.grid_code, 1.0, (GIVEN,), (), said.owner)
    return said


def _category(complaint: ComplaintReceived, directory: Directory) -> CategoryGuess:
    if complaint.category is not None and complaint.category in directory.categories:
        return CategoryGuess(
            complaint.category,
            sure=True,
            score=1.0,
            best=((complaint.category, 1.0),),
            words=(GIVEN,),
        )
    return directory.keywords.guess(complaint.title, complaint.text)


def _receipt(
    decision: Decision,
    place: PlaceGuess,
    category: CategoryGuess,
    found: Duty | None,
    version: int,
) -> dict[str, Any]:
    return {
        "form": RECEIPT_FORM,
        "directory_version": version,
        "outcome": "triage" if decision.triage else "dispatch",
        "reason": decision.reason.value,
        "unit": decision.unit,
        "post": decision.post,
        "place": {
            "area": place.area,
            "score": place.score,
            "names": place.names,
            "runners_up": place.runners_up,
            "near_border": place.near_border,
            "owner": place.owner,
        },
        "category": {
            "code": category.code,
            "score": category.score,
            "words": category.words,
            "best": [{"code": code, "weight": weight} for code, weight in category.best],
        },
        "duty": None
        if found is None
        else {
            "unit": found.unit,
            "lead": found.lead,
            "rule": {
                "category": found.rule[0],
                "area": found.rule[1],
                "compound_type": found.rule[2],
            },
            "source": found.source,
            "profile": found.profile,
            "skipped": found.skipped,
        },
    }
