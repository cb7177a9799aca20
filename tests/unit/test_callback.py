"""What a call-back means: who was reached has answered, who was not is tried again, nothing is guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.complaint import CallbackOutcome as Outcome
from kit.errors import DomainError
from services.intake.callback import Answer, Policy, Tried, judge

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
POLICY = Policy(tries=3, gap=timedelta(hours=4))


def judged(tried: Tried | None = None, *, reachable: bool = True, **answer: Any) -> Any:
    said = Answer.model_validate(answer)
    return judge(said, tried or Tried(), NOW, POLICY, reachable=reachable)


@pytest.mark.parametrize("satisfied", [None, True, False])
@pytest.mark.parametrize("solved", [True, False])
def test_whoever_was_reached_has_answered_for_good(solved: bool, satisfied: bool | None) -> None:  # noqa: FBT001 - a case
    found = judged(contacted=True, solved=solved, satisfied=satisfied)
    assert found.outcome is (Outcome.SOLVED if solved else Outcome.NOT_SOLVED)
    assert (found.attempt, found.final) == (1, True)


@pytest.mark.parametrize(("tries", "final"), [(0, False), (1, False), (2, True)])
def test_nobody_reached_is_final_at_the_last_try_and_never_solved(
    tries: int, *, final: bool
) -> None:
    found = judged(Tried(tries, NOW - POLICY.gap), contacted=False)
    assert (found.outcome, found.attempt, found.final) == (Outcome.NOT_REACHED, tries + 1, final)


def test_a_try_too_soon_after_the_last_does_not_count_and_says_when_it_would() -> None:
    last = NOW - POLICY.gap + timedelta(seconds=1)
    with pytest.raises(DomainError, match="too-soon") as refused:
        judged(Tried(1, last), contacted=False)
    assert refused.value.extra == {"next_at": (last + POLICY.gap).isoformat()}
    assert judged(Tried(1, last), contacted=True, solved=False).final


def test_nobody_to_ask_is_final_at_once_but_only_where_no_phone_was_left() -> None:
    found = judged(contacted=False, reason="no_contact_possible", reachable=False)
    assert (found.outcome, found.final) == (Outcome.NO_CONTACT_POSSIBLE, True)
    with pytest.raises(DomainError, match="invalid") as refused:
        judged(contacted=False, reason="no_contact_possible")
    assert refused.value.field == "reason"


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({"contacted": True}, "solved"),
        ({"contacted": True, "solved": True, "reason": "no_contact_possible"}, "reason"),
        ({"contacted": False, "solved": False}, "solved"),
        ({"contacted": False, "satisfied": True}, "satisfied"),
    ],
)
def test_answers_that_contradict_themselves_name_the_field(
    answer: dict[str, Any], field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        judged(**answer)
    assert refused.value.field == field


@pytest.mark.parametrize("answer", [{}, {"contacted": 1}, {"contacted": True, "score": 5}])
def test_what_is_no_answer_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Answer.model_validate(answer)


@given(
    tries=st.integers(0, 20),
    ago=st.timedeltas(timedelta(0), timedelta(days=9)),
    answer=st.sampled_from(
        [
            {"contacted": False},
            {"contacted": True, "solved": True, "satisfied": True},
            {"contacted": True, "solved": False},
        ]
    ),
)
def test_only_a_person_who_said_so_makes_it_solved(
    tries: int, ago: timedelta, answer: dict[str, Any]
) -> None:
    try:
        found = judged(Tried(tries, NOW - ago if tries else None), **answer)
    except DomainError:
        return
    assert (found.outcome is Outcome.SOLVED) == (answer == {**answer, "solved": True})
    assert found.final == (answer["contacted"] or tries + 1 >= POLICY.tries)
