"""Clocks of whistles on a real PostgreSQL: one per department, with or without a ticket, once however told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from contracts.base import Event
from contracts.clock import ClockEvent
from contracts.whistle import Called, CallState, WhistleEvent, WhistleKind, WhistleStatus
from kit.auth import Principal
from kit.db import Pool, create_pool
from kit.delivery import Received
from kit.ids import new_id
from kit.outbox import Outgoing
from services.notifier import viewing
from services.notifier.actions import apply_complaints, apply_tickets
from tests.support import city
from tests.support.heard import MONDAY, apply, at, complaint, dispatched, received, ticks
from tests.support.servers import PASSWORD, Database

W = WhistleStatus
COMMUNITY: Final = "370105001008"


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


def whistle(  # noqa: PLR0913 - what an event is told apart by
    name: str,
    one: UUID,
    version: int,
    *,
    status: W = W.ISSUED,
    unit: str = "SZ",
    hours: float = 0,
    **more: Any,
) -> Received:
    """A whistle's event so many hours after Monday 10:00."""
    when = MONDAY + timedelta(hours=hours)
    values: dict[str, Any] = {
        "whistle_id": str(one), "version": version, "kind": WhistleKind.JOINT_ENFORCEMENT,
        "unit": unit, "blower": "SQ-001", "area": COMMUNITY, "office": "JD-WYS", "status": status,
        "at": when,
    }  # fmt: skip
    return received(f"whistle.{name}", WhistleEvent(**values | more), when)


def issued(one: UUID, **more: Any) -> list[Received]:
    return [
        whistle("blown", one, 1, status=W.BLOWN, unit="SQ-001", **more),
        whistle("issued", one, 2, unit="SZ", **more),
        whistle("issued", one, 3, unit="GD", **more),
    ]


def said(events: Sequence[Outgoing]) -> list[tuple[str, str, str]]:
    """(event, unit, kind) of what was said about clocks."""
    found = [(e.subject, Event[ClockEvent].model_validate_json(e.body).data) for e in events]
    return sorted((s.split(".")[1], data.unit, data.kind.value) for s, data in found)


async def test_each_department_has_a_clock_of_its_own_and_stops_it_alone(pool: Pool) -> None:
    one = new_id()
    begun = await apply(pool, apply_tickets, *issued(one))
    assert said(begun.events) == [
        ("set", "GD", "check_in"), ("set", "JD-WYS", "sign_off"), ("set", "SQ-001", "resolve"),
        ("set", "SZ", "check_in"), ("stopped", "JD-WYS", "sign_off"),
    ]  # fmt: skip
    rows = await pool.fetch("select unit, due_at from whistle_clock where kind = 'check_in'")
    due = {row["unit"]: (row["due_at"] - MONDAY).total_seconds() / 3600 for row in rows}
    assert due == {"SZ": 24.0, "GD": 24.0}  # 1wd of the own calendar: offices and day and night
    came = await apply(pool, apply_tickets, whistle("checked_in", one, 4, unit="SZ", hours=1))
    assert said(came.events) == [("stopped", "SZ", "check_in")]
    body = Event[ClockEvent].model_validate_json(came.events[0].body)
    assert (body.subject, body.data.whistle_id, body.data.ticket_id) == (str(one), str(one), "")
    assert "综合执法哨" in body.data.sentence


async def test_an_emergency_gives_half_an_hour_and_waits_for_no_signature(pool: Pool) -> None:
    one = new_id()
    begun = await apply(pool, apply_tickets, *issued(one, kind=WhistleKind.EMERGENCY))
    assert ("set", "JD-WYS", "sign_off") not in said(begun.events)
    rows = await pool.fetch("select due_at from whistle_clock where kind = 'check_in'")
    assert {row["due_at"] - MONDAY for row in rows} == {timedelta(minutes=30)}


async def test_events_in_any_order_and_number_end_in_the_same_clocks(pool: Pool) -> None:
    one = new_id()
    blown, first, second = issued(one)
    early = await apply(pool, apply_tickets, second)
    assert (early.events, early.waiting) == ([], [second])
    mixed = await apply(pool, apply_tickets, *issued(one)[::-1])
    assert len(mixed.events) == 5
    gap = whistle("checked_in", one, 5)
    early = await apply(pool, apply_tickets, gap)
    assert (early.events, early.waiting) == ([], [gap])
    again = await asyncio.gather(
        *(apply(pool, apply_tickets, *(blown, first, second)) for _ in range(2)),
        return_exceptions=True,
    )
    assert not any(getattr(effects, "events", None) for effects in again)
    assert await pool.fetchval("select count(*) from whistle_clock") == 4
    assert await pool.fetchval("select count(*) from clock") == 0


