"""回避 in the notifier: whom a matter is about, or is right above them, is told nothing and finds it nowhere.

reliability.md D.7 no. 39, domain.md C31 and E23. Every matter is left alone until it has climbed to the top.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

import pytest

from contracts.complaint import Channel, ComplaintReceived, Kind
from contracts.ticket import TicketStatus
from kit.auth import Principal
from kit.db import Pool, create_pool
from kit.delivery import Received
from kit.errors import DomainError
from kit.ids import new_id
from services.notifier import viewing
from services.notifier.actions import apply_complaints, apply_tickets
from services.notifier.noticing import plan
from services.notifier.queries import Wanted
from services.notifier.viewing import Page
from tests.support import city
from tests.support.heard import MONDAY, NUMBER, apply, at, received, ticket, ticks
from tests.support.servers import PASSWORD, Database

ROSTER: Final = city.directory().roster
HOURS: Final = (0.2, 0.5, 1.2, 2.2, 4.2, 26, 74, 24 * 10, 24 * 30)
CHANNELS: Final = frozenset({"sms"})
FIRST: Final = Page(None, 100)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


def filed(one: UUID, accused: str | None, number: str = NUMBER) -> Received:
    data = ComplaintReceived(
        complaint_id=str(one), number=number, channel=Channel.HOTLINE, kind=Kind.REPORT,
        text="物业收费不公示", received_at=MONDAY, accused=accused,
    )  # fmt: skip
    return received("complaint.received", data, MONDAY)


async def left_alone(pool: Pool, database: Database, urgency: str) -> None:
    for hours in HOURS:
        await at(database.dsn(), hours if urgency == "critical" else hours * 6)
        await ticks(pool)
        while (await plan(pool, city.directory(), CHANNELS)).more:
            pass


async def reached(pool: Pool) -> tuple[set[str], set[str]]:
    """Who was told of anything, and whose tables it lay on."""
    rungs = await pool.fetch("select jsonb_array_elements_text(recipients) as post from escalation")
    notices = await pool.fetch("select distinct person from notice")
    people = {ROSTER.person(row["post"]) or "" for row in rungs} | {
        row["person"] for row in notices
    }
    tables = await pool.fetch("select distinct org from reception_item")
    return people, {row["org"] for row in tables}


def tied_people(accused: str) -> set[str]:
    return {post.person for post in ROSTER.posts if ROSTER.tied(post.person, {accused}, MONDAY)}


@pytest.mark.parametrize("urgency", ["critical", "normal"])
@pytest.mark.parametrize("accused", ["WY-02", "WY-01", "SQ-001"])
async def test_d7_39_nobody_tied_is_told_and_no_table_of_theirs_gets_it(
    pool: Pool, database: Database, accused: str, urgency: str
) -> None:
    await at(database.dsn(), 0)
    one, other = new_id(), new_id()
    ties = ROSTER.tied_units({accused})
    sent = ticket("dispatched", one, 1, status=TicketStatus.DISPATCHED, urgency=urgency)
    await apply(pool, apply_complaints, filed(one, accused))
    await apply(pool, apply_tickets, sent)
    await left_alone(pool, database, urgency)
    people, tables = await reached(pool)
    assert len(people) > 2, "somebody has to be told"
    assert tables
    assert not people & tied_people(accused)
    assert not tables & ties
    # The control: about nobody, the same matter does reach them, or lies on their table.
    await pool.execute("delete from ticket_about")
    await at(database.dsn(), 0)
    again = ticket("dispatched", other, 1, status=TicketStatus.DISPATCHED, urgency=urgency)
    await apply(pool, apply_tickets, again)
    await left_alone(pool, database, urgency)
    people, tables = await reached(pool)
    assert people & tied_people(accused) or tables & ties


async def test_d7_39_who_is_tied_finds_neither_its_clocks_nor_its_rungs(
    pool: Pool, database: Database
) -> None:
    await at(database.dsn(), 0)
    one = new_id()
    await apply(pool, apply_complaints, filed(one, "WY-02"))
    await apply(pool, apply_tickets, ticket("dispatched", one, 1, status=TicketStatus.DISPATCHED))
    await left_alone(pool, database, "normal")
    for unit, seen in (("SQ-001", False), ("JD-WYS", True)):
        (person, *_) = [post.person for post in ROSTER.in_role(unit, "secretary")]
        who = Principal(person, frozenset({"secretary"}))
        found = await viewing.escalations(pool, city.directory(), who, Wanted(), FIRST)
        assert bool(found["items"]) is seen
        assert await _clocks(pool, who, one) is seen


async def _clocks(pool: Pool, who: Principal, one: UUID) -> bool:
    try:
        found: dict[str, Any] = await viewing.clocks(pool, city.directory(), who, one)
    except DomainError:
        return False
    return bool(found["items"])


async def test_d7_39_a_matter_that_another_was_merged_into_is_kept_from_them_too(
    pool: Pool, database: Database
) -> None:
    await at(database.dsn(), 0)
    lead, one = new_id(), new_id()
    opened = ticket("dispatched", lead, 1, status=TicketStatus.DISPATCHED)
    await apply(pool, apply_tickets, opened)
    await apply(pool, apply_complaints, filed(one, "WY-02", "261123000002"))
    more: dict[str, Any] = {"number": "261123000002"}
    await apply(
        pool,
        apply_tickets,
        ticket("dispatched", one, 1, status=TicketStatus.DISPATCHED, **more),
        ticket("merged", one, 2, status=TicketStatus.MERGED, into=NUMBER, hours=0.1, **more),
    )
    await left_alone(pool, database, "normal")
    people, tables = await reached(pool)
    assert people
    assert not people & tied_people("WY-02")
    assert not tables & ROSTER.tied_units({"WY-02"})
