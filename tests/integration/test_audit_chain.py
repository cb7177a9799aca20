"""The audit chain on a real server: every record once, in order, without a gap, and nothing of it changes."""

# ruff: noqa: S608 - what is tampered with is named here, nothing comes from outside

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from kit import audit, metrics
from kit.audit import Entry
from kit.chain import chainer as chaining
from kit.chain.anchor import Anchor, Signer
from kit.chain.chainer import Anchoring, Chainer, chained
from kit.chain.fault import Wrong
from kit.chain.link import genesis
from kit.chain.place import anchors_file, append, read
from kit.chain.store import Head
from kit.chain.verifying import SQL_CHAIN, Report, opened, verify, verify_over
from kit.db import Conn, Pool, create_pool, transaction
from tests.support.chains import keys
from tests.support.servers import PASSWORD, Database
from tests.support.world import ROOT, until

AT = datetime(2026, 11, 23, tzinfo=UTC)
APPEND_ONLY = ("audit", "audit_link", "audit_anchor")


async def write(pool: Pool, count: int, actor: str = "P0001") -> None:
    async with transaction(pool) as conn:
        await audit.record(conn, entries(count, actor))


def entries(count: int, actor: str = "P0001") -> list[Entry]:
    told = {"unit": "CG-01", "note": "已核实", "score": 1.5}
    return [Entry(AT, actor, "ticket.accept", f"T-{n}", told | {"n": n}) for n in range(count)]


async def report(database: Database, *copies: Anchor) -> Report:
    return await verify(database.dsn(), "router", keys()[1] if copies else None, copies)


async def sequence(pool: Pool) -> list[int]:
    return [row["seq"] for row in await pool.fetch("select seq from audit_link order by seq")]


@pytest.fixture
async def admin(database: Database) -> AsyncIterator[Conn]:
    """Who may do everything; even that only after taking the triggers away."""
    conn = await asyncpg.connect(database.dsn(), server_settings={"search_path": "router"})
    yield conn
    await conn.close()


@pytest.mark.parametrize("role", ["chuishao_router", "postgres"])
async def test_d7_38_nobody_changes_or_deletes(database: Database, role: str) -> None:
    """D.7 #38: refused for the service's role, and for a superuser as long as the triggers are there."""
    conn = await asyncpg.connect(database.dsn(role), server_settings={"search_path": "router"})
    modes = ["origin", "replica"] if role == "postgres" else ["origin"]
    try:
        for mode in modes:
            if role == "postgres":
                await conn.execute(f"set session_replication_role = {mode}")
            for table, column in {
                "audit": "at",
                "audit_link": "hash",
                "audit_anchor": "line",
            }.items():
                for verb in (f"update {table} set {column} = {column}", f"delete from {table}"):
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await conn.execute(verb)
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await conn.execute(f"truncate {table}")
    finally:
        await conn.close()


