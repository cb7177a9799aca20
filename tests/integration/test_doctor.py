"""Each check of the doctor breaks on a server on which just that is broken, and on no other."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from benchmarks import growth
from chuishao.broker import accounts_path
from chuishao.doctor import broker as of_broker
from chuishao.doctor import database as of_database
from chuishao.doctor import local, tickets
from chuishao.doctor.audit import chains
from chuishao.doctor.examine import examine
from chuishao.doctor.tickets import SQL_WITHOUT, WITHOUT_S, without
from chuishao.nats_client import connected
from chuishao.runfile import RunInfo
from chuishao.secrets import SERVICES
from contracts.topology import ROUTER_COMPLAINTS
from kit.ids import new_id
from tests.support.servers import Broker, Database
from tests.support.town import ONE, running

WAITING = """
insert into router.outbox_pending (event_id, created_at, lease_until)
values ('{id}', clock_timestamp() - interval '5 minutes', now())
"""
LETTER = """
insert into intake.dead_letter (dead_letter_id, consumer, message, stream, stream_seq, subject, headers,
    body, reason, error, attempts)
values ('{id}', 'c', 'm', 's', 1, 'x', '{{}}', '', 'r', 'e', 1)
"""
LOOK = """
insert into notifier.reconciled (stream, look_at) values ('TICKETS', now() - interval '1 hour')
"""
UNLINKED = """
insert into console.audit_pending (written_at, audit_id) values (now() - interval '1 minute', '{id}')
"""
UNSIGNED = """
insert into router.audit_link (seq, audit_id, linked_at, hash)
values (1, '{id}', now() - interval '4 minutes', sha256('x'))
"""
STALE = """
insert into intake.audit_anchor (number, seq, at, line) values (1, 0, now() - interval '2 hours', '')
"""
TICKETLESS = """
insert into intake.complaint (complaint_id, number, channel, kind, body, confidential, fingerprint, filed_by,
    received_at)
values ('{old}', '261122000001', 'hotline', 'complaint', '-', false, 0, '-', now() + interval '9 days')
"""
MOVED = """
update chuishao.setting set simulated = false, business_at = now() + interval '1 hour', set_at = now()
"""
REPLICA = """
insert into router.directory_version select n, '', '', now(), now() from generate_series(1, {newest}) n;
insert into router.directory_replica (replica, version, seen_at) values ('{id}', 1, now())
"""
BREAKS = {
    "outbox": (of_database.outboxes, WAITING),
    "letters": (of_database.dead_letters, LETTER),
    "reconciler": (of_database.reconciled, LOOK),
    "migrations": (of_database.migrations, "delete from chuishao.migration where name like '%0005_rec%'"),
    "clock": (of_database.clocks, MOVED),
    "unlinked": (chains, UNLINKED),
    "unsigned": (chains, UNSIGNED),
    "stale anchor": (chains, STALE),
    "complaint": (without, TICKETLESS),
}  # fmt: skip


@pytest.fixture
async def conn(database: Database) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    conn = await asyncpg.connect(database.dsn())
    yield conn
    await conn.close()


async def ill(conn: asyncpg.Connection[asyncpg.Record]) -> set[str]:
    return {check.__name__ for check in of_database.CHECKS if not (await check(conn)).well}


@pytest.mark.parametrize("what", BREAKS)
async def test_what_is_broken_in_the_database_is_found_and_nothing_else(
    conn: asyncpg.Connection[asyncpg.Record], what: str
) -> None:
    check, statement = BREAKS[what]
    before = await ill(conn)
    assert check.__name__ not in before
    await conn.execute(statement.format(id=uuid4(), old=made(180)))
    assert await ill(conn) == before | {check.__name__}


def made(ago_s: float) -> UUID:
    """An id such as was given so long ago."""
    ms = int((time.time() - ago_s) * 1000)
    return UUID(int=ms << 80 | new_id().int & (1 << 80) - 1)


async def test_a_complaint_has_two_minutes_to_get_its_ticket(
    conn: asyncpg.Connection[asyncpg.Record],
) -> None:
    for ago_s, well in ((100, True), (140, False), (600, False)):
        statement = TICKETLESS.format(old=made(ago_s)).replace("0001'", f"0{ago_s}'")
        await conn.execute(statement)
        assert (await without(conn)).well is well
    found = await without(conn)
    assert "2 of the latest 10,000 complaints have no ticket" in found.en
    assert "261122000600 has waited 10 minutes" in found.en


async def test_looking_for_complaints_without_a_ticket_does_not_grow_with_what_is_stored(
    conn: asyncpg.Connection[asyncpg.Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look at the ends of two primary keys."""
    ids = [made(1_000 - n / 20) for n in range(10_000)]
    for statement in (growth.SQL_COMPLAINTS, growth.SQL_TICKETS):
        of_ids = statement.replace("md5('bench' || n)::uuid", "($3::uuid[])[n]")
        await conn.execute(of_ids, 1, len(ids), ids)
    await conn.execute("analyze intake.complaint, router.ticket")
    plan = await conn.fetch(f"explain (analyze, timing off) {SQL_WITHOUT}", WITHOUT_S, 100)
    words = "\n".join(row[0] for row in plan)
    assert "complaint_pkey" in words, words
    assert "ticket_pkey" in words, words
    assert "Seq Scan" not in words, words
    assert (await without(conn)).well
    await conn.execute("delete from router.ticket where ticket_id = $1", ids[-50])
    assert "1 of the latest" in (await without(conn)).en
    monkeypatch.setattr(tickets, "LATEST", 40)
    assert (await without(conn)).well


