"""How a matter stands after it was filed, and what may be done to it now. Pure.

Intake's own projection of the ticket decides; a statement that loses a race is noted by the router and
changes nothing (product.md section 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from contracts.complaint import Urgency
from contracts.ticket import TicketStatus as S
from kit.errors import DomainError, not_found, stale
from kit.refusing import Steps, not_allowed_now


class Act(StrEnum):
    """What may be said about a filed complaint; the last word of its route."""

    CALLBACKS = "callbacks"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    SUPPLEMENT = "supplement"


_OPEN: Final = (Act.WITHDRAW, Act.SUPPLEMENT)
ALLOWED: Final[Mapping[S, tuple[Act, ...]]] = {
    S.RECEIVED: _OPEN,
    S.TRIAGE: _OPEN,
    S.DISPATCHED: _OPEN,
    S.ACCEPTED: _OPEN,
    S.IN_PROGRESS: _OPEN,
    S.RETURNED: _OPEN,
    S.ARBITRATION: _OPEN,
    S.ON_HOLD: _OPEN,
    S.HANDLED: _OPEN,
    S.CALLBACK: (Act.CALLBACKS, *_OPEN),
    S.CLOSED: (Act.REOPEN,),
    S.DECLINED: (Act.REOPEN,),
    S.MERGED: _OPEN,
    S.WITHDRAWN: (Act.REOPEN,),
}
"""By the state of the ticket under which the work goes on; `merged` where that one is not known yet."""
_MATTER: Final = Steps("该诉求", "The matter", states="status", steps="matter_step")
WINDOWS: Final[Mapping[Urgency, timedelta]] = {
    Urgency.CRITICAL: timedelta(days=7),
    Urgency.URGENT: timedelta(days=7),
    Urgency.NORMAL: timedelta(days=7),
    Urgency.COMPLEX: timedelta(days=15),
}
"""Reopen windows where the city's limits have none that runs by the clock (domain.md D4)."""


class Repeat(StrEnum):
    """Why a later word on an ended matter becomes a complaint of its own."""

    NOT_CLOSED = "not_closed"
    """Declined or withdrawn: there is no work to take up again."""
    MERGED = "merged"
    """The work went on under somebody else's ticket, which is not this caller's to reopen."""
    WINDOW_OVER = "window_over"
    OTHER_REQUESTER = "other_requester"
    """Another phone than the one in the complaint, or none."""
    OTHER_PLACE = "other_place"


@dataclass(frozen=True, slots=True)
class Lead:
    """The ticket under which the work goes on: the complaint's own, or the one it was merged into."""

    number: str
    status: S
    round: int
    version: int
    since: datetime | None
    handed_in: int = 0
    """Version of its newest `handled` event; 0 before the first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A filed complaint, its own ticket's state and the one under which the work goes on."""

    complaint_id: UUID
    number: str
    status: S
    round: int
    lead: Lead
    holders: frozenset[str]
    """Every unit that was ever responsible for either ticket."""
    handlers: frozenset[str]
    """Who said last that either was handled."""
    answered: bool
    """The final answer about the newest handing-in is recorded."""
    withdrawing: bool
    """Taken back, and the router has not answered yet."""
    reopening: bool
    """Reopened, and the router has not answered yet."""

    @property
    def merged(self) -> bool:
        """Somebody else's ticket is worked on."""
        return self.status is S.MERGED

    @property
    def effective(self) -> S:
        """The state that counts: of the work, with what was said just now taken for done."""
        status = self.lead.status
        # A follower's own ticket stays merged: what goes on is the others'.
        if self.withdrawing and (self.merged or Act.WITHDRAW in ALLOWED[status]):
            return S.WITHDRAWN
        if self.reopening and status is S.CLOSED:
            return S.IN_PROGRESS
        return status

    @property
    def allowed(self) -> tuple[Act, ...]:
        """What may be said now."""
        acts = ALLOWED[self.effective]
        if self.merged and self.effective is S.CLOSED:
            # Followers are asked themselves, also after the other caller's answer closed the work.
            acts = (Act.CALLBACKS, *acts)
        if self.answered:
            acts = tuple(act for act in acts if act is not Act.CALLBACKS)
        return acts

    def check(self, act: Act, version: int | None = None) -> None:
        """Refuse what may not be said now. Raises DomainError 409 with what may."""
        if version is not None and version != self.lead.version:
            raise stale("工单", "The ticket", self.lead.version)
        if act not in self.allowed:
            raise _not_now(self)

    def check_independent(self, person: str, units: frozenset[str]) -> None:
        """Who handled the matter never asks whether it is solved, nor anybody of a unit that held it.

        Raises DomainError 404: of its call-back they are not even told (product.md section 6).
        """
        if person in self.handlers or not self.holders.isdisjoint(units):
            raise not_found("诉求", "complaint")


def reopening(
    standing: Standing,
    now: datetime,
    window: timedelta,
    *,
    same_requester: bool,
    same_place: bool,
) -> Repeat | None:
    """Why a later word on an ended matter cannot reopen it; None when it can (domain.md D2, E7)."""
    if standing.merged:
        return Repeat.MERGED
    if standing.effective is not S.CLOSED:
        return Repeat.NOT_CLOSED
    since = standing.lead.since
    if since is None or now > since + window:
        return Repeat.WINDOW_OVER
    if not same_requester:
        return Repeat.OTHER_REQUESTER
    return None if same_place else Repeat.OTHER_PLACE


def _not_now(standing: Standing) -> DomainError:
    aside = ("，本轮回访已有结论", ", its answer is recorded") if standing.answered else ("", "")
    allowed = [act.value for act in standing.allowed]
    return not_allowed_now(_MATTER, standing.effective.value, allowed, aside)
