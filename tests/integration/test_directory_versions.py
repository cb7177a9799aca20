"""Directory versions on a real database: stored in pieces, built ahead, in force for all at once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from contracts.directory import Area, AreaLevel
from kit.clock import business_now
from kit.db import Pool, reading
from services.router.directory.files import BadDirectoryError, Tables
from services.router.publishing import catalogue, pieces
from services.router.publishing.catalogue import Published, publish
from services.router.publishing.in_use import DirectoryInUse
from services.router.publishing.version import build_version, end
from services.router.ticket import store_routing
from tests.support import small
from tests.support.servers import PASSWORD, Database
from tests.support.small import GARDEN, GARDEN_3, MILL


def renamed(code: str, name: str) -> Tables:
    """The small directory with one area under another name."""
    areas = [
        area.model_copy(update={"name": name}) if area.code == code else area
        for area in small.tables()["areas"]
    ]
    return small.tables() | {"areas": areas}


async def put(pool: Pool, tables: Tables | None = None, **more: Any) -> Published:
    return await publish(pool, tables or small.tables(), by="test", **more)


async def asked(pool: Pool) -> int:
    """The version a decision would be made with now."""
    async with reading(pool) as conn:
        return (await store_routing.now_and_version(conn))[1]


async def until(true: Callable[[], Any], within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def replica(pool: Pool) -> AsyncIterator[DirectoryInUse]:
    """A router's directory, following."""
    in_use = DirectoryInUse(pool)
    task = asyncio.create_task(in_use.following()())
    try:
        yield in_use
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_was_published_is_what_is_built(router_pool: Pool) -> None:
    said = await put(router_pool)
    assert (said.version, said.changed) == (1, True)
    async with reading(router_pool) as conn:
        directory, _ = await build_version(conn, 1)
    same = small.directory()
    assert directory.version == 1
    assert {c: directory.areas[c] for c in directory.areas} == {
        c: same.areas[c] for c in same.areas
    }
    assert directory.rules == same.rules
    assert directory.gazetteer.locate("金桂苑3号楼", "").area == GARDEN_3


async def test_the_same_again_is_no_new_version(router_pool: Pool) -> None:
    await put(router_pool)
    again = await put(router_pool)
    assert (again.version, again.changed) == (1, False)


async def test_a_bad_directory_is_refused_whole_and_the_old_one_stays(router_pool: Pool) -> None:
    await put(router_pool)
    broken = small.tables() | {"units": [], "categories": []}
    with pytest.raises(BadDirectoryError) as refusal:
        await put(router_pool, broken)
    assert len(refusal.value.faults) > 1
    assert await asked(router_pool) == 1
    async with reading(router_pool) as conn:
        assert await conn.fetchval("select count(*) from directory_version") == 1
        assert await conn.fetchval("select count(*) from outbox") == 1


async def test_a_subdistrict_that_did_not_change_is_stored_and_built_once(
    router_pool: Pool,
) -> None:
    street, north = "370105002", "370105002001"
    other = [
        Area(code=street, parent="370105", level=AreaLevel.SUBDISTRICT, name="堤口路街道"),
        Area(code=north, parent=street, level=AreaLevel.COMMUNITY, name="北社区"),
        Area(code=f"{north}001", parent=north, level=AreaLevel.COMPOUND, name="北苑"),
    ]
    tables = small.tables() | {"areas": [*small.tables()["areas"], *other]}
    await put(router_pool, tables)
    changed = [
        a.model_copy(update={"name": "新桂苑"}) if a.code == GARDEN else a for a in tables["areas"]
    ]
    await put(router_pool, tables | {"areas": changed})
    async with reading(router_pool) as conn:
        one, two = await catalogue.content(conn, 1), await catalogue.content(conn, 2)
        first, blocks = await build_version(conn, 1)
        second, _ = await build_version(conn, 2, blocks)
    moved = {(p, k) for p in two for k in two[p] if one[p].get(k) != two[p][k]}
    assert moved == {("areas", "370105001")}
    assert second.areas.blocks["370105002"] is first.areas.blocks["370105002"]
    assert second.areas.name(GARDEN) == "新桂苑"
    assert first.areas.name(GARDEN) == "金桂苑"


