"""The states of a matter on a secretary's table: one literal table, looked up (domain.md D7). Pure.

Carrying over is no state: the matter lies on a queue again and its counter says how often it was put off.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from contracts.escalation import ReceptionState
from kit.refusing import Steps, not_allowed_now

S = ReceptionState


class Act(StrEnum):
    """What may happen to a matter."""

    SCHEDULE = "schedule"
    TAKE_OFF = "take-off"
    """Off an agenda before it was heard; nothing is counted."""
    HEAR = "hear"
    DECIDE = "decide"
    CARRY_OVER = "carry-over"
    LAPSE = "lapse"
    """A decision about it was not carried out in time."""
    FINISH = "finish"
    """The last of its decisions was confirmed."""
    WITHDRAW = "withdraw"
    """Its ticket ended, or who put it on the table takes it back."""


A = Act

TRANSITIONS: Final[Mapping[tuple[ReceptionState, Act], ReceptionState]] = {
    (S.QUEUED, A.SCHEDULE): S.SCHEDULED,
    (S.QUEUED, A.FINISH): S.DONE,
    (S.QUEUED, A.WITHDRAW): S.WITHDRAWN,
    (S.SCHEDULED, A.TAKE_OFF): S.QUEUED,
    (S.SCHEDULED, A.HEAR): S.HEARD,
    (S.SCHEDULED, A.CARRY_OVER): S.QUEUED,
    (S.SCHEDULED, A.FINISH): S.DONE,
    (S.SCHEDULED, A.WITHDRAW): S.WITHDRAWN,
    (S.HEARD, A.DECIDE): S.DECIDED,
    (S.HEARD, A.CARRY_OVER): S.QUEUED,
    (S.HEARD, A.WITHDRAW): S.WITHDRAWN,
    (S.DECIDED, A.DECIDE): S.DECIDED,
    (S.DECIDED, A.LAPSE): S.QUEUED,
    (S.DECIDED, A.FINISH): S.DONE,
}
"""No wildcard rows. A decided matter is not withdrawn when its ticket ends: what was promised is kept.

A matter that came back because a decision was late is still done once all its decisions are; one that is
being heard waits for what is decided now.
"""
BY_ITSELF: Final = frozenset({A.LAPSE, A.FINISH})
"""Acts that are nobody's: they follow from what became of its decisions."""
HIGHEST_CARRY: Final = 2
"""After so many carry-overs a matter goes to the district's table (domain.md D7, D5 level 5)."""

_MATTER: Final = Steps(
    "该事项", "The matter", states="reception_state", steps="reception_step", field="item",
    said="state_now",
)  # fmt: skip


def advance(state: ReceptionState, act: Act) -> ReceptionState:
    """The state an act leads to. Raises DomainError 409 with what is allowed instead."""
    to = TRANSITIONS.get((state, act))
    if to is None:
        allowed = [act for act in allowed_from(state) if act not in BY_ITSELF]
        raise not_allowed_now(_MATTER, state.value, allowed)
    return to


def allowed_from(state: ReceptionState) -> list[str]:
    """Acts that lead somewhere from a state."""
    return [act.value for at, act in TRANSITIONS if at is state]
