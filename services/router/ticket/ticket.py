"""The ticket's state machine: one literal table, looked up, never inferred (domain.md D1, D2).

Escalation is a field beside the state. Effects are not in the table: acting.py and facts.py look a step up
and let the rules beside this file say what follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Flag, StrEnum, auto
from typing import Final
from uuid import UUID

from contracts.ticket import TicketStatus
from kit.errors import not_found
from kit.refusing import Steps, not_allowed_now

S = TicketStatus


class Action(StrEnum):
    """What a person may do to a ticket; the names of `cmd.<action>.<unit>` and of the HTTP routes."""

    DISPATCH = "dispatch"
    REASSIGN = "reassign"
    ACCEPT = "accept"
    CONTACT = "contact"
    RETURN = "return"
    RULE = "rule"
    HOLD = "hold"
    APPROVE_HOLD = "approve-hold"
    RESUME = "resume"
    EXTEND = "extend"
    APPROVE_EXTENSION = "approve-extension"
    HANDLE = "handle"
    REJECT = "reject"
    URGE = "urge"
    SUPERVISE = "supervise"
    ASSIST = "assist"
    RECATEGORISE = "recategorise"
    SET_URGENCY = "set-urgency"
    DECLINE = "decline"
    MERGE = "merge"
    UNMERGE = "unmerge"


A = Action


class By(Flag):
    """Who may take a step (domain.md D2, column "Who")."""

    SYSTEM = 0
    """The router itself, in answer to a fact or a clock."""
    HOLDER = auto()
    """Somebody of the unit that holds the ticket."""
    DESK = auto()
    """The dispatch desk."""
    ABOVE = auto()
    """A leader of a unit above the holder, or of the office in whose area the matter lies."""
    RULING = auto()
    """The ruling officer."""
    OVER = DESK | ABOVE
    """Whoever supervises the holder; never the holder itself."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where an action leads, what it is announced as, and who may take it."""

    to: TicketStatus | None
    """None: computed. Unmerging leads back to the state that is kept with the merger, a change of category
    to whoever the catalogue names for it."""
    event: str
    by: By


