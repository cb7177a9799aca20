"""What people put on a secretary's table, and in what order it is read, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import asyncpg
import pytest

from contracts.escalation import EntryRule
from contracts.ticket import TicketStatus
from kit.auth import Principal
from kit.db import Pool, create_pool
from kit.errors import DomainError
from kit.ids import new_id
from services.notifier import viewing
from services.notifier.actions import apply_tickets
from services.notifier.reception import store_listing
from services.notifier.reception.handing import Care, CareFlag, Submission, TakingBack
from services.notifier.reception.item import CARE, WEIGHT
from services.notifier.reception.store_listing import Narrowed
from services.notifier.submitting import Tables
from services.notifier.viewing import Page
from tests.integration.test_reception_queue import ADMIN, FIRST, listed, opened, reopened, rules
from tests.support import city
from tests.support.heard import MONDAY, NUMBER, apply, at, ticket
from tests.support.notifier import relay_of
from tests.support.servers import PASSWORD, Database

S = TicketStatus
STREET: Final = Principal("P0007", frozenset({"secretary"}))
"""Secretary of JD-WYS."""
COMMUNITY: Final = Principal("P0019", frozenset({"secretary"}))
ELSEWHERE: Final = Principal("P0023", frozenset({"secretary"}))


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


@pytest.fixture
def tables(pool: Pool) -> Tables:
    return Tables(pool, pool, relay_of(pool))


async def test_a_secretary_puts_a_ticket_on_the_table_and_only_he_takes_it_back(
    pool: Pool, tables: Tables, database: Database
) -> None:
    one, directory = new_id(), city.directory()
    await at(database.dsn(), 48)
    await opened(pool, one)
    body = Submission(ticket=str(one), reason="涉及多户, 请 13812345678 再核")
    for stranger in (ELSEWHERE, ADMIN):
        with pytest.raises(DomainError, match="not-found"):
            await tables.submit(stranger, body, directory)
    mine = await tables.submit(STREET, body, directory)
    assert (mine["org"], mine["rule"], mine["score_parts"]["days_open"]) == ("JD-WYS", "manual", 2)
    assert mine["rules"][0]["by"] == "P0007"
    assert "13812345678" not in mine["rules"][0]["reason"]
    back = TakingBack(reason="已协调")
    with pytest.raises(DomainError, match="not-found"):
        await tables.take_back(mine["item_id"], ELSEWHERE, back, directory)
    await apply(pool, apply_tickets, reopened(one, 2, 3))
    left = await tables.take_back(mine["item_id"], STREET, back, directory)
    assert (left["rule"], rules(left), left["closed_at"]) == ("reopened_2", ["reopened_2"], None)
    with pytest.raises(DomainError, match="not-yours"):
        await tables.take_back(mine["item_id"], STREET, back, directory)
    higher = Submission(ticket=str(one), org="QX-TQ", reason="请区里协调")
    assert (await tables.submit(STREET, higher, directory))["org"] == "QX-TQ"
    with pytest.raises(DomainError, match="invalid"):
        await tables.submit(STREET, Submission(ticket=str(one), org="SZ", reason="-"), directory)
    actors = await pool.fetch(
        "select actor, action from audit where actor = 'P0007' order by audit_id"
    )
    assert [row["action"] for row in actors] == [
        "reception.queue", "reception.withdraw", "reception.queue",
    ]  # fmt: skip


async def test_what_only_a_person_put_there_leaves_with_a_word_and_an_ended_ticket_is_refused(
    pool: Pool, tables: Tables
) -> None:
    one, directory = new_id(), city.directory()
    await opened(pool, one)
    body = Submission(ticket=NUMBER, reason="-")
    mine = await tables.submit(STREET, body, directory)
    gone = await tables.take_back(mine["item_id"], STREET, TakingBack(reason="-"), directory)
    assert gone["closed_at"] is not None
    said = await pool.fetch(
        "select subject from outbox where subject like 'reception.%' order by 1"
    )
    assert [row["subject"].split(".")[1] for row in said] == ["queued", "withdrawn"]
    await apply(pool, apply_tickets, ticket("closed", one, 2, status=S.CLOSED, hours=1))
    with pytest.raises(DomainError, match="ended"):
        await tables.submit(STREET, body, directory)


async def test_a_care_flag_counts_and_shows_who_set_it(pool: Pool, tables: Tables) -> None:
    one, directory = new_id(), city.directory()
    await opened(pool, one)
    mine = await tables.submit(STREET, Submission(ticket=str(one), reason="-"), directory)
    flag = CareFlag(kind=Care.LIVING_ALONE)
    cared = await tables.care(mine["item_id"], STREET, flag, directory)
    assert cared["care"] == {"kind": "living_alone", "by": "P0007"}
    assert cared["score"] - mine["score"] == cared["score_parts"]["care"] == CARE
    off = await tables.care(mine["item_id"], STREET, CareFlag(), directory)
    assert (off["care"], off["score"]) == (None, mine["score"])


async def test_a_higher_office_reads_the_tables_below_it_and_no_others(pool: Pool) -> None:
    one, directory = new_id(), city.directory()
    await opened(pool, one)
    await apply(pool, apply_tickets, reopened(one, 2, 3))
    assert await listed(pool, STREET) == []
    assert [i["org"] for i in await listed(pool, STREET, "SQ-001")] == ["SQ-001"]
    assert [i["org"] for i in await listed(pool, COMMUNITY)] == ["SQ-001"]
    for who, org in ((COMMUNITY, "JD-WYS"), (ELSEWHERE, "SQ-001"), (STREET, "SZ")):
        with pytest.raises(DomainError, match="not-found"):
            await viewing.queue(pool, directory, who, org, FIRST)
    shown = await viewing.queue(
        pool, directory, ADMIN, None, FIRST, Narrowed(rule="reopened_2", area="370105001")
    )
    assert len(shown["items"]) == 1
    assert shown["counts"] == {"level": {"community": 1}, "rule": {"reopened_2": 1}}
    for other in (Narrowed(rule="manual"), Narrowed(level="district"), Narrowed(unit="GD")):
        shown = await viewing.queue(pool, directory, ADMIN, None, FIRST, other)
        assert shown["items"] == []


SQL_MANY: Final = """
insert into reception_item (
    item_id, ticket_id, number, round, level, org, rule, requesters, care, unit, area, received_at,
    queued_at, points
)
select gen_random_uuid(), gen_random_uuid(), n::text, 1, 'community', 'SQ-' || n % 40, 'manual',
    n % 7, case when n % 50 = 0 then 10 else 0 end, 'SZ', '370105', $1::timestamptz - make_interval(hours => n % 900),
    $1::timestamptz, 30
