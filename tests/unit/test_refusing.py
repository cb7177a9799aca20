"""What is refused for now is told in the words of the glossary; the codes stand beside, for programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, get_args

import pytest

from contracts.command import REASONS, RESULTS, CommandData
from contracts.escalation import ReceptionState
from contracts.terms import codes, word
from contracts.ticket import TicketStatus
from contracts.whistle import CallState, WhistleStatus
from contracts.whistle_command import WhistleData
from kit.errors import DomainError
from kit.refusing import Steps, not_allowed_now
from services.intake import standing
from services.notifier.api_notices import State
from services.notifier.receiving.promises import STEPS
from services.notifier.reception import states as reception
from services.notifier.reception.decision import DecisionState
from services.router.ticket import ticket, wanting
from services.router.ticket.ticket import Action
from services.router.whistle import permits
from services.router.whistle import states as whistle

CODE = re.compile(r"[A-Za-z_]")
TABLES: list[tuple[Callable[[Any, Any], object], Any, Any]] = [
    (ticket.advance, TicketStatus, Action),
    (whistle.advance, WhistleStatus, whistle.Act),
    (whistle.advance_call, CallState, whistle.Act),
    (reception.advance, ReceptionState, reception.Act),
]


def refusals() -> Iterator[DomainError]:
    """Every one that the tables of states can give."""
    for advance, at, acts in TABLES:
        for state, act in product(at, acts):
            try:
                advance(state, act)
            except DomainError as refused:
                yield refused


def test_states_and_steps_are_named_in_words_in_both_languages() -> None:
    found = list(refusals())
    assert {one.slug for one in found} == {"not-allowed-now"}
    assert [one.zh for one in found if CODE.search(one.zh)] == []
    for one in found:
        named = re.findall(r'"(.*)"; allowed now: (.*)\.', one.en)[0]
        words = [named[0], *named[1].split(", ")]
        assert all(each[0].isupper() or each == "nothing" for each in words), one.en
        assert len(one.extra["allowed"]) == (0 if named[1] == "nothing" else len(words) - 1)


def test_the_sentence_is_for_people_and_the_codes_stand_beside_it() -> None:
    with pytest.raises(DomainError) as refused:
        ticket.advance(TicketStatus.MERGED, Action.ACCEPT)
    body = refused.value.problem()
    assert body["detail"] == "工单处于“已并单”状态，现在可以：撤销并单。"
    assert (body["status_now"], body["allowed"]) == ("merged", ["unmerge"])
    english = refused.value.problem("en")["detail"]
    assert english == 'The ticket stands at "Merged"; allowed now: Unmerge.'


def test_nobody_is_offered_what_only_time_brings() -> None:
    with pytest.raises(DomainError) as refused:
        whistle.advance_call(CallState.PENDING, whistle.Act.DONE)
    assert refused.value.extra["allowed"] == ["seen", "check-in", "decline", "excuse"]
    with pytest.raises(DomainError) as over:
        reception.advance(ReceptionState.DECIDED, reception.Act.HEAR)
    assert over.value.extra == {"state_now": "decided", "allowed": ["decide"]}


def test_a_code_that_has_no_word_is_shown_as_it_is() -> None:
    strange = not_allowed_now(Steps("此事", "It", "status", "action"), "lost", ["find"])
    assert strange.en == 'It stands at "lost"; allowed now: find.'


@pytest.mark.parametrize(
    ("group", "known"),
    [
        ("matter_step", list(standing.Act)),
        ("reception_step", sorted(set(reception.Act) - reception.BY_ITSELF)),
        ("decision_step", list(STEPS)),
        ("decision_state", list(DecisionState)),
        ("step", [whistle.Act.BLOW, *permits.HEEDED]),
        ("notice_state", get_args(State)),
    ],
)
def test_every_step_of_people_has_a_word(group: str, known: list[str]) -> None:
    assert sorted(codes(group)) == sorted(map(str, known))


@pytest.mark.parametrize("action", Action)
def test_what_an_action_does_not_heed_is_told_with_its_name(action: Action) -> None:
    data = CommandData(door="区法院", into="X-1")
    with pytest.raises(DomainError) as refused:
        wanting.check_data(action, data)
    assert word(f"action.{action}", "zh-CN") in refused.value.zh
    assert word(f"action.{action}", "en") in refused.value.en


def test_a_step_of_a_whistle_is_told_by_its_name() -> None:
    with pytest.raises(DomainError) as refused:
        permits.check_data(whistle.Act.ISSUE, WhistleData(reason="因故"))
    assert refused.value.zh == "data.reason: “签批发哨”不用此项，请删去"


@pytest.mark.parametrize(
    ("action", "data", "listed"),
    [
        (Action.RETURN, CommandData(unit="SZ"), REASONS["return"]),
        (Action.CONTACT, CommandData(result="nothing"), RESULTS["contact"]),
    ],
)
def test_what_may_be_chosen_is_listed_in_words_with_the_codes(
    action: Action, data: CommandData, listed: tuple[str, ...]
) -> None:
    with pytest.raises(DomainError) as refused:
        wanting.check_data(action, data)
    said = re.findall(r"([^：、]+) \(([a-z_]+)\)", refused.value.zh)
    assert tuple(code for _, code in said) == listed
    assert not any(CODE.search(words) for words, _ in said)
