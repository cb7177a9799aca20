"""What is raised, said again, acknowledged and stopped, on a real PostgreSQL (domain.md D5, E13, E14)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from nats.aio.client import Client

from contracts.ticket import TicketStatus
from kit.auth import Principal
from kit.db import Pool, create_pool
from kit.errors import DomainError
from kit.ids import new_id
from kit.relay import Relay
from services.notifier import viewing
from services.notifier.acknowledging import acknowledge
from services.notifier.actions import apply_complaints, apply_tickets
from services.notifier.directory import Directory, Holder
from services.notifier.loops import LOOK_S, ticker
from services.notifier.queries import Wanted
from services.notifier.ticking import Ticked, tick, until_next
from services.notifier.viewing import Page
from tests.support import city, heard
from tests.support.heard import apply, at, complaint, dispatched, ticket, ticks
from tests.support.notifier import front, signed
from tests.support.servers import PASSWORD, Database
from tests.support.world import until

S = TicketStatus
ADMIN = Principal("P0000", frozenset({"admin"}))
FIRST = Page(None, 50)
MINUTE = 1 / 60


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


def said(done: Ticked, name: str) -> list[dict[str, Any]]:
    found = [orjson.loads(e.body)["data"] for e in done.events if e.subject.startswith(f"{name}.")]
    return sorted(found, key=lambda data: (data.get("level", 0), data.get("repeat", 0)))


async def critical(pool: Pool, database: Database) -> UUID:
    """A critical matter at SZ whose first rung, unsigned after 15 minutes, was just raised."""
    one = new_id()
    await at(database.dsn(), 0)
    sent = ticket("dispatched", one, 1, status=S.DISPATCHED, urgency="critical")
    await apply(pool, apply_tickets, sent)
    await at(database.dsn(), 15 * MINUTE)
    first = await ticks(pool)
    assert [(d["level"], d["repeat"]) for d in said(first, "escalation.raised")] == [(1, 0)]
    return one


async def knows(pool: Pool, person: str, of: UUID) -> dict[str, Any]:
    relay = Relay(pool, Client(), service="notifier")
    ident = await pool.fetchval("select escalation_id from escalation where ticket_id = $1", of)
    return await acknowledge(pool, relay, city.directory(), person, ident)


async def test_a_critical_rung_is_said_again_every_ten_minutes_five_times_and_once_each(
    pool: Pool, database: Database
) -> None:
    await critical(pool, database)
    heard = []
    for minutes in range(17, 100):
        await at(database.dsn(), (minutes + 0.5) * MINUTE)
        both = await asyncio.gather(tick(pool, city.directory()), tick(pool, city.directory()))
        for done in both:
            again = [d for d in said(done, "escalation.raised") if d["level"] == 1]
            heard += [(d["repeat"], minutes) for d in again]
    assert heard == [(1, 25), (2, 35), (3, 45), (4, 55), (5, 65)]
    assert await pool.fetchval("select repeats from escalation where level = 1") == 5


async def test_after_an_outage_a_rung_is_said_again_once_not_five_times(
    pool: Pool, database: Database
) -> None:
    await critical(pool, database)
    await at(database.dsn(), 59 * MINUTE)
    assert [d["repeat"] for d in said(await ticks(pool), "escalation.raised")] == [1]
    assert said(await ticks(pool), "escalation.raised") == []


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ("accepted", S.ACCEPTED),
        ("held", S.ON_HOLD),
        ("handled", S.CALLBACK),
        ("closed", S.CLOSED),
        ("merged", S.MERGED),
    ],
)
async def test_signed_held_handled_closed_or_merged_nothing_is_said_again(
    pool: Pool, database: Database, event: str, status: TicketStatus
) -> None:
    one = await critical(pool, database)
    stops = ticket(event, one, 2, status=status, hours=20 * MINUTE, urgency="critical")
    await apply(pool, apply_tickets, stops)
    await at(database.dsn(), 26 * MINUTE)
    assert said(await ticks(pool), "escalation.raised") == []
    assert await pool.fetchval("select count(*) from escalation where repeat_at is not null") == 0


async def test_acknowledging_ends_the_repeats_and_not_the_climb(
    pool: Pool, database: Database
) -> None:
    one = await critical(pool, database)
    recipient = await pool.fetchval("select recipients->>0 from escalation")
    person = city.directory().roster.person(recipient)
    assert person
    answer = await knows(pool, person, one)
    assert answer["acknowledged_by"] == recipient
    assert await knows(pool, person, one) == answer  # asked again
    told = await pool.fetch(
        "select body from outbox where subject like 'escalation.acknowledged.1.%'"
    )
    assert [orjson.loads(row["body"])["data"]["by"] for row in told] == [recipient]
    noted = "select actor from audit where action = 'escalation.acknowledge'"
    assert [row["actor"] for row in await pool.fetch(noted)] == [person]
    await at(database.dsn(), 45 * MINUTE)
    assert said(await ticks(pool), "escalation.raised") == []
    await at(database.dsn(), 1)
    assert [d["level"] for d in said(await ticks(pool), "escalation.raised")] == [2]
    for yes, levels in ((True, [1]), (False, [2])):
        wanted = Wanted(ticket_id=one, acknowledged=yes)
        page = await viewing.escalations(pool, city.directory(), ADMIN, wanted, FIRST)
        assert [item["level"] for item in page["items"]] == levels


async def test_only_who_was_told_and_the_holding_unit_may_acknowledge(
    pool: Pool, database: Database
) -> None:
    one = await critical(pool, database)
    posts = city.directory().roster.posts
    stranger = next(p.person for p in posts if p.unit == "GT-001")
    with pytest.raises(DomainError, match="not-found"):
        await knows(pool, stranger, one)
    with pytest.raises(DomainError, match="not-found"):
        await knows(pool, "P9999", one)
    colleague = next(p for p in posts if p.unit == "SZ" and p.role not in {"leader", "duty_lead"})
    assert (await knows(pool, colleague.person, one))["acknowledged_by"] == colleague.post


async def test_acknowledging_over_http_answers_the_same_twice_and_404_to_strangers(
    pool: Pool, database: Database
) -> None:
    one = await critical(pool, database)
    row = await pool.fetchrow("select escalation_id, recipients->>0 as post from escalation")
    person = city.directory().roster.person(row["post"])
    assert person
    async with httpx.AsyncClient(base_url="http://router") as router, front(pool, router) as open_:
        http = open_.http
        path = f"/v1/escalations/{row['escalation_id']}/acknowledge"
        assert (await http.post(path, headers=signed("P9999", "unit"))).status_code == 404
        assert (await http.post(path, headers=signed(person, "dashboard"))).status_code == 403
        first = await http.post(path, headers=signed(person, "unit"))
        again = await http.post(path, headers=signed(person, "unit"))
        assert (first.status_code, again.json()) == (200, first.json())
        query = {"ticket": str(one), "acknowledged": "true"}
        page = await http.get("/v1/escalations", params=query, headers=signed("P0000", "admin"))
        [item] = page.json()["items"]
        assert (item["acknowledged_by"], item["rule_version"]) == (row["post"], 1)


async def test_what_was_cleared_cannot_be_acknowledged(pool: Pool, database: Database) -> None:
    one = await critical(pool, database)
    closed = ticket("closed", one, 2, status=S.CLOSED, hours=1, urgency="critical")
    await apply(pool, apply_tickets, closed)
    colleague = next(p for p in city.directory().roster.posts if p.unit == "SZ")
    with pytest.raises(DomainError, match="escalation-cleared"):
        await knows(pool, colleague.person, one)


async def test_the_secretary_is_rung_up_about_a_critical_matter(
    pool: Pool, database: Database
) -> None:
    await critical(pool, database)
    await at(database.dsn(), 4)
    raised = [d for d in said(await ticks(pool), "escalation.raised") if not d["repeat"]]
    assert {d["level"]: d["phone"] for d in raised} == {2: False, 3: False, 4: True}


def edited(version: int) -> Directory:
    """The sample with a ladder that never raises anything, and with SZ's leader gone."""
    parts = city.parts()
    for row in parts["ladder"]:
        row["steps"] = [
            {"level": 5, "clock": kind, "at": "due+30d"}
            for kind in ("sign_for", "result", "dispatch")
        ]
    for row in parts["posts"]:
        if row["unit"] == "SZ" and row["role"] == "leader":
            row["away"] = ["2026-11-01..2026-12-31"]
    return Directory.of(version, parts)


