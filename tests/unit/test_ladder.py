"""The ladder: which rung fires when, and what stops it (domain.md D5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.limits import LadderRule, LadderStep
from contracts.ticket import TicketStatus
from services.notifier.clocks.clock import Clock, started
from services.notifier.ladder.escalation import Raiser
from services.notifier.ladder.ladder import UNASSIGNED, Ladder, rules
from tests.support import city
from tests.support.case import LIVES, MONDAY, Case, Turn, after

S = TicketStatus
BOTH = {ClockKind.SIGN_FOR, ClockKind.RESULT}


def clock(kind: ClockKind, urgency: Urgency = Urgency.NORMAL, unit: str = "SZ") -> Clock:
    basis = city.directory().basis(kind, "standard", urgency, unit)
    assert basis is not None
    return started(uuid4(), kind, basis.due(MONDAY), unit=unit, round_=1)


def planned(urgency: Urgency = Urgency.NORMAL, *kinds: ClockKind) -> Ladder:
    ladder = Ladder(1)
    for kind in kinds or (ClockKind.SIGN_FOR, ClockKind.RESULT):
        ladder.plan(
            clock(kind, urgency),
            city.directory().steps[urgency],
            city.directory().calendar("standard"),
        )
    ladder.settle(BOTH)
    return ladder


def fired(ladder: Ladder, at: datetime, ticking: set[ClockKind] = BOTH) -> list[tuple[int, str]]:
    return [(rung["level"], rung["at"]) for rung in ladder.fire(ticking, at)]


def test_a_ticket_nobody_signs_or_handles_climbs_rung_by_rung() -> None:
    ladder = planned()
    assert ladder.next_due_at == MONDAY + timedelta(hours=24)
    assert fired(ladder, MONDAY + timedelta(hours=23)) == []
    assert fired(ladder, MONDAY + timedelta(hours=24)) == [(1, "due")]
    assert ladder.next_due_at == MONDAY + timedelta(days=7)
    assert fired(ladder, MONDAY + timedelta(days=7)) == [(2, "due")]
    assert fired(ladder, MONDAY + timedelta(days=8)) == [(3, "due+1wd")]
    assert fired(ladder, MONDAY + timedelta(days=30)) == [(4, "due+6wd")]
    assert ladder.next_due_at is None


def test_of_two_rungs_of_one_level_the_first_to_come_fires_once() -> None:
    ladder = planned()
    assert fired(ladder, MONDAY + timedelta(hours=25), {ClockKind.RESULT}) == []
    at_80_percent = MONDAY + timedelta(days=5.6)
    assert fired(ladder, at_80_percent, {ClockKind.RESULT}) == [(1, "80%")]
    assert fired(ladder, at_80_percent, BOTH) == []


def test_a_rung_does_not_fire_once_the_clock_it_watches_has_stopped() -> None:
    ladder = planned()
    assert fired(ladder, MONDAY + timedelta(days=40), set()) == []
    ladder.settle({ClockKind.RESULT})
    assert ladder.next_due_at == MONDAY + timedelta(days=5.6)


def test_after_a_long_outage_every_missed_level_fires_once_in_order() -> None:
    ladder = planned()
    levels = [level for level, _ in fired(ladder, MONDAY + timedelta(days=60))]
    assert levels == [1, 2, 3, 4]
    assert fired(ladder, MONDAY + timedelta(days=90)) == []


def test_a_stopped_ladder_never_looks_again() -> None:
    ladder = planned()
    ladder.stop(MONDAY)
    ladder.settle(BOTH)
    assert (ladder.next_due_at, ladder.stopped_at) == (None, MONDAY)


def test_planning_anew_for_another_unit_does_not_bring_back_a_raised_level() -> None:
    ladder = planned()
    fired(ladder, MONDAY + timedelta(hours=24))
    steps = city.directory().steps[Urgency.NORMAL]
    ladder.plan(clock(ClockKind.SIGN_FOR), steps, city.directory().calendar("standard"))
    assert 1 not in [rung["level"] for rung in ladder.rungs]


def test_an_extension_moves_the_rungs_that_hang_on_the_due_time() -> None:
    ladder, result = planned(), clock(ClockKind.RESULT)
    old, result.due_at = result.due_at, result.due_at + timedelta(days=4)
    ladder.move(result, old, city.directory().calendar("standard"))
    assert fired(ladder, MONDAY + timedelta(days=10)) == [(1, "due")]
    assert fired(ladder, MONDAY + timedelta(days=11)) == [(2, "due")]  # a Friday
    assert fired(ladder, MONDAY + timedelta(days=13)) == []
    assert fired(ladder, MONDAY + timedelta(days=14)) == [(3, "due+1wd")]  # the Monday after


def test_a_critical_matter_reaches_the_secretary_in_four_hours() -> None:
    ladder = planned(Urgency.CRITICAL)
    assert fired(ladder, MONDAY + timedelta(minutes=15)) == [(1, "due")]
    assert fired(ladder, MONDAY + timedelta(hours=1)) == [(2, "start+1h")]
    assert fired(ladder, MONDAY + timedelta(hours=4)) == [(3, "due"), (4, "start+4h")]
    assert fired(ladder, MONDAY + timedelta(hours=24)) == [(5, "start+24h")]


@pytest.mark.parametrize("urgency", list(Urgency))
def test_a_matter_nobody_is_responsible_for_climbs_too(urgency: Urgency) -> None:
    ladder = planned(urgency, ClockKind.DISPATCH)
    ladder.settle({ClockKind.DISPATCH})
    levels = [
        level for level, _ in fired(ladder, MONDAY + timedelta(days=30), {ClockKind.DISPATCH})
    ]
    assert levels == [1, 2, 4]


def test_steps_of_the_city_on_the_dispatch_clock_replace_the_built_in_ones() -> None:
    own = LadderStep(level=3, clock=ClockKind.DISPATCH, at="due+2h", who=("leader",))
    built = rules([LadderRule(urgency=Urgency.NORMAL, steps=(own,))])
    assert built[Urgency.NORMAL] == (own,)
    assert built[Urgency.URGENT] == UNASSIGNED[Urgency.URGENT]


@given(st.lists(st.integers(0, 60 * 24), min_size=1, max_size=12))
def test_however_often_one_looks_each_level_fires_exactly_once(hours: list[int]) -> None:
    ladder = planned()
    levels = []
    for hour in [*sorted(hours), 60 * 24]:
        levels += [level for level, _ in fired(ladder, MONDAY + timedelta(hours=hour))]
    assert levels == [1, 2, 3, 4]


def test_the_desk_stands_for_the_unit_while_nobody_is_responsible() -> None:
    ladder = planned(Urgency.NORMAL, ClockKind.DISPATCH)
    rung = ladder.fire({ClockKind.DISPATCH}, MONDAY + timedelta(days=1))[0]
    row = {
        "ticket_id": uuid4(), "number": "261123000001", "round": 1, "unit": "_", "area": "",
        "urgency": "normal", "received_at": MONDAY,
    }  # fmt: skip
    raised = Raiser(city.directory().org, MONDAY, uuid4).fire(row, rung, MONDAY)
    assert raised.escalation.unit == "DESK"
    assert raised.escalation.recipients
    assert raised.heard


def test_the_ladder_of_the_first_dispatch_watches_signing_and_result() -> None:
    case = Case().received().dispatched()
    assert len(case.ladders) == 1
    assert case.ladders[0].next_due_at == after(24)
    assert {rung["clock"] for rung in case.ladders[0].rungs} == {"sign_for", "result"}


def test_the_ladder_pauses_with_a_hold_and_ends_with_the_round() -> None:
    case = Case().received().dispatched().hear("contacted", S.IN_PROGRESS, 1)
    assert case.ladders[0].next_due_at == after(0.8 * 7 * 24)
    assert case.hear("held", S.ON_HOLD, 10).ladders[0].next_due_at is None
    case.hear("resumed", S.IN_PROGRESS, 34)
    assert case.ladders[0].next_due_at == after(0.8 * 7 * 24 + 24)
    case.hear("handled", S.CALLBACK, 40).hear("reopened", S.IN_PROGRESS, 60, round=2)
    first, second = case.ladders
    assert first.stopped_at == after(60)
    assert second.next_due_at == after(60 + 0.8 * 3.5 * 24)


@given(LIVES)
def test_whatever_happens_the_next_rung_belongs_to_a_running_clock(
    life: list[Turn],
) -> None:
    case, hours = Case().received(), 0
    for event, status, unit, later in life:
        hours += later
        case.hear(event, status, hours, unit)
        for ladder in case.ladders:
            if ladder.next_due_at is not None:
                assert any(rung["clock"] in case.ticking for rung in ladder.rungs)
