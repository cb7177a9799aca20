"""Hot issues on a real PostgreSQL: opened, joined, closed, once, whoever looks; made-up complaints."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, cast

import asyncpg
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.catalog import decode, make
from contracts.complaint import ComplaintReceived
from contracts.publication import IssueEvent
from kit.auth import Principal
from kit.clock import business_now
from kit.db import Pool, create_pool, reading, transaction
from kit.delivery import Received
from kit.errors import DomainError
from kit.ids import new_id
from kit.relay import Relay
from services.router import actions, issue_desk, queries
from services.router.directory.directory import Directory
from services.router.issue_desk import Closing
from services.router.issues import store_issues
from services.router.issues.watching import look
from services.router.publishing.catalogue import publish
from services.router.publishing.in_use import DirectoryInUse
from tests.support import small
from tests.support.servers import PASSWORD, Database
from tests.support.small import EAST, GARDEN, GARDEN_3, HAPPY_EAST, MILL, MONDAY

RUBBISH: Final = "垃圾桶满了五天没人清，垃圾车不来，苍蝇乱飞。"
DISPATCHER: Final = Principal("P-QX-L", frozenset({"dispatcher"}))
TEAM: Final = Principal("P-GT-1-L", frozenset({"unit"}))
OTHER_TEAM: Final = Principal("P-GT-2-L", frozenset({"unit"}))


class Router:
    """What a router process does, one step at a time."""

    def __init__(self, database: Database, pool: Pool, in_use: DirectoryInUse) -> None:
        self.database, self.pool, self.in_use = database, pool, in_use
        self.relay = Relay(pool, Client(), service="router")  # connected to nobody: events wait
        self._filed = 0

    @property
    def directory(self) -> Directory:
        assert self.in_use.directory is not None
        return self.in_use.directory

    async def route(self, count: int, grid: str = GARDEN, **more: Any) -> list[str]:
        """Complaints as they come from intake; returns the tickets' ids."""
        batch = []
        async with reading(self.pool) as conn:
            now = await business_now(conn)
        for _ in range(count):
            self._filed += 1
            fields: dict[str, Any] = {
                "text": RUBBISH,
                "category": "LJ-DF",
                "grid_code": grid,
                "received_at": now,
            }
            data = small.complaint(**fields | more).model_copy(
                update={"complaint_id": str(new_id()), "number": f"2611160{self._filed:05}"}
            )
            batch.append(_received(data))
        async with transaction(self.pool) as conn:
            await actions.route(conn, batch, self.in_use)
        return [str(one.event.data.complaint_id) for one in batch]

    async def look(self) -> list[tuple[str, str | None, int]]:
        """(event, ticket, tickets) of all that is found until the mark is at the end."""
        said = []
        async with asyncio.timeout(10):
            while not await self._looked_at_all():
                done = await look(self.pool, self.directory, limit=7)
                said += [_told(one.subject, one.body) for one in done.events]
            done = await look(self.pool, self.directory)
        return said + [_told(one.subject, one.body) for one in done.events]

    async def _looked_at_all(self) -> bool:
        """The mark stands behind every event of a ticket; another session may delay it a moment."""
        left = await self.pool.fetchval(
            "select count(*) from outbox o, issue_mark m"
            " where (o.tx, o.position) > (m.tx, m.position) and o.subject like 'ticket.%'"
        )
        return bool(left == 0)

    async def pass_time(self, **span: float) -> None:
        conn = await asyncpg.connect(self.database.dsn())
        now = await conn.fetchval("select chuishao.business_now()")
        await conn.execute("select chuishao.set_business_clock($1)", now + timedelta(**span))
        await conn.close()

    async def page(self, who: Principal = DISPATCHER) -> list[dict[str, Any]]:
        found = await issue_desk.page(self.pool, who, self.directory)
        items: list[dict[str, Any]] = found["items"]
        return items


def _received(data: ComplaintReceived) -> Received:
    event_id = new_id()
    event = make(
        "complaint.received", data, event_id=str(event_id), source="intake",
        about=data.complaint_id, at=MONDAY,
    )  # fmt: skip
    return Received(event, event_id, cast("Msg", None), "complaint.received")


def _told(subject: str, body: bytes) -> tuple[str, str | None, int]:
    data = decode(subject, body).data
    assert isinstance(data, IssueEvent)
    return subject.split(".")[1], data.ticket_id, data.tickets