from generate_series(1, 10000) as n
"""


async def test_ten_thousand_items_are_paged_in_the_order_of_their_scores_from_an_index(
    pool: Pool, database: Database
) -> None:
    now = await at(database.dsn(), 0)
    as_the_pool_does = {"search_path": "notifier", "enable_seqscan": "off"}
    conn = await asyncpg.connect(database.dsn(), server_settings=as_the_pool_does)
    await conn.execute(SQL_MANY, now)
    await conn.execute("analyze reception_item")
    orgs = ["SQ-3", "SQ-4"]
    for text, values, index in (
        (store_listing.SQL_QUEUE_PAGE, (orgs,), "reception_item_queue"),
        (store_listing.SQL_WHOLE_QUEUE, (), "reception_item_all"),
    ):
        plan = await conn.fetch(
            f"explain (analyze, timing off) {text}", *values, None, None, None, None, None, None, 50
        )
        words = "\n".join(row[0] for row in plan)
        assert f"using {index}" in words, words
        assert "Seq Scan" not in words, words
    await conn.close()
    seen: list[tuple[int, str]] = []
    cursor, directory = None, city.directory()
    for _ in range(3):
        page = await viewing.queue(pool, directory, ADMIN, None, Page(cursor, 40))
        seen += [(item["score"], item["item_id"]) for item in page["items"]]
        cursor = page["next"]
    rows = await pool.fetch(
        "select item_id, points, requesters, care, received_at from reception_item"
    )
    scores = sorted((r["points"] + r["requesters"] + r["care"] + days(now, r["received_at"])
                     for r in rows), reverse=True)  # fmt: skip
    assert [score for score, _ in seen] == scores[:120]
    assert len({item_id for _, item_id in seen}) == 120
    assert sum(page["counts"]["rule"].values() if "counts" in page else [0]) == 0


def days(now: Any, then: Any) -> int:
    zone = MONDAY.tzinfo
    found: int = (now.astimezone(zone).date() - then.astimezone(zone).date()).days
    return found


def test_every_rule_has_a_weight() -> None:
    assert set(WEIGHT) == set(EntryRule)
