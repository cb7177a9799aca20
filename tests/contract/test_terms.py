"""Every code that people read has a word in both languages, and no word stands for a code that is none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

import pytest

from contracts.catalog import EVENTS
from contracts.clock import ClockKind
from contracts.command import REASONS, RESULTS, TICKET_ACTIONS
from contracts.complaint import CallbackOutcome, Channel, Kind, Urgency
from contracts.directory import Post
from contracts.escalation import DecisionKind, EntryRule, ReceptionState
from contracts.terms import codes, terms
from contracts.ticket import TicketStatus
from contracts.whistle import CallState, WhistleKind, WhistleStatus

SAME: dict[str, Iterable[str]] = {
    "status": TicketStatus,
    "urgency": Urgency,
    "kind": Kind,
    "channel": Channel,
    "clock": ClockKind,
    "call": CallState,
    "whistle_kind": WhistleKind,
    "whistle_status": WhistleStatus,
    "entry_rule": EntryRule,
    "reception_state": ReceptionState,
    "decision_kind": DecisionKind,
    "callback_outcome": CallbackOutcome,
    "post_role": get_args(Post.model_fields["role"].annotation),
    "return_reason": REASONS["return"],
    "hold_reason": REASONS["hold"],
    "decline_reason": REASONS["decline"],
    "handle_result": RESULTS["handle"],
    "contact_result": RESULTS["contact"],
}
QUIET = {"clock.set", "clock.paused", "clock.resumed", "clock.stopped"}
"""Events that no screen tells by name."""


@pytest.mark.parametrize("group", SAME)
def test_the_codes_of_a_group_are_those_of_the_contract(group: str) -> None:
    assert sorted(codes(group)) == sorted(map(str, SAME[group]))


def test_every_action_and_event_has_a_word() -> None:
    assert set(TICKET_ACTIONS) <= set(codes("action"))
    told = {row.name for row in EVENTS if not row.name.startswith(("issue.", "directory."))}
    assert told - set(codes("event")) <= QUIET
    assert set(codes("event")) <= told


def test_words_are_in_two_languages_and_chinese_first() -> None:
    found = [(group, code) for group in terms() for code in codes(group)]
    assert len(found) == len(set(found))
    for group in terms():
        for zh, en in _pairs(terms()[group]):
            assert any("\u4e00" <= sign <= "\u9fff" for sign in zh), (group, zh)
            assert en.isascii(), (group, en)


def _pairs(tree: dict[str, object]) -> Iterable[list[str]]:
    for below in tree.values():
        if isinstance(below, dict):
            yield from _pairs(below)
        else:
            assert isinstance(below, list)
            yield below
