"""A session's figures, computed from its agenda and decisions (domain.md D7, seed 1). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from contracts.escalation import DecisionKind
from services.notifier.reception.decision import Decision, DecisionState
from services.notifier.reception.item import Item
from services.notifier.reception.session import Outcome

DAY_S: Final = 86_400


class Listed(Protocol):
    """What figures need of a line of an agenda."""

    @property
    def item(self) -> Item:
        """The matter."""
        ...

    @property
    def form(self) -> str | None:
        """How it was heard."""
        ...

    @property
    def heard_at(self) -> datetime | None:
        """When."""
        ...

    @property
    def outcome(self) -> str | None:
        """What became of it."""
        ...

    @property
    def here(self) -> bool:
        """It still belongs to the session."""
        ...


def figures(
    lines: Sequence[Listed], decisions: Sequence[Decision], ended: datetime
) -> dict[str, Any]:
    """What the minutes count; `ended` is when the session was closed, or now.

    `items`: matters that came up. `solved_on_the_spot`: those decided of which every decision was reported
    as carried out before the session ended. `average_days_open`: days from receipt to hearing, over what
    was heard, with one decimal; None where nothing was.
    """
    came = [x for x in lines if x.here or x.outcome in (Outcome.DECIDED, Outcome.CARRIED_OVER)]
    came = [x for x in came if x.outcome != Outcome.TAKEN_OFF]
    heard = [x for x in came if x.heard_at is not None]
    days = [_days(x.item.received_at, x.heard_at) for x in heard if x.heard_at is not None]
    explained = {d.item_id for d in decisions if d.kind is DecisionKind.EXPLAIN}
    return {
        "items": len(came),
        "heard": len(heard),
        "heard_by_form": dict(sorted(Counter(x.form for x in heard if x.form).items())),
        "decided": sum(1 for x in came if x.outcome == Outcome.DECIDED),
        "decisions_by_kind": dict(sorted(Counter(d.kind.value for d in decisions).items())),
        "solved_on_the_spot": _on_the_spot(came, decisions, ended),
        "explained": len(explained),
        "carried_over": sum(1 for x in came if x.outcome == Outcome.CARRIED_OVER),
        "average_days_open": round(sum(days) / len(days), 1) if days else None,
        "carried_out_by_now": sum(1 for d in decisions if d.state is DecisionState.DONE),
    }


def _on_the_spot(lines: Sequence[Listed], decisions: Sequence[Decision], ended: datetime) -> int:
    late = {
        d.item_id
        for d in decisions
        if d.reported_at is None or d.reported_at > ended or d.state is DecisionState.OPEN
    }
    decided = {x.item.item_id for x in lines if x.outcome == Outcome.DECIDED}
    return len(decided - late)


def _days(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds()) / DAY_S