TRANSITIONS: Final[Mapping[tuple[TicketStatus, Action], Step]] = {
    (S.TRIAGE, A.DISPATCH): Step(S.DISPATCHED, "dispatched", By.DESK),
    (S.TRIAGE, A.DECLINE): Step(S.DECLINED, "declined", By.DESK),
    (S.TRIAGE, A.RECATEGORISE): Step(None, "recategorised", By.DESK),
    (S.TRIAGE, A.SET_URGENCY): Step(S.TRIAGE, "urgency_set", By.OVER),
    (S.TRIAGE, A.URGE): Step(S.TRIAGE, "urged", By.OVER),
    (S.TRIAGE, A.SUPERVISE): Step(S.TRIAGE, "supervised", By.OVER),
    (S.TRIAGE, A.MERGE): Step(S.MERGED, "merged", By.DESK),
    (S.DISPATCHED, A.ACCEPT): Step(S.ACCEPTED, "accepted", By.HOLDER),
    (S.DISPATCHED, A.RETURN): Step(S.RETURNED, "returned", By.HOLDER),
    (S.DISPATCHED, A.REASSIGN): Step(S.DISPATCHED, "dispatched", By.DESK),
    (S.DISPATCHED, A.ASSIST): Step(S.DISPATCHED, "assisted", By.OVER),
    (S.DISPATCHED, A.RECATEGORISE): Step(None, "recategorised", By.DESK),
    (S.DISPATCHED, A.SET_URGENCY): Step(S.DISPATCHED, "urgency_set", By.OVER),
    (S.DISPATCHED, A.URGE): Step(S.DISPATCHED, "urged", By.OVER),
    (S.DISPATCHED, A.SUPERVISE): Step(S.DISPATCHED, "supervised", By.OVER),
    (S.DISPATCHED, A.MERGE): Step(S.MERGED, "merged", By.DESK),
    (S.ACCEPTED, A.CONTACT): Step(S.IN_PROGRESS, "contacted", By.HOLDER),
    (S.ACCEPTED, A.RETURN): Step(S.RETURNED, "returned", By.HOLDER),
    (S.ACCEPTED, A.EXTEND): Step(S.ACCEPTED, "extension_asked", By.HOLDER),
    (S.ACCEPTED, A.APPROVE_EXTENSION): Step(S.ACCEPTED, "extended", By.OVER),
    (S.ACCEPTED, A.REASSIGN): Step(S.DISPATCHED, "dispatched", By.DESK),
    (S.ACCEPTED, A.ASSIST): Step(S.ACCEPTED, "assisted", By.OVER),
    (S.ACCEPTED, A.RECATEGORISE): Step(None, "recategorised", By.DESK),
    (S.ACCEPTED, A.SET_URGENCY): Step(S.ACCEPTED, "urgency_set", By.OVER),
    (S.ACCEPTED, A.URGE): Step(S.ACCEPTED, "urged", By.OVER),
    (S.ACCEPTED, A.SUPERVISE): Step(S.ACCEPTED, "supervised", By.OVER),
    (S.ACCEPTED, A.MERGE): Step(S.MERGED, "merged", By.DESK),
    (S.IN_PROGRESS, A.CONTACT): Step(S.IN_PROGRESS, "contacted", By.HOLDER),
    (S.IN_PROGRESS, A.HANDLE): Step(S.CALLBACK, "handled", By.HOLDER),
    (S.IN_PROGRESS, A.HOLD): Step(S.IN_PROGRESS, "hold_asked", By.HOLDER),
    (S.IN_PROGRESS, A.APPROVE_HOLD): Step(S.ON_HOLD, "held", By.OVER),
    (S.IN_PROGRESS, A.EXTEND): Step(S.IN_PROGRESS, "extension_asked", By.HOLDER),
    (S.IN_PROGRESS, A.APPROVE_EXTENSION): Step(S.IN_PROGRESS, "extended", By.OVER),
    (S.IN_PROGRESS, A.REASSIGN): Step(S.DISPATCHED, "dispatched", By.DESK),
    (S.IN_PROGRESS, A.ASSIST): Step(S.IN_PROGRESS, "assisted", By.OVER),
    (S.IN_PROGRESS, A.RECATEGORISE): Step(None, "recategorised", By.DESK),
    (S.IN_PROGRESS, A.SET_URGENCY): Step(S.IN_PROGRESS, "urgency_set", By.OVER),
    (S.IN_PROGRESS, A.URGE): Step(S.IN_PROGRESS, "urged", By.OVER),
    (S.IN_PROGRESS, A.SUPERVISE): Step(S.IN_PROGRESS, "supervised", By.OVER),
    (S.IN_PROGRESS, A.MERGE): Step(S.MERGED, "merged", By.DESK),
    (S.RETURNED, A.DISPATCH): Step(S.DISPATCHED, "dispatched", By.DESK),
    (S.RETURNED, A.ASSIST): Step(S.RETURNED, "assisted", By.OVER),
    (S.RETURNED, A.RECATEGORISE): Step(None, "recategorised", By.DESK),
    (S.RETURNED, A.SET_URGENCY): Step(S.RETURNED, "urgency_set", By.OVER),
    (S.RETURNED, A.URGE): Step(S.RETURNED, "urged", By.OVER),
    (S.RETURNED, A.SUPERVISE): Step(S.RETURNED, "supervised", By.OVER),
    (S.RETURNED, A.MERGE): Step(S.MERGED, "merged", By.DESK),
    (S.ARBITRATION, A.RULE): Step(S.DISPATCHED, "ruled", By.RULING),
    (S.ARBITRATION, A.ASSIST): Step(S.ARBITRATION, "assisted", By.OVER),
    (S.ARBITRATION, A.SET_URGENCY): Step(S.ARBITRATION, "urgency_set", By.OVER),
    (S.ARBITRATION, A.URGE): Step(S.ARBITRATION, "urged", By.OVER),
    (S.ARBITRATION, A.SUPERVISE): Step(S.ARBITRATION, "supervised", By.OVER),
    (S.ARBITRATION, A.MERGE): Step(S.MERGED, "merged", By.DESK),
    (S.ON_HOLD, A.RESUME): Step(S.IN_PROGRESS, "resumed", By.OVER),
    (S.ON_HOLD, A.REASSIGN): Step(S.DISPATCHED, "dispatched", By.DESK),
    (S.ON_HOLD, A.ASSIST): Step(S.ON_HOLD, "assisted", By.OVER),
    (S.ON_HOLD, A.SET_URGENCY): Step(S.ON_HOLD, "urgency_set", By.OVER),
    (S.ON_HOLD, A.URGE): Step(S.ON_HOLD, "urged", By.OVER),
    (S.ON_HOLD, A.SUPERVISE): Step(S.ON_HOLD, "supervised", By.OVER),
    (S.ON_HOLD, A.MERGE): Step(S.MERGED, "merged", By.DESK),
    (S.CALLBACK, A.REJECT): Step(S.IN_PROGRESS, "rejected", By.OVER),
    (S.CALLBACK, A.SET_URGENCY): Step(S.CALLBACK, "urgency_set", By.OVER),
    (S.CALLBACK, A.URGE): Step(S.CALLBACK, "urged", By.OVER),
    (S.CALLBACK, A.SUPERVISE): Step(S.CALLBACK, "supervised", By.OVER),
    (S.MERGED, A.UNMERGE): Step(None, "unmerged", By.DESK),
}
"""No wildcard rows. `handled` goes to `callback` at once (product.md section 6)."""


