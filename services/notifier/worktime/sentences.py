"""Why a clock is due when it is, in one plain English sentence; the Chinese one is kept with the clock. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from contracts.clock import ClockKind, Move, MoveKind, Trace
from kit.city_time import CITY_TIME
from services.notifier.worktime.limits import BY_DATE, HALF, limit_of

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


def english(
    kind: ClockKind, due_at: datetime, trace: Trace, earlier_due: Sequence[datetime] = ()
) -> str:
    """What is due when, after which limit from which start, and what moved it since.

    `Due 2026-11-24 10:00: first contact with the caller, 1 working day from 2026-11-23 10:00 by profile
    standard (normal).` Raises LimitError for a limit nobody can read.
    """
    if trace.limit == BY_DATE:
        return f"Due {_at(due_at)}: {DUTY_EN[kind]}, on the date set at the reception."
    limit, share = limit_of(trace)
    part = "" if share == 1 else "half of " if share == HALF else f"{share:.0%} of "
    given = f"{part}{_amount(limit.amount, limit.unit)} from {_at(trace.start)}"
    by = f" by profile {trace.profile} ({trace.urgency})" if trace.urgency else ""
    told = [f"Due {_at(due_at)}: {DUTY_EN[kind]}, {given}{by}"]
    if trace.skipped:
        told.append(f"{_amount(len(trace.skipped), 'd')} without work not counted")
    told += [_move(move) for move in trace.moves]
    if earlier_due:
        told.append(f"due {_at(earlier_due[-1])} before")
    return "; ".join(told) + "."


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
