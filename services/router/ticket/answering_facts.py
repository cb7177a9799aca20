"""Where a fact leads: call-back answers, withdrawals, reopenings, limits that passed (domain.md D2). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from asyncpg import Record

from contracts.clock import ClockEvent
from contracts.command import Command
from contracts.complaint import ComplaintChanged
from contracts.ticket import TicketStatus
from services.router.ticket.deed import Asked, Deed
from services.router.ticket.routing import BY_ROUTER
from services.router.ticket.seeing import Actor
from services.router.ticket.standing import Standing
from services.router.ticket.ticket import SYSTEM_STEPS, By, Cause, Step

NOTED: Final = "noted"
SUPPLEMENTED: Final = "complaint.supplemented"
_NEW_ROUND: Final = frozenset({Cause.NOT_SOLVED, Cause.REOPENED})


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened elsewhere, and where it would lead."""

    name: str
    """`complaint.callback_recorded`, `clock.breached`."""
    cause: Cause | None
    """None: it leads nowhere by itself, as a call nobody answered."""
    cause_id: str
    """Id of the event, so that it is applied once."""
    at: datetime
    round: int | None
    """The round it is about; None where it does not say."""
    reason: str | None = None
    """Masked where it was said."""
    handed_in: int | None = None
    """Of an answer: version of the `handled` it is about; None where it does not say."""
    about: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, data: ComplaintChanged, cause_id: str, at: datetime) -> Fact:
        """What intake said."""
        told = data.model_dump(include={"contacted", "solved", "satisfied", "attempts", "final"})
        about = {key: value for key, value in told.items() if value is not None}
        cause, round_ = _cause(name, data), data.ticket_round
        return cls(name, cause, cause_id, at, round_, data.reason, data.handed_in, about)

    @classmethod
    def late(cls, cause: Cause, data: ClockEvent, cause_id: str, at: datetime) -> Fact:
        """A limit that passed."""
        about = {"kind": data.kind.value, "due_at": data.due_at.isoformat()}
        return cls("clock.breached", cause, cause_id, at, data.round, about=about)


def deeds(row: Record, worked_on: Record, fact: Fact) -> list[Deed]:
    """What a fact about a ticket leads to, there and at the ticket under which its work goes on.

    A caller who follows another ticket and says "not solved" starts a new round of that one (E19), and whoever
    works on it hears the caller's later words (E7); nothing else a follower says changes it. A passed limit
    that no longer counts leaves no trace.
    """
    here = _step(row, fact)
    if here is not None:
        return [_done(row, here, fact)]
    if fact.name == "clock.breached":
        return []
    found = [_note(row, fact)]
    if worked_on["ticket_id"] == row["ticket_id"]:
        return found
    if fact.cause is Cause.NOT_SOLVED and (there := _step(worked_on, fact)) is not None:
        found.append(_done(worked_on, there, fact, follower=row["number"]))
    elif fact.name == SUPPLEMENTED:
        found.append(_note(worked_on, fact, follower=row["number"]))
    return found


def _cause(name: str, data: ComplaintChanged) -> Cause | None:
    if name == "complaint.withdrawn":
        return Cause.WITHDRAWN
    if name == "complaint.reopened":
        return Cause.REOPENED
    if name != "complaint.callback_recorded":
        return None
    if data.contacted:
        return Cause.SOLVED if data.solved else Cause.NOT_SOLVED
    return Cause.NOT_REACHED if data.final else None


def _step(row: Record, fact: Fact) -> Step | None:
    if fact.cause is None:
        return None
    if fact.cause is not Cause.WITHDRAWN and fact.round not in {None, row["round"]}:
        return None
    return SYSTEM_STEPS.get((TicketStatus(row["status"]), fact.cause))


def _done(row: Record, step: Step, fact: Fact, *, follower: str | None = None) -> Deed:
    before = Standing.of(row)
    after = before.moved(step.to or before.status)
    detail: dict[str, Any] = {"fact": fact.name, **fact.about}
    if follower is not None:
        detail["follower"] = follower
    if fact.cause in _NEW_ROUND:
        after = replace(after, round=before.round + 1, pending=None, outcome=None)
    elif after.status is TicketStatus.CLOSED:
        after = replace(after, outcome=fact.cause.value if fact.cause else None)
        detail["result"] = after.outcome
    elif after.status is TicketStatus.WITHDRAWN:
        after = replace(after, pending=None, outcome="withdrawn")
    told = tuple((step.event, unit) for unit in (before.unit, *before.assists))
    return Deed(_asked(row, step, fact), after, told, row, detail, reason=fact.reason)


def _note(row: Record, fact: Fact, *, follower: str | None = None) -> Deed:
    step = Step(TicketStatus(row["status"]), NOTED, By.SYSTEM)
    told = ((NOTED, row["unit"]),)
    detail = {"fact": fact.name, **fact.about} | ({"follower": follower} if follower else {})
    return Deed(_asked(row, step, fact), Standing.of(row), told, row, detail, reason=fact.reason)


def _asked(row: Record, step: Step, fact: Fact) -> Asked:
    command = Command(command_id=fact.cause_id)
    return Asked(row, step, command, Actor(BY_ROUTER, frozenset()), fact.at, seen=False)
