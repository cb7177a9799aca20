"""Every view made anew from the events: equal after any life, and a damaged row is named."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

from chuishao.scratch import HOLD_STILL
from contracts.ticket import TicketStatus
from contracts.topology import NOTIFIER_COMPLAINTS, NOTIFIER_TICKETS
from kit import inbox
from kit.db import Pool, create_pool, transaction
from kit.delivery import Received
from kit.ids import new_id
from services.notifier import recounting
from services.notifier.actions import apply_complaints, apply_tickets
from services.notifier.directory import Directory
from services.notifier.rebuild import store_rebuild, views
from services.notifier.rebuild.program import rebuild
from services.notifier.ticking import tick
from tests.support import city, servers
from tests.support.heard import complaint, dispatched, ticket
from tests.support.servers import PASSWORD, Database

S: Final = TicketStatus
STEPS: Final = (
    ("accepted", S.ACCEPTED),
    ("contacted", S.IN_PROGRESS),
    ("hold_asked", S.IN_PROGRESS),
    ("held", S.ON_HOLD),
    ("resumed", S.IN_PROGRESS),
    ("extended", S.IN_PROGRESS),
    ("returned", S.RETURNED),
    ("ruled", S.DISPATCHED),
    ("handled", S.HANDLED),
    ("reopened", S.DISPATCHED),
    ("closed", S.CLOSED),
    ("withdrawn", S.WITHDRAWN),
)


@dataclass
class Kept:
    """What intake and router have said, as their kept events give it back."""

    said: dict[str, list[Received]] = field(default_factory=lambda: {"intake": [], "router": []})
    directories: dict[int, Directory] = field(default_factory=lambda: {1: city.directory()})

    async def events(self, service: str) -> AsyncIterator[Received]:
        for one in self.said[service]:
            yield one

    async def directory(self, version: int) -> Directory:
        return self.directories[version]


@dataclass
class Life:
    """A notifier that hears random lives of tickets while time passes."""

    pool: Pool
    dsn: str
    chance: random.Random
    kept: Kept = field(default_factory=Kept)
    versions: dict[UUID, int] = field(default_factory=dict)
    hours: float = 0
    directory: Directory = field(default_factory=city.directory)

    async def hear(self, *batch: Received) -> None:
        service = "intake" if batch[0].name.startswith("complaint") else "router"
        spec = NOTIFIER_COMPLAINTS if service == "intake" else NOTIFIER_TICKETS
        apply = apply_complaints if service == "intake" else apply_tickets
        self.kept.said[service] += batch
        async with transaction(self.pool) as conn:
            await inbox.claim(conn, spec.name, [one.event_id for one in batch])
            await apply(conn, batch, self.directory)

    async def pass_time(self, hours: float) -> None:
        self.hours += hours
        conn = await asyncpg.connect(self.dsn)
        at = complaint(new_id(), self.hours).event.time
        await conn.execute("select chuishao.set_business_clock($1)", at)
        await conn.close()
        while (await tick(self.pool, self.directory, limit=3)).more:
            pass

    async def begin(self, count: int) -> None:
        ids = [new_id() for _ in range(count)]
        first = [dispatched(one) for one in ids]
        told = [complaint(one) for one in ids]
        early = self.chance.random() < 0.5
        for batch in [first, told] if early else [told, first]:
            await self.hear(*batch)
        self.versions |= dict.fromkeys(ids, 1)

    async def step(self) -> None:
        one = self.chance.choice(list(self.versions))
        self.versions[one] += 1
        name, status = self.chance.choice(STEPS)
        round_ = 2 if name == "reopened" else 1
        await self.hear(
            ticket(
                name, one, self.versions[one], status=status, hours=self.hours, round=round_,
                unit=self.chance.choice(["SZ", "GD"]),
            )
        )  # fmt: skip


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def scratch(database: Database) -> AsyncIterator[Pool]:
    other = await servers.database(database.server)
    conn = await asyncpg.connect(other.dsn())
    await conn.execute(HOLD_STILL)
    await conn.close()
    pool = await create_pool(other.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


async def rebuilt(life: Life, scratch: Pool) -> dict[str, Any]:
    return await rebuild(life.pool, scratch, life.kept, lambda *_: None)


def wrong(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"view": view["view"], **example} for view in found["views"] for example in view["examples"]
    ]


@pytest.mark.parametrize("seed", [1, 2, 4])
async def test_whatever_tickets_live_through_their_views_follow_from_the_events(
    pool: Pool, scratch: Pool, database: Database, seed: int
) -> None:
    life = Life(pool, database.dsn(), random.Random(seed))  # noqa: S311 - a life, no secret
    await life.pass_time(0)
    await life.begin(6)
    for _ in range(40):
        await life.pass_time(life.chance.choice([0.2, 3, 20, 60]))
        await life.step()
        if life.chance.random() < 0.1:
            await life.begin(2)
    await life.pass_time(0.1)
    found = await rebuilt(life, scratch)
    assert wrong(found) == []
    assert found["agrees"]
    equal = {view["view"]: view["equal"] for view in found["views"]}
    assert equal["ticket_view"] == len(life.versions)
    assert equal["escalation"] > 0
    assert equal["clock"] > equal["ticket_view"]


async def test_a_damaged_a_lost_and_an_invented_row_are_named(
    pool: Pool, scratch: Pool, database: Database
) -> None:
    life = Life(pool, database.dsn(), random.Random(5))  # noqa: S311 - a life, no secret
    await life.pass_time(0)
    await life.begin(3)
    await life.pass_time(24 * 9)
    hurt, lost, kept = sorted(life.versions)
    await pool.execute(
        "update clock set due_at = due_at + interval '1 day' where ticket_id = $1 and kind = 'result'",
        hurt,
    )
    await pool.execute("delete from ladder where ticket_id = $1", lost)
    await pool.execute("update ticket_view set unit = 'GD' where ticket_id = $1", kept)
    invented = new_id()
    await pool.execute("insert into hot_issue values ($1)", invented)
    found = await rebuilt(life, scratch)
    assert not found["agrees"]
    named = {(one["view"], one["wrong"], one["key"][0]): one["fields"] for one in wrong(found)}
    assert set(named) == {
        ("clock", "different", hurt),
        ("ladder", "missing", lost),
        ("ticket_view", "different", kept),
        ("hot_issue", "extra", invented),
    }
    assert named["ticket_view", "different", kept] == {"unit": ("GD", "SZ")}
    assert "due_at" in named["clock", "different", hurt]


async def test_what_people_did_by_hand_is_a_fact_and_set_aside(
    pool: Pool, scratch: Pool, database: Database
) -> None:
    life = Life(pool, database.dsn(), random.Random(7))  # noqa: S311 - a life, no secret
    await life.pass_time(0)
    await life.begin(2)
    await life.pass_time(24 * 20)
    flagged, _ = sorted(life.versions)
    care = "update reception_item set care = 15, care_kind = 'living_alone', care_by = 'P1' where ticket_id = $1"
    await pool.execute(care, flagged)
    found = await rebuilt(life, scratch)
    assert (found["by_hand"], wrong(found)) == (1, [])
    assert {v["view"]: v["equal"] for v in found["views"]}["reception_item"] == 1


async def test_a_changed_calendar_is_taken_to_the_open_clocks_again(
    pool: Pool, scratch: Pool, database: Database
) -> None:
    life = Life(pool, database.dsn(), random.Random(8))  # noqa: S311 - a life, no secret
    await life.pass_time(0)
    await life.begin(3)
    await life.pass_time(1)
    changed = with_a_holiday()
    life.kept.directories[2] = changed
    await recounting.begin(pool, changed)
    while await recounting.step(pool, changed) is not None:
        pass
    moved = "select count(*) from clock where earlier_due <> '{}' and trace ->> 'calendar_version' = '2'"
    assert await pool.fetchval(moved) > 0
    life.directory = changed
    await life.step()
    await life.pass_time(24 * 9)
    found = await rebuilt(life, scratch)
    assert wrong(found) == []


def with_a_holiday() -> Directory:
    """Version 2: Tuesday 24 November 2026 is no working day."""
    parts = city.parts()
    free = {"calendar": "standard", "date": "2026-11-24", "kind": "holiday", "name": "-"}
    return Directory.of(2, parts | {"calendar": [*parts["calendar"], free]})


async def test_what_was_said_and_not_applied_yet_is_left_out_and_counted(
    pool: Pool, scratch: Pool, database: Database
) -> None:
    life = Life(pool, database.dsn(), random.Random(6))  # noqa: S311 - a life, no secret
    await life.pass_time(0)
    await life.begin(2)
    life.kept.said["intake"].append(complaint(new_id()))
    found = await rebuilt(life, scratch)
    assert (found["waiting"], found["agrees"]) == (1, True)


async def test_transactions_let_in_the_other_way_round_than_they_began_are_no_damage(
    pool: Pool, scratch: Pool, database: Database
) -> None:
    life = Life(pool, database.dsn(), random.Random(8))  # noqa: S311 - a life, no secret
    await life.pass_time(0)
    one = new_id()
    turns = [
        ticket(name, one, version, status=status, hours=1, unit="SZ")
        for version, (name, status) in enumerate(STEPS[:2], 2)
    ]
    for heard in (complaint(one), dispatched(one), *turns):
        await life.hear(heard)
    conn = await asyncpg.connect(life.dsn)
    await conn.execute("update notifier.inbox set applied_at = now() - (applied_at - now())")
    await conn.close()
    found = await rebuilt(life, scratch)
    assert (wrong(found), found["agrees"]) == ([], True)


async def test_every_table_of_the_notifier_is_a_view_or_says_what_else_it_is(pool: Pool) -> None:
    async with store_rebuild.snapshot(pool) as conn:
        assert views.unknown(await store_rebuild.tables(conn)) == []
    named = [view.name for view in views.VIEWS] + list(views.KEPT)
    assert len(named) == len(set(named)), "a table is named twice"
    assert views.unknown({"clock", "made_up", "outbox_202611"}) == ["made_up"]
