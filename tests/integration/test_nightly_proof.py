"""The nightly coverage proof on a real database: once a night, by one replica, said when it changes."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta

import asyncpg
import orjson
import pytest

from contracts.catalog import decode
from contracts.publication import DirectoryCoverage
from kit.db import Pool, transaction
from services.router.directory.directory import Directory
from services.router.publishing import proving, store_directory
from services.router.publishing.proving import night_of, prove_tonight
from tests.support import small
from tests.support.servers import Database
from tests.support.small import MONDAY


def city(leaving: date | None = None) -> Directory:
    """The small district; the market office's only post may fall vacant."""
    posts = [
        one.model_copy(update={"valid_to": leaving}) if one.unit == "SZ" else one
        for one in small.tables()["posts"]
    ]
    return small.directory(posts=posts)


async def at(database: Database, when: datetime) -> None:
    conn = await asyncpg.connect(database.dsn())
    await conn.execute("select chuishao.set_business_clock($1)", when)
    await conn.close()


async def said(pool: Pool) -> list[tuple[str, DirectoryCoverage]]:
    rows = await pool.fetch("select subject, body from outbox order by position")
    return [(row["subject"], decode(row["subject"], row["body"]).data) for row in rows]


@pytest.mark.parametrize(
    ("hour", "minute", "night"), [(1, 59, 15), (2, 0, 16), (12, 0, 16), (23, 59, 16)]
)
def test_a_nights_proof_is_due_from_two_in_the_morning(hour: int, minute: int, night: int) -> None:
    moment = MONDAY.replace(hour=hour, minute=minute)
    assert night_of(moment) == date(2026, 11, night)


async def test_it_is_proved_once_a_night_and_kept(router_pool: Pool, database: Database) -> None:
    await at(database, MONDAY)
    assert await proving.last(router_pool) is None
    assert await prove_tonight(router_pool, city()) == []
    assert await prove_tonight(router_pool, city()) is None
    kept = await proving.last(router_pool)
    assert kept is not None
    assert kept["night"] == "2026-11-16"
    assert kept["whole"]
    assert kept["cells"] == kept["grids"] * kept["categories"] > 0
    assert await router_pool.fetchval("select action from audit") == "directory.prove"
    await at(database, MONDAY + timedelta(days=1))
    assert await prove_tonight(router_pool, city()) == []
    assert await router_pool.fetchval("select count(*) from coverage_proof") == 2


async def test_of_several_replicas_one_proves(router_pool: Pool, database: Database) -> None:
    await at(database, MONDAY)
    gone = city(MONDAY.date())
    found = await asyncio.gather(*(prove_tonight(router_pool, gone) for _ in range(4)))
    assert [len(events) for events in found if events is not None] == [1]
    assert len(await said(router_pool)) == 1


async def test_what_breaks_is_said_once_and_again_when_it_is_whole(
    router_pool: Pool, database: Database
) -> None:
    leaving = city(MONDAY.date() + timedelta(days=10))
    for days in (0, 5, 6):
        await at(database, MONDAY + timedelta(days=days))
        await prove_tonight(router_pool, leaving)
    ((subject, data),) = await said(router_pool)
    assert subject == "directory.uncovered"
    assert data.open_cells > 0
    (gap, *_) = data.gaps
    assert (gap.unit, gap.day) == ("SZ", MONDAY.date() + timedelta(days=10))
    assert set(gap.categories) <= {"SZ-LD"}
    await at(database, MONDAY + timedelta(days=7))
    await prove_tonight(router_pool, city())
    (_, (subject, data)) = await said(router_pool)
    assert (subject, data.open_cells, data.gaps) == ("directory.covered", 0, ())
    await at(database, MONDAY + timedelta(days=8))
    await prove_tonight(router_pool, city())
    assert len(await said(router_pool)) == 2


async def test_more_gaps_than_the_night_before_are_said_too(
    router_pool: Pool, database: Database
) -> None:
    await at(database, MONDAY)
    await prove_tonight(router_pool, city(MONDAY.date()))
    await at(database, MONDAY + timedelta(days=1))
    await prove_tonight(router_pool, small.directory(posts=[], catalogue=[]))
    assert [subject for subject, _ in await said(router_pool)] == ["directory.uncovered"] * 2


async def test_a_replica_that_died_at_it_is_replaced_after_its_lease(
    router_pool: Pool, database: Database
) -> None:
    await at(database, MONDAY)
    async with transaction(router_pool) as conn:
        assert await store_directory.claim_proof(conn, MONDAY.date(), 1)
    assert await prove_tonight(router_pool, city()) is None
    await router_pool.execute("update coverage_proof set claimed_at = now() - interval '1 hour'")
    assert await prove_tonight(router_pool, city()) == []


async def test_the_event_names_codes_and_numbers_only(
    router_pool: Pool, database: Database
) -> None:
    await at(database, MONDAY)
    await prove_tonight(router_pool, small.directory(posts=[]))
    body = await router_pool.fetchval("select body from outbox")
    assert "某人" not in body.decode()
    assert "社区" not in body.decode()
    data = orjson.loads(body)["data"]
    assert len(data["gaps"]) <= 20
    assert data["open_cells"] >= sum(len(g["categories"]) * g["grids"] for g in data["gaps"])
