"""Every state x every action x every role over HTTP: who may do what, as domain.md D2 has it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from contracts.ticket import TicketStatus
from kit.db import Pool
from services.router.ticket.ticket import TRANSITIONS, Action, By
from tests.support import small
from tests.support.desk import GARBAGE, LAMP, Desk, opened
from tests.support.servers import Database

HOLDER, DESK, OVER, RULING = By.HOLDER, By.DESK, By.OVER, By.RULING
OPEN: Final = "triage dispatched accepted in_progress returned arbitration on_hold callback"
WORKED: Final = "dispatched accepted in_progress"
LEGAL: Final[dict[str, tuple[str, By]]] = {
    "dispatch": ("triage returned", DESK),
    "reassign": (f"{WORKED} on_hold", DESK),
    "accept": ("dispatched", HOLDER),
    "contact": ("accepted in_progress", HOLDER),
    "return": ("dispatched accepted", HOLDER),
    "rule": ("arbitration", RULING),
    "hold": ("in_progress", HOLDER),
    "approve-hold": ("in_progress", OVER),
    "resume": ("on_hold", OVER),
    "extend": ("accepted in_progress", HOLDER),
    "approve-extension": ("accepted in_progress", OVER),
    "handle": ("in_progress", HOLDER),
    "reject": ("callback", OVER),
    "urge": (OPEN, OVER),
    "supervise": (OPEN, OVER),
    "assist": (f"{WORKED} returned arbitration on_hold", OVER),
    "recategorise": (f"triage {WORKED} returned", DESK),
    "set-urgency": (OPEN, OVER),
    "decline": ("triage", DESK),
    "merge": (OPEN.replace(" callback", ""), DESK),
    "unmerge": ("merged", DESK),
}
"""Written down a second time, from the states of D1 and the rows of D2, not from the code."""

BY_ROLE: Final[dict[str, By | None]] = {
    "unit:GT-1": HOLDER,
    "secretary:SQ-1": By.ABOVE,
    "unit:WY-1": By.SYSTEM,
    "unit:SZ": None,
    "dispatcher": DESK,
    "admin": DESK,
    "ruling": RULING,
}
"""Holder, its superior, who assists, a stranger, the desk, the ruling officer."""
NO_ROUTE: Final = ("operator", "auditor", "dashboard", "service")


def test_the_table_is_the_one_of_the_handbook() -> None:
    ours = {(s.value, a.value): step.by for (s, a), step in TRANSITIONS.items()}
    theirs = {
        (status, action): by for action, (where, by) in LEGAL.items() for status in where.split()
    }
    assert ours == theirs


@pytest.fixture
async def desk(router_pool: Pool, database: Database) -> AsyncIterator[Desk]:
    async with opened(router_pool, database.dsn()) as desk:
        yield desk


class Matrix:
    """Tickets in any state, and what an action over them is answered."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.other = ""

    async def ticket(self, status: TicketStatus) -> str:
        one = await self.desk.file(**GARBAGE)
        self.other = await self.desk.file(**LAMP)
        if status is TicketStatus.MERGED:
            await self.desk.merge(one, self.other)
        await self.desk.pool.execute(
            "update ticket set status = $2, assists = '{SQ-1,WY-1}' where ticket_id = $1",
            UUID(one), status.value,
        )  # fmt: skip
        return one

    def data(self, action: str) -> dict[str, Any]:
        review = (small.MONDAY + timedelta(days=3)).isoformat()
        said: dict[str, dict[str, Any]] = {
            "dispatch": {"unit": "SZ"},
            "reassign": {"unit": "SZ"},
            "return": {"unit": "SZ", "reason_code": "not_our_duty"},
            "rule": {"unit": "SZ"},
            "hold": {"reason_code": "season", "review_at": review},
            "handle": {"result": "solved", "note": "-", "no_proof": "-"},
            "assist": {"unit": "SZ"},
            "recategorise": {"category": "SZ-LD"},
            "set-urgency": {"urgency": "urgent"},
            "decline": {"reason_code": "not_public", "door": "-"},
            "merge": {"into": self.other},
        }
        return said.get(action, {}) | {"reason": "理由"}

    async def answered(self, one: str, action: str, role: str) -> str:
        answer = await self.desk.act(one, action, who=role, data=self.data(action))
        if answer.status_code == 409 and answer.json()["title"] == "not-allowed-now":
            return "not now"
        return {403: "forbidden", 404: "unknown"}.get(answer.status_code, "taken")


def expected(status: TicketStatus, action: str, role: str) -> str:
    where, by = LEGAL[action]
    mine = BY_ROLE[role]
    if mine is None:
        return "unknown"
    if status.value not in where.split():
        return "not now"
    if mine & by:
        return "taken"
    return "unknown" if by is HOLDER else "forbidden"


@pytest.mark.parametrize("status", TicketStatus, ids=str)
async def test_every_action_of_every_role_is_answered_as_the_table_says(
    desk: Desk, status: TicketStatus
) -> None:
    matrix = Matrix(desk)
    one = await matrix.ticket(status)
    for action in Action:
        for role in BY_ROLE:
            found = await matrix.answered(one, action.value, role)
            assert found == expected(status, action.value, role), (action.value, role)
            if found == "taken":
                one = await matrix.ticket(status)


@pytest.mark.parametrize("role", NO_ROUTE)
async def test_other_roles_take_no_action_at_all(desk: Desk, role: str) -> None:
    matrix = Matrix(desk)
    one = await matrix.ticket(TicketStatus.DISPATCHED)
    assert {await matrix.answered(one, action.value, role) for action in Action} == {"forbidden"}
