"""Which clocks run: the rules of domain.md D1 and D3, each in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.ticket import TicketStatus
from services.notifier.clocks.clock import FINAL, NOBODY, RUNNING
from tests.support.case import LIVES, MONDAY, Case, Turn, after

K, S = ClockKind, TicketStatus


def test_a_received_complaint_starts_the_resident_and_the_dispatch_clock() -> None:
    case = Case().received()
    assert case.said() == [("set", "resident")]
    assert case.clock(K.RESIDENT).due_at == after(7 * 24)
    assert case.clock(K.DISPATCH).due_at == after(24)
    assert case.clock(K.RESIDENT).unit == NOBODY


@pytest.mark.parametrize(
    ("urgency", "hours"), [(None, 24), (Urgency.CRITICAL, 1), (Urgency.URGENT, 2)]
)
def test_an_unknown_urgency_counts_as_normal(urgency: Urgency | None, hours: int) -> None:
    assert Case(urgency).received().clock(K.DISPATCH).due_at == after(hours)


def test_dispatch_stops_its_clock_and_starts_the_units_from_the_time_of_dispatch() -> None:
    case = Case().received().dispatched(2)
    assert case.said() == [("set", "sign_for"), ("set", "contact"), ("set", "result")]
    assert not case.clock(K.DISPATCH).open
    assert {case.clock(kind).started_at for kind in (K.SIGN_FOR, K.CONTACT, K.RESULT)} == {after(2)}
    assert case.clock(K.SIGN_FOR).due_at == after(26)
    assert case.clock(K.CONTACT).due_at == after(26)
    assert case.clock(K.RESULT).due_at == after(2 + 7 * 24)


def _lived(case: Case, *events: Turn) -> Case:
    hours = 0
    for event, status, unit, later in events:
        hours += later
        case.hear(event, status, hours, unit)
    return case


def _rows(case: Case) -> dict[tuple[str, str], tuple[object, ...]]:
    """Everything of a clock that is kept, but its id."""
    return {
        (c.kind, c.unit): (c.round, c.started_at, c.near_at, c.due_at, c.stopped_at, c.stopped_by, c.sentence)
        for c in case.timing.clocks
    }  # fmt: skip


@pytest.mark.parametrize(
    "life",
    [
        [("dispatched", S.DISPATCHED, "SZ", 2)],
        [("dispatched", S.DISPATCHED, "SZ", 2), ("accepted", S.ACCEPTED, "SZ", 1)],
        [("triaged", S.TRIAGE, "DESK", 1)],
        [("triaged", S.TRIAGE, "DESK", 1), ("dispatched", S.DISPATCHED, "SZ", 1)],
        [("triaged", S.TRIAGE, "DESK", 1), ("declined", S.DECLINED, "DESK", 1)],
        [("dispatched", S.DISPATCHED, "SZ", 0), ("handled", S.HANDLED, "SZ", 0), ("closed", S.CLOSED, "SZ", 0)],
        [("dispatched", S.DISPATCHED, "SZ", 2), ("merged", S.MERGED, "SZ", 1), ("unmerged", S.DISPATCHED, "SZ", 1)],
    ],
)  # fmt: skip
def test_the_outcome_does_not_depend_on_whether_complaint_or_ticket_is_heard_first(
    life: list[Turn],
) -> None:
    usual, late = _lived(Case().received(), *life), _lived(Case(), *life).received()
    assert _rows(usual) == _rows(late)
    assert usual.ticking == late.ticking
    for one, other in zip(usual.ladders, late.ladders, strict=True):
        assert {r["level"]: r for r in one.rungs} == {r["level"]: r for r in other.rungs}
        assert (one.next_due_at, one.stopped_at) == (other.next_due_at, other.stopped_at)


def test_what_was_told_of_a_clock_is_the_same_when_the_complaint_is_heard_last() -> None:
    ended: list[Turn] = [("dispatched", S.DISPATCHED, "SZ", 0), ("closed", S.CLOSED, "SZ", 1)]
    said = _lived(Case(), *ended).received().said()
    assert said[-2:] == [("set", "resident"), ("stopped", "resident")]


def test_a_complaint_that_arrives_after_its_ticket_ended_starts_nothing() -> None:
    assert Case().dispatched().hear("withdrawn", S.WITHDRAWN, 1).received().ticking == set()


def test_a_clock_that_runs_is_known_as_such_though_time_was_set_back() -> None:
    """Otherwise a second one of its kind would begin beside it, which the table refuses."""
    case = Case().received().dispatched(0)
    for event, status, hours in (
        ("handled", S.CALLBACK, 50), ("rejected", S.IN_PROGRESS, 52), ("handled", S.CALLBACK, 30),
        ("noted", S.CALLBACK, 60),
    ):  # fmt: skip
        case.hear(event, status, hours, "SZ")
    calls = [c for c in case.timing.clocks if c.kind is K.CALLBACK]
    assert [(c.started_at, c.open) for c in calls] == [(after(50), False), (after(30), True)]


def test_triage_keeps_the_dispatch_clock_running_and_tells_the_desk() -> None:
    case = Case().received().hear("triaged", S.TRIAGE, 1, "DESK")
    assert case.said() == [("set", "dispatch")]
    assert case.clock(K.DISPATCH).unit == "DESK"
    assert case.clock(K.DISPATCH).due_at == after(24)


def test_back_at_the_desk_in_a_later_round_somebody_is_to_be_found_within_a_limit() -> None:
    case = Case().received().dispatched().handled().hear("closed", S.CLOSED, 6)
    case.hear("reopened", S.IN_PROGRESS, 7, round=2)
    case.hear("reassigned", S.TRIAGE, 8, "DESK", round=2)
    assert case.ticking == {K.RESIDENT, K.RESULT, K.DISPATCH}
    assert case.clock(K.DISPATCH).due_at == after(8 + 24)


def test_signing_stops_sign_for_and_contact_stops_contact() -> None:
    case = Case().received().dispatched().hear("accepted", S.ACCEPTED, 1)
    assert case.said() == [("stopped", "sign_for")]
    assert case.hear("contacted", S.IN_PROGRESS, 2).said() == [("stopped", "contact")]
    assert case.ticking == {K.RESIDENT, K.RESULT}


def test_contact_before_signing_stops_both() -> None:
    case = Case().received().dispatched().hear("contacted", S.IN_PROGRESS, 1)
    assert set(case.said()) == {("stopped", "sign_for"), ("stopped", "contact")}


def test_a_return_ends_the_units_duties_and_the_result_clock_runs_on() -> None:
    case = Case().received().dispatched().hear("returned", S.RETURNED, 3)
    assert case.ticking == {K.RESIDENT, K.RESULT, K.RETURN_ANSWER}
    assert case.clock(K.RETURN_ANSWER).unit == "DESK"
    assert case.clock(K.RESULT).due_at == after(7 * 24)


def test_another_unit_signs_and_makes_contact_anew_but_inherits_the_result_clock() -> None:
    case = Case().received().dispatched().hear("returned", S.RETURNED, 3).dispatched(5, "GD")
    assert case.clock(K.SIGN_FOR).started_at == after(5)
    assert case.clock(K.CONTACT).unit == "GD"
    assert case.clock(K.RESULT).due_at == after(7 * 24)
    assert case.clock(K.RESULT).unit == "GD"
    assert K.RETURN_ANSWER not in case.ticking
    assert len([c for c in case.timing.clocks if c.kind is K.RESULT]) == 1


def test_a_move_without_a_return_does_the_same() -> None:
    case = Case().received().dispatched()
    case.hear("reassigned", S.DISPATCHED, 3, "SZ", holder="GD")
    assert {("stopped", "sign_for"), ("stopped", "contact")} <= set(case.said())
    case.dispatched(3, "GD")
    assert case.ticking == {K.RESIDENT, K.SIGN_FOR, K.CONTACT, K.RESULT}
    assert case.clock(K.SIGN_FOR).unit == "GD"


def test_a_refused_return_gains_the_unit_no_time() -> None:
    case = Case().received().dispatched().hear("returned", S.RETURNED, 3).dispatched(20)
    assert case.clock(K.SIGN_FOR).due_at == after(24)
    assert case.clock(K.CONTACT).started_at == MONDAY
    assert len([c for c in case.timing.clocks if c.kind is K.SIGN_FOR]) == 1


def test_a_unit_that_had_signed_need_not_sign_again_after_a_refused_return() -> None:
    case = Case().received().dispatched().hear("accepted", S.ACCEPTED, 1)
    case.hear("returned", S.RETURNED, 3).dispatched(20)
    assert K.SIGN_FOR not in case.ticking
    assert case.clock(K.CONTACT).due_at == after(24)


def test_a_second_return_waits_for_a_ruling_of_the_subdistrict() -> None:
    case = Case().received().dispatched().hear("returned", S.ARBITRATION, 3)
    assert K.RULING in case.ticking
    assert case.clock(K.RULING).unit == "JD-WYS"


@pytest.mark.parametrize("event", ["recategorised", "urged", "supervised", "assisted", "ruled"])
def test_edits_never_reset_or_stop_a_clock(event: str) -> None:
    case = Case().received().dispatched()
    before = [(c.clock_id, c.due_at, c.ticking) for c in case.timing.clocks]
    case.hear(event, S.DISPATCHED, 9, urgency=Urgency.COMPLEX)
    assert [(c.clock_id, c.due_at, c.ticking) for c in case.timing.clocks] == before
    assert case.said() == []


def test_only_a_hold_pauses_and_only_the_result_clock_which_goes_on_where_it_stopped() -> None:
    case = Case().received().dispatched().hear("contacted", S.IN_PROGRESS, 1)
    case.hear("held", S.ON_HOLD, 10)
    assert set(case.said()) == {("paused", "result"), ("set", "hold_review")}
    assert case.ticking == {K.RESIDENT, K.HOLD_REVIEW}
    case.hear("resumed", S.IN_PROGRESS, 58)
    assert set(case.said()) == {("stopped", "hold_review"), ("resumed", "result")}
    result = case.clock(K.RESULT)
    assert result.due_at == after(7 * 24 + 48)
    assert result.earlier_due == [after(7 * 24)]
    assert "挂账" in result.sentence


def test_an_extension_moves_one_due_time_and_keeps_the_old_one_on_record() -> None:
    case = Case().received().dispatched().hear("extended", S.DISPATCHED, 20)
    assert case.said() == [("set", "result")]
    assert case.clock(K.RESULT).due_at == after(14 * 24)
    assert case.clock(K.RESULT).earlier_due == [after(7 * 24)]
    assert case.clock(K.RESULT).warn_again
    assert case.clock(K.RESIDENT).due_at == after(7 * 24)
    assert case.clock(K.SIGN_FOR).due_at == after(24)


def test_handling_stops_contact_and_result_and_the_call_back_begins_with_somebody_else() -> None:
    case = Case().received().handled()
    assert case.ticking == {K.RESIDENT, K.CALLBACK}
    assert case.clock(K.CALLBACK).unit == NOBODY
    assert case.clock(K.RESULT).stopped_by == "ticket.handled"


def test_refused_proof_resumes_the_result_clock_as_if_it_had_never_stopped() -> None:
    case = Case().received().handled()
    due = case.clock(K.RESULT).due_at
    case.hear("rejected", S.IN_PROGRESS, 30)
    assert case.ticking == {K.RESIDENT, K.RESULT}
    assert case.clock(K.RESULT).due_at == due
    assert len([c for c in case.timing.clocks if c.kind is K.RESULT]) == 1


def test_a_new_round_gets_half_of_the_first_result_limit_while_the_resident_clock_goes_on() -> None:
    case = Case().received().handled().hear("reopened", S.IN_PROGRESS, 30, round=2)
    assert case.ticking == {K.RESIDENT, K.RESULT}
    assert case.clock(K.RESULT).round == 2
    assert case.clock(K.RESULT).due_at == after(30 + 3.5 * 24)
    assert case.clock(K.RESIDENT).due_at == after(7 * 24)


def test_a_ticket_reopened_after_closing_gets_its_resident_clock_back_unchanged() -> None:
    case = Case().received().handled().hear("closed", S.CLOSED, 20)
    assert case.ticking == set()
    case.hear("reopened", S.IN_PROGRESS, 30, round=2)
    assert case.ticking == {K.RESIDENT, K.RESULT}
    assert case.clock(K.RESIDENT).due_at == after(7 * 24)


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_final_state_stops_everything(status: TicketStatus) -> None:
    case = Case().received().dispatched().hear(status.value, status, 4)
    assert case.ticking == set()
    assert [(x.next_due_at, x.stopped_at) for x in case.ladders] == [(None, after(4))]


def test_unmerging_lets_the_clocks_of_before_run_on() -> None:
    case = Case().received().dispatched().hear("merged", S.MERGED, 4)
    case.hear("unmerged", S.DISPATCHED, 6)
    assert case.ticking == {K.RESIDENT, K.SIGN_FOR, K.CONTACT, K.RESULT}
    assert case.clock(K.SIGN_FOR).due_at == after(24)
    assert (case.ladders[0].stopped_at, case.ladders[0].next_due_at) == (None, after(24))


def test_unmerging_into_another_state_brings_back_only_what_that_state_allows() -> None:
    case = Case().received().hear("merged", S.MERGED, 1).hear("unmerged", S.DISPATCHED, 2)
    assert K.DISPATCH not in case.ticking


def test_a_new_round_ends_what_is_left_of_the_old_one() -> None:
    case = Case().received().dispatched().hear("contacted", S.IN_PROGRESS, 1)
    case.hear("reopened", S.IN_PROGRESS, 9, round=2)
    results = [(c.round, c.open) for c in case.timing.clocks if c.kind is K.RESULT]
    assert results == [(1, False), (2, True)]


def test_who_held_it_from_when_to_when_is_kept() -> None:
    case = Case().received().dispatched().dispatched(5, "GD").hear("closed", S.CLOSED, 9, "GD")
    assert [(h["unit"], h["from"], h["to"]) for h in case.timing.ticket.holders] == [
        ("SZ", after(0).isoformat(), after(5).isoformat()),
        ("GD", after(5).isoformat(), after(9).isoformat()),
    ]


def test_every_state_says_what_runs_in_it() -> None:
    assert set(RUNNING) == set(TicketStatus)
    assert all(RUNNING[status] == () for status in FINAL)


@given(LIVES)
def test_whatever_happens_one_clock_of_a_kind_runs_and_none_that_the_state_does_not_allow(
    life: list[Turn],
) -> None:
    case, hours = Case().received(), 0
    for event, status, unit, later in life:
        hours += later
        case.hear(event, status, hours, unit)
        running = [(c.round, c.kind) for c in case.timing.clocks if c.open]
        assert len(running) == len(set(running))
        allowed = {*RUNNING[status], K.RESIDENT} if status not in FINAL else set()
        allowed |= {K.RESULT} if status is S.TRIAGE else set()
        assert case.ticking <= allowed
        assert (K.RESIDENT in case.ticking) == (status not in FINAL)
        results = [c for c in case.timing.clocks if c.kind is K.RESULT]
        assert len(results) <= 1


def test_the_end_of_the_return_window_is_said_with_the_first_word_on_signing() -> None:
    case = Case().received().dispatched(2)
    said = {data.kind: data for _, data in case.timing.said}
    assert said[K.SIGN_FOR].return_until == after(2 + 24)
    assert {data.return_until for kind, data in said.items() if kind is not K.SIGN_FOR} == {None}
    closed = Case(Urgency.CRITICAL).received().dispatched(2)
    assert closed.clock(K.SIGN_FOR).return_until == after(2)


def test_a_hold_is_reviewed_when_its_approval_says_and_never_later_than_the_profile() -> None:
    held = Case().received().handled(5).hear("rejected", S.IN_PROGRESS, 6)
    early = held.hear("held", S.ON_HOLD, 7, review_at=after(40)).clock(K.HOLD_REVIEW)
    assert early.due_at == after(40)
    assert early.near_at <= early.due_at
    assert len(early.earlier_due) == 1
    late = Case().received().handled(5).hear("rejected", S.IN_PROGRESS, 6)
    late.hear("held", S.ON_HOLD, 7, review_at=after(24 * 300))
    assert late.clock(K.HOLD_REVIEW).due_at == after(7 + 30 * 24)


def test_what_becomes_urgent_is_due_sooner_from_the_same_start_and_never_later_again() -> None:
    case = Case().received().dispatched(2)
    case.urgency = Urgency.URGENT
    case.hear("urgency_set", S.DISPATCHED, 3)
    assert case.clock(K.RESULT).due_at == after(2 + 24)
    assert case.clock(K.RESULT).earlier_due == [after(2 + 7 * 24)]
    assert case.clock(K.RESIDENT).due_at == after(7 * 24)
    assert ("set", "result") in case.said()
    case.urgency = Urgency.NORMAL
    case.hear("urgency_set", S.DISPATCHED, 4)
    assert case.clock(K.RESULT).due_at == after(2 + 24)
    assert case.said() == []


def test_an_extension_granted_before_stays_granted_when_it_becomes_urgent() -> None:
    case = Case().received().dispatched(0).hear("extended", S.ACCEPTED, 1)
    extended = case.clock(K.RESULT).due_at
    case.urgency = Urgency.URGENT
    case.hear("urgency_set", S.ACCEPTED, 2)
    by = extended - after(7 * 24)
    assert case.clock(K.RESULT).due_at == after(24) + by


def test_back_at_the_desk_the_result_goes_on_being_due_and_somebody_must_be_found() -> None:
    case = Case().received().dispatched(2).hear("accepted", S.ACCEPTED, 3)
    due = case.clock(K.RESULT).due_at
    case.hear("triaged", S.TRIAGE, 5, "DESK")
    assert case.ticking == {K.RESIDENT, K.DISPATCH, K.RESULT}
    assert case.clock(K.RESULT).due_at == due
    assert case.clock(K.DISPATCH).due_at == after(5 + 24)
    assert {case.clock(kind).unit for kind in (K.DISPATCH, K.RESULT)} == {"DESK"}
    assert case.dispatched(8, "GD").clock(K.RESULT).due_at == due


@pytest.mark.parametrize("alarmed", [False, True])
def test_how_a_dispatch_clock_ended_is_said_if_its_alarm_was(*, alarmed: bool) -> None:
    case = Case().received()
    case.clock(K.DISPATCH).alarmed_at = after(20) if alarmed else None
    assert (("stopped", "dispatch") in case.dispatched(21).said()) == alarmed


def test_a_merger_undone_leaves_a_hold_as_it_was() -> None:
    case = Case().received().handled(5).hear("rejected", S.IN_PROGRESS, 6)
    due = case.clock(K.RESULT).due_at
    case.hear("held", S.ON_HOLD, 10).hear("merged", S.MERGED, 20).hear("unmerged", S.ON_HOLD, 30)
    assert ("paused", "result") in case.said()
    assert K.RESULT not in case.ticking
    case.hear("resumed", S.IN_PROGRESS, 110)
    assert case.clock(K.RESULT).due_at == due + timedelta(hours=100)


def test_what_becomes_urgent_while_it_is_held_is_due_sooner_when_it_goes_on() -> None:
    case = Case().received().handled(5).hear("rejected", S.IN_PROGRESS, 6)
    case.hear("held", S.ON_HOLD, 10)
    case.urgency = Urgency.URGENT
    case.hear("urgency_set", S.ON_HOLD, 11)
    assert ("paused", "result") in case.said()
    case.hear("resumed", S.IN_PROGRESS, 20)
    assert case.clock(K.RESULT).due_at == after(1 + 24 + 10)


def test_another_profile_said_with_the_category_counts_from_then_on() -> None:
    case = Case().received().dispatched(1).hear("recategorised", S.DISPATCHED, 2, profile="bureau")
    assert case.timing.ticket.profile == "bureau"
    assert case.hear("accepted", S.ACCEPTED, 3).timing.ticket.profile == "bureau"
