"""Who is told, through which channel, and what becomes of it, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from contracts.ticket import TicketStatus
from kit.db import Pool, create_pool, transaction
from kit.ids import new_id
from services.notifier.actions import apply_complaints, apply_tickets
from services.notifier.notices import store_occasions
from tests.support import telling
from tests.support.heard import NUMBER, apply, at, complaint, dispatched, ticket, ticks
from tests.support.reception import Office
from tests.support.servers import PASSWORD, Database
from tests.support.telling import Remembering, hurry, plan, refusing, send, told_at_once

S = TicketStatus


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


async def states(pool: Pool) -> list[tuple[str, str]]:
    rows = await pool.fetch("select channel, state from notice order by notice_id")
    return [(row["channel"], row["state"]) for row in rows]


async def outcomes(pool: Pool) -> list[tuple[str, str]]:
    rows = await pool.fetch("select cause, outcome from occasion order by at, cause")
    return [(row["cause"], row["outcome"]) for row in rows]


async def climbed(pool: Pool, database: Database, **more: Any) -> UUID:
    """A ticket nobody signs for: on Tuesday at 10:00 its first rung is raised."""
    one = new_id()
    await at(database.dsn(), 0)
    await apply(pool, apply_complaints, complaint(one))
    first = ticket("dispatched", one, 1, status=S.DISPATCHED, **more)
    await apply(pool, apply_tickets, first)
    await at(database.dsn(), 24)
    await ticks(pool)
    return one


async def test_a_raised_rung_reaches_the_leader_once_and_says_number_place_and_time(
    pool: Pool, database: Database
) -> None:
    await climbed(pool, database, category="SZ")
    chat = Remembering()
    await plan(pool, told_at_once(), chat)
    done = await send(pool, told_at_once(), chat)
    assert done.outcomes["chat", "sent"] == len(chat.taken) > 0
    (address, rung), *_ = [(a, m) for a, m in chat.taken if m.subject.startswith("升级")]
    assert address.startswith("p")
    assert rung.body.startswith(f"【吹哨】升级1级 {NUMBER} ")
    assert "未签收" in rung.body
    assert "社区" in rung.body
    assert len(rung.body) < 70
    (row,) = await pool.fetch("select * from notice where cause = 'raised'")
    assert (row["state"], row["attempts"], str(row["notice_id"])) == ("sent", 1, rung.message_id)
    again = await plan(pool, told_at_once(), chat)
    assert (again.channels.total(), again.outcomes.total()) == (0, 0)
    await hurry(pool)
    assert (await send(pool, told_at_once(), chat)).claimed == 0


async def test_what_is_said_is_an_occasion_only_if_its_transaction_was_committed(
    pool: Pool, database: Database
) -> None:
    await climbed(pool, database)
    before = await pool.fetchval("select count(*) from occasion")
    await plan(pool, told_at_once(), Remembering())
    causes = [cause for cause, _ in await outcomes(pool)]
    assert before == 1  # dispatched, heard
    assert causes.count("raised") == 1
    assert causes.count("breached") == 2  # signing and contact


async def test_a_unit_with_nats_is_not_told_of_a_dispatch_unless_it_is_critical(
    pool: Pool, database: Database
) -> None:
    await at(database.dsn(), 0)
    directory = telling.told_city()
    usual, critical = new_id(), new_id()
    await apply(pool, apply_tickets, dispatched(usual))
    urgent = ticket("dispatched", critical, 1, status=S.DISPATCHED, urgency="critical")
    await apply(pool, apply_tickets, urgent)
    await plan(pool, directory, Remembering())
    rows = await pool.fetch("select ticket_id, outcome from occasion")
    assert dict(tuple(row) for row in rows) == {usual: "by_nats", critical: "told"}


async def test_a_ticket_signed_for_meanwhile_is_not_told_any_more(
    pool: Pool, database: Database
) -> None:
    one, chat = new_id(), Remembering()
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(one))
    await plan(pool, told_at_once(), chat)
    await apply(pool, apply_tickets, ticket("accepted", one, 2, status=S.ACCEPTED, hours=1))
    done = await send(pool, told_at_once(), chat)
    assert chat.taken == []
    assert done.outcomes["chat", "dropped"] == 1
    row = await pool.fetchrow("select state, dropped_why, next_at from notice")
    assert tuple(row or ()) == ("dropped", "signed", None)


async def test_a_matter_that_was_put_off_or_went_up_is_not_announced_any_more(
    pool: Pool, database: Database
) -> None:
    await at(database.dsn(), 0)
    office = Office(pool)
    items = [await office.matter() for _ in range(3)]
    session = await office.set_up()
    await office.step(session, "schedule", items=[str(item) for item in items])
    await plan(pool, told_at_once(), Remembering())
    await office.step(session, "carry-over", item=str(items[0]), reason="材料不全")
    await pool.execute("update reception_item set org = 'QX-TQ' where item_id = $1", items[1])
    rows = await pool.fetch(
        "select o.occasion_id, i.item_id from occasion o join reception_item i using (ticket_id)"
        " where o.cause = 'scheduled'"
    )
    async with transaction(pool) as conn:
        facts = await store_occasions.facts(conn, [row["occasion_id"] for row in rows])
    lying = {row["item_id"] for row in rows if facts[row["occasion_id"]][0].on_table}
    assert (len(rows), lying) == (3, {items[2]})


async def test_a_refused_message_is_tried_again_under_the_same_id_and_then_through_the_next_channel(
    pool: Pool, database: Database
) -> None:
    contacts = [{"post": "SZ-S1", "channel": name, "address": "a"} for name in ("chat", "mail")]
    rules = {"group_wait_s": 0, "retry_s": [1], "nats_is_enough": []}
    directory = telling.told_city(notices=[rules], contacts=contacts)
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(new_id()))
    ids: list[str] = []

    def refuse(_: str, message: Any) -> None:
        ids.append(message.message_id)
        refusing(retryable=True)("", message)

    chat, mail = Remembering("chat", refuse), Remembering("mail")
    await plan(pool, directory, chat, mail)
    await send(pool, directory, chat, mail)
    assert (await states(pool))[0] == ("chat", "failed")
    assert (await send(pool, directory, chat, mail)).claimed == 0
    for _ in range(3):
        await hurry(pool)
        await send(pool, directory, chat, mail)
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert await states(pool) == [("chat", "dead"), ("mail", "sent")]
    assert await pool.fetchval("select last_error from notice where state = 'dead'") == "http_503"
    assert len(mail.taken) == 1


async def test_what_can_never_arrive_is_dead_at_once_and_the_deputy_is_told(
    pool: Pool, database: Database
) -> None:
    contacts = [{"post": "SZ-KZ", "channel": "chat", "address": "gone"},
                {"post": "SZ-ZB", "channel": "chat", "address": "deputy"}]  # fmt: skip
    rules = {"group_wait_s": 0, "nats_is_enough": []}
    directory = telling.told_city(notices=[rules], contacts=contacts)
    await climbed(pool, database)

    def refuse(address: str, message: Any) -> None:
        if address == "gone":
            refusing(retryable=False, reason="http_404")("", message)

    chat = Remembering("chat", refuse)
    await plan(pool, directory, chat)
    for _ in range(2):
        await send(pool, directory, chat)
    assert [address for address, m in chat.taken if m.data["cause"] == "raised"] == ["deputy"]
    row = await pool.fetchrow("select attempts, last_error from notice where state = 'dead'")
    assert tuple(row or ()) == (1, "http_404")


async def test_nobody_left_to_tell_is_on_record(pool: Pool, database: Database) -> None:
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(new_id()))
    chat = Remembering("chat", refusing(retryable=False, reason="http_404"))
    await plan(pool, told_at_once(), chat)
    unreached = 0
    for _ in range(6):
        unreached += (await send(pool, told_at_once(), chat)).unreached
    assert unreached == 1
    said = "select count(*) from audit where action = 'notice.unreached'"
    assert await pool.fetchval(said) == 1


async def test_planners_at_once_tell_everybody_exactly_once(pool: Pool, database: Database) -> None:
    await at(database.dsn(), 0)
    for _ in range(5):
        critical = [
            ticket("dispatched", new_id(), 1, status=S.DISPATCHED, urgency="critical")
            for _ in range(20)
        ]
        await apply(pool, apply_tickets, *critical)
    chat = Remembering()
    await asyncio.gather(*(plan(pool, told_at_once(), chat) for _ in range(3)))
    doubles = """
        select count(*)
        from (select 1 from notice group by occasion_id, person having count(*) > 1) twice
    """
    assert await pool.fetchval("select count(*) from occasion where outcome = 'told'") == 100
    assert await pool.fetchval(doubles) == 0
    more = True
    while more:
        rounds = await asyncio.gather(*(send(pool, told_at_once(), chat) for _ in range(3)))
        more = any(one.claimed for one in rounds)
    ids = [message.message_id for _, message in chat.taken]
    assert len(ids) == len(set(ids)) == 100


async def test_while_one_process_plans_the_others_neither_plan_nor_wait(
    pool: Pool, database: Database
) -> None:
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(new_id()))
    async with transaction(pool) as conn:
        assert await store_occasions.read_to(conn) is not None
        other = await asyncio.wait_for(plan(pool, told_at_once(), Remembering()), 1)
        assert other.outcomes.total() == 0
    assert (await plan(pool, told_at_once(), Remembering())).outcomes["told"] == 1