async def test_a_session_that_waits_for_a_lock_is_found(
    conn: asyncpg.Connection[asyncpg.Record], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_database, "LOCKED_S", 0.2)
    assert (await of_database.locks(conn)).well
    holder = await asyncpg.connect(database.dsn())
    waiter = await asyncpg.connect(database.dsn())
    async with holder.transaction():
        await holder.execute("lock table router.audit")
        waiting = asyncio.create_task(waiter.execute("lock table router.audit; rollback"))
        await asyncio.sleep(1)
        assert not (await of_database.locks(conn)).well
    await asyncio.gather(waiting, return_exceptions=True)
    await holder.close()
    await waiter.close()


async def test_a_setting_that_loses_commits_is_named(
    conn: asyncpg.Connection[asyncpg.Record],
) -> None:
    await conn.execute("set synchronous_commit = on")
    assert (await of_database.durable(conn)).en == "off: fsync, full_page_writes"  # a test's server
    await conn.execute("set synchronous_commit = off")
    assert "synchronous_commit" in (await of_database.durable(conn)).en


async def test_another_version_of_the_database_is_named(
    conn: asyncpg.Connection[asyncpg.Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await of_database.version(conn)).well
    monkeypatch.setattr(of_database, "VERSIONS", frozenset({"99"}))
    assert not (await of_database.version(conn)).well


@pytest.mark.parametrize(("newest", "well"), [(1, True), (2, False)])
async def test_a_replica_that_stayed_behind_is_found(
    conn: asyncpg.Connection[asyncpg.Record], newest: int, *, well: bool
) -> None:
    assert not (await of_database.replicas(conn)).well  # there is none
    await conn.execute(REPLICA.format(id=uuid4(), newest=newest))
    assert (await of_database.replicas(conn)).well is well


async def test_what_is_broken_on_the_broker_is_found(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(broker.url, broker.seeds["sys"]) as system:
        assert (await of_broker.store(system)).well
        monkeypatch.setattr(of_broker, "FULL", 0.0)
        assert not (await of_broker.store(system)).well
    offices = {("TICKETS", "unit_U-1"), ("TICKETS", "unit_U-2")}
    async with connected(broker.url, broker.ops_seed) as client:
        assert (await of_broker.topology(client, offices)).well
        assert (await of_broker.consumers(client)).well
        js = client.jetstream()
        await js.publish("complaint.received.370105.001.001.001", b"x")
        monkeypatch.setattr(of_broker, "LAGGING", 0)
        assert "router-complaints 1" in (await of_broker.consumers(client)).en
        await js.delete_consumer("TICKETS", "unit_U-2")
        gone = await of_broker.topology(client, offices)
        assert not gone.well
        assert "unit_U-2" in gone.en
        await js.delete_consumer("COMPLAINTS", ROUTER_COMPLAINTS.name)
        assert "router-complaints" in (await of_broker.topology(client, offices)).en


async def test_an_unsafe_server_and_one_that_did_not_read_its_accounts_are_found() -> None:
    async with running(ONE, sync_interval="2m") as town:
        secrets, path = town.secrets(ONE), accounts_path(town.place.data_dir)
        unsafe = await of_broker.settings(town.url, secrets)
        assert not unsafe.well
        assert "sync_interval: not always" in unsafe.en
        assert (await of_broker.accounts(town.url, secrets.seeds, path.read_text())).well
        path.write_text(path.read_text().replace("ticket.*.U-1.>", "ticket.*.*.>"))
        unread = await of_broker.accounts(town.url, secrets.seeds, path.read_text())
        assert not unread.well
        assert "export stream ticket.*.*.> to unit_U-1: missing at the server" in unread.en
        assert not (await of_broker.accounts(town.url, secrets.seeds, "")).well


async def test_everything_down_is_one_page_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = "http://127.0.0.1:1"
    info = RunInfo(
        console=nobody, intake=nobody, router=nobody, notifier=nobody, nats="nats://127.0.0.1:1",
        postgres="postgresql://postgres@127.0.0.1:1/chuishao", tokens={}, nats_users={}, pids={},
    )  # fmt: skip
    services = {f"service.{name}" for name in SERVICES}
    found = {one.check: one for one in await examine(info, tmp_path)}
    assert {name for name, one in found.items() if not one.well} == services | {
        "postgres", "nats", "tokens",
    }  # fmt: skip
    assert all(one.remedy_zh and one.remedy_en for one in found.values() if not one.well)
    monkeypatch.setattr(local, "FREE_BYTES", 2**62)
    monkeypatch.setattr(local, "FREE_SHARE", 2.0)
    assert not local.disk(tmp_path).well


@pytest.mark.parametrize(
    ("status", "body", "ill"),
    [
        (200, {"checks": {"database": True}}, {}),
        (503, {"checks": {"database": True, "directory": False}}, {"service.intake": "directory"}),
        (503, {}, {"service.intake": "its database does not answer"}),
        (200, {"calendar": {"alarm": True, "remedy": "补 / mend"}}, {"calendar.years": "missing"}),
    ],
)
async def test_a_service_is_believed_what_it_says_of_itself(
    status: int, body: dict[str, Any], ill: dict[str, str]
) -> None:
    said = json.dumps(body).encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(said)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + said)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        found = await local.service("intake", f"http://127.0.0.1:{port}")
    assert {one.check for one in found if not one.well} == set(ill)
    assert all(ill[one.check] in one.en for one in found if not one.well)
