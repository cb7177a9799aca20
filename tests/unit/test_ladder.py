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
from services.notifier.ladder.ladder import Ladder
from services.notifier.ladder.rules import UNASSIGNED, WAITING, rules
from services.notifier.worktime.limits import LimitError
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
            1,
        )
    ladder.settle(BOTH)
    return ladder


def fired(ladder: Ladder, at: datetime, ticking: set[ClockKind] = BOTH) -> list[tuple[int, str]]:
    return [(rung["level"], rung["at"]) for rung in ladder.fire(ticking, at)]


D5 = {
    Urgency.CRITICAL: ("50%", {
        (1, "sign_for", "due", None), (2, "result", "start+1h", None), (3, "result", "due", None),
        (4, "result", "start+4h", "subdistrict"), (5, "result", "start+24h", "district"),
    }),
    Urgency.URGENT: ("80%", {
        (1, "sign_for", "due", None), (2, "result", "start+12h", None), (3, "result", "due", None),
        (4, "result", "start+48h", "subdistrict"), (5, "result", "start+5wd", "district"),
    }),
    Urgency.NORMAL: ("80%", {
        (1, "sign_for", "due", None), (1, "result", "80%", None), (2, "result", "due", None),
        (3, "result", "due+1wd", None), (4, "result", "due+6wd", "subdistrict"),
    }),
    Urgency.COMPLEX: ("80%", {
        (1, "sign_for", "due", None), (1, "result", "80%", None), (2, "result", "due", None),
        (3, "result", "due+1wd", None), (4, "result", "due+6wd", "subdistrict"),
    }),
}  # fmt: skip
"""The table of domain.md D5. The limits it names beside (15 min, 2 h, 24 h) are those of D4, tested below."""
WHO = {
    1: {"leader"},
    2: {"secretary", "duty_lead"},
    3: {"duty_lead", "deputy"},
    4: {"secretary"},
    5: {"secretary"},
}


@pytest.mark.parametrize("urgency", list(Urgency))
def test_the_sample_ladder_says_what_the_table_says(urgency: Urgency) -> None:
    row = next(row for row in city.parts()["ladder"] if row["urgency"] == urgency)
    rule = LadderRule.model_validate(row)
    steps = {(s.level, s.clock.value, s.at, s.reception and s.reception.value) for s in rule.steps}
    assert (rule.warn, steps) == D5[urgency]
    assert all(set(s.who) == WHO[s.level] and s.source for s in rule.steps)
    assert {s.level for s in rule.steps if s.phone} == (
        {4} if urgency is Urgency.CRITICAL else set()
    )


@pytest.mark.parametrize(
    ("urgency", "sign_for", "result"),
    [
        (Urgency.CRITICAL, timedelta(minutes=15), timedelta(hours=2)),
        (Urgency.URGENT, timedelta(hours=1), timedelta(hours=24)),
        (Urgency.NORMAL, timedelta(hours=24), timedelta(days=7)),
        (Urgency.COMPLEX, timedelta(hours=24), timedelta(days=15)),
    ],
)
def test_the_limits_the_table_counts_from(
    urgency: Urgency, sign_for: timedelta, result: timedelta
) -> None:
    due = [clock(kind, urgency).due_at - MONDAY for kind in (ClockKind.SIGN_FOR, ClockKind.RESULT)]
    assert due == [sign_for, result]


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
    ladder.plan(clock(ClockKind.SIGN_FOR), steps, city.directory().calendar("standard"), 2)
    assert 1 not in [rung["level"] for rung in ladder.rungs]


def test_an_extension_moves_the_rungs_that_hang_on_the_due_time() -> None:
    ladder, result = planned(), clock(ClockKind.RESULT)
    result.due_at += timedelta(days=4)
    ladder.move(result, city.directory().calendar("standard"))
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


@pytest.mark.parametrize("kind", [ClockKind.CALLBACK, ClockKind.HOLD_REVIEW])
@pytest.mark.parametrize("urgency", list(Urgency))
def test_a_matter_that_waits_ends_on_a_secretarys_table_too(
    urgency: Urgency, kind: ClockKind
) -> None:
    ladder = (
        planned(urgency, kind) if city.directory().basis(kind, "standard", urgency, "SZ") else None
    )
    if ladder is None:
        assert (urgency, kind) == (Urgency.CRITICAL, ClockKind.HOLD_REVIEW)
        return
    rungs = ladder.fire({kind}, MONDAY + timedelta(days=90))
    assert rungs[-1]["reception"] == "subdistrict"


