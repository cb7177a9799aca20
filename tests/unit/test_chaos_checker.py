"""Each class of verdict trips on a hand-made history, and a clean one trips none (reliability.md A.4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chaos import campaign, checker, schedule, told
from tests.chaos.final import Final as State
from tests.chaos.history import Line, Phase
from tests.chaos.overhearing import foreign
from tests.chaos.product_report import faults_in
from tests.chaos.spans import BACK_S, BOUND_S, MENDED_S, RESTORED_S, wait
from tests.chaos.told import Window
from tests.chaos.verdict import Class, Finding, Verdict, together
from tests.support.world import MONDAY

OK, INVOKE, FAIL, INFO = Phase.OK, Phase.INVOKE, Phase.FAIL, Phase.INFO


def line(when: float, op: str, phase: Phase, key: str, process: str = "p", **value: Any) -> Line:
    return Line(when, process, op, phase, key, value)


def read(when: float, event: str, ticket: str, **value: Any) -> Line:
    body = {"subject": "ticket.dispatched.SZ.1.2.3.4", "seq": 1, "stream": "TICKETS", "version": 2}
    body |= {"ticket": ticket, "due": None, "again": False}
    return line(when, "read", OK, event, "SZ", **body | value)


CLEAN = (
    line(0.0, "clock", OK, "look", at="2026-11-23T02:00:00+00:00"),
    line(1.0, "file", INVOKE, "k1"),
    line(1.1, "file", INFO, "k1"),
    line(1.2, "file", INVOKE, "k1"),
    line(1.3, "file", OK, "k1", id="c1", number="n1"),
    line(1.4, "file", OK, "k1", id="c1", number="n1"),
    line(1.5, "file_other", FAIL, "k1", status=422),
    read(1.6, "e1", "c1"),
    line(2.0, "command", INVOKE, "m1"),
    line(2.1, "command", OK, "m1", ticket_id="c1", status="accepted", version=3),
    line(2.2, "command", OK, "m1", ticket_id="c1", status="accepted", version=3),
    line(3.0, "clock", OK, "leap", at="2026-11-23T03:00:00+00:00"),
    line(4.0, "peek", FAIL, "c9", status=404),
    line(5.0, "file", INVOKE, "k2"),
    line(5.1, "file", INFO, "k2"),
)


def fault(kind: str, struck: float, healed: float) -> tuple[Line, ...]:
    return (
        line(struck, "fault", INVOKE, f"{kind}#0", kind=kind),
        line(struck, "fault", OK, f"{kind}#0", kind=kind),
        line(healed, "heal", INVOKE, kind),
        line(healed, "heal", OK, kind),
    )


STATE = State(
    complaints={"k1": ("c1",)},
    tickets={"c1": "SZ"},
    addressed=frozenset({"c1"}),
    listed=frozenset({"c1"}),
    steps={"m1": 1},
    kept={"TICKETS": {1: "e1"}},
)

Change = Callable[[tuple[Line, ...], State], tuple[tuple[Line, ...], State]]


def state(**changes: Any) -> Change:
    return lambda history, final: (history, replace(final, **changes))


def more(*lines: Line) -> Change:
    return lambda history, final: ((*history, *lines), final)


def without(op: str) -> Change:
    return lambda history, final: (tuple(x for x in history if x.op != op), final)


BREACHED = {
    "subject": "clock.breached.SZ.1.2.3.4",
    "due": "2026-11-23T02:30:00+00:00",
    "stream": "OTHER",
}
TRIPS = {
    "an acknowledged complaint is not stored": (state(complaints={}), Class.LOST),
    "a complaint has no ticket": (state(tickets={}, listed=frozenset()), Class.LOST),
    "a ticket is not listed over HTTP": (state(listed=frozenset()), Class.LOST),
    "its unit never read the dispatch": (without("read"), Class.LOST),
    "nobody was promised it, but it is stored without a ticket": (
        state(complaints={"k1": ("c1",), "k2": ("c2",)}),
        Class.LOST,
    ),
    "an answered command has no effect": (state(steps={}), Class.LOST),
    "an event is not in its stream": (state(unsaid=("e7",)), Class.LOST),
    "no clocks run": (
        state(broken={"dispatched without a running clock": ("c1 result",)}),
        Class.LOST,
    ),
    "the broker forgot what it had delivered": (state(kept={"TICKETS": {1: "e9"}}), Class.LOST),
    "one key got two answers": (
        more(line(6, "file", OK, "k1", id="c1", number="n2")),
        Class.DOUBLE_EFFECT,
    ),
    "one key was stored twice": (state(complaints={"k1": ("c1", "c1")}), Class.DOUBLE_EFFECT),
    "one key took another body": (
        more(line(6, "file_other", OK, "k1", id="c1", number="n1")),
        Class.DOUBLE_EFFECT,
    ),
    "a command got two answers": (
        more(line(6, "command", OK, "m1", ticket_id="c1", status="accepted", version=4)),
        Class.DOUBLE_EFFECT,
    ),
    "a command was applied twice": (state(steps={"m1": 2}), Class.DOUBLE_EFFECT),
    "a unit got two dispatches of one version": (
        more(read(6, "e2", "c1", seq=2, stream="OTHER")),
        Class.DOUBLE_EFFECT,
    ),
    "a rung was raised twice": (
        state(broken={"rung raised twice": ("c1 level 1",)}),
        Class.DOUBLE_EFFECT,
    ),
    "somebody was told twice": (
        state(twice={"somebody told twice of one thing": ("o p",)}),
        Class.DOUBLE_EFFECT,
    ),
    "a matter stands twice on one queue": (
        more(line(6, "queue", OK, "SQ-001", items=2, twice=["c1"])),
        Class.DOUBLE_EFFECT,
    ),
    "a stream holds what nobody said": (state(forged=("e8",)), Class.DOUBLE_EFFECT),
    "a probe overheard another office": (
        more(line(6, "overheard", OK, "ticket.dispatched.GD.1.2.3.4")),
        Class.WRONG_READER,
    ),
    "a unit read what was said to another": (
        more(read(6, "e4", "c1", subject="ticket.accepted.GD.1.2.3.4", stream="OTHER")),
        Class.WRONG_READER,
    ),
    "another unit's ticket was shown": (
        more(line(6, "peek", OK, "c1", status=200)),
        Class.WRONG_READER,
    ),
    "an identity lay outside the vault": (state(leaked=("router.log",)), Class.WRONG_READER),
    "a dispatch came late": (
        lambda history, final: (
            tuple(replace(x, at=x.at + 60) if x.op == "read" else x for x in history),
            final,
        ),
        Class.LATE,
    ),
    "an alarm came late": (more(read(60, "e3", "c1", **BREACHED)), Class.LATE),
    "what was due was not raised": (state(overdue=("clock c1 result",)), Class.LATE),
    "the audit does not account for something": (state(audit=("row 7",)), Class.AUDIT_BREAK),
}


def test_a_clean_run_has_no_findings_and_its_unknowns_are_classified() -> None:
    assert checker.check(CLEAN, STATE) == []
    assert checker.unknown(CLEAN, STATE) == {"outcomes": 2, "stored": 0, "absent": 1}


def test_what_the_audit_verifier_found_is_told_line_by_line_and_an_empty_chain_is_a_fault() -> None:
    chains = [
        {"service": "intake", "rows": 5, "faults": 0, "first": [], "kinds": {}},
        {
            "service": "router", "rows": 9, "faults": 3,
            "first": [{"wrong": "changed", "seq": 4}], "kinds": {"changed": 2, "old_time": 1},
        },
        {"service": "notifier", "rows": 0, "faults": 0, "first": [], "kinds": {}},
        {"service": "console", "rows": 0, "faults": 0, "first": [], "kinds": {}},
    ]  # fmt: skip
    found = [
        'router: 2 changed, such as {"wrong": "changed", "seq": 4}',
        "notifier: nothing was written",
    ]
    assert list(faults_in({"services": chains}, jumped=True)) == found
    odd = "router: 1 old_time, such as null"
    assert list(faults_in({"services": chains}, jumped=False)) == [found[0], odd, *found[1:]]


@pytest.mark.parametrize(("change", "kind"), TRIPS.values(), ids=TRIPS)
def test_every_kind_of_harm_is_found_and_called_by_its_name(change: Change, kind: Class) -> None:
    findings = checker.check(*change(CLEAN, STATE))
    assert {finding.kind for finding in findings} == {kind}


def test_an_alarm_in_time_is_no_finding() -> None:
    assert checker.check((*CLEAN, read(10, "e3", "c1", **BREACHED)), STATE) == []


def test_nothing_is_late_while_something_fails_or_has_just_been_mended() -> None:
    late = [replace(x, at=60.0) if x.op == "read" else x for x in CLEAN]
    history = sorted((*late, *fault("kill", 1.0, 51.0)), key=lambda x: x.at)
    assert checker.check(history, STATE) == []
    assert checker.judged(history) == {}
    far = [replace(x, at=51 + MENDED_S + 16) if x.op == "read" else x for x in history]
    found = checker.check(sorted(far, key=lambda x: x.at), STATE)
    assert {finding.kind for finding in found} == {Class.LATE}


def test_what_was_filed_well_after_a_fault_is_held_to_the_bound_and_counted() -> None:
    calm = [replace(x, at=x.at + 100) for x in CLEAN]
    history = (*fault("kill", 1.0, 101.0 - BACK_S), *calm)
    assert checker.check(history, STATE) == []
    assert checker.judged(history) == {"dispatch": 1}
    slow = [replace(x, at=102.0 + BOUND_S) if x.op == "read" else x for x in history]
    assert [x.kind for x in checker.check(sorted(slow, key=lambda x: x.at), STATE)] == [Class.LATE]


def test_faults_one_after_the_other_do_not_excuse_for_ever() -> None:
    windows = [Window("kill", at, at + 1.0, at + 1.0) for at in range(0, 400, 10)]
    assert not wait(windows, 5.0, 5.0 + 2 * MENDED_S).late
    assert wait(windows, 5.0, 5.0 + 3 * MENDED_S).late


def test_a_kind_this_machine_cannot_do_is_told_and_missed_where_all_were_promised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verdict = Verdict(1, 1, {"kill": 1}, [], [1.0])
    lacking = {"power_cut": "no loop device"}
    monkeypatch.setenv("CI", "")
    told_here = campaign.lacking_told(verdict, lacking)
    assert told_here.green
    assert json.loads(told_here.line())["not_here"] == lacking
    monkeypatch.setenv("CI", "true")
    assert not campaign.lacking_told(verdict, lacking).green


def test_a_broken_answer_is_counted_and_makes_a_verdict_red() -> None:
    history = (
        *CLEAN,
        line(6, "file", FAIL, "k3", status=500),
        line(7, "file", FAIL, "k3", status=503),
    )
    assert checker.broken(history) == 1
    verdict = Verdict(1, 1, {"kill": 1}, [], [1.0])
    assert verdict.green
    assert not replace(verdict, broken_answers=1).green


def test_only_what_is_late_and_nothing_else_is_worth_another_run() -> None:
    late, lost = (Finding(kind, "dispatch", "k1") for kind in (Class.LATE, Class.LOST))
    verdict = Verdict(1, 1, {"kill": 1}, [late], [1.0])
    assert verdict.only_late
    assert not verdict.green
    for other in (
        replace(verdict, findings=[]),
        replace(verdict, findings=[late, lost]),
        replace(verdict, missed=["never in force: kill"]),
        replace(verdict, broken_answers=1),
    ):
        assert not other.only_late


def test_a_damaged_store_may_forget_what_it_delivered_and_has_longer_to_recover() -> None:
    damage = Window("broker_store_deleted", 0.5, 0.8, 0.9)
    assert not wait([damage], 0.7, 0.9 + RESTORED_S).late
    assert wait([replace(damage, kind="kill")], 0.7, 0.9 + RESTORED_S).late
    struck = fault(damage.kind, damage.start, damage.end)
    assert checker.check((*struck, *CLEAN), replace(STATE, kept={"TICKETS": {1: "e9"}})) == []


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 50)), max_size=8), st.floats(0, 500))
def test_healthy_time_is_never_more_than_all_time_and_none_of_it_lies_in_a_fault(
    faults: list[tuple[float, float]], start: float
) -> None:
    windows = sorted((Window("kill", at, at, at + took) for at, took in faults), key=_start)
    found = wait(windows, start, start + 40)
    assert 0 <= found.plain_s <= found.calm_s <= 40 + 1e-6
    for window in windows:
        assert wait(windows, window.start, window.end).calm_s == 0


def _start(window: Window) -> float:
    return window.start


def test_an_alarm_is_due_when_its_time_last_came_though_the_clock_was_set_back_between() -> None:
    def hour(count: int) -> datetime:
        return MONDAY + timedelta(hours=count)

    looks = told.eras([(0, hour(0)), (10, hour(2)), (20, hour(9)), (30, hour(3)), (40, hour(6))])
    assert [len(era) for era in looks] == [3, 2]
    assert told.when(looks, hour(2), 50) == 10, "it was never set back behind this"
    assert told.when(looks, hour(5), 50) == 40, "set back behind it, it came again"
    assert told.when(looks, hour(5), 25) == 20, "heard before it came again"
    assert told.when(looks, hour(5), 35) == 35, "it came between two looks"
    assert told.when(looks, hour(8), 25) == 20
    assert told.when(looks, hour(8), 50) == 50, "it came after the last look"
    assert told.when(looks, hour(10), 25) is None


def test_recovery_counts_from_when_the_cause_was_gone_to_the_first_later_complaint() -> None:
    history = (
        line(1.0, "fault", INVOKE, "kill#0", kind="kill"),
        line(2.0, "heal", INVOKE, "kill"),
        line(2.1, "file", INVOKE, "k1"),
        line(2.2, "file", OK, "k1", id="c1", number="n1"),
        line(2.5, "heal", OK, "kill"),
        read(4.5, "e1", "c1"),
    )
    assert told.recoveries(told.told(history)) == {"kill": [2.5]}
    over = line(1.5, "fault", OK, "kill#0", kind="kill", momentary=True)
    known = told.told((history[0], over, *history[1:]))
    assert told.recoveries(known) == {"kill": [3.0]}, "a kill is over when it has struck"
    known = told.told((history[0], replace(over, phase=FAIL), *history[1:]))
    assert told.recoveries(known) == {}, "what met nothing has nothing to recover from"


@given(st.integers(), st.integers(3, 60))
def test_every_kind_comes_and_the_seed_says_all(seed: int, count: int) -> None:
    kinds = ("kill_router", "pause_nats", "power_cut_nats")
    steps = schedule.plan(seed, kinds, count)
    struck = [kind for step in steps for kind in step.kinds]
    assert steps == schedule.plan(seed, kinds, count)
    assert set(struck) == set(kinds)
    assert len(struck) >= count
    assert not [s for s in steps if "power_cut_nats" in s.kinds and len(s.kinds) > 1]


def test_a_long_run_has_faults_all_along_and_twenty_thousand_complaints_a_quarter(
    tmp_path: Path,
) -> None:
    hours = 6
    plan = campaign.planned(campaign.Wanted(1, 10, 40, hours), campaign.wanted(), tmp_path)
    assert plan.complaints >= hours * 4 * 20_000
    assert sum(len(step.kinds) for step in plan.steps) >= hours * 4 * 60
    least = sum(step.gap_s + step.hold_s for step in plan.steps)
    assert least > 0.5 * hours * 3600, "striking and healing take the other half"


def test_more_kinds_than_faults_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        schedule.plan(1, ("a", "b"), 1)


@pytest.mark.parametrize(
    ("subject", "body", "is_foreign"),
    [
        ("ticket.dispatched.SZ.1.2.3.4", b"{}", False),
        ("ticket.dispatched.GD.1.2.3.4", b"{}", True),
        ("complaint.received.1.2.3.4", b"{}", True),
        ("cmd.accept.GD", b"{}", True),
        ("cmd.accept.SZ", b"{}", False),
        ("$JS.ACK.TICKETS.unit_GD.1.2.3", b"", True),
        ("JS.city.CONSUMER.MSG.NEXT.TICKETS.unit_SZ", b"{}", False),
        ("_INBOX.abc", b'{"ticket_id": "t", "unit": "GD"}', True),
        ("_INBOX.abc", b'{"ticket_id": "t", "unit": "SZ"}', False),
        ("_INBOX.abc", b"+ACK", False),
    ],
)
def test_what_an_office_overhears_is_judged_by_whom_it_was_for(
    subject: str, body: bytes, *, is_foreign: bool
) -> None:
    assert foreign(subject, body, "SZ") is is_foreign


def test_the_last_line_has_the_agreed_keys_first_and_a_dead_nemesis_is_red() -> None:
    verdict = Verdict(7, 10, {"kill": 2}, [], [0.5, 1.5])
    agreed = ["seed", "acknowledged", "faults", "lost", "double_effect", "wrong_reader", "late"]
    assert list(json.loads(verdict.line()))[:9] == [*agreed, "audit_break", "recovery_p99_s"]
    assert verdict.green
    assert not replace(verdict, missed=["never in force: kill"]).green
    both = together(verdict, replace(verdict, missed=["x"]), "cluster")
    assert (both.acknowledged, both.faults, both.missed) == (20, {"kill": 4}, ["cluster: x"])
    red = replace(verdict, findings=[Finding(Class.LOST, "no ticket", "c1")])
    assert not red.green
    assert json.loads(red.line())["lost"] == 1
