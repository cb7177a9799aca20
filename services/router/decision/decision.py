"""Where a complaint goes and what that rests on; `receipt` renders it for people and for the record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from contracts.complaint import ComplaintReceived, Urgency
from services.router.category.keywords import CategoryGuess
from services.router.decision import receipt
from services.router.decision.answering import Answer
from services.router.decision.duty import Duties, Duty
from services.router.directory.directory import Directory
from services.router.place.gazetteer import PlaceGuess


class RoutingReason(StrEnum):
    """Why a ticket went where it went: the receipt's reason, the event's, and the metric's label."""

    RULE = "rule"
    PLACE_UNKNOWN = "place_unknown"
    PLACE_UNSURE = "place_unsure"
    NEAR_BORDER = "near_border"
    CATEGORY_UNKNOWN = "category_unknown"
    CATEGORY_UNSURE = "category_unsure"
    NO_OWNER = "no_owner"
    BACKSTOP = "backstop"
    CONFLICT_OF_INTEREST = "conflict_of_interest"


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a complaint goes."""

    reason: RoutingReason
    unit: str
    """The unit obliged or its deputy unit; the desk while a person must look."""
    assists: tuple[str, ...]
    answer: Answer | None
    """The post of that unit that answers now."""
    urgency: Urgency
    place: PlaceGuess
    category_guess: CategoryGuess
    duty: Duty | None
    """Who is obliged by the catalogue, also where a doubt sent the matter to the desk."""
    said: Duties | None
    """All that the catalogue says; None where it could not be asked."""
    at: datetime
    complaint: ComplaintReceived = field(repr=False)
    directory: Directory = field(repr=False, compare=False)

    @property
    def triage(self) -> bool:
        """A person must look."""
        return self.reason is not RoutingReason.RULE

    @property
    def post(self) -> str | None:
        """Code of the post that answers."""
        return self.answer.post if self.answer else None

    @property
    def coordinator(self) -> str | None:
        """首接负责: the first unit made responsible coordinates for good; nobody is while it waits."""
        return None if self.triage else self.unit

    @property
    def area(self) -> str | None:
        """Code of the deepest sure area."""
        return self.place.area

    @property
    def category(self) -> str | None:
        """Code of the best category."""
        return self.category_guess.code

    @property
    def profile(self) -> str:
        """Limit profile the catalogue chose."""
        return self.duty.profile if self.duty else "standard"

    @property
    def directory_version(self) -> int:
        """Version of the directory it was decided with."""
        return self.directory.version

    @property
    def model_version(self) -> int | None:
        """Version of the category model that was asked; None where none was."""
        return self.category_guess.model.version if self.category_guess.model else None

    @property
    def receipt(self) -> dict[str, Any]:
        """The routing receipt; rendered when asked for, not while deciding."""
        return receipt.of(self)