async def test_an_edited_ladder_never_touches_a_planned_rung_but_people_are_those_of_today(
    pool: Pool, database: Database
) -> None:
    one = new_id()
    await at(database.dsn(), 0)
    await apply(pool, apply_complaints, complaint(one))
    await apply(pool, apply_tickets, dispatched(one))
    before = await pool.fetchval("select rungs from ladder")
    await at(database.dsn(), 24)
    done = await tick(pool, edited(2))
    assert done.levels == [1]
    row = await pool.fetchrow("select * from escalation")
    assert (row["policy"], row["recipients"]) == (1, ["SZ-ZB"])
    assert await pool.fetchval("select rungs from ladder") == [r for r in before if r["level"] != 1]


async def test_a_hold_pauses_the_climb_and_resuming_goes_on_with_it(
    pool: Pool, database: Database
) -> None:
    one = new_id()
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(one))
    await apply(pool, apply_tickets, ticket("contacted", one, 2, status=S.IN_PROGRESS, hours=1))
    held = ticket("held", one, 3, status=S.ON_HOLD, hours=24)
    await apply(pool, apply_tickets, held)
    await at(database.dsn(), 20 * 24)
    assert (await ticks(pool)).levels == []
    resumed = ticket("resumed", one, 4, status=S.IN_PROGRESS, hours=21 * 24)
    await apply(pool, apply_tickets, resumed)
    await at(database.dsn(), 26 * 24)
    assert (await ticks(pool)).levels == [1]
    await at(database.dsn(), 27 * 24 + 1)
    assert (await ticks(pool)).levels == [2]


