"""Grids divided anew on a real database: open tickets follow once, closed ones keep their code, clocks go on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
from asyncpg import Record
from nats.aio.msg import Msg

from contracts.catalog import decode
from contracts.command import Command, CommandData
from kit.db import Conn, Pool, create_pool
from kit.delivery import Received
from services.notifier.actions import apply_complaints, apply_tickets
from services.router.publishing import programs
from services.router.publishing.programs import Telling
from services.router.succession import store_following
from services.router.succession.following import follow_directory
from services.router.ticket.seeing import Actor
from tests.support import resettled, sample, small
from tests.support.heard import apply
from tests.support.resettled import GT_NORTH, GT_SOUTH, NORTH, SOUTH
from tests.support.router_city import RUBBISH, City, received
from tests.support.servers import PASSWORD, Database
from tests.support.small import GARDEN, GARDEN_5, HAPPY_EAST, MONDAY, complaint

DIVIDED: dict[str, tuple[str, ...]] = {GARDEN: (NORTH, SOUTH), HAPPY_EAST: (NORTH,)}
"""One grid split in two, another merged into the first of them."""


@pytest.fixture
async def city(router_pool: Pool, database: Database) -> City:
    made = City(router_pool, database.dsn())
    await made.at(MONDAY)
    await made.publish(small.tables())
    return made


async def test_open_tickets_follow_a_split_and_a_merger_and_closed_ones_keep_the_code(
    city: City,
) -> None:
    merged = await city.file(grid_code=HAPPY_EAST)
    split = await city.file("金桂南苑门口" + RUBBISH, grid_code=GARDEN)
    unclear = await city.file(grid_code=GARDEN)
    building = await city.file(grid_code=GARDEN_5)
    closed = await city.file(grid_code=GARDEN)
    begun = await city.file(grid_code=HAPPY_EAST)
    await city.act(begun, "accept", "contact")
    await city.pool.execute("update ticket set status = 'closed' where ticket_id = $1", closed)
    await city.publish(resettled.tables(DIVIDED))
    assert await city.follow() == 5
    places = {
        one: ((row := await city.ticket(one))["area"], row["unit"], row["status"])
        for one in (merged, split, unclear, building, begun, closed)
    }
    assert places == {
        merged: (NORTH, GT_NORTH, "dispatched"),
        split: (SOUTH, GT_SOUTH, "dispatched"),
        unclear: (small.EAST, "DESK", "dispatched"),
        building: (GARDEN_5, GT_SOUTH, "dispatched"),
        begun: (NORTH, GT_NORTH, "dispatched"),
        closed: (GARDEN, "GT-1", "closed"),
    }
    assert [e for e, _, _ in await city.history(merged)][-2:] == ["reassigned", "dispatched"]
    assert (await city.history(merged))[-2:] == [
        ("reassigned", "GT-3", 3),
        ("dispatched", GT_NORTH, 4),
    ]
    assert len(await city.history(closed)) == 2
    helping = await city.pool.fetch("select unit from assist where ticket_id = $1", merged)
    assert [row["unit"] for row in helping] == list((await city.ticket(merged))["assists"])
    assert await city.follow() == 0


async def test_each_move_leaves_receipt_history_events_and_audit(city: City) -> None:
    ticket = await city.file(grid_code=HAPPY_EAST)
    before = await city.ticket(ticket)
    await city.publish(resettled.tables(DIVIDED))
    await city.follow()
    row = await city.ticket(ticket)
    assert row["receipt_id"] != before["receipt_id"]
    assert (row["rule_version"], row["received_at"]) == (2, before["received_at"])
    receipts = await city.pool.fetch("select body from receipt where ticket_id = $1", ticket)
    assert len(receipts) == 2
    lines = await city.pool.fetch(
        "select actor, reason, detail from ticket_event where ticket_id = $1 and version > 2",
        ticket,
    )
    assert {(line["actor"], line["reason"]) for line in lines} == {
        ("system:router", "directory_changed")
    }
    assert lines[0]["detail"]["area"] == [HAPPY_EAST, NORTH]
    bodies = await city.pool.fetch("select subject, body from outbox order by position")
    said = [
        decode(row["subject"], row["body"]).data for row in bodies if "ticket." in row["subject"]
    ]
    assert [(data.version, data.area) for data in said] == [
        (1, HAPPY_EAST), (2, HAPPY_EAST), (3, NORTH), (4, NORTH),
    ]  # fmt: skip
    audited = await city.pool.fetchrow("select * from audit where action = 'ticket.follow'")
    assert audited["detail"] == {
        "area": [HAPPY_EAST, NORTH], "unit": ["GT-3", GT_NORTH], "directory_version": 2,
    }  # fmt: skip


@pytest.fixture
async def notifier_pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=2)
    yield pool
    await pool.close()


async def test_the_result_clock_goes_on_and_the_new_owner_signs_anew(
    city: City, notifier_pool: Pool
) -> None:
    ticket = await city.file(grid_code=HAPPY_EAST)
    data = complaint(RUBBISH, complaint_id=str(ticket))
    await apply(notifier_pool, apply_complaints, received("complaint.received", data))
    await hear(city, notifier_pool)
    before = await clocks(notifier_pool, ticket)
    await city.at(MONDAY + timedelta(hours=30))
    await city.publish(resettled.tables(DIVIDED))
    await city.follow()
    await hear(city, notifier_pool)
    after = await clocks(notifier_pool, ticket)
    for kind in ("result", "resident"):
        assert after[kind]["due_at"] == before[kind]["due_at"]
        assert after[kind]["started_at"] == before[kind]["started_at"]
    assert after["result"]["unit"] == GT_NORTH
    assert after["sign_for"]["unit"] == GT_NORTH
    assert after["sign_for"]["started_at"] >= MONDAY + timedelta(hours=30)
    holders = await notifier_pool.fetchval(
        "select holders from ticket_view where ticket_id = $1", ticket
    )
    assert [one["unit"] for one in holders] == ["GT-3", GT_NORTH]


async def hear(city: City, pool: Pool) -> None:
    """What the notifier hears of the router's events; what it knows changes nothing."""
    for row in await city.pool.fetch(
        "select event_id, subject, body from outbox order by position"
    ):
        if row["subject"].startswith("ticket."):
            event = decode(row["subject"], row["body"])
            name = ".".join(row["subject"].split(".")[:2])
            one = Received(event, row["event_id"], cast("Msg", None), name)
            await apply(pool, apply_tickets, one)


