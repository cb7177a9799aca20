"""Where a complaint goes and what that rests on; `receipt` renders it for people and for the record."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from contracts.complaint import Urgency
from services.router import receipt
from services.router.duty import Duty
from services.router.gazetteer import PlaceGuess
from services.router.keywords import CategoryGuess


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

    reason: RoutingReason
    unit: str
    assists: tuple[str, ...]
    post: str | None
    urgency: Urgency
    place: PlaceGuess
    category_guess: CategoryGuess
    duty: Duty | None
    """Who is obliged by the catalogue, also where a doubt sent the matter to the desk."""
    directory_version: int

    @property
    def triage(self) -> bool:
        """A person must look."""
        return self.reason is not RoutingReason.RULE

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
    def receipt(self) -> dict[str, Any]:
        """The routing receipt."""
        return receipt.of(self)
