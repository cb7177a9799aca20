"""What the rates count: facts of a ticket's rounds, folded from its events (domain.md D8, D3 rule 4). Pure.

A fact belongs to one ticket, round and unit; an answer to one caller and one piece of work that was handed
in. Ticket events come in version order, answers in any order and any number of times.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final, Self

from contracts.complaint import CallbackOutcome
from contracts.ticket import TicketStatus

AT_THE_DESK: Final = "desk"
"""How a matter ended that was answered at filing and never became a ticket (C41)."""


@dataclass(slots=True)
class Fact:
    """One unit's part in one round of one ticket."""

    round: int
    unit: str
    begun_at: datetime
    """When it became responsible: dispatch, or the new round."""
    area: str = ""
    category: str | None = None
    urgency: str = ""
    opening: bool = False
    """The first holder of the ticket at all: one of these for each filed matter."""
    dispatched: bool = False
    """It was dispatched to it, so contact was owed and a return was possible."""
    lead: bool = True
    """It holds the ticket, or was the last to hold it in this round."""
    contact_due: datetime | None = None
    contacted_at: datetime | None = None
    contact_ok: bool | None = None
    """First contact inside its limit; None: not known yet, or the duty ended before its limit."""
    result_due: datetime | None = None
    handled_at: datetime | None = None
    result_ok: bool | None = None
    """Handed in inside the limit; None: not known yet, or the round ended before it."""
    work_s: int | None = None
    """Working seconds from receipt to the handing-in, by the unit's calendar."""
    held_s: int = 0
    """How long it held the ticket in this round while something was to be done."""
    returned_at: datetime | None = None
    return_reason: str | None = None
    upheld: bool | None = None
    """The return: went to somebody else (True), came back (False), not answered yet (None)."""
    ended_at: datetime | None = None
    ended: str | None = None
    reopened_at: datetime | None = None

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """As it was stored."""
        return cls(**{name: _time(name, value) for name, value in stored.items()})


@dataclass(slots=True)
class Answer:
    """What the last call about one piece of work led to."""

    round: int
    handed_in: int
    at: datetime
    outcome: CallbackOutcome
    attempts: int
    final: bool
    satisfied: bool | None = None
    by: str | None = None
    """Staff id of who called, where the event says."""

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """As it was stored."""
        outcome = CallbackOutcome(stored["outcome"])
        return cls(**stored | {"at": datetime.fromisoformat(stored["at"]), "outcome": outcome})

    @property
    def order(self) -> tuple[datetime, int, str]:
        """Of two calls about the same work the later one counts."""
        return self.at, self.attempts, self.outcome.value


@dataclass(slots=True)
class Counted:
    """All that is counted of one ticket; column `ticket_view.counted`."""

    facts: list[Fact] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    follows: str | None = None
    """Number of the ticket it was merged into last."""
    status: str | None = None
    heard_at: datetime | None = None
    """When its last event became true."""

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """From the column; empty for a ticket nothing was counted of yet."""
        if not stored:
            return cls()
        return cls(
            [Fact.of(one) for one in stored["facts"]],
            [Answer.of(one) for one in stored["answers"]],
            stored["follows"],
            stored["status"],
            datetime.fromisoformat(stored["heard_at"]) if stored["heard_at"] else None,
        )

    def stored(self) -> dict[str, Any]:
        """For the column: only what differs from its default, times as text."""
        return {
            "facts": [_plain(one) for one in self.facts],
            "answers": [_plain(one) for one in self.answers],
            "follows": self.follows,
            "status": self.status,
            "heard_at": self.heard_at.isoformat() if self.heard_at else None,
        }

    def fact(self, round_: int, unit: str) -> Fact | None:
        """A unit's part in a round."""
        return next((f for f in self.facts if f.round == round_ and f.unit == unit), None)

    def lead(self, round_: int) -> Fact | None:
        """Who held the ticket last in a round."""
        return next((f for f in self.facts if f.round == round_ and f.lead), None)

    def worker(self, answer: Answer) -> tuple[Fact | None, str | None]:
        """Whose work an answer is about: the round's own unit, or the number of the ticket it followed.

        The fact gives area and category either way: the caller's own.
        """
        lead = self.lead(answer.round)
        last = lead or (self.facts[-1] if self.facts else None)
        if lead is None or lead.ended == TicketStatus.MERGED.value:
            return last, self.follows
        done = lead.handled_at is not None or lead.ended is not None
        return last, None if done else self.follows


_USUAL: Final = {kind: [(one.name, one.default) for one in fields(kind)] for kind in (Fact, Answer)}
_TIMES: Final = frozenset(one.name for one in fields(Fact) if one.name.endswith(("_at", "_due")))


def _time(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name in _TIMES and value is not None else value


def _plain(one: Fact | Answer) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, usual in _USUAL[type(one)]:
        value = getattr(one, name)
        if value != usual:
            said[name] = value.isoformat() if isinstance(value, datetime) else value
    return said