async def test_a_replaced_version_goes_and_the_next_one_stays(
    router_pool: Pool,
) -> None:
    await put(router_pool)
    await put(router_pool, renamed(GARDEN, "桂苑"))
    async with reading(router_pool) as conn:
        old, blocks = await build_version(conn, 1)
        new, _ = await build_version(conn, 2, blocks)
    gone = next(block for block in blocks.values() if block not in new.areas.blocks.values())
    held = sys.getrefcount(gone)
    last = [old]
    del old, blocks
    await asyncio.to_thread(end, last)
    assert sys.getrefcount(gone) == held - 2, "neither the version nor its blocks hold it"
    assert new.areas.name(GARDEN) == "桂苑"


async def test_replicas_build_first_and_then_switch_together(
    router_pool: Pool, database: Database
) -> None:
    await put(router_pool)
    async with replica(router_pool) as one, replica(router_pool) as two:
        await until(lambda: one.directory is not None and two.directory is not None)
        slow = await asyncpg.connect(database.dsn("chuishao_router"), password=PASSWORD)
        beat = """
        insert into router.directory_replica values ($1, $2, now())
        on conflict (replica) do update set version = $2, seen_at = now()
        """
        third = "00000000-0000-0000-0000-000000000003"
        await slow.execute(beat, third, 1)
        await put(router_pool, renamed(GARDEN, "新桂苑"))
        await asyncio.sleep(1.0)
        assert await asked(router_pool) == 1, "one living replica has not built it yet"
        assert one.directory is not None
        assert one.directory.version == 1
        await slow.execute(beat, third, 2)
        await slow.execute("notify chuishao_directory")
        await until(lambda: one.directory.version == two.directory.version == 2, 1.0)  # type: ignore[union-attr]
        assert await asked(router_pool) == 2
        await slow.close()


async def test_without_a_living_replica_a_version_is_in_force_at_once(router_pool: Pool) -> None:
    await put(router_pool)
    assert await asked(router_pool) == 1


async def test_a_version_waits_for_its_first_day(router_pool: Pool, database: Database) -> None:
    await put(router_pool)
    async with reading(router_pool) as conn:
        now = await business_now(conn)
    await put(router_pool, renamed(MILL, "棉纺宿舍"), effective_from=now + timedelta(days=3))
    async with replica(router_pool) as one:
        await until(lambda: one.directory is not None)
        assert await asked(router_pool) == 1
        admin = await asyncpg.connect(database.dsn(), password=PASSWORD)
        await admin.execute("select chuishao.set_business_clock($1)", now + timedelta(days=3))
        await admin.close()
        await until(lambda: one.directory is not None and one.directory.version == 2)
        assert await asked(router_pool) == 2


async def test_before_the_first_day_of_all_the_first_version_decides(
    router_pool: Pool, database: Database
) -> None:
    """A simulated clock may be set to a day before the city's files were loaded."""
    await put(router_pool)
    await put(router_pool, renamed(MILL, "棉纺宿舍"))
    async with replica(router_pool) as one:
        await until(lambda: one.directory is not None and one.directory.version == 2)
        admin = await asyncpg.connect(database.dsn(), password=PASSWORD)
        now = await admin.fetchval("select chuishao.business_now()")
        await admin.execute("select chuishao.set_business_clock($1)", now - timedelta(days=60))
        await admin.close()
        assert await asked(router_pool) == 1
        await until(lambda: one.directory is not None and one.directory.version == 1)


async def test_a_part_reads_the_same_whole_or_in_pieces(router_pool: Pool) -> None:
    await put(router_pool)
    whole = await catalogue.part(router_pool, 1, "areas", None)
    current = await catalogue.current(router_pool)
    assert whole is not None
    assert current is not None
    assert whole[0] == current["parts"]["areas"]
    apart = []
    for piece, digest in current["pieces"]["areas"].items():
        found = await catalogue.part(router_pool, 1, "areas", piece)
        assert found is not None
        assert found[0] == digest
        apart += pieces.rows(found[1])
    assert apart == pieces.rows(whole[1])
    assert await catalogue.part(router_pool, 9, "areas", None) is None
