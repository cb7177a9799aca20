"""What may be said about a filed complaint in which state, and when it is taken up again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.ticket import TicketStatus as S
from kit.errors import DomainError
from services.intake.standing import Act, Lead, Repeat, Standing, reopening

CLOSED_AT = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
SAID = {
    S.RECEIVED: "withdraw supplement",
    S.TRIAGE: "withdraw supplement",
    S.DISPATCHED: "withdraw supplement",
    S.ACCEPTED: "withdraw supplement",
    S.IN_PROGRESS: "withdraw supplement",
    S.RETURNED: "withdraw supplement",
    S.ARBITRATION: "withdraw supplement",
    S.ON_HOLD: "withdraw supplement",
    S.HANDLED: "withdraw supplement",
    S.CALLBACK: "callbacks withdraw supplement",
    S.CLOSED: "reopen",
    S.DECLINED: "reopen",
    S.MERGED: "withdraw supplement",
    S.WITHDRAWN: "reopen",
}
"""The whole matrix once more, to be read and compared."""
FOLLOWER = {**SAID, S.CLOSED: "callbacks reopen"}


def standing(status: S, *, merged: bool = False, **more: Any) -> Standing:
    lead = Lead("L" if merged else "N", status, round=2, version=7, since=CLOSED_AT)
    own = S.MERGED if merged else status
    known = Standing(
        complaint_id=UUID(int=1),
        number="N",
        status=own,
        round=1 if merged else 2,
        lead=lead,
        holders=frozenset({"SZ"}),
        handlers=frozenset({"P-1"}),
        answered=False,
        withdrawing=False,
        reopening=False,
    )
    return replace(known, **more)


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("merged", [False, True])
def test_the_matrix_of_states_and_words(status: S, act: Act, *, merged: bool) -> None:
    now = standing(status, merged=merged)
    allowed = (FOLLOWER if merged else SAID)[status].split()
    assert [one.value for one in now.allowed] == allowed
    if act.value in allowed:
        now.check(act, version=7)
        return
    with pytest.raises(DomainError, match="not-allowed-now") as refused:
        now.check(act)
    assert refused.value.extra == {"status_now": status.value, "allowed": allowed}


def test_what_was_said_just_now_counts_before_the_router_has_answered() -> None:
    assert standing(S.CALLBACK, answered=True).allowed == (Act.WITHDRAW, Act.SUPPLEMENT)
    assert standing(S.IN_PROGRESS, withdrawing=True).allowed == (Act.REOPEN,)
    assert standing(S.CLOSED, merged=True, withdrawing=True).allowed == (Act.REOPEN,)
    assert standing(S.CLOSED, reopening=True).allowed == (Act.WITHDRAW, Act.SUPPLEMENT)
    assert standing(S.CLOSED, withdrawing=True).effective is S.CLOSED
    assert standing(S.IN_PROGRESS, reopening=True).effective is S.IN_PROGRESS


def test_a_version_that_is_stale_is_refused_with_the_present_one() -> None:
    with pytest.raises(DomainError, match="stale-version") as refused:
        standing(S.CALLBACK).check(Act.CALLBACKS, version=6)
    assert refused.value.extra == {"version_now": 7}


@pytest.mark.parametrize(("person", "units"), [("P-1", ()), ("P-2", ("SZ",)), ("P-2", ("X", "SZ"))])
def test_who_handled_it_is_told_there_is_no_such_matter(
    person: str, units: tuple[str, ...]
) -> None:
    with pytest.raises(DomainError, match="not-found"):
        standing(S.CALLBACK).check_independent(person, frozenset(units))
    standing(S.CALLBACK).check_independent("P-2", frozenset({"SQ-1"}))


@pytest.mark.parametrize(
    ("now", "who", "where", "found"),
    [
        (CLOSED_AT + WEEK, True, True, None),
        (CLOSED_AT + WEEK + timedelta(microseconds=1), True, True, Repeat.WINDOW_OVER),
        (CLOSED_AT, False, True, Repeat.OTHER_REQUESTER),
        (CLOSED_AT, True, False, Repeat.OTHER_PLACE),
    ],
)
def test_the_same_caller_and_place_inside_the_window_reopen(
    now: datetime, *, who: bool, where: bool, found: Repeat | None
) -> None:
    closed = standing(S.CLOSED)
    assert reopening(closed, now, WEEK, same_requester=who, same_place=where) is found


@pytest.mark.parametrize(
    ("ended", "found"),
    [
        (standing(S.WITHDRAWN), Repeat.NOT_CLOSED),
        (standing(S.DECLINED), Repeat.NOT_CLOSED),
        (standing(S.CLOSED, merged=True), Repeat.MERGED),
        (
            standing(S.CLOSED, lead=replace(standing(S.CLOSED).lead, since=None)),
            Repeat.WINDOW_OVER,
        ),
    ],
)
def test_what_has_no_work_of_its_own_to_take_up_becomes_a_repeat(
    ended: Standing, found: Repeat
) -> None:
    assert reopening(ended, CLOSED_AT, WEEK, same_requester=True, same_place=True) is found