async def clocks(pool: Pool, ticket: UUID) -> dict[str, Record]:
    rows = await pool.fetch(
        "select * from clock where ticket_id = $1 and state = 'running'", ticket
    )
    return {row["kind"]: row for row in rows}


async def test_a_ticket_somebody_is_changing_follows_afterwards_and_once(city: City) -> None:
    ticket, other = await city.file(grid_code=HAPPY_EAST), await city.file(grid_code=HAPPY_EAST)
    await city.publish(resettled.tables(DIVIDED))
    busy = await asyncpg.connect(city.dsn, server_settings={"search_path": "router"})
    lock = busy.transaction()
    await lock.start()
    await busy.execute("select from ticket where ticket_id = $1 for update", ticket)
    assert await city.follow() == 1
    assert (await city.ticket(ticket))["unit"] == "GT-3"
    assert (await city.ticket(other))["unit"] == GT_NORTH
    await busy.execute("update ticket set version = version + 1 where ticket_id = $1", ticket)
    await lock.commit()
    await busy.close()
    assert await city.follow() == 1
    assert (await city.ticket(ticket))["unit"] == GT_NORTH
    assert await city.follow() == 0


async def test_several_processes_let_each_ticket_follow_once(city: City) -> None:
    tickets = [await city.file(grid_code=HAPPY_EAST) for _ in range(10)]
    await city.publish(resettled.tables(DIVIDED))
    for _ in range(8):
        await asyncio.gather(*(follow_directory(city.pool, city.in_use, limit=2) for _ in range(3)))
    for ticket in tickets:
        events = [event for event, _, _ in await city.history(ticket)]
        assert events == ["dispatched", "assisted", "reassigned", "dispatched"]
    moved = await city.pool.fetchval("select moved from directory_following where version = 2")
    assert moved == len(tickets)


async def test_an_area_that_ends_later_is_left_on_its_day(city: City) -> None:
    ends = MONDAY.date() + timedelta(days=3)
    ticket = await city.file(grid_code=HAPPY_EAST)
    await city.publish(resettled.tables({HAPPY_EAST: (NORTH,)}, ends=ends))
    assert await city.follow() == 0
    await city.at(MONDAY + timedelta(days=2, hours=13))
    assert await city.follow() == 0
    await city.at(MONDAY + timedelta(days=2, hours=15))
    assert await city.follow() == 1
    assert (await city.ticket(ticket))["area"] == NORTH


