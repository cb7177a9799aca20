"""While tickets belong to an open hot issue a unit is warned once of each duty; clocks and ladders go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast
from uuid import UUID

import pytest
from nats.aio.msg import Msg

from contracts.catalog import decode, make
from contracts.clock import ClockEvent
from contracts.publication import IssueEvent
from contracts.ticket import TicketStatus
from kit.db import Pool, create_pool
from kit.delivery import Received
from kit.ids import new_id
from services.notifier.actions import apply_tickets
from services.notifier.ticking import Ticked
from tests.support.heard import AREA, MONDAY, apply, at, ticket, ticks
from tests.support.servers import PASSWORD, Database

S = TicketStatus
NEAR, LATE = 20, 24
"""Hours after dispatch at which sign-for and contact come near, and are missed."""


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


def issue(event: str, issue_id: UUID, ticket_id: UUID | None = None) -> Received:
    """An issue event as the notifier receives it."""
    moment = MONDAY + timedelta(hours=1)
    data = IssueEvent(
        issue_id=str(issue_id), area=AREA, ticket_id=str(ticket_id) if ticket_id else None,
        tickets=5, at=moment,
    )  # fmt: skip
    event_id, name = new_id(), f"issue.{event}"
    made = make(name, data, event_id=str(event_id), source="test", about="test", at=moment)
    return Received(made, event_id, cast("Msg", None), name)


def members(issue_id: UUID, ids: list[UUID]) -> list[Received]:
    return [issue("opened" if one == ids[0] else "joined", issue_id, one) for one in ids]


def muted(done: Ticked, name: str = "near_due") -> dict[tuple[str, str], str | None]:
    """(ticket, duty) to the issue that mutes it."""
    found: dict[tuple[str, str], str | None] = {}
    for said in done.events:
        data = decode(said.subject, said.body).data
        if isinstance(data, ClockEvent) and said.subject.startswith(f"clock.{name}."):
            found[data.ticket_id, data.kind.value] = data.muted_by
    return found


async def started(pool: Pool, database: Database, *units: str) -> list[UUID]:
    """Tickets dispatched on Monday morning, one to each unit."""
    await at(database.dsn(), 0)
    ids = sorted(new_id() for _ in units)
    for one, unit in zip(ids, units, strict=True):
        await apply(
            pool, apply_tickets, ticket("dispatched", one, 1, status=S.DISPATCHED, unit=unit)
        )
    return ids


async def test_of_one_issue_a_unit_is_warned_once_of_each_duty(
    pool: Pool, database: Database
) -> None:
    first, *others = ids = await started(pool, database, "SZ", "SZ", "SZ")
    alone = await started(pool, database, "SZ")
    hot = new_id()
    await apply(pool, apply_tickets, *members(hot, ids))
    await at(database.dsn(), NEAR)
    found = muted(await ticks(pool))
    assert {one: by for (one, duty), by in found.items() if duty == "sign_for"} == {
        str(first): None,
        **{str(one): str(hot) for one in others},
        str(alone[0]): None,
    }


async def test_another_unit_is_warned_of_its_own(pool: Pool, database: Database) -> None:
    ids = await started(pool, database, "SZ", "GD")
    await apply(pool, apply_tickets, *members(new_id(), ids))
    await at(database.dsn(), NEAR)
    assert set(muted(await ticks(pool)).values()) == {None}


async def test_a_duty_the_first_has_done_is_warned_of_at_the_next(
    pool: Pool, database: Database
) -> None:
    first, second, third = ids = await started(pool, database, "SZ", "SZ", "SZ")
    hot = new_id()
    await apply(pool, apply_tickets, *members(hot, ids))
    await apply(pool, apply_tickets, ticket("accepted", first, 2, status=S.ACCEPTED, hours=1))
    await at(database.dsn(), NEAR)
    found = muted(await ticks(pool))
    assert found[str(second), "sign_for"] is None
    assert found[str(third), "sign_for"] == str(hot)
    assert found[str(second), "contact"] == str(hot)


@pytest.mark.parametrize("early", [True, False])
async def test_a_closed_issue_mutes_nothing_in_whatever_order_it_is_told(
    pool: Pool, database: Database, *, early: bool
) -> None:
    ids = await started(pool, database, "SZ", "SZ")
    hot = new_id()
    told = [*members(hot, ids), issue("closed", hot)]
    for one in reversed(told) if early else told:
        await apply(pool, apply_tickets, one)
    await at(database.dsn(), NEAR)
    assert set(muted(await ticks(pool)).values()) == {None}


async def test_no_clock_and_no_rung_stops_for_an_issue(pool: Pool, database: Database) -> None:
    ids = await started(pool, database, "SZ", "SZ", "SZ")
    await apply(pool, apply_tickets, *members(new_id(), ids))
    await at(database.dsn(), LATE)
    done = await ticks(pool)
    breached = muted(done, "breached")
    assert {one for one, _ in breached} == {str(one) for one in ids}
    assert set(breached.values()) == {None}
    assert done.levels == [1, 1, 1]


async def test_membership_told_twice_is_known_once(pool: Pool, database: Database) -> None:
    ids = await started(pool, database, "SZ", "SZ")
    hot = new_id()
    for _ in range(2):
        await apply(pool, apply_tickets, *members(hot, ids))
    assert await pool.fetchval("select count(*) from hot_issue_member") == 2
