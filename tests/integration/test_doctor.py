"""Each check of the doctor breaks on a server on which just that is broken, and on no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from chuishao.doctor import broker as of_broker
from chuishao.doctor import database as of_database
from chuishao.nats_client import connected
from contracts.topology import ROUTER_COMPLAINTS
from tests.support.servers import Broker, Database

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
BREAKS = {
    "outbox": (of_database.outboxes, WAITING),
    "letters": (of_database.dead_letters, LETTER),
    "reconciler": (of_database.reconciled, LOOK),
    "migrations": (of_database.migrations, "delete from chuishao.migration where name like '%0005_rec%'"),
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
    await conn.execute(statement.format(id=uuid4()))
    assert await ill(conn) == before | {check.__name__}


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


async def test_what_is_broken_on_the_broker_is_found(broker: Broker) -> None:
    async with connected(broker.url, broker.seeds["sys"]) as system:
        assert [one.check for one in await of_broker.server(system) if not one.well] == []
    offices = {("TICKETS", "unit_U-1"), ("TICKETS", "unit_U-2")}
    async with connected(broker.url, broker.ops_seed) as client:
        assert (await of_broker.topology(client, offices)).well
        assert (await of_broker.consumers(client)).well
        js = client.jetstream()
        await js.delete_consumer("TICKETS", "unit_U-2")
        gone = await of_broker.topology(client, offices)
        assert not gone.well
        assert "unit_U-2" in gone.en
        await js.delete_consumer("COMPLAINTS", ROUTER_COMPLAINTS.name)
        assert "router-complaints" in (await of_broker.topology(client, offices)).en