async def test_tickets_of_a_unit_that_is_gone_go_to_whoever_answers_now(city: City) -> None:
    ticket = await city.file(grid_code=HAPPY_EAST)
    tables = small.tables()
    tables["units"] = [
        one.model_copy(update={"area": (HAPPY_EAST, GARDEN)}) if one.code == "GT-1" else one
        for one in tables["units"] if one.code != "GT-3"
    ]  # fmt: skip
    tables["posts"] = [one for one in tables["posts"] if one.unit != "GT-3"]
    await city.publish(tables)
    assert await city.follow() == 1
    row = await city.ticket(ticket)
    assert (row["area"], row["unit"]) == (HAPPY_EAST, "GT-1")


async def test_nothing_changes_where_nothing_changed(city: City) -> None:
    for grid in (HAPPY_EAST, GARDEN, GARDEN_5):
        await city.file(grid_code=grid)
    await city.file("你好")
    tables = small.tables()
    tables["categories"][0] = tables["categories"][0].model_copy(update={"name": "环卫"})
    await city.publish(tables)
    assert await city.follow() == 0
    assert (
        await city.pool.fetchval("select count(*) from ticket_event where actor <> 'system:router'")
        == 0
    )
    assert await city.pool.fetchval("select moved from directory_following where version = 2") == 0


async def test_tickets_that_cannot_have_changed_are_not_read_whole(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[UUID] = []
    whole = store_following.open_ones

    async def noted(conn: Conn, ticket_ids: list[UUID]) -> list[Record]:
        asked.extend(ticket_ids)
        return await whole(conn, ticket_ids)

    monkeypatch.setattr(store_following, "open_ones", noted)
    older = await city.file(grid_code=HAPPY_EAST)
    await city.follow()
    assert asked == [], "decided today, with this version"
    await city.publish(resettled.tables(DIVIDED))
    await city.file(grid_code=GARDEN_5)
    assert await city.follow() == 1
    assert asked == [older]


async def test_a_first_receipt_is_found_by_its_ticket_among_thousands(city: City) -> None:
    ticket = await city.file(grid_code=GARDEN)
    async with city.pool.acquire() as conn:
        await conn.execute(
            "insert into receipt (receipt_id, ticket_id, body)"
            " select gen_random_uuid(), gen_random_uuid(), '{}' from generate_series(1, 5000)"
        )
        [[text]] = await conn.fetch(
            f"explain (analyze, format json) {store_following.SQL_OPEN_THESE}", [ticket]
        )
    looked_at = [
        node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        for node in _nodes(json.loads(text)[0]["Plan"])
        if node.get("Relation Name") == "receipt"
    ]
    assert len(looked_at) == 2
    assert max(looked_at) <= 2


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


async def test_nobody_gets_what_a_merged_caller_complains_about_them(city: City) -> None:
    ticket = await city.file(grid_code=HAPPY_EAST)
    merged = await city.file(grid_code=HAPPY_EAST, accused=GT_NORTH)
    await city.pool.execute(
        """
        insert into follower (ticket_id, into_ticket, joined, before, at)
        values ($1, $2, 1, 'dispatched', now())
        """,
        merged,
        ticket,
    )
    await city.pool.execute("update ticket set status = 'merged' where ticket_id = $1", merged)
    await city.publish(resettled.tables(DIVIDED))
    assert await city.follow() == 1
    row = await city.ticket(ticket)
    assert (row["area"], row["unit"]) == (NORTH, "DESK")
    assert (await city.ticket(merged))["area"] == HAPPY_EAST


async def test_whoever_a_person_chose_against_the_catalogue_keeps_it(city: City) -> None:
    chosen, agreed = await city.file(grid_code=HAPPY_EAST), await city.file(grid_code=HAPPY_EAST)
    desk = Actor("P-DESK", frozenset(), desk=True)
    unit = Actor("P1", frozenset({"GT-3"}))
    back = CommandData(unit="SZ", reason_code="not_our_duty")
    await city.office.act(str(agreed), "return", Command(data=back), unit)
    for ticket, action, to in ((chosen, "reassign", "SQ-1"), (agreed, "dispatch", "GT-3")):
        data = CommandData(unit=to, reason="电话核实")
        await city.office.act(str(ticket), action, Command(data=data), desk)
    await city.publish(resettled.tables(DIVIDED))
    assert await city.follow() == 2
    places = [((row := await city.ticket(t))["area"], row["unit"]) for t in (chosen, agreed)]
    assert places == [(NORTH, "SQ-1"), (NORTH, GT_NORTH)]
    found = await programs.replay(city.pool, sample.FOLDER, 30, Telling(lambda _: None))
    assert found["tickets"] == 2