async def test_a_merged_ticket_does_not_climb_and_one_taken_out_again_does(
    pool: Pool, database: Database
) -> None:
    one = new_id()
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(one))
    await apply(pool, apply_tickets, ticket("merged", one, 2, status=S.MERGED, hours=1))
    await at(database.dsn(), 30 * 24)
    assert (await ticks(pool)).events == []
    await apply(pool, apply_tickets, ticket("unmerged", one, 3, status=S.DISPATCHED, hours=30 * 24))
    assert (await ticks(pool)).levels == [1, 2, 3, 4]


async def test_the_ticker_sleeps_until_something_is_due_and_wakes_when_the_clock_jumps(
    pool: Pool, database: Database
) -> None:
    assert await until_next(pool) == math.inf
    one = new_id()
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(one))
    first = await pool.fetchval("select min(next_at) from clock")
    warned_in = (first - heard.MONDAY).total_seconds()
    assert warned_in - 60 < await until_next(pool) <= warned_in
    holder = Holder()
    holder.use(city.directory())
    loop = asyncio.create_task(ticker(pool, Relay(pool, Client(), service="notifier"), holder)())
    try:
        await at(database.dsn(), 24)
        await until(lambda: pool.fetchval("select count(*) = 1 from escalation"))
        await until(
            lambda: pool.fetchval("select count(*) = 2 from clock where breached_at is not null")
        )
        assert await until_next(pool) > LOOK_S
    finally:
        loop.cancel()


async def test_a_process_that_starts_anew_takes_up_every_planned_rung(
    pool: Pool, database: Database
) -> None:
    one = new_id()
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(one))
    await at(database.dsn(), 24)
    assert (await ticks(pool)).levels == [1]
    fresh = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=2)
    try:
        await at(database.dsn(), 8 * 24 + 1)
        assert (await ticks(fresh)).levels == [2, 3]
        await at(database.dsn(), 8 * 24 + 24 * 10)
        assert (await ticks(fresh)).levels == [4]
    finally:
        await fresh.close()
