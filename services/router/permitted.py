"""What somebody may do now, so that a screen offers that and nothing else.

An offer, no promise: whether an action is taken is judged when it is asked for (acting.py, blowing.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.ticket import TicketStatus
from contracts.whistle import CallState
from services.router.ticket import merging
from services.router.ticket.life import EXTENSION, HOLD
from services.router.ticket.seeing import Actor
from services.router.ticket.ticket import TRANSITIONS, Action
from services.router.whistle import permits
from services.router.whistle.states import CALLS, STEPS, Act, By
from services.router.whistle.steps import to_rate
from services.router.whistle.viewing import whistle_view
from services.router.whistle.whistle import Whistle

BLOW: Final = "whistle"
"""Beside the actions of tickets: a whistle may be blown for it."""
_ANSWERS: Final = {Action.APPROVE_HOLD: HOLD, Action.APPROVE_EXTENSION: EXTENSION}
_ASKS: Final = frozenset({Action.HOLD, Action.EXTEND})


def actions(who: Actor, row: Mapping[str, Any]) -> list[str]:
    """Actions on a ticket, in the order of the state machine's table (domain.md D2)."""
    status = TicketStatus(row["status"])
    found = [
        action.value
        for (at, action), step in TRANSITIONS.items()
        if at is status and who.may(step.by, row) and _timely(action, row, who.person)
    ]
    return [*found, BLOW] if _blows(who, status) else found


def _timely(action: Action, row: Mapping[str, Any], person: str) -> bool:
    """What waits for an answer is answered by somebody else, and nothing more is asked for meanwhile."""
    pending = row["pending"]
    if action in _ANSWERS:
        return (
            pending is not None and pending["kind"] == _ANSWERS[action] and pending["by"] != person
        )
    if action in _ASKS:
        extended = action is Action.EXTEND and row["extended"] == row["round"]
        return pending is None and not extended
    return True


def _blows(who: Actor, status: TicketStatus) -> bool:
    units = who.directory.units if who.directory else {}
    leads = (units[code] for code in who.leads if code in units)
    return status not in merging.FINAL and any(unit.kind in permits.BLOWERS for unit in leads)


def whistle_shown(
    whistle: Whistle,
    clocks: Mapping[UUID, Sequence[Mapping[str, Any]]],
    units: frozenset[str] | None,
    who: Actor,
    now: datetime,
) -> dict[str, Any]:
    """A whistle as shown, with the steps open to somebody: its own in `may`, a department's in its row."""
    directory = who.directory
    shown = whistle_view(whistle, clocks.get(whistle.whistle_id, ()), units)
    if directory is None:
        return shown
    theirs = [b for b in (By.BLOWER, By.SIGNER) if permits.may(whistle, b, directory, who, now)]
    own = [
        act.value
        for (at, act), step in STEPS.items()
        if at is whistle.status and step.by in theirs and act is not Act.EXCUSE
        if act is not Act.RATE or to_rate(whistle)
    ]
    calls = [
        view | {"may": _on_call(whistle, call.unit, call.state, who, theirs)}
        for view, call in zip(shown["units"], whistle.calls, strict=True)
    ]
    return shown | {"may": own, "units": calls}


def _on_call(
    whistle: Whistle, unit: str, state: CallState, who: Actor, theirs: list[By]
) -> list[str]:
    found = []
    for at, act in CALLS:
        step = STEPS.get((whistle.status, act))
        if at is not state or step is None or step.by is By.SYSTEM:
            continue
        if step.by in theirs or (step.by is By.CALLED and unit in who.units):
            found.append(act.value)
    return found
