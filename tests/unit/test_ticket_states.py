"""Every state x every action: allowed as the table says, else refused with what is allowed."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any, Final

import pytest

from contracts.catalog import BY_NAME
from contracts.command import TICKET_ACTIONS, CommandData
from contracts.ticket import TicketStatus
from kit.errors import DomainError
from services.router.desk.effects import EFFECTS
from services.router.ticket.life import PLAIN
from services.router.ticket.merging import FINAL
from services.router.ticket.ticket import (
    SYSTEM_STEPS,
    TRANSITIONS,
    A,
    Action,
    By,
    Cause,
    advance,
    allowed_from,
)
from services.router.ticket.wanting import check_data

MIGRATIONS: Final = Path(__file__).parents[2] / "services" / "router" / "migrations"
OPEN = set(TicketStatus) - FINAL - {TicketStatus.RECEIVED, TicketStatus.HANDLED}
"""States in which a ticket rests and work goes on; `received` and `handled` are passed at once."""


@pytest.mark.parametrize(
    ("status", "action"), list(itertools.product(TicketStatus, Action)), ids=str
)
def test_an_action_is_allowed_exactly_where_the_table_has_a_row(
    status: TicketStatus, action: Action
) -> None:
    row = TRANSITIONS.get((status, action))
    if row is not None:
        assert advance(status, action) is row
        assert action.value in allowed_from(status)
        return
    with pytest.raises(DomainError) as refused:
        advance(status, action)
    assert refused.value.kind == 409
    assert refused.value.extra["allowed"] == allowed_from(status)


def test_of_the_final_states_only_a_merger_has_a_way_out() -> None:
    assert {status for status, _ in TRANSITIONS} == OPEN | {TicketStatus.MERGED}
    assert allowed_from(TicketStatus.MERGED) == ["unmerge"]


def test_only_unmerging_and_another_category_lead_to_a_state_that_is_not_in_the_table() -> None:
    back = {action for (_, action), step in TRANSITIONS.items() if step.to is None}
    assert back == {Action.UNMERGE, Action.RECATEGORISE}


def test_work_can_go_on_elsewhere_until_it_is_done_and_the_table_lets_it_return() -> None:
    merging = {status for status, action in TRANSITIONS if action is Action.MERGE}
    assert merging == OPEN - {TicketStatus.CALLBACK}
    text = (MIGRATIONS / "0008_ticket_life.sql").read_text(encoding="utf-8")
    listed = re.search(r"check \(before in \(([^)]*)\)\)", text)
    assert listed is not None
    assert {word.strip(" '\n") for word in listed[1].split(",")} == merging


def test_every_step_announces_an_event_of_the_catalogue() -> None:
    steps = (*TRANSITIONS.values(), *SYSTEM_STEPS.values())
    assert all(f"ticket.{step.event}" in BY_NAME for step in steps)


def test_every_action_that_may_be_named_has_a_row_and_one_effect() -> None:
    assert {action.value for action in Action} == set(TICKET_ACTIONS)
    assert {action for _, action in TRANSITIONS} == set(Action)
    assert set(PLAIN) | set(EFFECTS) == set(Action)
    assert not set(PLAIN) & set(EFFECTS)


def test_the_router_answers_facts_in_every_state_they_can_meet() -> None:
    assert {status for status, cause in SYSTEM_STEPS if cause is Cause.WITHDRAWN} == OPEN | {
        TicketStatus.MERGED
    }
    assert {cause for _, cause in SYSTEM_STEPS} == set(Cause)
    assert all(step.by is By.SYSTEM for step in SYSTEM_STEPS.values())
    assert not any(step.by is By.SYSTEM for step in TRANSITIONS.values())


def test_nobody_approves_or_supervises_as_the_holder() -> None:
    answers = (A.APPROVE_HOLD, A.APPROVE_EXTENSION, A.REJECT, A.RESUME, A.URGE, A.SUPERVISE)
    assert not any(By.HOLDER in step.by for (_, a), step in TRANSITIONS.items() if a in answers)


def test_only_the_desk_chooses_who_is_responsible() -> None:
    deciding = (A.DISPATCH, A.REASSIGN, A.MERGE, A.UNMERGE, A.RECATEGORISE, A.DECLINE)
    choosing = [s for (_, a), s in TRANSITIONS.items() if a in deciding]
    assert choosing
    assert all(step.by is By.DESK for step in choosing)


@pytest.mark.parametrize(
    ("action", "data", "field"),
    [
        (Action.ACCEPT, {"category": "LJ"}, "data.category"),
        (Action.REASSIGN, {"unit": "SZ", "choice": 1}, "data.choice"),
        (Action.DISPATCH, {"unit": "SZ", "into": "261123000001"}, "data.into"),
        (Action.MERGE, {"into": "261123000001", "area": "370105"}, "data.area"),
        (Action.ACCEPT, {"proof": ["a"]}, "data.proof"),
        (Action.ACCEPT, {"approved": False}, "data.approved"),
        (Action.RETURN, {"unit": "SZ"}, "data.reason_code"),
        (Action.RETURN, {"unit": "SZ", "reason_code": "season"}, "data.reason_code"),
        (Action.RETURN, {"reason_code": "not_our_duty"}, "data.unit"),
        (Action.RULE, {"unit": "SZ"}, "data.reason"),
        (Action.HOLD, {"reason_code": "season", "reason": "-"}, "data.review_at"),
        (Action.HANDLE, {"note": "-"}, "data.result"),
        (Action.HANDLE, {"result": "phone", "note": "-", "no_proof": "-"}, "data.result"),
        (Action.HANDLE, {"result": "solved", "note": " ", "no_proof": "-"}, "data.note"),
        (Action.HANDLE, {"result": "solved", "note": "-"}, "data.proof"),
        (Action.SET_URGENCY, {"reason": "-"}, "data.urgency"),
        (Action.APPROVE_HOLD, {"approved": False}, "data.reason"),
    ],
)
def test_what_an_action_would_not_heed_or_lacks_is_refused(
    action: Action, data: dict[str, Any], field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        check_data(action, CommandData.model_validate(data))
    assert (refused.value.kind, refused.value.field) == (422, field)


def test_an_action_takes_what_is_its_own() -> None:
    check_data(Action.DISPATCH, CommandData(choice=1, category="LJ", area="370105", reason="-"))
    check_data(Action.MERGE, CommandData(into="261123000001", reason="-"))
    check_data(Action.HANDLE, CommandData(result="unable", note="-", proof=("a",)))
    check_data(Action.APPROVE_EXTENSION, CommandData(approved=True))
