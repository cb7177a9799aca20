"""What the router does with a secretary's decision, on a real PostgreSQL: hands over, supervises, notes; once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.clock import ClockEvent, Trace
from contracts.escalation import (
    DecisionKind,
    DecisionTold,
    EntryRule,
    EscalationEvent,
    ReceptionEvent,
    ReceptionLevel,
)
from kit.db import Pool, reading, transaction
from kit.delivery import Received
from kit.patience import lacks_complaint
from services.router import actions, receptions
from services.router.consumers import on_escalations
from services.router.publishing.in_use import DirectoryInUse
from tests.support import small
from tests.support.desk import GARBAGE, Desk, opened
from tests.support.heard import received
from tests.support.servers import Database

HOLDER = "unit:GT-1"


@pytest.fixture
async def desk(router_pool: Pool, database: Database) -> AsyncIterator[Desk]:
    async with opened(router_pool, database.dsn(), small.tables()) as desk:
        yield desk


def decided(ticket: str, owner: str, kind: DecisionKind = DecisionKind.ASSIGN) -> Received:
    told = DecisionTold(decision_id="d-1", kind=kind, owner=owner, due_at=small.MONDAY)
    data = ReceptionEvent(
        item_id="i-1", ticket_id=ticket, number="261116000001", round=1,
        level=ReceptionLevel.SUBDISTRICT, org="JD-1", rule=EntryRule.OVERDUE_L4, score=40,
        score_parts={"rule": 40}, unit="GT-1", area="", at=small.MONDAY, actor="P-SECRETARY",
        decision=told,
    )  # fmt: skip
    return received("reception.decided", data, small.MONDAY)


async def heed(desk: Desk, *messages: Received) -> list[str]:
    """What was said."""
    await desk.said()
    async with reading(desk.pool) as conn:
        effects = await receptions.heed(conn, messages, desk.office.in_use)
    assert effects.waiting == []
    return [name for name, _ in await desk.said()]


async def test_an_assigned_matter_goes_to_the_unit_named_and_stays_there(desk: Desk) -> None:
    one = await desk.file(**GARBAGE)
    await desk.did(one, "accept", who=HOLDER)
    message = decided(one, "SZ")
    assert await heed(desk, message) == ["reassigned.GT-1", "dispatched.SZ"]
    assert await heed(desk, message) == []
    shown = await desk.ticket(one)
    assert (shown["status"], shown["unit"], shown["coordinator"]) == ("dispatched", "SZ", "GT-1")
    last = shown["history"][-1]
    assert (last["actor"], last["reason"]) == ("P-SECRETARY", "reception_decision")
    again = await desk.act(one, "return", who="unit:SZ", data={
        "reason_code": "not_our_duty", "unit": "GT-1", "reason": "不归我们"})  # fmt: skip
    assert (again.status_code, again.json()["title"]) == (409, "ruled")


async def test_who_has_it_already_is_supervised_and_other_decisions_are_noted(desk: Desk) -> None:
    one = await desk.file(**GARBAGE)
    assert await heed(desk, decided(one, "GT-1")) == ["supervised.GT-1"]
    assert await heed(desk, decided(one, "SZ", DecisionKind.DELIBERATE)) == ["noted.GT-1"]
    assert await heed(desk, decided(one, "NOBODY")) == ["noted.GT-1"]
    shown = await desk.ticket(one)
    assert (shown["unit"], shown["status"]) == ("GT-1", "dispatched")
    assert shown["history"][-1]["detail"]["refused"] == "unknown-unit"


async def test_a_party_complained_about_does_not_get_it_and_an_ended_ticket_stays(
    desk: Desk,
) -> None:
    one = await desk.file(**GARBAGE, accused="SZ")
    assert await heed(desk, decided(one, "SZ")) == ["noted.GT-1"]
    async with transaction(desk.pool) as conn:
        await conn.execute("update ticket set status = 'closed' where ticket_id = $1", UUID(one))
    assert await heed(desk, decided(one, "WY-1")) == ["noted.GT-1"]
    assert (await desk.ticket(one))["status"] == "closed"


async def test_a_disputed_matter_is_ruled_by_it(desk: Desk) -> None:
    one = await desk.file(**GARBAGE)
    async with transaction(desk.pool) as conn:
        await conn.execute(
            "update ticket set status = 'arbitration' where ticket_id = $1", UUID(one)
        )
    assert await heed(desk, decided(one, "SZ")) == [
        "ruled.SZ", "reassigned.GT-1", "dispatched.SZ",
    ]  # fmt: skip


def rung(level: int, decision: str | None, ticket_id: str) -> Received:
    values: dict[str, Any] = {
        "escalation_id": "e", "ticket_id": ticket_id, "number": "1", "round": 1, "level": level,
        "clock": "result", "reason": "-", "unit": "GT-1", "area": "", "urgency": "normal",
        "due_at": small.MONDAY, "at": small.MONDAY, "decision_id": decision,
    }  # fmt: skip
    return received("escalation.raised", EscalationEvent(**values), small.MONDAY)


async def test_rungs_of_decisions_are_none_of_the_tickets_ladder(desk: Desk) -> None:
    one = await desk.file(**GARBAGE)
    async with reading(desk.pool) as conn:
        early = rung(1, None, str(uuid4()))
        effects = await actions.project_levels(
            conn, [rung(5, "d-1", one), rung(2, None, one), early]
        )
    assert effects.waiting == [early]
    assert "did not come yet" in effects.lacks[early.event_id]
    assert (await desk.ticket(one))["escalation_level"] == 2


@pytest.mark.parametrize("has_directory", [True, False])
async def test_a_rung_without_its_ticket_says_what_it_waits_for_once_tickets_can_be_opened(
    desk: Desk, *, has_directory: bool
) -> None:
    """So that it is set aside in the end (docs/adr/0046); without a directory nothing can be early."""
    in_use = desk.office.in_use if has_directory else DirectoryInUse(desk.pool)
    early = rung(1, None, str(uuid4()))
    async with reading(desk.pool) as conn:
        effects = await on_escalations(in_use)(conn, [early])
    assert effects.waiting == [early]
    assert effects.lacks == ({early.event_id: lacks_complaint("1")} if has_directory else {})


async def test_a_clock_whose_end_overtook_its_beginning_has_ended_and_keeps_its_window(
    desk: Desk,
) -> None:
    one = await desk.file(**GARBAGE)
    trace = Trace(
        start=small.MONDAY, limit="24h", profile="standard", urgency="normal", calendar="standard",
        calendar_version=1,
    )  # fmt: skip

    def word(name: str, hours: int, **more: Any) -> Received:
        at = small.MONDAY + timedelta(hours=hours)
        data = ClockEvent(
            clock_id=more.pop("clock", str(UUID(int=1))), ticket_id=one, number="1", round=1,
            kind="sign_for", unit="GT-1", area="", due_at=at, trace=trace, sentence="-", at=at,
            said_at=at, **more,
        )  # fmt: skip
        return received(f"clock.{name}", data, at)

    until = small.MONDAY + timedelta(hours=8)
    begun = word("set", 0, return_until=until)
    async with reading(desk.pool) as conn:
        await actions.project_clocks(conn, [word("breached", -1, clock=str(UUID(int=2)))])
        await actions.project_clocks(conn, [word("stopped", 3)])
        await actions.project_clocks(conn, [begun])
        row = await conn.fetchrow("select * from ticket_clock where kind = 'sign_for'")
        await conn.execute("delete from ticket_clock")
        await actions.project_clocks(conn, [word("stopped", 3), begun])
        again = await conn.fetchrow("select * from ticket_clock where kind = 'sign_for'")
    assert row is not None
    assert (row["state"], row["return_until"], row["said_at"]) == (
        "stopped", until, small.MONDAY + timedelta(hours=3),
    )  # fmt: skip
    assert row == again
