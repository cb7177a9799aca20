"""What the notifier makes of mergers, on a real PostgreSQL: no clock gains time, nothing leaves a table."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from nats.aio.msg import Msg

from contracts.catalog import decode
from contracts.complaint import Channel, ComplaintReceived, Kind
from kit.db import Pool, create_pool, transaction
from kit.delivery import Received
from services.notifier.actions import apply_complaints, apply_tickets
from tests.support import city, small
from tests.support.desk import GARBAGE, LAMP, Desk, opened
from tests.support.heard import received, ticks
from tests.support.servers import PASSWORD, Database


@pytest.fixture
async def desk(router_pool: Pool, database: Database) -> AsyncIterator[Desk]:
    async with opened(router_pool, database.dsn()) as desk:
        yield desk


@pytest.fixture
async def clocks(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


async def told(desk: Desk, clocks: Pool, position: int = 0) -> int:
    """Hand what the router said since `position` over to the notifier, in another order."""
    rows = await desk.pool.fetch(
        "select event_id, subject, body, position from outbox where position > $1 and subject like 'ticket.%'"
        " order by position",
        position,
    )
    batch = [
        Received(decode(row["subject"], row["body"]), row["event_id"], cast("Msg", None),
                 ".".join(row["subject"].split(".")[:2]))
        for row in rows
    ]  # fmt: skip
    random.Random(position).shuffle(batch)  # noqa: S311 - an order, not a secret
    while batch:
        async with transaction(clocks) as conn:
            batch = (await apply_tickets(conn, batch, city.directory())).waiting
    return max((row["position"] for row in rows), default=position)


async def filed(desk: Desk, clocks: Pool, hours: float, what: dict[str, Any]) -> str:
    """A complaint received so many hours after Monday 10:00, in both services; the ticket's id."""
    await desk.at(hours)
    ticket_id = await desk.file(**what, hours=hours)
    at = small.MONDAY + timedelta(hours=hours)
    data = ComplaintReceived(
        complaint_id=ticket_id, number=(await desk.ticket(ticket_id))["number"],
        channel=Channel.HOTLINE, kind=Kind.COMPLAINT, text="-", received_at=at,
    )  # fmt: skip
    async with transaction(clocks) as conn:
        await apply_complaints(conn, [received("complaint.received", data, at)], city.directory())
    return ticket_id


async def due(clocks: Pool, ticket_id: str) -> dict[str, datetime]:
    """What runs for a ticket, and until when."""
    rows = await clocks.fetch(
        "select kind, due_at from clock where ticket_id = $1 and state = 'running'", UUID(ticket_id)
    )
    return {row["kind"]: row["due_at"] for row in rows}


async def test_the_earliest_clock_wins_and_each_gets_its_own_back(desk: Desk, clocks: Pool) -> None:
    early = await filed(desk, clocks, 0, GARBAGE)
    late = await filed(desk, clocks, 30, LAMP)
    at = await told(desk, clocks)
    alone = {one: await due(clocks, one) for one in (early, late)}
    await desk.at(40)
    await desk.merge(early, late)
    at = await told(desk, clocks, at)
    together = await due(clocks, late)
    assert await due(clocks, early) == {}
    assert {k: together[k] for k in ("resident", "result")} == {
        k: alone[early][k] for k in ("resident", "result")
    }
    assert {k: together[k] for k in ("sign_for", "contact")} == {
        k: alone[late][k] for k in ("sign_for", "contact")
    }
    trace = await clocks.fetchrow(
        "select trace, own_trace, earlier_due, sentence from clock"
        " where ticket_id = $1 and kind = 'result'",
        UUID(late),
    )
    assert trace is not None
    assert trace["trace"]["start"] < trace["own_trace"]["start"]
    assert trace["earlier_due"] == [alone[late]["result"]]
    assert "以较早的为准" in trace["sentence"]
    await desk.at(50)
    await desk.did(early, "unmerge", reason="不是同一件事")
    await told(desk, clocks, at)
    assert {one: await due(clocks, one) for one in (early, late)} == alone


async def test_what_was_breached_early_can_be_breached_again_in_its_own_time(
    desk: Desk, clocks: Pool
) -> None:
    early = await filed(desk, clocks, 0, GARBAGE)
    late = await filed(desk, clocks, 100, LAMP)
    at = await told(desk, clocks)
    await desk.at(110)
    await desk.merge(early, late)
    at = await told(desk, clocks, at)
    await desk.at(7 * 24 + 1)
    breached = "select breached_at is not null from clock where ticket_id = $1 and kind = 'result'"
    await ticks(clocks)
    assert await clocks.fetchval(breached, UUID(late)) is True
    await desk.did(early, "unmerge", reason="-")
    await told(desk, clocks, at)
    assert await clocks.fetchval(breached, UUID(late)) is False
    await desk.at(100 + 7 * 24 + 1)
    await ticks(clocks)
    assert await clocks.fetchval(breached, UUID(late)) is True


async def test_merging_and_unmerging_takes_nothing_off_the_ladder_or_the_secretarys_table(
    desk: Desk, clocks: Pool
) -> None:
    one, other = await filed(desk, clocks, 0, GARBAGE), await filed(desk, clocks, 1, LAMP)
    at = await told(desk, clocks)
    await desk.at(30 * 24)
    await ticks(clocks)
    raised = "select level from escalation where ticket_id = $1 and cleared_at is null order by 1"
    queued = "select count(*) from reception_item where ticket_id = $1 and closed_at is null"
    before = [row["level"] for row in await clocks.fetch(raised, UUID(one))]
    assert before == [1, 2, 3, 4]
    assert await clocks.fetchval(queued, UUID(one)) == 1
    said_once = await announced(clocks, one)
    await desk.merge(one, other)
    at = await told(desk, clocks, at)
    assert await clocks.fetch(raised, UUID(one)) == []
    assert await clocks.fetchval(queued, UUID(one)) == 0
    await desk.did(one, "unmerge", reason="-")
    await told(desk, clocks, at)
    assert [row["level"] for row in await clocks.fetch(raised, UUID(one))] == before
    assert await clocks.fetchval(queued, UUID(one)) == 1
    assert await announced(clocks, one) == said_once * 2


async def announced(clocks: Pool, ticket_id: str) -> int:
    """How many rungs of a ticket were said to be raised."""
    found: int = await clocks.fetchval(
        "select count(*) from outbox"
        " where subject like 'escalation.raised.%' and convert_from(body, 'utf8') like '%' || $1 || '%'",
        ticket_id,
    )
    return found