async def test_d7_38_a_service_cannot_say_when_it_wrote(database: Database) -> None:
    """D.7 #38, insert with an old time: that column is the database's own."""
    conn = await asyncpg.connect(
        database.dsn("chuishao_router"), server_settings={"search_path": "router"}
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await conn.execute(
            "insert into audit (audit_id, at, actor, action, object, written_at)"
            " values (gen_random_uuid(), now(), 'P', 'x', 'y', now() - interval '1 day')"
        )
    await conn.close()


async def test_a_late_commit_is_linked_late_and_a_rolled_back_one_never(
    database: Database, router_pool: Pool
) -> None:
    """reliability.md A.1 row 3: nothing is passed by, and no number is used up."""
    chainer = Chainer(router_pool, "router")
    await write(router_pool, 3, "before")
    async with transaction(router_pool) as late:
        await audit.record(late, entries(2, "late"))
        await write(router_pool, 3, "meanwhile")
        async with router_pool.acquire() as undone:
            begun = undone.transaction()
            await begun.start()
            await audit.record(undone, entries(5, "undone"))
            await begun.rollback()
        assert await chainer.link_once() == 6
    assert await chainer.link_once() == 2
    rows = await router_pool.fetch(
        "select actor from audit_link join audit using (audit_id) order by seq"
    )
    assert [row["actor"] for row in rows] == ["before"] * 3 + ["meanwhile"] * 3 + ["late"] * 2
    assert await sequence(router_pool) == list(range(1, 9))
    assert (await report(database)).faults == []


async def test_many_chainers_and_writers_at_once_make_one_chain(database: Database) -> None:
    """Some hundred transactions, one in ten of them rolled back, under five chainers."""
    pool = await create_pool(database.dsn("chuishao_router"), PASSWORD, "router", size=12)
    chainers = [Chainer(pool, "router") for _ in range(5)]
    written = 0

    async def writing(name: int) -> None:
        nonlocal written
        for n in range(30):
            async with pool.acquire() as conn:
                begun = conn.transaction()
                await begun.start()
                await audit.record(conn, entries(1 + n % 4, f"W{name}"))
                await asyncio.sleep(0.001 * (n % 5))
                if n % 10 == 9:
                    await begun.rollback()
                else:
                    await begun.commit()
                    written += 1 + n % 4

    async def chaining_on(one: Chainer) -> None:
        while True:
            await one.link_once()
            await asyncio.sleep(0.005)

    tasks = [asyncio.create_task(chaining_on(one)) for one in chainers]
    await asyncio.gather(*(writing(n) for n in range(6)))

    async def done() -> bool:
        return len(await sequence(pool)) == written

    await until(done, within_s=20)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await sequence(pool) == list(range(1, written + 1))
    found = await report(database)
    assert (found.rows, found.faults) == (written, [])
    await pool.close()


CHAIN_FOR_EVER = """
import asyncio, sys
from kit.chain.chainer import Chainer
from kit.db import create_pool
from kit.chain import chainer
chainer.BATCH, chainer.POLL_S = 50, 0.01
async def main():
    pool = await create_pool(sys.argv[1], sys.argv[2], "router", size=2)
    await Chainer(pool, "router").run()
asyncio.run(main())
"""


async def test_a_killed_chainer_leaves_no_gap_and_another_takes_over(
    database: Database, router_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kill -9 in the middle of its work, three times; the one beside it goes on at once."""
    monkeypatch.setattr(chaining, "BATCH", 50)
    for turn in range(3):
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            CHAIN_FOR_EVER,
            database.dsn("chuishao_router"),
            PASSWORD,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        before = len(await sequence(router_pool))
        await write(router_pool, 400)

        async def begun(seen: int = before) -> bool:
            return len(await sequence(router_pool)) > seen

        await until(begun, within_s=20)
        child.send_signal(signal.SIGKILL)
        await child.wait()
        assert len(await sequence(router_pool)) <= (turn + 1) * 400
    await write(router_pool, 400)
    other = Chainer(router_pool, "router")

    async def goes_on() -> bool:
        return await other.link_once() > 0

    await until(goes_on, within_s=5)
    while await other.link_once():
        pass
    found = await report(database)
    assert (found.rows, found.faults) == (1_600, [])


async def test_a_large_batch_is_linked_as_it_was_written(
    database: Database, router_pool: Pool, admin: Conn
) -> None:
    """Twenty thousand records in one transaction, in the order in which they were written."""
    await admin.execute(
        "insert into audit (audit_id, at, actor, action, object)"
        " select gen_random_uuid(), now(), 'P', 'import', n::text from generate_series(1, 20000) n"
    )
    chainer = Chainer(router_pool, "router")
    while await chainer.link_once():
        pass
    order = await router_pool.fetch(
        "select object from audit_link join audit using (audit_id) order by seq"
    )
    assert [row["object"] for row in order] == [str(n) for n in range(1, 20_001)]
    found = await report(database)
    assert (found.rows, found.faults) == (20_000, [])


@pytest.fixture
async def anchored(
    router_pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Anchor]:
    """Ninety linked records, anchored after thirty, sixty and all."""
    monkeypatch.setattr(chaining, "ANCHOR_S", 0)
    chainer = Chainer(router_pool, "router", Anchoring(Signer(keys()[0]), tmp_path))
    for _ in range(3):
        await write(router_pool, 30)
        await chainer.link_once()
        assert await chainer.anchor_once() == 1
        assert await chainer.anchor_once() == 0
    return list(read(anchors_file(tmp_path, "router")))


OF_SEVEN = "where object = 'T-7'"
DELETE_BOTH = """
with gone as (delete from audit_link where seq {} returning audit_id)
delete from audit using gone where audit.audit_id = gone.audit_id
"""
TAMPERED: dict[str, tuple[Wrong | str, ...]] = {
    "actor": (Wrong.CHANGED, f"update audit set actor = 'P9999' {OF_SEVEN}"),
    "action": (Wrong.CHANGED, f"update audit set action = 'x' {OF_SEVEN}"),
    "object": (Wrong.CHANGED, f"update audit set object = 'T-8' {OF_SEVEN}"),
    "at": (Wrong.CHANGED, f"update audit set at = at + interval '1 us' {OF_SEVEN}"),
    "detail": (Wrong.CHANGED, f"update audit set detail = detail || '{{\"n\": 8}}' {OF_SEVEN}"),
    "a digit no double holds": (
        Wrong.CHANGED,
        f"update audit set detail = jsonb_set(detail, '{{score}}', '1.50000000000000000001') {OF_SEVEN}",
    ),
    "written_at": (Wrong.CHANGED, f"update audit set written_at = 'infinity' {OF_SEVEN}"),
    "a year no clock shows": (Wrong.CHANGED, f"update audit set at = '44444-01-01' {OF_SEVEN}"),
    "linked_at": (Wrong.CHANGED, "update audit_link set linked_at = '-infinity' where seq = 40"),
    "hash": (Wrong.LINK, "update audit_link set hash = sha256('x') where seq = 40"),
    "one record deleted": (Wrong.GONE, f"delete from audit {OF_SEVEN}"),
    "record and link deleted": (Wrong.MISSING, DELETE_BOTH.format("= 40")),
    "the last ten deleted": (Wrong.TRUNCATED, DELETE_BOTH.format("> 80")),
    "one link deleted": (Wrong.MISSING, "delete from audit_link where seq = 40"),
    "two swapped": (
        Wrong.CHANGED,
        "alter table audit_link drop constraint audit_link_audit_id_key",
        (
            "update audit_link l set audit_id = o.audit_id from audit_link o"
            " where (l.seq = 40 and o.seq = 41) or (l.seq = 41 and o.seq = 40)"
        ),
    ),
    "emptied": (Wrong.TRUNCATED, "truncate audit, audit_link"),
    "an old record put past the chain": (
        Wrong.UNLINKED,
        "alter table audit disable trigger audit_to_pending",
        (
            "insert into audit (audit_id, at, actor, action, object, written_at)"
            " select gen_random_uuid(), at, actor, action, object, at - interval '1 hour'"
            " from audit limit 1"
        ),
    ),
    "an anchor bent": (
        Wrong.FORGED,
        "update audit_anchor set line = replace(line, '\"count\":60', '\"count\":59') where number = 2",
    ),
    "an anchor that is none": (
        Wrong.FORGED,
        "update audit_anchor set line = '{}' where number = 2",
    ),
}


async def test_d7_38_what_a_superuser_does_to_the_tables_is_told(
    database: Database, anchored: list[Anchor]
) -> None:
    """D.7 #38: with the triggers taken away everything can be changed, and every change shows."""
    conn = await opened(database.dsn(), "router")
    await conn.execute("set default_transaction_read_only = off")
    for name, (wrong, *statements) in TAMPERED.items():
        assert (await verify_over(conn, "router", keys()[1], anchored)).faults == []
        tampering = conn.transaction()
        await tampering.start()
        for table in APPEND_ONLY:
            await conn.execute(f"alter table {table} disable trigger only_grows")
        for statement in statements:
            await conn.execute(statement)
        found = await verify_over(conn, "router", keys()[1], anchored)
        assert wrong in {fault.wrong for fault in found.faults}, (name, found.faults)
        await tampering.rollback()
    await conn.close()


async def test_d7_38_a_rewritten_chain_shows_by_its_anchors_alone(
    database: Database, admin: Conn, anchored: list[Anchor]
) -> None:
    """D.7 #38: one word changed and every hash made anew, also in the anchors beside the chain."""
    for table in APPEND_ONLY:
        await admin.execute(f"alter table {table} disable trigger only_grows")
    await admin.execute("update audit set actor = 'P9999' where object = 'T-7'")
    reader = await opened(database.dsn(), "router")
    rows = await reader.fetch(SQL_CHAIN, 0, 90)
    await reader.close()
    forged = chained(Head(0, genesis("router")), list(rows))
    await admin.executemany(
        "update audit_link set hash = $2 where seq = $1", [(row.seq, row.hash) for row in forged]
    )
    await admin.execute("delete from audit_anchor")
    assert (await verify(database.dsn(), "router", None)).faults == []
    found = await report(database, *anchored)
    assert {fault.wrong for fault in found.faults} == {Wrong.REWRITTEN}
    assert found.faults[0].seq == 30


async def test_d7_38_a_record_of_an_older_time_is_told_though_it_is_linked(
    database: Database, admin: Conn, router_pool: Pool
) -> None:
    """D.7 #38, insert with old time, by somebody who may write every column."""
    chainer = Chainer(router_pool, "router")
    await write(router_pool, 3)
    await chainer.link_once()
    await admin.execute(
        "insert into audit (audit_id, at, actor, action, object, written_at) values"
        " (gen_random_uuid(), now(), 'P', 'x', 'y', clock_timestamp() - interval '1 hour')"
    )
    await chainer.link_once()
    found = await report(database)
    assert [(fault.wrong, fault.seq) for fault in found.faults] == [(Wrong.OLD_TIME, 4)]


async def test_a_chainer_notices_at_once_that_its_chain_was_cut(
    admin: Conn, router_pool: Pool, anchored: list[Anchor]
) -> None:
    """Before the next anchor, which would be the only other thing to tell."""
    assert anchored
    chainer = Chainer(router_pool, "router")
    await write(router_pool, 5)
    await chainer.link_once()
    counted = metrics.AUDIT_TAMPERED.labels("router")
    before = counted._value.get()
    await admin.execute("alter table audit_link disable trigger only_grows")
    await admin.execute("delete from audit_link where seq > 92")
    await chainer.link_once()
    assert counted._value.get() == before + 1


async def test_anchors_a_full_disk_kept_back_are_copied_later(
    router_pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is whole again by itself; half a line in between does not hurt."""
    monkeypatch.setattr(chaining, "ANCHOR_S", 0)
    monkeypatch.setattr(chaining, "COPY_AGAIN_S", 0)
    folder, path = tmp_path / "second", anchors_file(tmp_path / "second", "router")
    chainer = Chainer(router_pool, "router", Anchoring(Signer(keys()[0]), folder))

    async def anchor() -> None:
        await write(router_pool, 1)
        assert await chainer.link_once() == 1
        await chainer.anchor_once()

    await anchor()
    folder.rename(tmp_path / "away")
    folder.write_text("not a folder")
    await anchor()
    folder.unlink()
    (tmp_path / "away").rename(folder)
    with path.open("a") as file:
        file.write('{"service":"rou')
    await anchor()
    assert [one.number for one in read(path)] == [1, 2, 3]
    append(path, [])


async def test_existing_records_are_linked_when_the_chain_comes(
    database: Database, router_pool: Pool, admin: Conn
) -> None:
    """What the migration does with rows that were there before it, in the order of their times."""
    text = (ROOT / "kit/migrations/messaging/0004_audit_chain.sql").read_text()
    await admin.execute(
        "create schema old; set search_path = old;"
        "create table audit (audit_id uuid primary key, at timestamptz not null, actor text not null,"
        " action text not null, object text not null, detail jsonb not null default '{}');"
        "create table dead_letter (resolved_at timestamptz);"
        "insert into audit select gen_random_uuid(), now() - n * interval '1 day', 'P', 'x', n::text"
        " from generate_series(1, 50) n"
    )
    await admin.execute(text)
    rows = await admin.fetch(
        "select object from audit_pending join audit using (audit_id, written_at)"
        " order by written_at, audit_id"
    )
    assert [row["object"] for row in rows] == [str(n) for n in range(50, 0, -1)]
    assert database.name
    assert await sequence(router_pool) == []
