"""No open ticket is left without a next step, and one that is gets noticed (domain.md E13, F13)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Final
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chuishao.embedded.postgres import EmbeddedPostgres
from contracts.ticket import TicketStatus
from kit.db import Pool, create_pool, transaction
from kit.ids import new_id
from services.notifier.actions import apply_complaints, apply_tickets
from services.notifier.clocks.clock import FINAL
from services.notifier.ladder import store_watch
from services.notifier.watching import Watched, health, watch
from tests.support import servers
from tests.support.case import LIVES, Turn
from tests.support.heard import MONDAY, apply, at, complaint, dispatched, ticket, ticks
from tests.support.servers import PASSWORD, Database

S = TicketStatus
URGENCIES: Final = ("critical", "urgent", "normal", "complex")


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


async def lap(pool: Pool, *, limit: int = 5_000) -> list[Watched]:
    """Walk over all open tickets once, whenever the last walk was."""
    await pool.execute("update watch set next_at = '-infinity'")
    seen: list[Watched] = []
    while not seen or not seen[-1].lap_done:
        one = await watch(pool, limit=limit)
        assert one is not None
        seen.append(one)
    return seen


async def found(pool: Pool) -> set[str]:
    return {one for seen in await lap(pool, limit=3) for one in seen.new}


async def test_a_ticket_broken_by_hand_is_noticed_named_and_noted_once(
    pool: Pool, database: Database
) -> None:
    ids = [new_id() for _ in range(10)]
    await at(database.dsn(), 0)
    await apply(pool, apply_complaints, *map(complaint, ids))
    await apply(pool, apply_tickets, *map(dispatched, ids))
    assert await found(pool) == set()
    broken = sorted(ids)[4]
    await pool.execute("update ladder set next_due_at = null where ticket_id = $1", broken)
    assert await found(pool) == set()  # its clocks still warn
    stop = "update clock set stopped_at = started_at, stopped_by = '-' where ticket_id = $1"
    await pool.execute(stop, broken)
    assert await found(pool) == {str(broken)}
    assert (await health(pool)).quiet == 1
    assert await found(pool) == set()  # said once
    row = await pool.fetchrow("select object, detail from audit where action = 'watchdog.quiet'")
    assert (row["object"], row["detail"]["unit"]) == (str(broken), "SZ")
    await apply(pool, apply_tickets, ticket("closed", broken, 2, status=S.CLOSED, hours=1))
    await found(pool)
    assert (await health(pool)).quiet == 0


async def test_a_ticket_deleted_from_all_but_the_view_is_noticed_too(
    pool: Pool, database: Database
) -> None:
    one = new_id()
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(one))
    await pool.execute("delete from clock")
    await pool.execute("delete from ladder")
    assert await found(pool) == {str(one)}


async def test_one_replica_walks_at_a_time_and_waits_for_the_next_lap(
    pool: Pool, database: Database
) -> None:
    now = await at(database.dsn(), 0)
    async with transaction(pool) as conn:
        assert await store_watch.take_turn(conn, now) is not None
        assert await watch(pool) is None
    assert (await lap(pool))[-1].lap_done
    assert await watch(pool) is None
    await at(database.dsn(), 0.1)
    assert await watch(pool) is not None


async def test_what_is_due_and_not_raised_shows_as_waiting(pool: Pool, database: Database) -> None:
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(new_id()))
    assert (await health(pool)).waiting_s == 0
    await at(database.dsn(), 30)
    assert (await health(pool)).waiting_s > 6 * 3600
    await ticks(pool)
    assert (await health(pool)).waiting_s == 0


SQL_SEED: Final = """
insert into ticket_view (
    ticket_id, number, version, round, status, unit, area, urgency, profile, received_at
)
select uuidv7(), n::text, 1, 1, case when n % 20 = 0 then 'dispatched' else 'closed' end, 'SZ', '370105',
    'normal', 'standard', $1::timestamptz
