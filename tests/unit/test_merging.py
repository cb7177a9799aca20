"""Merging and unmerging: no caller is lost, no clock gains time, and everything can be undone.

Router's rules and notifier's rules are run together: what the one says, the other hears.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)

from contracts.clock import ClockKind
from contracts.complaint import Urgency
from contracts.ticket import TicketStatus
from kit.errors import DomainError
from services.router.ticket import merging
from services.router.ticket.merging import Member, Tree
from tests.support.case import MONDAY, Case
from tests.support.invariants import lost_in

S, K = TicketStatus, ClockKind
OPEN: Final = (S.TRIAGE, S.DISPATCHED, S.ACCEPTED, S.IN_PROGRESS)
SHARED: Final = {K.RESIDENT, K.DISPATCH, K.RESULT}


def member(hours: float = 0, status: TicketStatus = S.DISPATCHED, **more: Any) -> Member:
    """A ticket received so many hours after Monday 10:00, dispatched an hour later."""
    at = MONDAY + timedelta(hours=hours)
    values: dict[str, Any] = {
        "ticket_id": uuid4(), "number": f"26112{int(hours):07}", "status": status,
        "units": frozenset({"SZ"}), "accused": None, "urgency": "normal", "profile": "standard",
        "round": 1, "received_at": at,
        "dispatched_at": None if status is S.TRIAGE else at + timedelta(hours=1), **more,
    }  # fmt: skip
    return Member(**values)


def grown(*members: Member) -> Tree:
    return {one.ticket_id: one for one in members}


def numbers(tree: Tree, one: Member) -> list[str]:
    return [m.number for m in merging.followers(tree, one.ticket_id)]


def test_who_follows_a_ticket_moves_with_it_and_comes_back_with_it() -> None:
    a, b, c = member(1), member(2), member(3)
    tree = merging.merge(grown(a, b, c), a.ticket_id, b.ticket_id)
    tree = merging.merge(tree, b.ticket_id, c.ticket_id)
    assert numbers(tree, c) == [a.number, b.number]
    assert merging.root(tree, a.ticket_id).number == c.number
    tree = merging.unmerge(tree, b.ticket_id)
    assert numbers(tree, c) == []
    assert numbers(tree, b) == [a.number]
    assert merging.root(tree, a.ticket_id).number == b.number


def test_a_follower_of_a_merged_ticket_can_leave_alone() -> None:
    a, b, c = member(1), member(2), member(3)
    tree = merging.merge(grown(a, b, c), a.ticket_id, b.ticket_id)
    tree = merging.merge(tree, b.ticket_id, c.ticket_id)
    tree = merging.unmerge(tree, a.ticket_id)
    assert numbers(tree, c) == [b.number]
    assert tree[a.ticket_id] == a


@pytest.mark.parametrize(
    ("status", "slug"),
    [
        (S.MERGED, "merged-already"),
        (S.CLOSED, "target-closed"),
        (S.DECLINED, "target-closed"),
        (S.WITHDRAWN, "target-closed"),
    ],
)
def test_work_goes_on_only_under_a_ticket_that_is_worked_on(
    status: TicketStatus, slug: str
) -> None:
    a, b, c = member(1), member(2, status), member(3)
    into = c.ticket_id if status is S.MERGED else None
    tree = grown(a, replace(b, into=into), c)
    with pytest.raises(DomainError, match=slug) as refused:
        merging.merge(tree, a.ticket_id, b.ticket_id)
    assert refused.value.kind == 409
    if status is S.MERGED:
        assert c.number in refused.value.zh


def test_a_ticket_cannot_be_merged_into_itself() -> None:
    a = member()
    with pytest.raises(DomainError) as refused:
        merging.merge(grown(a), a.ticket_id, a.ticket_id)
    assert (refused.value.kind, refused.value.field) == (422, "data.into")


def test_a_ticket_has_only_so_many_followers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "MOST", 3)
    tops = [member(n) for n in range(5)]
    tree = grown(*tops)
    for one in tops[1:3]:
        tree = merging.merge(tree, one.ticket_id, tops[0].ticket_id)
    tree = merging.merge(tree, tops[4].ticket_id, tops[3].ticket_id)
    with pytest.raises(DomainError, match="too-many-followers"):
        merging.merge(tree, tops[3].ticket_id, tops[0].ticket_id)


def test_the_parties_complained_about_by_followers_count_as_well() -> None:
    a, b = member(1, accused="WY-1"), member(2, accused="GT-1")
    tree = merging.merge(grown(a, b), a.ticket_id, b.ticket_id)
    assert merging.accused(tree, b.ticket_id) == {"WY-1", "GT-1"}
    assert merging.accused(tree, a.ticket_id) == {"WY-1"}


def test_since_is_the_earliest_of_those_whose_due_times_are_computed_alike() -> None:
    top, normal, later = member(9), member(2), member(5)
    urgent, waiting = member(4, urgency="urgent"), member(1, S.TRIAGE)
    tree = grown(top, normal, later, urgent, waiting)
    for one in (later, normal, urgent, waiting):
        tree = merging.merge(tree, one.ticket_id, top.ticket_id)
    found = [
        (s.urgency.value, s.received_at, s.dispatched_at)
        for s in merging.since(tree, top.ticket_id)
    ]
    assert found == [
        ("normal", normal.received_at, normal.dispatched_at),
        ("normal", waiting.received_at, None),
        ("urgent", urgent.received_at, urgent.dispatched_at),
    ]


def test_of_a_chain_since_names_the_round_in_which_it_joined_the_top() -> None:
    a, b, c = member(1), member(2, round=2), member(3, round=3)
    tree = merging.merge(grown(a, b, c), a.ticket_id, b.ticket_id)
    assert [(s.round, s.joined) for s in merging.since(tree, b.ticket_id)] == [(1, 2)]
    tree = merging.merge(tree, b.ticket_id, c.ticket_id)
    assert [(s.round, s.joined) for s in merging.since(tree, c.ticket_id)] == [(1, 3), (2, 3)]


class Mergers(RuleBasedStateMachine):
    """The desk merges, unmerges and dispatches as it likes; in the end every merger is undone.

    Beside each ticket lives the same one that was never merged: what its clocks are compared with.
    """

    merged = Bundle("merged")

    def __init__(self) -> None:
        super().__init__()
        self.tree: Tree = {}
        self.cases: dict[UUID, Case] = {}
        self.alone: dict[UUID, Case] = {}
        self.hours = 24.0

    @initialize(
        tickets=st.lists(
            st.tuples(st.integers(0, 20), st.sampled_from(OPEN), st.sampled_from(Urgency)),
            min_size=3,
            max_size=6,
        )
    )
    def filed(self, tickets: list[tuple[int, TicketStatus, Urgency]]) -> None:
        for hours, status, urgency in tickets:
            one = member(hours, status, urgency=urgency.value)
            self.tree = {**self.tree, one.ticket_id: one}
            self.cases[one.ticket_id] = life(hours, status, urgency)
            self.alone[one.ticket_id] = life(hours, status, urgency)

    @rule(target=merged, data=st.data())
    def merge(self, data: st.DataObject) -> UUID:
        standing = [m.ticket_id for m in self.tree.values() if m.status is not S.MERGED]
        one, into = data.draw(st.sampled_from(standing)), data.draw(st.sampled_from(standing))
        self.hours += 1
        if one != into:
            self.tree = merging.merge(self.tree, one, into)
            self.say("merged", one)
            self.say("merged", into)
        return one

    @rule(one=consumes(merged))
    def unmerge(self, one: UUID) -> None:
        if self.tree[one].status is not S.MERGED:
            return
        self.hours += 1
        top = merging.root(self.tree, one).ticket_id
        self.tree = merging.unmerge(self.tree, one)
        self.say("unmerged", one)
        self.say("unmerged", top)

    @rule(data=st.data())
    def dispatch(self, data: st.DataObject) -> None:
        waiting = [m for m in self.tree.values() if m.status is S.TRIAGE]
        if waiting:
            one = data.draw(st.sampled_from(waiting))
            self.hours += 1
            at = MONDAY + timedelta(hours=self.hours)
            sent = replace(one, status=S.DISPATCHED, dispatched_at=at)
            self.tree = {**self.tree, one.ticket_id: sent}
            self.cases[one.ticket_id].dispatched(self.hours)
            self.alone[one.ticket_id].dispatched(self.hours)

    def say(self, event: str, one: UUID) -> None:
        waiting = tuple(m.number for m in merging.followers(self.tree, one))
        case, status = self.cases[one], self.tree[one].status
        tie = {"followers": waiting, "since": merging.since(self.tree, one)}
        case.hear(event, status, self.hours, case.timing.ticket.unit, **tie)

    @invariant()
    def nobody_is_lost(self) -> None:
        assert lost_in(self.tree) == []

    @invariant()
    def a_merged_ticket_has_no_clock_of_its_own(self) -> None:
        for one, m in self.tree.items():
            assert m.status is not S.MERGED or not self.cases[one].ticking

    @invariant()
    def nobody_waits_longer_than_before(self) -> None:
        for one, m in self.tree.items():
            top = self.cases[merging.root(self.tree, one).ticket_id]
            for kind in SHARED & top.ticking & self.alone[one].ticking:
                assert top.clock(kind).due_at <= self.alone[one].clock(kind).due_at, (m, kind)

    def teardown(self) -> None:
        while merged := [m for m in self.tree.values() if m.status is S.MERGED]:
            self.unmerge(merged[0].ticket_id)
        for one, case in self.cases.items():
            assert times(case) == times(self.alone[one])


def life(hours: float, status: TicketStatus, urgency: Urgency) -> Case:
    """A ticket received so many hours after Monday 10:00 that has come as far as a state."""
    case = Case(urgency, since=hours).received()
    if status is S.TRIAGE:
        return case.hear("triaged", S.TRIAGE, hours, "DESK")
    case.dispatched(hours + 1)
    if status in (S.ACCEPTED, S.IN_PROGRESS):
        case.hear("accepted", S.ACCEPTED, hours + 2)
    if status is S.IN_PROGRESS:
        case.hear("contacted", S.IN_PROGRESS, hours + 3)
    return case


def times(case: Case) -> dict[ClockKind, tuple[datetime, datetime, datetime]]:
    """What runs, from when, and when it is due and warned of."""
    return {c.kind: (c.trace.start, c.due_at, c.near_at) for c in case.timing.clocks if c.ticking}


TestMergers = Mergers.TestCase
TestMergers.settings = settings(max_examples=80, stateful_step_count=12, deadline=None)
