"""What a call-back is and what follows from it: the answer, the tries, when it is final. Pure.

Somebody other than the handler asks the resident: reached, solved, satisfied (domain.md A7, D2, E28).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool

from contracts.complaint import CallbackOutcome as Outcome
from kit.errors import DomainError, Kind
from kit.validation import wrong_field
from services.intake.complaint import Phone, Strict, Words

Way = Literal["phone", "sms", "wechat", "visit", "mail"]
"""How somebody tried to reach the resident."""


class Answer(Strict):
    """The body of `POST /v1/complaints/{ident}/callbacks`."""

    contacted: StrictBool
    """The resident, or whoever the matter was filed for, was reached."""
    solved: StrictBool | None = None
    """What the resident says; required when contacted."""
    satisfied: StrictBool | None = None
    """What the resident says; may be left out, and means nothing unless contacted."""
    reason: Literal["no_contact_possible"] | None = None
    """The filer left no phone at all, so nobody can be asked."""
    note: Annotated[Words, Field(min_length=1, max_length=500)] | None = None
    """The resident's words; masked before they leave intake."""
    channel: Way = "phone"
    phone: Phone | None = None
    """The number tried, when it is another than the one in the complaint; kept as a digest only."""
    version: Annotated[int, Field(strict=True, ge=1)] | None = None
    """The ticket version the caller saw."""

    @property
    def outcome(self) -> Outcome:
        """The answer in one word. Raises DomainError 422 where fields contradict each other."""
        _agree(self)
        if self.contacted:
            return Outcome.SOLVED if self.solved else Outcome.NOT_SOLVED
        return Outcome(self.reason) if self.reason else Outcome.NOT_REACHED


@dataclass(frozen=True, slots=True)
class Policy:
    """When not reaching somebody is final: `tries` tries, each at least `gap` after the one before.

    Both numbers are this product's own choice: domain.md D2 says "after n tries" and no more. The gap
    keeps three calls in one minute from closing a matter.
    """

    tries: int = 3
    gap: timedelta = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried before about the same handing-in."""

    count: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A call-back as it will be stored."""

    outcome: Outcome
    attempt: int
    final: bool

    def say(self, answer: Answer) -> dict[str, Any]:
        """Its part of the event."""
        return {
            "contacted": answer.contacted,
            "solved": answer.solved,
            "satisfied": answer.satisfied,
            "outcome": self.outcome,
            "attempts": self.attempt,
            "final": self.final,
        }


def judge(
    answer: Answer, tried: Tried, now: datetime, policy: Policy, *, reachable: bool
) -> Judged:
    """What an answer means after what was tried before. Raises DomainError 409, 422.

    Whoever was reached has answered for good. Who was not is tried again until the last try; no timer
    ever closes a matter by itself.
    """
    outcome = answer.outcome
    attempt = tried.count + 1
    if outcome is Outcome.NO_CONTACT_POSSIBLE and reachable:
        raise wrong_field(
            "reason",
            zh="诉求人留有电话，请拨打后如实填写是否联系上",
            en="the resident left a phone; call it and say whether somebody answered",
        )
    if outcome is not Outcome.NOT_REACHED:
        return Judged(outcome, attempt, final=True)
    if tried.last_at is not None and now < tried.last_at + policy.gap:
        raise _too_soon(tried.last_at + policy.gap, now)
    return Judged(outcome, attempt, final=attempt >= policy.tries)


def _agree(answer: Answer) -> None:
    if answer.contacted:
        if answer.solved is None:
            raise wrong_field(
                "solved", zh="已联系上，请填写是否解决", en="is required once contacted"
            )
        if answer.reason is not None:
            raise wrong_field(
                "reason", zh="已联系上，请删去此项", en="means nothing once contacted; remove it"
            )
        return
    for name in ("solved", "satisfied"):
        if getattr(answer, name) is not None:
            raise wrong_field(
                name,
                zh="没有联系上，请删去此项",
                en="means nothing unless contacted; remove it",
            )


def _too_soon(next_at: datetime, now: datetime) -> DomainError:
    return DomainError(
        "too-soon",
        Kind.CONFLICT,
        field="contacted",
        zh="距上次未接通太近，不再计次；请换个时段再打。联系上了可随时填写。",
        en="Too soon after the last try to count as another; call at another time of day."
        " An answer may be recorded at any time.",
        retry_after_s=int((next_at - now).total_seconds()) + 1,
        extra={"next_at": next_at.isoformat()},
    )