from generate_series(1, 40000) as n
"""


async def test_a_look_costs_a_slice_and_never_the_closed_tickets(database: Database) -> None:
    as_the_pool_does = {"search_path": "notifier", "enable_seqscan": "off"}
    conn = await asyncpg.connect(database.dsn(), server_settings=as_the_pool_does)
    await conn.execute(SQL_SEED, MONDAY)
    await conn.execute("analyze")
    plan = await conn.fetch(
        f"explain (analyze, timing off) {store_watch.SQL_SLICE}", UUID(int=0), 100
    )
    words = "\n".join(row[0] for row in plan)
    assert "using ticket_view_open" in words, words
    assert "Removed by Filter" not in words, words
    ids = [row["ticket_id"] for row in await conn.fetch(store_watch.SQL_SLICE, UUID(int=0), 100)]
    plan = await conn.fetch(f"explain (analyze, timing off) {store_watch.SQL_QUIET}", ids)
    words = "\n".join(row[0] for row in plan)
    assert "Seq Scan" not in words, words
    await conn.close()


class Office:
    """A notifier on a real database, driven from code that is not async."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.runner.run(self._open(server))

    async def _open(self, server: EmbeddedPostgres) -> None:
        database = await servers.database(server)
        self.dsn = database.dsn()
        self.pool = await create_pool(
            database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=2
        )
        self._stack.push_async_callback(self.pool.close)

    def close(self) -> None:
        self.runner.run(self._stack.aclose())
        self.runner.close()

    async def live(self, life: list[Turn], urgency: str, pauses: list[int]) -> None:
        """One ticket's life, with a tick and a walk after every event and after long silences.

        Any event in any state, but out of a final state only the ways the router knows (domain.md D2), and
        no hold of a critical matter: D4 has no review for it, so the watchdog would rightly name it.
        """
        one, hours = new_id(), 0.0
        await at(self.dsn, hours)
        await apply(self.pool, apply_complaints, complaint(one))
        await self.look(f"received {one}")
        before, round_ = S.RECEIVED, 1
        for version, (drawn, status, unit, later) in enumerate(life, 1):
            if before in {S.DECLINED, S.WITHDRAWN}:
                break
            event = {S.MERGED: "unmerged", S.CLOSED: "reopened"}.get(before, drawn)
            round_ += before is S.CLOSED
            held = status is S.ON_HOLD and urgency == "critical"
            continue_as = S.IN_PROGRESS if held else status
            before = continue_as
            hours += later
            await at(self.dsn, hours)
            sent = ticket(
                event, one, version, status=continue_as, hours=hours, unit=unit, urgency=urgency,
                round=round_,
            )  # fmt: skip
            await apply(self.pool, apply_tickets, sent)
            await self.look(f"{event} {status}")
            if version <= len(pauses) and continue_as not in FINAL:
                hours += pauses[version - 1] * 24
                await at(self.dsn, hours)
                await self.look(f"{event} {status}, {pauses[version - 1]} days later")
        await at(self.dsn, hours + 400 * 24)
        await self.look("a year later")
        await self.pool.execute("update ticket_view set status = 'closed'")

    async def look(self, when: str) -> None:
        await ticks(self.pool)
        seen = await lap(self.pool)
        assert [one for part in seen for one in part.new] == [], when


@pytest.fixture
def office(postgres_server: EmbeddedPostgres) -> Iterator[Office]:
    office = Office(postgres_server)
    yield office
    office.close()


def test_whatever_happens_to_a_ticket_the_watchdog_has_nothing_to_say(office: Office) -> None:
    @settings(
        max_examples=20,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(LIVES, st.sampled_from(URGENCIES), st.lists(st.integers(0, 40), max_size=6))
    def whatever(life: list[Turn], urgency: str, pauses: list[int]) -> None:
        office.runner.run(office.live(life, urgency, pauses))

    whatever()