@pytest.fixture
async def router(database: Database, router_pool: Pool) -> Router:
    conn = await asyncpg.connect(database.dsn())
    await conn.execute("select chuishao.set_business_clock($1)", MONDAY)
    await conn.close()
    await publish(router_pool, small.tables(), by="test")
    in_use = DirectoryInUse(router_pool)
    assert await in_use.known()
    return Router(database, router_pool, in_use)


async def test_the_fifth_of_a_matter_opens_an_issue_and_the_sixth_joins(router: Router) -> None:
    ids = await router.route(4, GARDEN_3)
    assert await router.look() == []
    ids += await router.route(1)
    said = await router.look()
    assert said == [("opened", ids[0], 5), *(("joined", one, 5) for one in ids[1:])]
    ids += await router.route(1)
    assert await router.look() == [("joined", ids[5], 6)]
    (issue,) = await router.page()
    assert (issue["level"], issue["area"], issue["category"]) == ("compound", GARDEN, "LJ-DF")
    assert (issue["tickets"], issue["heat"]) == (6, 6.0)
    assert [member["ticket_id"] for member in issue["members"]] == ids
    actions_ = await router.pool.fetch(
        "select action, count(*) from audit where action like 'issue.%' group by action"
    )
    assert dict(actions_) == {"issue.open": 1, "issue.join": 1}
    assert await router.pool.fetchval("select count(*) from issue_watch") == 0


async def test_events_go_to_the_areas_subject_and_are_kept(router: Router) -> None:
    await router.route(5)
    await router.look()
    rows = await router.pool.fetch("select subject from outbox where subject like 'issue.%'")
    assert Counter(row["subject"] for row in rows) == {
        "issue.opened.370105.001.008.001": 1,
        "issue.joined.370105.001.008.001": 4,
    }


async def test_each_ticket_stays_its_own_and_names_its_issue(router: Router) -> None:
    ids = await router.route(5)
    alone = await router.route(1, MILL)
    await router.look()
    (issue,) = await router.page()
    shown = {
        one: await queries.one(
            router.pool, ticket=one, principal=DISPATCHER, directory=router.directory
        )
        for one in [*ids, *alone]
    }
    assert {shown[one]["issue_id"] for one in ids} == {issue["issue_id"]}
    assert shown[alone[0]]["issue_id"] is None
    assert {(one["status"], len(one["history"])) for one in shown.values()} == {("dispatched", 2)}
    found = await queries.page(router.pool, DISPATCHER, router.directory, queries.Filter())
    assert sum(item["issue_id"] == issue["issue_id"] for item in found["items"]) == 5


async def test_what_is_confidential_or_praise_or_old_is_not_counted(router: Router) -> None:
    await router.route(4)
    await router.route(3, confidential=True)
    await router.route(3, kind="praise")
    await router.route(3, received_at=MONDAY - timedelta(hours=30))
    assert await router.look() == []
    await router.route(1)
    assert len(await router.look()) == 5


async def test_a_matter_of_a_whole_community_opens_there(router: Router) -> None:
    for grid in (GARDEN, HAPPY_EAST):
        await router.route(4, grid)
    assert len(await router.look()) == 8
    (issue,) = await router.page()
    assert (issue["level"], issue["area"], issue["tickets"]) == ("community", EAST, 8)


async def test_two_replicas_open_no_issue_twice(router: Router, database: Database) -> None:
    other = await create_pool(database.dsn("chuishao_router"), PASSWORD, "router", size=4)
    said: list[tuple[str, str | None, int]] = []

    async def replica(pool: Pool) -> None:
        while not finished.is_set():
            done = await look(pool, router.directory, limit=9)
            said.extend(_told(one.subject, one.body) for one in done.events)
            await asyncio.sleep(0)

    finished = asyncio.Event()
    replicas = [asyncio.create_task(replica(pool)) for pool in (router.pool, other, other)]
    ids = [one for _ in range(6) for grid in (GARDEN, MILL) for one in await router.route(2, grid)]
    async with asyncio.timeout(20):
        while not await router._looked_at_all():
            await asyncio.sleep(0.02)
    finished.set()
    await asyncio.gather(*replicas)
    await other.close()
    assert Counter(name for name, _, _ in said) == {"opened": 2, "joined": 22}
    assert sorted(str(one) for _, one, _ in said) == sorted(ids)
    assert await router.pool.fetchval("select count(*) from hot_issue") == 2
    tickets = await router.pool.fetch("select tickets from hot_issue")
    assert [row["tickets"] for row in tickets] == [12, 12]


async def test_who_finds_another_looking_does_not_wait(router: Router) -> None:
    await router.route(5)
    async with transaction(router.pool) as conn:
        assert await store_issues.mark(conn) is not None
        done = await asyncio.wait_for(look(router.pool, router.directory), 1)
        assert (done.events, done.more) == ([], False)
    assert len(await router.look()) == 5


