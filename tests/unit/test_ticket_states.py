"""Every state x every action: allowed as the table says, else refused with what is allowed."""

from __future__ import annotations

import itertools

import pytest

from contracts.catalog import BY_NAME
from contracts.command import TICKET_ACTIONS
from contracts.ticket import TicketStatus
from kit.errors import DomainError
from services.router.ticket import TRANSITIONS, Action, By, advance, allowed_from

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


def test_final_states_have_no_way_out_yet() -> None:
    assert {status for status, _ in TRANSITIONS} == OPEN


def test_every_step_announces_an_event_of_the_catalogue() -> None:
    assert all(f"ticket.{step.event}" in BY_NAME for step in TRANSITIONS.values())


def test_every_action_is_one_that_units_may_name() -> None:
    assert {action.value for action in Action} <= set(TICKET_ACTIONS)


def test_only_the_desk_chooses_who_is_responsible() -> None:
    choosing = [s for (_, a), s in TRANSITIONS.items() if a in (Action.DISPATCH, Action.REASSIGN)]
    assert choosing
    assert all(step.by is By.DESK for step in choosing)
