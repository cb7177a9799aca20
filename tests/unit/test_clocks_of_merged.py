"""The earliest clock wins when tickets are merged, and is given back when they part (domain.md E19)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.ticket import Since, TicketEvent, TicketStatus
from services.notifier.clocks.clock import FINAL
from services.notifier.clocks.timing import Timing
from services.notifier.directory import Directory
from tests.support import city
from tests.support.case import AREA, Case, after

K, S = ClockKind, TicketStatus


def since(received: float, dispatched: float | None = None, **more: Any) -> Since:
    """A follower's times in hours after Monday 10:00."""
    values: dict[str, Any] = {
        "urgency": Urgency.NORMAL, "profile": "standard", "round": 1, "joined": 1,
        "received_at": after(received),
        "dispatched_at": None if dispatched is None else after(dispatched), **more,
    }  # fmt: skip
    return Since(**values)


def joined(case: Case, hours: float, *waiting: Since, event: str = "merged") -> Case:
    """The ticket hears who waits for it now; nothing else about it changes."""
    ticket = case.timing.ticket
    return case.hear(event, ticket.status, hours, ticket.unit, since=waiting)


def result(case: Case) -> float:
    """Hours after Monday 10:00 at which the result is due."""
    return (case.clock(K.RESULT).due_at - after(0)) / timedelta(hours=1)


def test_a_caller_who_came_earlier_brings_resident_and_result_clock_forward() -> None:
    case = Case(since=20).received().dispatched(21)
    before = {c.kind: c.due_at for c in case.timing.clocks}
    joined(case, 30, since(2, 3))
    assert set(case.said()) == {("set", "resident"), ("set", "result")}
    assert case.clock(K.RESIDENT).due_at == after(2 + 7 * 24)
    assert case.clock(K.RESULT).due_at == after(3 + 7 * 24)
    assert {k: case.clock(k).due_at for k in (K.SIGN_FOR, K.CONTACT)} == {
        k: before[k] for k in (K.SIGN_FOR, K.CONTACT)
    }


def test_trace_sentence_and_record_say_what_happened() -> None:
    case = joined(Case(since=20).received().dispatched(21), 30, since(2, 3))
    clock = case.clock(K.RESULT)
    assert (clock.trace.start, clock.started_at) == (after(3), after(21))
    assert clock.earlier_due == [after(21 + 7 * 24)]
    assert "2026年11月23日 13:00 起计时" in clock.sentence
    joined(case, 31, event="unmerged")
    assert clock.trace.start == after(21)
    assert clock.own is None
    assert "并单已撤销" in clock.sentence


def test_a_caller_who_came_later_changes_nothing() -> None:
    case = joined(Case().received().dispatched(1), 30, since(20, 21))
    assert case.said() == []


def test_a_shorter_limit_wins_over_an_earlier_start() -> None:
    case = joined(Case().received().dispatched(1), 30, since(20, 21, urgency=Urgency.URGENT))
    assert case.clock(K.RESULT).due_at == after(21 + 24)
    assert case.clock(K.RESULT).trace.urgency == "urgent"


def test_of_several_the_earliest_counts_until_it_leaves() -> None:
    case = Case(since=40).received().dispatched(41)
    joined(case, 50, since(20, 21))
    joined(case, 51, since(2, 3), since(20, 21))
    assert result(case) == 3 + 7 * 24
    joined(case, 52, since(20, 21), event="unmerged")
    assert result(case) == 21 + 7 * 24
    joined(case, 53, event="unmerged")
    assert result(case) == 41 + 7 * 24


def test_a_result_clock_that_begins_later_begins_where_the_followers_began() -> None:
    case = Case(since=20).received().hear("triaged", S.TRIAGE, 20, "DESK")
    joined(case, 30, since(2, 3)).dispatched(40)
    assert result(case) == 3 + 7 * 24
    assert case.clock(K.RESULT).started_at == after(40)
    assert case.clock(K.SIGN_FOR).due_at == after(40 + 24)
    joined(case, 41, event="unmerged")
    assert result(case) == 40 + 7 * 24


def test_a_complaint_heard_after_the_merger_is_brought_forward_as_well() -> None:
    case = joined(Case(since=20).dispatched(21), 30, since(2, 3)).received()
    assert case.clock(K.RESIDENT).due_at == after(2 + 7 * 24)


def test_the_dispatch_clock_takes_over_only_from_who_was_not_dispatched() -> None:
    case = Case(since=20).received().hear("triaged", S.TRIAGE, 20, "DESK")
    joined(case, 30, since(2, 3))
    assert case.clock(K.DISPATCH).due_at == after(20 + 24)
    joined(case, 31, since(2, 3), since(4))
    assert case.clock(K.DISPATCH).due_at == after(4 + 24)


