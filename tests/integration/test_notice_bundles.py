"""Notices people can bear: quiet hours, digests, budget, bursts, and who may look, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import pytest

from contracts.publication import IssueEvent
from contracts.ticket import TicketStatus
from kit.auth import Principal
from kit.db import Pool, create_pool
from kit.errors import DomainError
from kit.ids import new_id
from services.notifier import notice_pages
from services.notifier.actions import apply_tickets
from services.notifier.notice_pages import Asked
from services.notifier.notices import store_notices, store_sending
from services.notifier.replies import code
from services.notifier.viewing import Page
from tests.support.city import parts
from tests.support.heard import AREA, MONDAY, apply, at, dispatched, received, ticket, ticks
from tests.support.servers import PASSWORD, Database
from tests.support.telling import Remembering, hurry, plan, refusing, send, told_at_once, told_city

S = TicketStatus
FIRST = Page(None, 50)
ALL = Asked(None, None, None)
ADMIN = Principal("P0000", frozenset({"admin"}))
PATIENT = {"group_wait_s": 30, "nats_is_enough": []}


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


async def urge(pool: Pool, count: int, *, hours: float = 0, **more: str) -> list[UUID]:
    """So many tickets of SZ that are urged at once."""
    ids = [new_id() for _ in range(count)]
    for version, event in ((1, "dispatched"), (2, "urged")):
        for one in ids:
            told = ticket(event, one, version, status=S.DISPATCHED, hours=hours, **more)
            await apply(pool, apply_tickets, told)
    await pool.execute("delete from occasion where cause = 'dispatched'")
    return ids


async def test_a_burst_about_one_unit_is_one_message_once_the_wait_is_over(
    pool: Pool, database: Database
) -> None:
    directory, chat = told_city(notices=[PATIENT]), Remembering()
    await at(database.dsn(), 0)
    await urge(pool, 5)
    await plan(pool, directory, chat)
    assert (await send(pool, directory, chat)).claimed == 0
    await at(database.dsn(), 31 / 3600)
    await plan(pool, directory, chat)
    await send(pool, directory, chat)
    ((_, message),) = chat.taken
    assert "待办5件：催办5" in message.body
    assert len(message.data["items"]) == 5
    states = await pool.fetch("select state, count(*) from notice group by state")
    assert dict(tuple(row) for row in states) == {"digested": 5, "sent": 1}


async def test_the_night_is_quiet_and_the_morning_has_one_digest_of_what_still_stands(
    pool: Pool, database: Database
) -> None:
    contacts = [{"post": "SZ-S1", "channel": "chat", "address": "a"}]
    directory, chat = told_city(notices=[PATIENT], contacts=contacts), Remembering()
    await at(database.dsn(), 12)  # Monday 22:00
    first, *_ = await urge(pool, 3, hours=12)
    await urge(pool, 1, hours=12, urgency="critical")
    await plan(pool, directory, chat)
    await send(pool, directory, chat)
    assert [message.urgency for _, message in chat.taken] == ["critical"]
    await apply(pool, apply_tickets, ticket("handled", first, 3, status=S.CALLBACK, hours=20))
    await at(database.dsn(), 22)  # Tuesday 8:00, an hour before the shift
    await plan(pool, directory, chat)
    assert (await send(pool, directory, chat)).claimed == 0
    await at(database.dsn(), 23)
    await plan(pool, directory, chat)
    await send(pool, directory, chat)
    (_, digest) = chat.taken[-1]
    assert len(chat.taken) == 2
    assert "待办2件" in digest.body
    why = "select dropped_why from notice where ticket_id = $1"
    assert await pool.fetchval(why, first) == "handled"


async def test_over_the_budget_the_rest_waits_for_the_digest_but_not_rungs(
    pool: Pool, database: Database
) -> None:
    rules = PATIENT | {"budget": 3}
    directory, chat = told_city(notices=[rules]), Remembering()
    await at(database.dsn(), 0)
    for _ in range(5):
        await urge(pool, 1)
        await plan(pool, directory, chat)
    waits = await pool.fetch("select waits_for, count(*) from notice group by waits_for")
    assert dict(tuple(row) for row in waits) == {None: 3, "budget": 2}
    assert await pool.fetchval("select tokens from notice_budget") < 1
    await at(database.dsn(), 24)
    await ticks(pool)
    await plan(pool, directory, chat)
    rungs = "select count(*) from notice where cause = 'raised' and waits_for is not null"
    assert await pool.fetchval(rungs) == 0
    assert await pool.fetchval("select count(*) from notice where cause = 'raised'") == 5


async def test_what_a_hot_issue_mutes_tells_nobody(pool: Pool, database: Database) -> None:
    directory, chat, issue = told_at_once(), Remembering(), str(new_id())
    await at(database.dsn(), 0)
    ids = sorted(new_id() for _ in range(3))
    for one in ids:
        joined = IssueEvent(issue_id=issue, ticket_id=str(one), tickets=3, area=AREA, at=MONDAY)
        first = ticket("dispatched", one, 1, status=S.DISPATCHED)
        await apply(pool, apply_tickets, first, received("issue.joined", joined, MONDAY))
    await at(database.dsn(), 20)
    await ticks(pool)
    await plan(pool, directory, chat)
    rows = await pool.fetch(
        "select outcome, count(*) from occasion where cause = 'near_due' group by outcome"
    )
    assert dict(tuple(row) for row in rows) == {"told": 2, "muted": 4}  # signing and contact


async def test_a_dead_digest_goes_through_the_next_channel_with_all_it_tells_of(
    pool: Pool, database: Database
) -> None:
    contacts = [{"post": "SZ-S1", "channel": name, "address": "a"} for name in ("chat", "mail")]
    directory = told_city(notices=[PATIENT], contacts=contacts)
    chat, mail = Remembering("chat", refusing(retryable=False)), Remembering("mail")
    await at(database.dsn(), 0)
    one, _ = await urge(pool, 2)
    await plan(pool, directory, chat, mail)
    await at(database.dsn(), 31 / 3600)
    await plan(pool, directory, chat, mail)
    for _ in range(2):
        await send(pool, directory, chat, mail)
    ((_, message),) = mail.taken
    assert len(message.data["items"]) == 2
    seen = await notice_pages.notices(pool, directory, ADMIN, Asked(one, None, None), FIRST)
    assert [cause["said"] for cause in seen["causes"]] == ["1 人中已送达 1 人"]


async def test_a_ticket_says_how_many_were_told_and_a_dead_notice_can_be_sent_again(
    pool: Pool, database: Database
) -> None:
    one, directory = new_id(), told_at_once()
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(one))
    chat = Remembering("chat", refusing(retryable=False))
    await plan(pool, directory, chat)
    for _ in range(4):
        await send(pool, directory, chat)
    asked = Asked(one, None, "dead")
    seen = await notice_pages.notices(pool, directory, ADMIN, asked, FIRST)
    assert [cause["delivered"] for cause in seen["causes"]] == [0]
    last = UUID(seen["items"][-1]["notice_id"])
    await notice_pages.retry(pool, pool, directory, ADMIN, last)
    with pytest.raises(DomainError, match="not-found"):
        await notice_pages.retry(pool, pool, directory, ADMIN, new_id())
    works = Remembering()
    await send(pool, directory, works)
    assert [message.message_id for _, message in works.taken] == [str(last)]
    with pytest.raises(DomainError, match="not-dead"):
        await notice_pages.retry(pool, pool, directory, ADMIN, last)
    seen = await notice_pages.notices(pool, directory, ADMIN, Asked(one, None, None), FIRST)
    assert [cause["delivered"] for cause in seen["causes"]] == [1]


async def test_people_see_notices_of_their_area_their_unit_or_themselves(
    pool: Pool, database: Database
) -> None:
    directory = told_at_once()
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(new_id()))
    await plan(pool, directory, Remembering())

    async def count(sub: str, role: str) -> int:
        who = Principal(sub, frozenset({role}))
        return len((await notice_pages.notices(pool, directory, who, ALL, FIRST))["items"])

    assert await count("P0019", "secretary") == 1  # of the community it lies in
    assert await count("P0023", "secretary") == 0  # of another
    assert await count("P0142", "unit") == 1  # of the unit it is about
    assert await count("P0021", "unit") == 0
    assert await count("P0000", "auditor") == 1
    posts = [row | {"valid_to": "2026-11-23"} for row in parts()["posts"] if row["unit"] == "SZ"]
    directory = told_city(posts=posts)
    assert await count("P0142", "unit") == 0  # who has left the unit


async def test_who_can_answer_is_sent_a_code_of_the_ticket_the_person_and_the_address(
    pool: Pool, database: Database
) -> None:
    contacts = [{"post": "SZ-S1", "channel": "chat", "address": "account"}]
    rules = [{"group_wait_s": 0, "nats_is_enough": []}]
    directory, chat, one = told_city(notices=rules, contacts=contacts), Remembering(), new_id()
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(one))
    await plan(pool, directory, chat)
    await send(pool, directory, chat, answerable={"chat"})
    ((_, message),) = chat.taken
    found = re.search(r"，回“签收 (\w{6})”$", message.body)
    assert found
    assert len(message.body) < 70
    row = await pool.fetchrow(
        "select * from reply_code where code_hash = $1", code.code_hash(found[1])
    )
    assert row
    assert (row["ticket_id"], row["unit"], row["person"]) == (one, "SZ", "P0145")
    assert code.same_address(row["address_hash"], "account", row["code_id"].bytes)
    await send(pool, directory, chat)
    await apply(pool, apply_tickets, dispatched(new_id()))
    await plan(pool, directory, chat)
    await send(pool, directory, chat)
    assert "回" not in chat.taken[-1][1].body


SQL_SEED: Final = """
insert into notice (
    notice_id, cause, number, unit, area, urgency, post, person, channel, bundle, state, planned_at,
    not_before, next_at, sent_at
)
select gen_random_uuid(), 'urged', '', 'SZ', '', 'normal', 'SZ-S1', 'P' || n % 500, 'chat', 'digest',
    case when n % 2 = 0 then 'planned' else 'sent' end, $1::timestamptz,
    $1::timestamptz + make_interval(hours => 1 + n % 20), null,
    case when n % 2 = 1 then $1::timestamptz end