async def test_each_alarm_sounds_once_and_nothing_after_the_department_came(
    pool: Pool, database: Database
) -> None:
    await at(database.dsn(), 0)
    one = new_id()
    await apply(pool, apply_tickets, *issued(one, kind=WhistleKind.EMERGENCY))
    await apply(pool, apply_tickets, whistle("checked_in", one, 4, unit="SZ", hours=0.1))
    await at(database.dsn(), 0.45)
    assert said((await ticks(pool)).events) == [("near_due", "GD", "check_in")]
    await at(database.dsn(), 0.6)
    done = await asyncio.gather(*(ticks(pool, limit=1) for _ in range(3)))
    assert said([e for d in done for e in d.events]) == [("breached", "GD", "check_in")]
    assert (await ticks(pool)).events == []


async def test_a_resolved_whistle_may_be_rated_for_three_working_days_or_until_all_are(
    pool: Pool,
) -> None:
    one = new_id()
    await apply(pool, apply_tickets, *issued(one))
    ended = [whistle("resolved", one, n, status=W.RESOLVED, unit=u, hours=2)
             for n, u in ((4, "SZ"), (5, "GD"))]  # fmt: skip
    effects = await apply(pool, apply_tickets, *ended)
    assert ("set", "SQ-001", "rating") in said(effects.events)
    assert len([e for e in said(effects.events) if e[0] == "stopped"]) == 3
    due = await pool.fetchval("select due_at from whistle_clock where kind = 'rating'")
    assert due == MONDAY + timedelta(days=3, hours=2 - 0)

    def rated(version: int, *done: str) -> Received:
        called = tuple(Called(unit=u, state=CallState.DONE, rated=u in done) for u in ("SZ", "GD"))
        return whistle("rated", one, version, status=W.RATED, hours=3, called=called)

    assert (await apply(pool, apply_tickets, rated(6, "SZ"))).events == []
    last = await apply(pool, apply_tickets, rated(7, "SZ", "GD"))
    assert said(last.events) == [("stopped", "SQ-001", "rating")]


async def test_cancelling_for_one_stops_one_clock_and_cancelling_the_whistle_stops_all(
    pool: Pool,
) -> None:
    one = new_id()
    await apply(pool, apply_tickets, *issued(one))
    let_go = await apply(pool, apply_tickets, whistle("cancelled", one, 4, unit="GD"))
    assert said(let_go.events) == [("stopped", "GD", "check_in")]
    gone = await apply(pool, apply_tickets, whistle("cancelled", one, 5, status=W.CANCELLED))
    assert said(gone.events) == [("stopped", "SQ-001", "resolve"), ("stopped", "SZ", "check_in")]


async def test_a_no_show_puts_the_ticket_on_the_street_secretarys_table_once(pool: Pool) -> None:
    ticket, one, other = new_id(), new_id(), new_id()
    await apply(pool, apply_complaints, complaint(ticket))
    await apply(pool, apply_tickets, dispatched(ticket))
    about: dict[str, Any] = {"ticket_id": str(ticket), "number": "261123000001", "round": 1}
    await apply(pool, apply_tickets, *issued(one, **about), *issued(other))
    missed = [whistle("no_show", one, n, unit=u, hours=24, **about)
              for n, u in ((4, "SZ"), (5, "GD"))]  # fmt: skip
    effects = await apply(pool, apply_tickets, *missed, whistle("no_show", other, 4, hours=24))
    assert [e.subject for e in effects.events] == [
        "reception.queued.subdistrict.370105.001.008.001"
    ]
    rows = await pool.fetch("select org, rule, unit, ticket_id from reception_item")
    assert [tuple(row) for row in rows] == [("JD-WYS", "whistle_no_show", "SZ", ticket)]
    auditor = Principal("P0000", frozenset({"auditor"}))
    shown = await viewing.clocks(pool, city.directory(), auditor, ticket)
    own = [(c["kind"], c["unit"]) for c in shown["items"] if c.get("whistle_id") == str(one)]
    assert sorted(own) == [
        ("check_in", "GD"), ("check_in", "SZ"), ("resolve", "SQ-001"), ("sign_off", "JD-WYS"),
    ]  # fmt: skip
    assert len(shown["items"]) > len(own)
