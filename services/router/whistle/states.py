"""The states of a whistle and of each called department: two literal tables, looked up (domain.md D6).

Whoever acts on a department's row needs a row in both tables: the whistle lets departments act while it
is issued, and each department's own state says which step comes next. One department's step never
changes another's row. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.whistle import CallState, WhistleStatus
from kit.refusing import Steps, not_allowed_now

W = WhistleStatus
C = CallState


class Act(StrEnum):
    """What may happen to a whistle; people's own are the names of the HTTP routes."""

    BLOW = "blow"
    ISSUE = "issue"
    REFUSE = "refuse"
    SEEN = "seen"
    CHECK_IN = "check-in"
    ARRIVE = "arrive"
    DONE = "done"
    DECLINE = "decline"
    EXCUSE = "excuse"
    """`cancel` for one department."""
    RESOLVE = "resolve"
    RATE = "rate"
    CANCEL = "cancel"
    NO_SHOW = "no-show"
    """The check-in clock ran out."""
    CLOSE = "close"
    """The rating clock ran out, or everybody is rated."""


class By(StrEnum):
    """Whose step it is."""

    BLOWER = "blower"
    SIGNER = "signer"
    CALLED = "called"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Step:
    """Where an act leads the whistle as a whole, what it is announced as, and whose it is."""

    to: WhistleStatus
    event: str | None
    """None: kept in the history, told to nobody."""
    by: By


STEPS: Final[Mapping[tuple[WhistleStatus, Act], Step]] = {
    (W.DRAFTED, Act.BLOW): Step(W.BLOWN, "blown", By.BLOWER),
    (W.BLOWN, Act.ISSUE): Step(W.ISSUED, "issued", By.SIGNER),
    (W.BLOWN, Act.REFUSE): Step(W.REFUSED, "refused", By.SIGNER),
    (W.BLOWN, Act.CANCEL): Step(W.CANCELLED, "cancelled", By.BLOWER),
    (W.ISSUED, Act.SEEN): Step(W.ISSUED, "seen", By.CALLED),
    (W.ISSUED, Act.CHECK_IN): Step(W.ISSUED, "checked_in", By.CALLED),
    (W.ISSUED, Act.ARRIVE): Step(W.ISSUED, "arrived", By.CALLED),
    (W.ISSUED, Act.DONE): Step(W.ISSUED, "done", By.CALLED),
    (W.ISSUED, Act.DECLINE): Step(W.ISSUED, "declined", By.CALLED),
    (W.ISSUED, Act.EXCUSE): Step(W.ISSUED, "cancelled", By.BLOWER),
    (W.ISSUED, Act.NO_SHOW): Step(W.ISSUED, "no_show", By.SYSTEM),
    (W.ISSUED, Act.RESOLVE): Step(W.RESOLVED, "resolved", By.BLOWER),
    (W.ISSUED, Act.CANCEL): Step(W.CANCELLED, "cancelled", By.BLOWER),
    (W.RESOLVED, Act.RATE): Step(W.RATED, "rated", By.BLOWER),
    (W.RESOLVED, Act.CLOSE): Step(W.CLOSED, None, By.SYSTEM),
    (W.RATED, Act.RATE): Step(W.RATED, "rated", By.BLOWER),
    (W.RATED, Act.CLOSE): Step(W.CLOSED, None, By.SYSTEM),
}
"""No wildcard rows. Open are `blown` and `issued`: a resolved whistle is no longer cancelled, or work that
departments have done would leave the figures."""

CALLS: Final[Mapping[tuple[CallState, Act], CallState]] = {
    (C.PENDING, Act.SEEN): C.SEEN,
    (C.PENDING, Act.CHECK_IN): C.CHECKED_IN,
    (C.PENDING, Act.DECLINE): C.DECLINED,
    (C.PENDING, Act.NO_SHOW): C.NO_SHOW,
    (C.PENDING, Act.EXCUSE): C.EXCUSED,
    (C.SEEN, Act.CHECK_IN): C.CHECKED_IN,
    (C.SEEN, Act.DECLINE): C.DECLINED,
    (C.SEEN, Act.NO_SHOW): C.NO_SHOW,
    (C.SEEN, Act.EXCUSE): C.EXCUSED,
    (C.CHECKED_IN, Act.ARRIVE): C.ON_SITE,
    (C.CHECKED_IN, Act.EXCUSE): C.EXCUSED,
    (C.ON_SITE, Act.DONE): C.DONE,
    (C.ON_SITE, Act.EXCUSE): C.EXCUSED,
    (C.DECLINED, Act.CHECK_IN): C.CHECKED_IN,
    (C.DECLINED, Act.EXCUSE): C.EXCUSED,
    (C.NO_SHOW, Act.CHECK_IN): C.CHECKED_IN,
    (C.NO_SHOW, Act.EXCUSE): C.EXCUSED,
}
"""A department that refused or did not come may still come; whoever came late stays marked so."""

ON_ONE_CALL: Final = frozenset(act for _, act in CALLS)
"""Acts on one department's row."""
OVER: Final = frozenset({C.DONE, C.EXCUSED})
"""States in which a department owes nothing more; a refusal counts once the blower accepted it."""
LASTING: Final = frozenset({W.ISSUED, W.RESOLVED, W.RATED})
"""States in which called departments may read the ticket."""

_WHISTLE: Final = Steps("这次吹哨", "The whistle", states="whistle_status", steps="step")
_CALL: Final = Steps("被叫单位", "The called department", states="call", steps="step")


def advance(status: WhistleStatus, act: Act) -> Step:
    """The step an act takes from a state. Raises DomainError 409 with what is allowed instead."""
    step = STEPS.get((status, act))
    if step is None:
        ways = ((one, way) for (at, one), way in STEPS.items() if at is status)
        allowed = [one.value for one, way in ways if way.by is not By.SYSTEM]
        raise not_allowed_now(_WHISTLE, status.value, allowed)
    return step


def advance_call(state: CallState, act: Act) -> CallState:
    """The state a department's row comes to. Raises DomainError 409 with what is allowed instead."""
    after = CALLS.get((state, act))
    if after is None:
        allowed = [one.value for at, one in CALLS if at is state and one is not Act.NO_SHOW]
        raise not_allowed_now(_CALL, state.value, allowed)
    return after