def test_holds_and_extensions_stay_when_a_follower_leaves() -> None:
    case = Case(since=20).received().dispatched(21).hear("contacted", S.IN_PROGRESS, 22)
    joined(case, 30, since(2, 3))
    case.hear("held", S.ON_HOLD, 40).hear("resumed", S.IN_PROGRESS, 50)
    case.hear("extended", S.IN_PROGRESS, 51)
    assert result(case) == 3 + 7 * 24 + 10 + 7 * 24
    joined(case, 60, event="unmerged")
    assert result(case) == 21 + 7 * 24 + 10 + 7 * 24


def test_a_clock_that_was_met_is_left_alone_and_brought_forward_only_when_it_runs_again() -> None:
    case = Case(since=20).received().dispatched(21).hear("contacted", S.IN_PROGRESS, 22)
    case.hear("handled", S.CALLBACK, 25)
    joined(case, 30, since(2, 3))
    assert result(case) == 21 + 7 * 24
    case.hear("rejected", S.IN_PROGRESS, 31)
    assert result(case) == 3 + 7 * 24


def test_followers_of_an_earlier_round_do_not_shorten_the_next_one() -> None:
    case = joined(Case(since=20).received().dispatched(21), 30, since(2, 3))
    case.hear("handled", S.CALLBACK, 31).hear("reopened", S.IN_PROGRESS, 200, round=2)
    assert result(case) == 200 + 3.5 * 24
    joined(case, 201, since(2, 3), since(150, 199, joined=2))
    assert result(case) == 200 + 3.5 * 24
    joined(case, 202, since(2, 3), since(5, 6, joined=2))
    assert result(case) == 6 + 7 * 24


def test_a_new_version_of_the_limits_moves_nothing_when_something_else_is_heard() -> None:
    case = joined(Case(since=20).received().dispatched(21), 30, since(2, 3))
    parts = city.parts()
    for profile in parts["limits"]:
        profile["limits"]["normal"]["result"] = "2d"
    ticket = case.timing.ticket
    accepted = TicketEvent(
        ticket_id=str(ticket.ticket_id), number=ticket.number, complaint_id=str(ticket.ticket_id),
        version=ticket.version + 1, round=1, status=S.ACCEPTED, unit="SZ", holder="SZ", area=AREA,
        urgency=Urgency.NORMAL, rule_version=2,
    )  # fmt: skip
    timing = Timing(ticket, case.timing.clocks, uuid4)
    timing.hear("ticket.accepted", accepted, after(31), Directory.of(2, parts))
    assert result(case) == 3 + 7 * 24


def test_the_ladder_follows_the_clock_forward_and_back() -> None:
    case = Case(since=20).received().dispatched(21)
    planned = [rung["due_at"] for rung in case.ladders[0].rungs]
    joined(case, 30, since(2, 3))
    brought = [rung["due_at"] for rung in case.ladders[0].rungs]
    assert all(new <= old for new, old in zip(brought, planned, strict=True))
    assert brought != planned
    joined(case, 31, event="unmerged")
    assert [rung["due_at"] for rung in case.ladders[0].rungs] == planned


def test_a_merged_ticket_runs_on_from_its_own_start_with_its_own_followers() -> None:
    case = joined(Case(since=20).received().dispatched(21), 30, since(2, 3))
    case.hear("merged", S.MERGED, 31)
    assert case.ticking == set()
    joined(case.hear("unmerged", S.DISPATCHED, 40, since=(since(2, 3),)), 40, since(2, 3))
    assert case.ticking == {K.RESIDENT, K.SIGN_FOR, K.CONTACT, K.RESULT}
    assert result(case) == 3 + 7 * 24
    assert case.clock(K.SIGN_FOR).due_at == after(21 + 24)


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_ticket_that_has_ended_hears_of_followers_without_a_clock_starting(
    status: TicketStatus,
) -> None:
    case = Case().received().dispatched().hear("closed", status, 20)
    assert joined(case, 30, since(-5, -4)).said() == []


def test_who_joined_after_the_dispatch_hurries_it_in_no_order() -> None:
    usual = joined(Case(since=20).received().dispatched(21), 30, since(2))
    late = joined(Case(since=20).dispatched(21), 30, since(2)).received()
    for kind in (K.DISPATCH, K.RESIDENT):
        mine, theirs = late.clock(kind), usual.clock(kind)
        assert (mine.due_at, mine.earlier_due, mine.stopped_at) == (
            theirs.due_at, theirs.earlier_due, theirs.stopped_at
        )  # fmt: skip
    assert usual.clock(K.DISPATCH).due_at == after(20 + 24)
