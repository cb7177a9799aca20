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
from services.router.ticket.ticket import TRANSITIONS, Action, By, advance, allowed_from, check_data

MIGRATIONS: Final = Path(__file__).parents[2] / "services" / "router" / "migrations"
OPEN = {
    TicketStatus.TRIAGE,
    TicketStatus.DISPATCHED,
    TicketStatus.ACCEPTED,
    TicketStatus.IN_PROGRESS,
}


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


def test_only_unmerging_leads_back_to_a_state_that_is_not_in_the_table() -> None:
    back = {action for (_, action), step in TRANSITIONS.items() if step.to is None}
    assert back == {Action.UNMERGE}


def test_every_open_state_can_be_merged_and_is_one_that_the_table_lets_return() -> None:
    merging = {status for status, action in TRANSITIONS if action is Action.MERGE}
    assert merging == OPEN
    text = (MIGRATIONS / "0004_triage.sql").read_text(encoding="utf-8")
    listed = re.search(r"check \(before in \(([^)]*)\)\)", text)
    assert listed is not None
    assert {word.strip(" '") for word in listed[1].split(",")} == merging


def test_every_step_announces_an_event_of_the_catalogue() -> None:
    assert all(f"ticket.{step.event}" in BY_NAME for step in TRANSITIONS.values())


def test_every_action_is_one_that_units_may_name() -> None:
    assert {action.value for action in Action} <= set(TICKET_ACTIONS)


def test_only_the_desk_chooses_who_is_responsible() -> None:
    deciding = (Action.DISPATCH, Action.REASSIGN, Action.MERGE, Action.UNMERGE)
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
    ],
)
def test_what_an_action_would_not_heed_is_refused(
    action: Action, data: dict[str, Any], field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        check_data(action, CommandData.model_validate(data))
    assert (refused.value.kind, refused.value.field) == (422, field)


def test_an_action_takes_what_is_its_own() -> None:
    check_data(Action.DISPATCH, CommandData(choice=1, category="LJ", area="370105", reason="-"))
    check_data(Action.MERGE, CommandData(into="261123000001", reason="-"))
