"""The row policies of the notifier say who may read what of clocks, rungs, notices, tables and receptions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

from kit.auth import Principal
from kit.db import show
from kit.migrate import people_role
from services.notifier.looking import sight_of
from services.notifier.receiving.staff import Staff
from services.notifier.reception.handing import may_read
from tests.support import city
from tests.support.servers import Database
from tests.support.world import MONDAY

ADD: Final = (
    ("insert into ticket_view (ticket_id, number, version, round, status, unit, area, urgency, profile,"
    " received_at) values ($1, $1::uuid::text, 1, 1, 'dispatched', $2, $3, 'normal', 'standard', $4)"),
    ("insert into clock (ticket_id, round, kind, started_at, clock_id, unit, near_at, due_at, trace, sentence)"
    " values ($1, 1, 'result', $4, $1, $2, $4, $4, '{}', '-' || $3)"),
    ("insert into escalation (escalation_id, ticket_id, number, round, level, clock, reason, unit, area,"
    " urgency, recipients, due_at, raised_at)"
    " values ($1, $1, '-', 1, 1, 'result', '-', $2, $3, 'normal', '[]', $4, $4)"),
    ("insert into notice (notice_id, cause, ticket_id, number, unit, area, urgency, post, person, channel,"
    " bundle, planned_at, not_before)"
    " values ($1, 'dispatched', $1, '-', $2, $3, 'normal', '-', 'P0007', 'sms', '-', $4, $4)"),
    ("insert into occasion (occasion_id, cause, unit, area, at, ticket_id, number, round, recipients,"
    " standing, repeated) values ($1, 'dispatched', $2, $3, $4, $1, '-', 1, '{}', false, 0)"),
)  # fmt: skip
ADD_ITEM: Final = """
insert into reception_item (
    item_id, ticket_id, number, round, level, org, rule, requesters, care, unit, area, received_at,
    queued_at, points
)
values ($1, $1, '-', 1, 'community', $2, 'manual', 0, 0, $2, $3, $4, $4, 0)
"""
ADD_SESSION: Final = """
insert into reception_session (
    session_id, org, level, kind, starts_at, place, chair, participants, cap, state, version, created_by,
    created_at
)
values (
    $1, $2, 'community', 'secretary_reception_day', $4, $3, '-', '[]', 15, 'planned', 1, '-', $4
)
"""
ROWS: Final = {
    "ticket_view": "ticket_id", "clock": "ticket_id", "escalation": "ticket_id", "notice": "notice_id",
    "occasion": "occasion_id", "reception_item": "item_id", "reception_session": "session_id",
}  # fmt: skip


def places() -> list[tuple[UUID, str, str]]:
    """An id, a unit and an area for every unit of the sample district; those without area lie nowhere."""
    units = sorted(city.directory().roster.units, key=lambda unit: unit.code)
    return [(UUID(int=n), u.code, u.area[0] if u.area else "") for n, u in enumerate(units, 1)]


@pytest.fixture
async def people(database: Database) -> AsyncIterator[Any]:
    """A connection as people's requests have it; a matter for every unit, half of them on its table."""
    path = {"search_path": "notifier"}
    owner = await asyncpg.connect(database.dsn(), server_settings=path)
    rows = [(*place, MONDAY) for place in places()]
    for statement in ADD:
        await owner.executemany(statement, rows)
    for statement in (ADD_ITEM, ADD_SESSION):
        await owner.executemany(statement, rows[1::2])
    await owner.close()
    conn = await asyncpg.connect(database.dsn(people_role("notifier")), server_settings=path)
    yield conn
    await conn.close()


async def seen(conn: Any, who: Principal | None) -> dict[str, set[UUID]]:
    """What `select` without any condition shows."""
    async with conn.transaction():
        if who is not None:
            await show(conn, sight_of(city.directory(), who, MONDAY))
        return {
            table: {row["id"] for row in await conn.fetch(f"select {column} as id from {table}")}  # noqa: S608
            for table, column in ROWS.items()
        }


def expected(who: Principal) -> dict[str, set[UUID]]:
    """The rules of viewing.py, notice_pages.py, handing.py and staff.py over the same places."""
    roster = city.directory().roster
    own = roster.offices_of(who.sub, MONDAY) if who.has("secretary") else {}
    areas = tuple(area for served in own.values() for area in served)
    staff = Staff.of(who, city.directory(), MONDAY)
    found: dict[str, set[UUID]] = {table: set() for table in ROWS}
    for n, (one, unit, area) in enumerate(places()):
        inside = bool(areas) and area.startswith(areas)
        keeps = unit in staff.keeps
        table = bool(n % 2) and ((bool(own) and may_read(own, unit, roster)) or inside or keeps)
        told = unit in staff.units or inside
        shown = {
            "ticket_view": inside or table, "clock": inside or table, "escalation": inside or table,
            "notice": told or who.sub == "P0007", "occasion": told, "reception_item": table,
            "reception_session": bool(n % 2) and keeps,
        }  # fmt: skip
        for name, yes in shown.items():
            if yes:
                found[name].add(one)
    return found


async def test_d7_16_each_person_sees_what_the_rules_say(people: Any) -> None:
    persons = sorted({post.person for post in city.directory().roster.posts})
    some = 0
    for person in (*persons[::15], "P0007", "NOBODY"):
        for role in ("secretary", "unit"):
            who = Principal(person, frozenset({role}))
            found, rule = await seen(people, who), expected(who)
            assert found == rule, (person, role)
            some += any(found.values())
    assert some > 10
    everything = await seen(people, Principal("X", frozenset({"auditor"})))
    assert len(everything["ticket_view"]) == len(places())
    assert everything["reception_session"] == everything["reception_item"]


async def test_who_was_not_named_sees_nothing(people: Any) -> None:
    await seen(people, Principal("X", frozenset({"admin"})))
    assert not any((await seen(people, None)).values())


@pytest.mark.parametrize(
    "statement",
    [
        "select * from ladder",
        "select * from reply_code",
        "select * from rate_fact",
        "select body from outbox",
        "update ticket_view set unit = 'X'",
        "delete from notice",
        "select * from router.ticket",
    ],
)
async def test_the_role_of_people_cannot(people: Any, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await people.execute(statement)
