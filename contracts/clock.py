"""Clocks: due times with the trace that explains them. Only the notifier computes them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.base import EventData


class ClockKind(StrEnum):
    """What is being timed (domain.md D1, column "clock running", and D3)."""

    RESIDENT = "resident"
    DISPATCH = "dispatch"
    SIGN_FOR = "sign_for"
    CONTACT = "contact"
    RESULT = "result"
    RETURN_ANSWER = "return_answer"
    RULING = "ruling"
    HOLD_REVIEW = "hold_review"
    CALLBACK = "callback"
    CHECK_IN = "check_in"
    """A called department's, one for each whistle and unit (domain.md D6)."""
    SIGN_OFF = "sign_off"
    """A whistle waits for the duty leader's signature."""
    RESOLVE = "resolve"
    """A whistle as a whole: the blower's."""
    RATING = "rating"
    """How long the blower may rate the departments; what is silent then is not rated."""
    DECISION = "decision"
    """A reception decision: its owner has to carry it out (domain.md D7)."""
    CONFIRMATION = "confirmation"
    """It was said to be carried out: the community secretary confirms or refuses."""


BY_DATE: Final = "until"
"""The limit of a trace whose due time is a date that a secretary gave."""


class MoveKind(StrEnum):
    """What may move a due time after its clock has started (domain.md D3 rule 3)."""

    HOLD = "hold"
    """From `since` to `until` nothing of the limit ran."""
    EXTENSION = "extension"
    """The due time moved by `by`."""
    REVIEW = "review"
    """Due at `until` at the latest: the date that was set when a hold was approved."""


class Move(BaseModel):
    """One move of a due time; which fields are filled depends on `what`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    what: MoveKind
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    by: str | None = None
    """As the city wrote it: `7d`."""


class Trace(BaseModel):
    """Why a clock is due when it is (domain.md D3 rule 5)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start: AwareDatetime
    limit: str
    """The limit as the city wrote it: `24h`, `1wd`, `7d`."""
    profile: str
    urgency: str
    calendar: str
    calendar_version: int
    """Version of the directory the calendar was taken from."""
    calendar_digest: str = ""
    """Of the calendar's working time: equal digests mean equal due times, whatever the version."""
    skipped: tuple[str, ...] = ()
    """Dates inside the span on which no working time ran, `YYYY-MM-DD`."""
    warn: float | None = None
    """Share of the limit at which the holder is warned; None in traces of before it was kept."""
    moves: tuple[Move, ...] = ()
    """What moved the due time since, oldest first: applied to limit and start they give the due time."""


class ClockEvent(EventData):
    """A clock was set, paused, resumed, stopped, came near its due time, or passed it."""

    noun: ClassVar[str] = "clock"

    clock_id: str
    ticket_id: str
    """Empty for a whistle without a ticket."""
    number: str
    round: int
    kind: ClockKind
    unit: str
    area: str
    due_at: AwareDatetime
    trace: Trace
    sentence: str
    """One plain sentence in Chinese: due when, and why then."""
    at: AwareDatetime
    said_at: AwareDatetime | None = None
    """By the clock of the database it was written in: of two words on a clock the one said later counts.

    `at` does not tell: what stopped a clock may be heard of after its alarm. None of reception decisions
    and in words of before it was kept; then `at` counts.
    """
    return_until: AwareDatetime | None = None
    """Only of `sign_for`: from then on the unit may not return the matter any more (domain.md D4)."""
    muted_by: str | None = None
    """Only on `near_due`: id of the open hot issue whose earlier ticket warns the same unit already.

    The clock and the ladder go on; a client need not nag about this one.
    """
    whistle_id: str | None = None
    """The whistle it belongs to: such a clock is none of the ticket's own."""
    decision_id: str | None = None
    """The reception decision it belongs to: such a clock is none of the ticket's own."""

    @property
    def order(self) -> datetime:
        """Of two words on a clock the one with the later order counts."""
        return self.said_at or self.at
