"""How matters come to a secretary's table and in what order they lie there, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

from contracts.base import Event
from contracts.complaint import Channel, ComplaintReceived, Kind
from contracts.escalation import EntryRule, ReceptionEvent, ReceptionLevel
from contracts.publication import IssueEvent
from contracts.ticket import TicketMerged, TicketStatus
from kit.auth import Principal
from kit.db import Pool, create_pool
from kit.delivery import Received
from kit.errors import DomainError
from kit.ids import new_id
from kit.outbox import Outgoing
from services.notifier import viewing
from services.notifier.actions import apply_complaints, apply_tickets
from services.notifier.reception import store_listing
from services.notifier.reception.handing import Care, CareFlag, Submission, TakingBack
from services.notifier.reception.item import CARE, WEIGHT
from services.notifier.reception.store_listing import Narrowed
from services.notifier.submitting import Tables
from services.notifier.viewing import Page
from tests.integration.test_whistle_clocks import issued, whistle
from tests.support import city
from tests.support.heard import (
    AREA,
    MONDAY,
    NUMBER,
    apply,
    at,
    complaint,
    dispatched,
    received,
    ticket,
    ticks,
)
from tests.support.notifier import relay_of
from tests.support.servers import PASSWORD, Database

S = TicketStatus
STREET: Final = Principal("P0007", frozenset({"secretary"}))
"""Secretary of JD-WYS."""
COMMUNITY: Final = Principal("P0019", frozenset({"secretary"}))
ELSEWHERE: Final = Principal("P0023", frozenset({"secretary"}))
ADMIN: Final = Principal("P0000", frozenset({"admin"}))
FIRST: Final = Page(None, 50)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


@pytest.fixture
def tables(pool: Pool) -> Tables:
    return Tables(pool, relay_of(pool))


async def opened(pool: Pool, *ids: UUID, hours: float = 0) -> None:
    await apply(pool, apply_complaints, *(complaint(one, hours) for one in ids))
    await apply(pool, apply_tickets, *map(dispatched, ids))


def queued(events: Sequence[Outgoing]) -> list[ReceptionEvent]:
    return [
        Event[ReceptionEvent].model_validate_json(e.body).data
        for e in events
        if e.subject.startswith("reception.queued.")
    ]


async def listed(pool: Pool, who: Principal = ADMIN, org: str | None = None) -> list[Any]:
    shown = await viewing.queue(pool, city.directory(), who, org, FIRST)
    items: list[Any] = shown["items"]
    return items


def rules(item: dict[str, Any]) -> list[str]:
    return [one["rule"] for one in item["rules"] if one["withdrawn_at"] is None]


def returned(one: UUID, version: int, *, round_: int = 1) -> list[Received]:
    """A return, as it is said to the unit and to the desk."""
    status = S.RETURNED
    return [
        ticket("returned", one, version, status=status, round=round_, hours=version / 10),
        ticket(
            "returned", one, version + 1, status=status, round=round_, unit="DESK", holder="SZ",
            hours=version / 10,
        ),
    ]  # fmt: skip


def reopened(one: UUID, version: int, round_: int) -> Received:
    return ticket("reopened", one, version, status=S.IN_PROGRESS, round=round_, hours=version)


def again(one: UUID, repeats: int) -> Received:
    data = ComplaintReceived(
        complaint_id=str(one), number=NUMBER, channel=Channel.HOTLINE, kind=Kind.HELP,
        text="路灯又坏了", received_at=MONDAY, repeats=repeats,
    )  # fmt: skip
    return received("complaint.received", data, MONDAY)


def issue(event: str, issue_id: UUID, member: UUID | None, hours: float = 1) -> Received:
    when = MONDAY + timedelta(hours=hours)
    data = IssueEvent(
        issue_id=str(issue_id),
        area=AREA,
        ticket_id=str(member) if member else None,
        tickets=1,
        at=when,
    )
    return received(f"issue.{event}", data, when)


def merged(one: UUID, version: int, *followers: str, status: S = S.DISPATCHED) -> Received:
    when = MONDAY + timedelta(hours=version)
    data = TicketMerged(
        ticket_id=str(one), number=NUMBER, complaint_id=str(one), version=version, round=1,
        status=status, unit="SZ", holder="SZ", area=AREA, urgency="normal", rule_version=1,
        followers=followers,
    )  # fmt: skip
    return received("ticket.merged" if followers else "ticket.unmerged", data, when)


async def test_the_second_return_of_a_round_counts_once_however_many_are_told(pool: Pool) -> None:
    one = new_id()
    await opened(pool, one)
    first = await apply(pool, apply_tickets, *returned(one, 2))
    assert queued(first.events) == []
    third = ticket("dispatched", one, 4, status=S.DISPATCHED, hours=0.4)
    second = await apply(pool, apply_tickets, third, *returned(one, 5))
    told = queued(second.events)
    assert [(e.rule, e.level, e.org) for e in told] == [
        (EntryRule.RETURNED_2, ReceptionLevel.SUBDISTRICT, "JD-WYS")
    ]
    more = await apply(pool, apply_tickets, *returned(one, 7))
    assert queued(more.events) == []
    new_round = [reopened(one, 9, 2), *returned(one, 10, round_=2)]
    assert queued((await apply(pool, apply_tickets, *new_round)).events) == []
    assert await pool.fetchval("select count(*) from reception_entry") == 1
    last = await apply(pool, apply_tickets, *returned(one, 12, round_=2))
    assert queued(last.events) == []  # on the same table already: one more line in its list
    assert rules((await listed(pool))[0]) == ["returned_2", "returned_2"]


async def test_a_whole_history_heard_at_once_ends_in_the_same_entries(pool: Pool) -> None:
    one = new_id()
    history = [
        dispatched(one), *returned(one, 2), *returned(one, 4), reopened(one, 6, 2),
        *returned(one, 7, round_=2), reopened(one, 9, 3),
    ]  # fmt: skip
    await apply(pool, apply_complaints, complaint(one))
    await apply(pool, apply_tickets, *history[::-1])
    found = await pool.fetch("select round, rule, at from reception_entry order by at")
    assert [(row["round"], row["rule"]) for row in found] == [(1, "returned_2"), (3, "reopened_2")]
    assert found[0]["at"] == MONDAY + timedelta(hours=0.4)


async def test_the_third_round_is_for_the_community_and_a_late_ruling_takes_it_up_never_down(
    pool: Pool, database: Database
) -> None:
    one = new_id()
    await at(database.dsn(), 0)
    await opened(pool, one)
    assert queued((await apply(pool, apply_tickets, reopened(one, 2, 2))).events) == []
    third = await apply(pool, apply_tickets, reopened(one, 3, 3), reopened(one, 4, 3))
    assert [(e.rule, e.org) for e in queued(third.events)] == [(EntryRule.REOPENED_2, "SQ-001")]
    ruled = ticket("referred", one, 5, status=S.ARBITRATION, round=3, hours=5)
    await apply(pool, apply_tickets, ruled)
    await at(database.dsn(), 5 * 24)
    done = await ticks(pool)
    assert [e.org for e in queued(done.events)] == ["JD-WYS"]
    (item,) = await listed(pool)
    assert (item["rule"], item["level"]) == ("reopened_2", "subdistrict")  # the heavier one counts
    assert sorted(rules(item)) == ["reopened_2", "ruling_late"]
    assert queued((await ticks(pool)).events) == []
    back = await apply(pool, apply_tickets, reopened(one, 6, 4))
    assert queued(back.events) == []
    (item,) = await listed(pool)
    assert (item["org"], len(item["rules"])) == ("JD-WYS", 3)


async def test_a_hold_that_nobody_looked_at_again_comes_to_the_table(
    pool: Pool, database: Database
) -> None:
    one = new_id()
    await at(database.dsn(), 0)
    await opened(pool, one)
    held = ticket("held", one, 2, status=S.ON_HOLD, hours=1, review_at=MONDAY + timedelta(days=2))
    await apply(pool, apply_tickets, held)
    await at(database.dsn(), 47)
    assert queued((await ticks(pool)).events) == []
    await at(database.dsn(), 49)
    done = await asyncio.gather(*(ticks(pool) for _ in range(3)))
    told = [e for one_ in done for e in queued(one_.events)]
    assert [e.rule for e in told] == [EntryRule.HOLD_EXPIRED]


async def test_the_third_complaint_of_one_requester_waits_for_its_place_and_comes_once(
    pool: Pool,
) -> None:
    early, late, second = new_id(), new_id(), new_id()
    assert (
        queued((await apply(pool, apply_complaints, again(early, 2), again(second, 1))).events)
        == []
    )
    placed = await apply(pool, apply_tickets, dispatched(early), dispatched(second))
    assert [(e.ticket_id, e.rule, e.org) for e in queued(placed.events)] == [
        (str(early), EntryRule.REPEAT_3, "SQ-001")
    ]
    await apply(pool, apply_tickets, dispatched(late))
    after = await apply(pool, apply_complaints, again(late, 5))
    assert [e.ticket_id for e in queued(after.events)] == [str(late)]


async def test_a_hot_issue_has_one_item_on_its_oldest_open_ticket_and_counts_who_waits(
    pool: Pool,
) -> None:
    ids = sorted(new_id() for _ in range(4))
    hot = new_id()
    await opened(pool, *ids)
    two = [issue("opened", hot, ids[1]), issue("joined", hot, ids[2])]
    assert queued((await apply(pool, apply_tickets, *two)).events) == []
    third = await apply(pool, apply_tickets, issue("joined", hot, ids[0]))
    (told,) = queued(third.events)
    assert (told.ticket_id, told.rule, told.score_parts["requesters"]) == (
        str(ids[0]), EntryRule.HOT_ISSUE, 3,
    )  # fmt: skip
    fourth = await apply(pool, apply_tickets, issue("joined", hot, ids[3]))
    assert queued(fourth.events) == []
    assert [i["score_parts"]["requesters"] for i in await listed(pool)] == [4]
    closed = ticket("closed", ids[0], 2, status=S.CLOSED, hours=2)
    ended = await apply(pool, apply_tickets, closed)
    assert [e.ticket_id for e in queued(ended.events)] == [str(ids[1])]
    (item,) = await listed(pool)
    assert (item["ticket_id"], item["score_parts"]["requesters"]) == (str(ids[1]), 3)
    gone = [ticket("closed", one, 2, status=S.CLOSED, hours=3) for one in ids[1:3]]
    assert queued((await apply(pool, apply_tickets, *gone)).events) == []
    assert await listed(pool) == []


async def test_who_is_merged_into_a_queued_ticket_counts_and_counts_no_more_when_taken_out(
    pool: Pool,
) -> None:
    one = new_id()
    await opened(pool, one)
    await apply(pool, apply_tickets, reopened(one, 2, 3))
    await apply(pool, apply_tickets, merged(one, 3, "261123000018", "261123000026"))
    assert [i["score_parts"]["requesters"] for i in await listed(pool)] == [3]
    await apply(pool, apply_tickets, merged(one, 4))
    assert [i["score_parts"]["requesters"] for i in await listed(pool)] == [1]


async def test_a_no_show_and_a_round_told_at_once_to_two_replicas_make_one_item(pool: Pool) -> None:
    ids = [new_id() for _ in range(20)]
    await opened(pool, *ids)
    batches: list[list[Received]] = [[], []]
    for one in ids:
        called = new_id()
        about: dict[str, Any] = {"ticket_id": str(one), "number": NUMBER, "round": 1}
        await apply(pool, apply_tickets, *issued(called, **about))
        batches[0].append(whistle("no_show", called, 4, hours=24, **about))
        batches[1].append(reopened(one, 2, 3))
    await asyncio.gather(*(apply(pool, apply_tickets, *batch) for batch in batches))
    items = await listed(pool)
    assert len(items) == 20
    assert {tuple(sorted(rules(item))) for item in items} == {("reopened_2", "whistle_no_show")}
    assert {item["org"] for item in items} == {"JD-WYS"}


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
