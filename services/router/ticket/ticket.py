"""The ticket's state machine: one literal table, looked up, never inferred (domain.md D1, D2).

Escalation is a field beside the state. Side effects are not in the table: actions.py reacts to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from contracts.command import CommandData
from contracts.ticket import TicketStatus
from kit.errors import DomainError, Kind, not_found
from kit.validation import wrong_field

S = TicketStatus


class Action(StrEnum):
    """What a person may do to a ticket; the names of `cmd.<action>.<unit>` and of the HTTP routes."""

    DISPATCH = "dispatch"
    REASSIGN = "reassign"
    ACCEPT = "accept"
    CONTACT = "contact"
    HANDLE = "handle"
    URGE = "urge"
    SUPERVISE = "supervise"
    MERGE = "merge"
    UNMERGE = "unmerge"


class By(StrEnum):
    """Who may: somebody of the unit that holds the ticket, or the desk above it."""

    HOLDER = "holder"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Step:
    """Where an action leads, what it is announced as, and who may take it."""

    to: TicketStatus | None
    """None: back to the state before the merger, which is kept with it."""
    event: str
    by: By


TRANSITIONS: Final[Mapping[tuple[TicketStatus, Action], Step]] = {
    (S.TRIAGE, Action.DISPATCH): Step(S.DISPATCHED, "dispatched", By.DESK),
    (S.TRIAGE, Action.MERGE): Step(S.MERGED, "merged", By.DESK),
    (S.DISPATCHED, Action.ACCEPT): Step(S.ACCEPTED, "accepted", By.HOLDER),
    (S.DISPATCHED, Action.REASSIGN): Step(S.DISPATCHED, "dispatched", By.DESK),
    (S.DISPATCHED, Action.URGE): Step(S.DISPATCHED, "urged", By.DESK),
    (S.DISPATCHED, Action.SUPERVISE): Step(S.DISPATCHED, "supervised", By.DESK),
    (S.DISPATCHED, Action.MERGE): Step(S.MERGED, "merged", By.DESK),
    (S.ACCEPTED, Action.CONTACT): Step(S.IN_PROGRESS, "contacted", By.HOLDER),
    (S.ACCEPTED, Action.REASSIGN): Step(S.DISPATCHED, "dispatched", By.DESK),
    (S.ACCEPTED, Action.URGE): Step(S.ACCEPTED, "urged", By.DESK),
    (S.ACCEPTED, Action.SUPERVISE): Step(S.ACCEPTED, "supervised", By.DESK),
    (S.ACCEPTED, Action.MERGE): Step(S.MERGED, "merged", By.DESK),
    (S.IN_PROGRESS, Action.HANDLE): Step(S.CALLBACK, "handled", By.HOLDER),
    (S.IN_PROGRESS, Action.URGE): Step(S.IN_PROGRESS, "urged", By.DESK),
    (S.IN_PROGRESS, Action.SUPERVISE): Step(S.IN_PROGRESS, "supervised", By.DESK),
    (S.IN_PROGRESS, Action.MERGE): Step(S.MERGED, "merged", By.DESK),
    (S.MERGED, Action.UNMERGE): Step(None, "unmerged", By.DESK),
}
"""No wildcard rows. `handled` goes to `callback` at once (product.md section 6)."""


TAKEN_BY: Final[Mapping[str, tuple[Action, ...]]] = {
    "choice": (Action.DISPATCH,),
    "category": (Action.DISPATCH,),
    "area": (Action.DISPATCH,),
    "into": (Action.MERGE,),
}
"""Members of a command's data that mean something to these actions alone."""


def check_data(action: Action, data: CommandData) -> None:
    """Refuse what an action would not heed, so that nobody thinks it was done. Raises 422."""
    for name, actions in TAKEN_BY.items():
        if getattr(data, name) is not None and action not in actions:
            raise wrong_field(
                f"data.{name}",
                zh=f"“{action.value}”不用此项，请删去",
                en=f"means nothing to {action.value}; remove it",
            )


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
        allowed = allowed_from(status)
        raise DomainError(
            "not-allowed-now",
            Kind.CONFLICT,
            field="action",
            zh=f"工单处于“{status.value}”状态，现在可以：{', '.join(allowed) or '无'}。",
            en=f"The ticket is {status.value}; allowed now: {', '.join(allowed) or 'nothing'}.",
            extra={"status_now": status.value, "allowed": allowed},
        )
    return step


def allowed_from(status: TicketStatus) -> list[str]:
    """Actions that lead somewhere from a state."""
    return [action.value for at, action in TRANSITIONS if at is status]