async def test_a_look_that_fails_is_made_again_in_full(router: Router) -> None:
    await router.route(5)
    conn = await asyncpg.connect(router.database.dsn())
    await conn.execute("alter table router.hot_issue_member rename to gone")
    with pytest.raises(asyncpg.UndefinedTableError):
        await router.look()
    await conn.execute("alter table router.gone rename to hot_issue_member")
    await conn.close()
    assert await router.pool.fetchval("select count(*) from hot_issue") == 0
    assert len(await router.look()) == 5


async def test_an_issue_nobody_joins_for_two_days_is_closed_and_the_next_one_is_new(
    router: Router,
) -> None:
    await router.route(5)
    await router.look()
    await router.pass_time(hours=47)
    await router.route(1)
    assert len(await router.look()) == 1
    await router.pass_time(hours=47)
    assert await router.look() == []
    await router.pass_time(hours=2)
    assert await router.look() == [("closed", None, 6)]
    assert await router.page() == []
    await router.route(4)
    assert await router.look() == []
    await router.route(1)
    assert len(await router.look()) == 5
    assert await router.pool.fetchval("select count(*) from hot_issue") == 2


async def test_a_dispatcher_closes_with_a_reason_once(router: Router) -> None:
    ids = await router.route(5)
    await router.look()
    (issue,) = await router.page()
    why = Closing(reason="已清运，电话13800004321")
    closed = await issue_desk.close(router.pool, router.relay, issue["issue_id"], why, DISPATCHER)
    assert (closed["closed_by"], closed["tickets"]) == ("P-QX-L", 5)
    assert "13800004321" not in closed["reason"]
    with pytest.raises(DomainError) as refused:
        await issue_desk.close(router.pool, router.relay, issue["issue_id"], why, DISPATCHER)
    assert refused.value.slug == "already-closed"
    assert await router.page() == []
    body = await router.pool.fetchval("select body from outbox where subject like 'issue.closed.%'")
    assert _told("issue.closed.370105.001.008.001", body) == ("closed", None, 5)
    kept = await issue_desk.one(router.pool, issue["issue_id"], DISPATCHER, router.directory)
    assert [member["ticket_id"] for member in kept["members"]] == ids
    await router.route(1)
    assert await router.look() == []


async def test_a_unit_sees_issues_of_its_own_tickets_only(router: Router) -> None:
    await router.route(5)
    await router.look()
    (issue,) = await router.page(TEAM)
    assert len(issue["members"]) == 5
    assert await router.page(OTHER_TEAM) == []
    for ident in (issue["issue_id"], str(new_id()), "x"):
        with pytest.raises(DomainError, match="not-found"):
            await issue_desk.one(router.pool, ident, OTHER_TEAM, router.directory)


async def test_the_hottest_comes_first(router: Router) -> None:
    await router.route(7, MILL)
    await router.look()
    await router.pass_time(days=1)
    await router.route(5)
    await router.look()
    assert [(i["area"], i["heat"]) for i in await router.page()] == [(GARDEN, 5.0), (MILL, 3.5)]


SQL_SEED: Final = """
insert into issue_watch (ticket_id, area, matter, said_at)
select gen_random_uuid(), '3701050010' || (10 + n % 80), 'LJ-DF', $1::timestamptz - make_interval(secs => n)
from generate_series(1, 40000) as n
"""


@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (
            store_issues.SQL_RECENT,
            lambda: (["370105001008"], ["LJ-DF"], [4], MONDAY - timedelta(days=2), 60, 200),
            "issue_watch_place",
        ),
        (store_issues.SQL_AGE, lambda: (MONDAY - timedelta(days=2),), "issue_watch_age"),
        (store_issues.SQL_AROUND, lambda: (["370105001008"], 200, 12), "hot_issue_open"),
    ],
)
async def test_a_look_does_not_grow_with_what_is_stored(
    database: Database, statement: str, values: Callable[[], tuple[Any, ...]], index: str
) -> None:
    conn = await asyncpg.connect(
        database.dsn(), server_settings={"search_path": "router", "enable_seqscan": "off"}
    )
    await conn.execute(SQL_SEED, MONDAY)
    await conn.execute("analyze")
    plan = await conn.fetch(f"explain (analyze, timing off) {statement}", *values())
    words = "\n".join(row[0] for row in plan)
    assert index in words, words
    assert "Seq Scan" not in words, words
    await conn.close()