def test_critical_rungs_repeat_every_ten_minutes_five_times_and_others_never() -> None:
    for urgency, expected in (
        (Urgency.CRITICAL, {(600, 5)}),
        (Urgency.URGENT, {(None, None)}),
        (Urgency.NORMAL, {(None, None)}),
    ):
        rungs = planned(urgency).rungs
        assert {(r.get("repeat_s"), r.get("repeat_max")) for r in rungs} == expected
    assert [s.level for s in rules([])[Urgency.CRITICAL] if s.phone] == [4, 4, 4]
    silent = rules([])[Urgency.CRITICAL][0]
    assert (silent.repeat_every, silent.repeat_max) == ("10m", 5)
    never = rules([LadderRule(urgency=Urgency.CRITICAL, repeat_every="none")])
    assert {step.repeat_every for step in never[Urgency.CRITICAL]} == {"none"}


@pytest.mark.parametrize("every", ["1wd", "2wh", "1bd"])
def test_a_repetition_in_working_time_is_refused(every: str) -> None:
    with pytest.raises(LimitError, match="repeat-runs-by-the-wall-clock"):
        rules([LadderRule(urgency=Urgency.NORMAL, repeat_every=every)])


def test_steps_of_the_city_on_the_dispatch_clock_replace_the_built_in_ones() -> None:
    own = LadderStep(level=3, clock=ClockKind.DISPATCH, at="due+2h", who=("leader",))
    built = rules([LadderRule(urgency=Urgency.NORMAL, steps=(own,))])
    assert built[Urgency.NORMAL] == (own, *WAITING)
    assert built[Urgency.URGENT] == (*UNASSIGNED[Urgency.URGENT], *WAITING)


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
    held = case.hear("held", S.ON_HOLD, 10).ladders[0]
    assert held.next_due_at is not None
    assert held.next_due_at > after(
        10 + 30 * 24
    )  # nobody reviews the hold: that climbs, nothing else
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


def test_what_becomes_critical_climbs_by_the_steps_of_critical_matters() -> None:
    case = Case().received().dispatched(0)
    case.urgency = Urgency.CRITICAL
    rungs = case.hear("urgency_set", S.DISPATCHED, 1).ladders[0].rungs
    secretary = next(rung for rung in rungs if rung["level"] == 4)
    assert (secretary["at"], secretary.get("phone")) == ("start+4h", True)
    assert datetime.fromisoformat(secretary["due_at"]) == after(4)


@given(LIVES, st.lists(st.sampled_from(Urgency), min_size=12, max_size=12))
def test_it_makes_no_difference_which_messages_come_in_one_batch(
    life: list[Turn], urgencies: list[Urgency]
) -> None:
    case, hours = Case().received(), 0
    for (event, status, unit, later), case.urgency in zip(life, urgencies, strict=False):
        hours += later
        case.hear(event, status, hours, unit)
    assert _climbs(case) == _climbs(case.together())


def _climbs(case: Case) -> list[tuple[datetime | None, list[tuple[str, ...]]]]:
    """Of ladders that go on: when next, and what is still to come."""
    return [
        (x.next_due_at, sorted((r["due_at"], r["clock"], r["at"], *r["who"]) for r in x.rungs))
        for x in case.ladders
        if x.stopped_at is None and x.rungs
    ]


@given(LIVES, st.lists(st.booleans(), min_size=12, max_size=12))
def test_a_round_that_begins_and_ends_in_one_batch_has_its_ladder_too(
    life: list[Turn], anew: list[bool]
) -> None:
    case, hours = Case().received(), 0
    for (event, status, unit, later), begins in zip(life, anew, strict=False):
        hours += later
        case.hear(event, status, hours, unit, round=case.timing.ticket.round + begins)
    assert _kept(case) == _kept(case.together())


def _kept(case: Case) -> list[tuple[int, datetime | None, list[tuple[str, ...]]]]:
    """Of every round: when its ladder stopped, and what it had planned."""
    ladders = sorted(case.ladders, key=lambda x: x.round)
    return [
        (x.round, x.stopped_at, sorted((r["due_at"], r["clock"], r["at"]) for r in x.rungs))
        for x in ladders
    ]
