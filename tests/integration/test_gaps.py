"""Events that lack an earlier one, on real servers: applied in order when it comes, out of the way when it does not.

reliability.md A.1 rows 7 to 12 (redelivery and reordering), 22 (a loss found late), 28 (poison), 35 (clocks).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

import nats
import pytest
from asyncpg import Record

from contracts.ticket import TicketEvent, TicketStatus
from contracts.topology import NOTIFIER_TICKETS
from kit import patience
from kit.broker import LastingBroker, subscribe
from kit.db import Pool, create_pool
from kit.deadletters import actions, replaying
from kit.deadletters.replaying import ITSELF, Replayer
from kit.ids import new_id
from kit.outbox import Outgoing, outgoing
from services.notifier.actions import apply_tickets
from services.notifier.consumers import InformedDelivery
from services.notifier.directory import Holder
from tests.support import city
from tests.support.heard import AREA, at, ticket
from tests.support.notifier import relay_of
from tests.support.servers import PASSWORD, Broker, Database
from tests.support.world import until

S = TicketStatus
STEPS = (("dispatched", S.DISPATCHED), ("accepted", S.ACCEPTED), ("contacted", S.IN_PROGRESS),
         ("returned", S.RETURNED))  # fmt: skip
INVENTED = 3_000
"""Three times as many as may wait here."""

STILL_S = 20
"""A consumer that stood still would not move for two and a half minutes; a busy machine takes some seconds."""


def said(ticket_id: UUID, version: int) -> Outgoing:
    """Version 1 to 4 of a ticket's life."""
    event, status = STEPS[version - 1]
    one = ticket(event, ticket_id, version, status=status, hours=version / 10)
    data = one.event.data
    assert isinstance(data, TicketEvent)
    return outgoing(
        one.name, data, source="router", about=str(ticket_id), at=one.event.time, to="SZ", area=AREA
    )


@dataclass
class Notifier:
    """The consumer of ticket events with its replayer, and what is published to it."""

    pool: Pool
    broker: Broker
    replayer: Replayer
    published: int = field(default=0)

    async def publish(self, *events: Outgoing) -> None:
        """Each under an id of its own: a copy is no copy to the broker."""
        client = await nats.connect(self.broker.url, nkeys_seed_str=self.broker.ops_seed)
        stream = client.jetstream(publish_async_max_pending=512)
        for one in events:
            self.published += 1
            headers = {"Nats-Msg-Id": f"gap-{self.published}"}
            await stream.publish_async(one.subject, one.body, headers=headers)
        await stream.publish_async_completed()
        await client.close()

    async def pending(self) -> int:
        """What the durable has not settled."""
        client = await nats.connect(self.broker.url, nkeys_seed_str=self.broker.ops_seed)
        info = await client.jetstream().consumer_info("TICKETS", NOTIFIER_TICKETS.name)
        await client.close()
        return (info.num_pending or 0) + (info.num_ack_pending or 0)

    async def version(self, ticket_id: UUID) -> int:
        """How far a ticket is; 0 where nothing of it is known."""
        sql = "select version from ticket_view where ticket_id = $1"
        return await self.pool.fetchval(sql, ticket_id) or 0

    async def letters(self) -> list[Record]:
        rows: list[Record] = await self.pool.fetch("select * from dead_letter order by buried_at")
        return rows

    async def buried(self) -> int:
        """How many dead letters there are."""
        return int(await self.pool.fetchval("select count(*) from dead_letter"))

    async def lie(self, count: int) -> None:
        """Wait until so many lie among the dead letters and the broker keeps nothing."""

        async def lying() -> bool:
            return await self.buried() == count and not await self.pending()

        await until(lying, within_s=30)


