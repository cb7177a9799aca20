"""Why a clock is due when it is, in one plain English sentence; the Chinese one is kept with the clock. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from contracts.clock import BY_DATE, ClockKind, Move, MoveKind, Trace
from kit.city_time import CITY_TIME

DUTY_EN: Final = {
    ClockKind.RESIDENT: "an answer to the caller",
    ClockKind.DISPATCH: "dispatch",
    ClockKind.SIGN_FOR: "signing for it",
    ClockKind.CONTACT: "first contact with the caller",
    ClockKind.RESULT: "the result",
    ClockKind.RETURN_ANSWER: "the answer to the return",
    ClockKind.RULING: "the ruling",
    ClockKind.HOLD_REVIEW: "the review of the hold",
    ClockKind.CALLBACK: "the call-back",
    ClockKind.CHECK_IN: "checking in",
    ClockKind.SIGN_OFF: "signing the whistle",
    ClockKind.RESOLVE: "resolving the whistle",
    ClockKind.RATING: "rating the whistle",
    ClockKind.DECISION: "carrying out the decision",
    ClockKind.CONFIRMATION: "confirming the decision's result",
}
_UNITS: Final = {
    "m": "minute",
    "h": "hour",
    "d": "day",
    "wh": "working hour",
    "wd": "working day",
    "bd": "workday",
}
_LIMIT: Final = re.compile(r"([0-9]+)(m|h|d|wh|wd|bd)(?:\*([0-9]+)%)?")
_HALF: Final = "50"


def english(
    kind: ClockKind, due_at: datetime, trace: Trace, earlier_due: Sequence[datetime] = ()
) -> str:
    """What is due when, after which limit from which start, and what moved it since.

    `Due 2026-11-24 10:00: first contact with the caller, 1 working day from 2026-11-23 10:00 by profile
    standard (normal).` A limit nobody can read is told as it was written.
    """
    if trace.limit == BY_DATE:
        return f"Due {_at(due_at)}: {DUTY_EN[kind]}, on the date set at the reception."
    given = f"{_limit(trace.limit)} from {_at(trace.start)}"
    by = f" by profile {trace.profile} ({trace.urgency})" if trace.urgency else ""
    told = [f"Due {_at(due_at)}: {DUTY_EN[kind]}, {given}{by}"]
    if trace.skipped:
        told.append(f"{_amount(len(trace.skipped), 'd')} without work not counted")
    told += [_move(move) for move in trace.moves]
    if earlier_due:
        told.append(f"due {_at(earlier_due[-1])} before")
    return "; ".join(told) + "."


def heard(kind: str, due_at: datetime, trace: Mapping[str, Any] | None, chinese: str) -> str:
    """`english` of a clock as a service that heard of it keeps it; the Chinese sentence where no trace was told."""
    return english(ClockKind(kind), due_at, Trace.model_validate(trace)) if trace else chinese


def _limit(written: str) -> str:
    found = _LIMIT.fullmatch(written)
    if found is None:
        return written
    amount, unit, share = found.groups()
    part = "" if share is None else "half of " if share == _HALF else f"{share}% of "
    return f"{part}{_amount(int(amount), unit)}"


def _move(move: Move) -> str:
    match move:
        case Move(what=MoveKind.HOLD, since=datetime() as since, until=datetime() as until):
            return f"held from {_at(since)} to {_at(until)}"
        case Move(what=MoveKind.REVIEW, until=datetime() as until):
            return f"to be reviewed by {_at(until)}"
        case _:
            return f"extended by {move.by}"


def _amount(amount: int, unit: str) -> str:
    return f"{amount} {_UNITS[unit]}{'' if amount == 1 else 's'}"


def _at(at: datetime) -> str:
    return at.astimezone(CITY_TIME).strftime("%Y-%m-%d %H:%M")
