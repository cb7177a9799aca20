"""Receptions as rules: the table of states, dates of a rhythm, figures, and rules of offices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.clock import BY_DATE
from contracts.escalation import EntryRule, ReceptionLevel, ReceptionState
from contracts.limits import ReceptionRule
from kit.city_time import CITY_TIME
from kit.due_words import english
from kit.errors import DomainError
from services.notifier.reception.decision_clock import Term
from services.notifier.reception.item import Item
from services.notifier.reception.minutes import figures
from services.notifier.reception.rhythm import Rules, proposed
from services.notifier.reception.states import TRANSITIONS, Act, advance, allowed_from
from services.notifier.worktime.calendar import Always
from tests.support import city

S = ReceptionState
AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
ENDED = {S.DONE, S.WITHDRAWN}


def test_nothing_leads_out_of_an_end_and_everything_leads_to_one() -> None:
    assert not {state for state, _ in TRANSITIONS} & ENDED
    reached, more = {S.QUEUED}, {S.QUEUED}
    while more:
        more = {to for (at, _), to in TRANSITIONS.items() if at in more} - reached
        reached |= more
    assert reached == set(S)


@given(st.lists(st.sampled_from(list(Act)), max_size=30))
def test_whatever_is_tried_a_matter_is_decided_only_after_it_was_heard(acts: list[Act]) -> None:
    state, heard = S.QUEUED, False
    for act in acts:
        if act.value not in allowed_from(state):
            with pytest.raises(DomainError, match="not-allowed-now"):
                advance(state, act)
            continue
        state = advance(state, act)
        heard = (heard or act is Act.HEAR) and state is not S.QUEUED
        assert state is not S.DECIDED or heard


@pytest.mark.parametrize(
    ("week", "weekday", "expected"),
    [
        (1, "thu", [("2026-10-08", "2026-10-01"), ("2026-11-05", None)]),
        (2, "thu", [("2026-10-08", None), ("2026-11-12", None)]),
        (1, "sun", [("2026-10-08", "2026-10-04"), ("2026-11-02", "2026-11-01")]),
    ],
)
def test_a_reception_day_moves_off_holidays_to_the_next_working_day(
    week: int, weekday: str, expected: list[tuple[str, str | None]]
) -> None:
    rule = ReceptionRule.model_validate({"week": week, "weekday": weekday})
    first = datetime(2026, 10, 1, tzinfo=CITY_TIME)
    days = proposed(rule, city.directory().calendar("standard"), first, first + timedelta(days=61))
    found = [(one["starts_at"][:10], one["moved_from"] and one["moved_from"][:10]) for one in days]
    assert found == expected
    assert all(one["starts_at"].endswith("09:00:00+08:00") for one in days)


def test_a_year_that_is_not_loaded_is_said_instead_of_guessed() -> None:
    first = datetime(2031, 1, 1, tzinfo=CITY_TIME)
    (day,) = proposed(
        ReceptionRule(), city.directory().calendar("standard"), first, first + timedelta(days=31)
    )
    assert (day["starts_at"][:10], day["calendar_loaded"]) == ("2031-01-09", False)


def test_an_offices_own_rule_counts_before_its_levels_and_the_usual_one() -> None:
    rows = [ReceptionRule(office=name, cap=cap) for name, cap in
            (("default", 3), ("community", 4), ("SQ-001", 5))]  # fmt: skip
    rules = Rules.of(rows)
    assert rules.rule("SQ-001", ReceptionLevel.COMMUNITY).cap == 5
    assert rules.rule("SQ-002", ReceptionLevel.COMMUNITY).cap == 4
    assert rules.rule("JD-WYS", ReceptionLevel.SUBDISTRICT).cap == 3
    assert Rules().rule("JD-WYS", ReceptionLevel.SUBDISTRICT).cap == 15


@given(st.integers(1, 366 * 86_400 - 1))
def test_a_date_is_kept_to_the_second_and_the_warning_comes_before_it(seconds: int) -> None:
    term = Term(ReceptionRule(), Always(), 1, AT)
    due = AT + timedelta(seconds=seconds)
    clock = term.carry_out((uuid4(), uuid4()), "SZ", None, due)
    assert clock.due_at == due
    assert AT <= clock.near_at < due <= (clock.lapse_at or due)
    assert clock.trace.limit == BY_DATE


def test_a_date_is_told_in_english_too() -> None:
    due = AT + timedelta(days=3)
    clock = Term(ReceptionRule(), Always(), 1, AT).carry_out((uuid4(), uuid4()), "SZ", None, due)
    assert english(clock.kind, clock.due_at, clock.trace) == (
        "Due 2026-11-26 10:00: carrying out the decision, on the date set at the reception."
    )


@dataclass(frozen=True)
class Line:
    item: Item
    form: str | None = None
    heard_at: datetime | None = None
    outcome: str | None = None
    here: bool = True


def _line(days_open: float, outcome: str | None = None, *, here: bool = True) -> Line:
    item = Item(
        uuid4(), uuid4(), "1", 1, ReceptionLevel.COMMUNITY, "SQ-001", EntryRule.MANUAL, 1, 0, "SZ",
        "370105", AT - timedelta(days=days_open), AT, 30,
    )  # fmt: skip
    return Line(item, "report" if outcome else None, AT if outcome else None, outcome, here)


def test_figures_count_what_came_up_and_leave_out_what_left_before() -> None:
    lines = [
        _line(10, "decided"), _line(5.5, "carried_over", here=False), _line(3),
        _line(9, "taken_off", here=False), _line(9, here=False),
    ]  # fmt: skip
    found = figures(lines, [], AT)
    assert (found["items"], found["heard"]) == (3, 2)
    assert (found["decided"], found["carried_over"]) == (1, 1)
    assert found["average_days_open"] == 7.8
    assert figures([], [], AT)["average_days_open"] is None