@pytest.fixture
async def notifier(database: Database, broker: Broker) -> AsyncIterator[Notifier]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    relay, holder = relay_of(pool), Holder()
    holder.use(city.directory())
    delivery = InformedDelivery(
        NOTIFIER_TICKETS, apply_tickets, holder=holder, pool=pool, relay=relay
    )
    stream = LastingBroker(broker.url, broker.seeds["notifier"], service="notifier")
    subscribe(stream, NOTIFIER_TICKETS, delivery, service="notifier")
    await stream.start()
    yield Notifier(pool, broker, Replayer(pool, relay, [delivery]))
    await stream.stop()
    await pool.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience of half a second."""
    monkeypatch.setattr(patience, "FIRST_S", 0.02)
    monkeypatch.setattr(patience, "VERDICTS", 6)


@pytest.mark.usefixtures("quick")
async def test_a_gap_that_closes_late_is_closed_in_order(
    notifier: Notifier, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "MEND_S", 0.0)
    await at(database.dsn(), 1)
    one, other = new_id(), new_id()
    first, second, third, fourth = (said(one, version) for version in (1, 2, 3, 4))
    await notifier.publish(first, fourth, third, said(other, 2))
    await notifier.lie(3)
    assert await notifier.version(one) == 1
    found = {letter["message"]: letter for letter in await notifier.letters()}
    for event in (third, fourth):
        assert found[str(event.event_id)]["reason"] == "gap"
        assert f"version 2 of ticket {one} is missing" in found[str(event.event_id)]["error"]

    assert await notifier.replayer.mend() == 0
    await notifier.publish(second)
    await until(lambda: _reaches(notifier, one, 2))
    service = asyncio.create_task(notifier.replayer.run())
    await until(lambda: _reaches(notifier, one, 4))
    service.cancel()
    await asyncio.gather(service, return_exceptions=True)
    resolved = [r for r in await notifier.letters() if r["resolved_at"]]
    assert {r["message"] for r in resolved} == {str(e.event_id) for e in (third, fourth)}
    assert {(r["resolved_by"], r["resolution"]) for r in resolved} == {(ITSELF, "applied")}
    said_of = await notifier.pool.fetch("select actor, action from audit")
    assert [tuple(row) for row in said_of] == [(ITSELF, "deadletter.applied")] * 2


@pytest.mark.usefixtures("quick")
async def test_a_gap_that_never_closes_is_one_dead_letter_however_often_it_is_offered(
    notifier: Notifier,
) -> None:
    one = new_id()
    event = said(one, 3)
    for _ in range(3):
        await notifier.publish(event, event)
        await notifier.lie(1)
        assert await notifier.replayer.mend() == 0
    (letter,) = await notifier.letters()
    assert (letter["reason"], letter["resolved_at"]) == ("gap", None)
    assert letter["error"] == (f"工单 {one} 缺第 1 版 / version 1 of ticket {one} is missing")
    assert await actions.ask_replay(notifier.pool, [letter["dead_letter_id"]], "P0001")
    assert await notifier.replayer.sweep() == 1
    (letter,) = await notifier.letters()
    assert (letter["reason"], letter["replay_asked_at"], letter["resolved_at"]) == (
        "gap",
        None,
        None,
    )
    assert await notifier.version(one) == 0
    assert not await notifier.pool.fetch("select from inbox")

    await actions.discard(notifier.pool, [letter["dead_letter_id"]], "P0001", "没有这张工单")
    await notifier.publish(event)
    await notifier.lie(1)
    assert (await notifier.letters())[0]["resolution"] == "没有这张工单"


async def test_thousands_of_gaps_do_not_stop_what_comes_between_them(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The patience of production, with an eighth of its places."""
    monkeypatch.setattr(patience, "CROWD", patience.CROWD // 8)
    monkeypatch.setattr(patience, "FULL", patience.FULL // 8)
    invented = [said(new_id(), random.choice((2, 3, 4))) for _ in range(INVENTED)]  # noqa: S311 - no secret
    delays: list[float] = []

    set_aside = INVENTED - patience.CROWD

    async def good() -> None:
        while len(delays) < 3 or await notifier.buried() < set_aside:
            one, began = new_id(), time.monotonic()
            await notifier.publish(said(one, 2), said(one, 1))
            await until(lambda one=one: _reaches(notifier, one, 2), within_s=60)  # type: ignore[misc]
            delays.append(time.monotonic() - began)

    await asyncio.gather(good(), notifier.publish(*invented))

    async def none_is_missing() -> bool:
        return await notifier.buried() + await notifier.pending() == INVENTED

    await until(none_is_missing, within_s=30)
    assert {letter["reason"] for letter in await notifier.letters()} == {"gap"}
    assert max(delays) < STILL_S, delays
    assert await notifier.replayer.mend() == 0


async def test_a_clock_that_jumps_buries_nothing(notifier: Notifier, database: Database) -> None:
    """Business time 3 days ahead and 2 back again while events wait for one that is late."""
    ids = [new_id() for _ in range(20)]
    await at(database.dsn(), 1)
    await notifier.publish(*(said(one, 2) for one in ids))
    for hours in (72, 24, 73):
        await at(database.dsn(), hours)
        await asyncio.sleep(0.3)
    await notifier.publish(*(said(one, 1) for one in ids))

    async def applied() -> bool:
        return all([await notifier.version(one) == 2 for one in ids])

    await until(applied, within_s=15)
    assert await notifier.letters() == []


async def _reaches(notifier: Notifier, ticket_id: UUID, version: int) -> bool:
    return await notifier.version(ticket_id) == version