from generate_series(1, 20000) as n
"""


async def test_a_look_at_what_is_due_does_not_grow_with_what_waits_or_was_sent(
    database: Database,
) -> None:
    as_the_pool_does = {"search_path": "notifier", "enable_seqscan": "off"}
    conn = await asyncpg.connect(database.dsn(), server_settings=as_the_pool_does)
    await conn.execute(SQL_SEED, MONDAY)
    await conn.execute("analyze notice")
    for text, arguments, index in (
        (store_notices.SQL_DUE, (MONDAY, 500), "notice_due"),
        (store_sending.SQL_CLAIM, (50, 60.0), "notice_send"),
    ):
        plan_ = await conn.fetch(f"explain (analyze, timing off) {text}", *arguments)
        words = "\n".join(row[0] for row in plan_)
        assert f"using {index}" in words, words
        assert "Seq Scan" not in words, words
    await conn.close()


DIES = """
import asyncio, os, signal, sys
from kit.db import create_pool
from services.notifier import sending
from tests.support.telling import told_at_once

class Dying:
    name = "chat"
    async def send(self, address, message):
        print(message.message_id, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    pool = await create_pool(sys.argv[1], sys.argv[2], "notifier", size=2)
    await sending.send(pool, told_at_once(), {"chat": Dying()})

asyncio.run(main())
"""


async def test_a_process_killed_between_sending_and_marking_lets_the_same_id_be_sent_again(
    pool: Pool, database: Database
) -> None:
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(new_id()))
    await plan(pool, told_at_once(), Remembering())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DIES, database.dsn("chuishao_notifier"), PASSWORD,
        stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == -signal.SIGKILL
    chat = Remembering()
    assert (await send(pool, told_at_once(), chat)).claimed == 0  # its lease still runs
    await hurry(pool)
    await send(pool, told_at_once(), chat)
    assert [message.message_id for _, message in chat.taken] == out.decode().split()
    row = await pool.fetchrow("select state, attempts from notice")
    assert tuple(row or ()) == ("sent", 2)