class Cause(StrEnum):
    """What the router hears and answers with a step of its own."""

    SOLVED = "solved"
    NOT_SOLVED = "not_solved"
    NOT_REACHED = "not_reached"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"
    SECOND_RETURN = "second_return"
    RETURN_OVERDUE = "return_overdue"
    REVIEW_DUE = "review_due"


SYSTEM_STEPS: Final[Mapping[tuple[TicketStatus, Cause], Step]] = {
    (S.CALLBACK, Cause.SOLVED): Step(S.CLOSED, "closed", By.SYSTEM),
    (S.CALLBACK, Cause.NOT_REACHED): Step(S.CLOSED, "closed", By.SYSTEM),
    (S.CALLBACK, Cause.NOT_SOLVED): Step(S.IN_PROGRESS, "reopened", By.SYSTEM),
    (S.CLOSED, Cause.NOT_SOLVED): Step(S.IN_PROGRESS, "reopened", By.SYSTEM),
    (S.CLOSED, Cause.REOPENED): Step(S.IN_PROGRESS, "reopened", By.SYSTEM),
    (S.TRIAGE, Cause.WITHDRAWN): Step(S.WITHDRAWN, "withdrawn", By.SYSTEM),
    (S.DISPATCHED, Cause.WITHDRAWN): Step(S.WITHDRAWN, "withdrawn", By.SYSTEM),
    (S.ACCEPTED, Cause.WITHDRAWN): Step(S.WITHDRAWN, "withdrawn", By.SYSTEM),
    (S.IN_PROGRESS, Cause.WITHDRAWN): Step(S.WITHDRAWN, "withdrawn", By.SYSTEM),
    (S.RETURNED, Cause.WITHDRAWN): Step(S.WITHDRAWN, "withdrawn", By.SYSTEM),
    (S.ARBITRATION, Cause.WITHDRAWN): Step(S.WITHDRAWN, "withdrawn", By.SYSTEM),
    (S.ON_HOLD, Cause.WITHDRAWN): Step(S.WITHDRAWN, "withdrawn", By.SYSTEM),
    (S.CALLBACK, Cause.WITHDRAWN): Step(S.WITHDRAWN, "withdrawn", By.SYSTEM),
    (S.MERGED, Cause.WITHDRAWN): Step(S.WITHDRAWN, "withdrawn", By.SYSTEM),
    (S.RETURNED, Cause.SECOND_RETURN): Step(S.ARBITRATION, "referred", By.SYSTEM),
    (S.RETURNED, Cause.RETURN_OVERDUE): Step(S.ARBITRATION, "referred", By.SYSTEM),
    (S.ON_HOLD, Cause.REVIEW_DUE): Step(S.IN_PROGRESS, "resumed", By.SYSTEM),
}
"""Facts of intake and breached clocks. One without a row lost a race: it is noted and changes nothing."""


_TICKET: Final = Steps("工单", "The ticket", states="status", steps="action")


def identify(ticket: str) -> tuple[UUID | None, str | None]:
    """A ticket's id or its number. Raises DomainError 404."""
    if ticket.isascii() and ticket.isdigit():
        return None, ticket
    try:
        return UUID(ticket), None
    except ValueError:
        raise not_found("工单", "ticket") from None


def advance(status: TicketStatus, action: Action) -> Step:
    """The step an action takes from a state. Raises DomainError 409 with what is allowed instead."""
    step = TRANSITIONS.get((status, action))
    if step is None:
        raise not_allowed_now(_TICKET, status.value, allowed_from(status))
    return step


def allowed_from(status: TicketStatus) -> list[str]:
    """Actions that lead somewhere from a state."""
    return [action.value for at, action in TRANSITIONS if at is status]
