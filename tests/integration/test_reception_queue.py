"""How matters come to a secretary's table and in what order they lie there, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from contracts.base import Event
from contracts.complaint import Channel, ComplaintReceived, Kind
from contracts.escalation import EntryRule, ReceptionEvent, ReceptionLevel
from contracts.publication import IssueEvent
from contracts.ticket import TicketMerged, TicketStatus
from kit.auth import Principal
from kit.db import Pool, create_pool, transaction
from kit.delivery import Received
from kit.ids import new_id
from kit.outbox import Outgoing
from services.notifier import viewing
from services.notifier.actions import apply_complaints, apply_tickets
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


def merged(
    one: UUID, version: int, *followers: str, status: S = S.DISPATCHED, round_: int = 3
) -> Received:
    when = MONDAY + timedelta(hours=version)
    data = TicketMerged(
        ticket_id=str(one), number=NUMBER, complaint_id=str(one), version=version, round=round_,
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
    await pool.execute("update reception_item set closed_at = queued_at, state = 'done'")
    third_time = await apply(pool, apply_tickets, *returned(one, 14, round_=2))
    assert (queued(third_time.events), await listed(pool)) == ([], [])


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


def a_life(chance: random.Random, one: UUID) -> tuple[list[Received], set[tuple[int, str]]]:
    """A ticket's history, each event told once, and the rules it fulfils by the letter of domain.md D7."""
    told, wanted = [dispatched(one)], set()
    version, round_, returns = 2, 1, 0
    for _ in range(chance.randint(0, 12)):
        if chance.random() < 0.6:
            told += returned(one, version, round_=round_)
            version, returns = version + 2, returns + 1
            if returns == 2:
                wanted.add((round_, "returned_2"))
        else:
            round_, returns = round_ + 1, 0
            told.append(reopened(one, version, round_))
            version += 1
            if round_ >= 3:
                wanted.add((round_, "reopened_2"))
    return told, wanted


@pytest.mark.parametrize("seed", range(6))
async def test_any_history_in_any_order_and_number_fires_each_rule_once_a_round(
    pool: Pool, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - an order, not a secret
    lives = {one: a_life(chance, one) for one in (new_id() for _ in range(8))}
    await apply(pool, apply_complaints, *map(complaint, lives))
    said = [event for told, _ in lives.values() for event in told]
    said += chance.sample(said, len(said) // 3)
    chance.shuffle(said)
    waiting = said
    while waiting:
        cut = chance.randint(1, max(1, len(waiting) // 2))
        batches = (waiting[:cut], waiting[cut:])
        done = await asyncio.gather(*(hear_again(pool, batch) for batch in batches))
        waiting = [event for left in done for event in left]
        chance.shuffle(waiting)
    rows = await pool.fetch("select ticket_id, round, rule from reception_entry")
    found = {one: {(r["round"], r["rule"]) for r in rows if r["ticket_id"] == one} for one in lives}
    assert found == {one: wanted for one, (_, wanted) in lives.items()}
    assert len(rows) == sum(len(wanted) for _, wanted in lives.values())
    items = await pool.fetch("select ticket_id, item_id from reception_item")
    assert sorted(row["ticket_id"] for row in items) == sorted(
        o for o, (_, w) in lives.items() if w
    )
    linked = await pool.fetch("select distinct item_id from reception_entry")
    assert {row["item_id"] for row in linked} == {row["item_id"] for row in items}


async def hear_again(pool: Pool, batch: list[Received]) -> list[Received]:
    """What a delivery does with a batch that may hold the same event twice; what must wait."""
    async with transaction(pool) as conn:
        return (await apply_tickets(conn, batch, city.directory())).waiting


async def test_merging_takes_an_item_off_and_undoing_it_puts_the_same_one_back(pool: Pool) -> None:
    one = new_id()
    await opened(pool, one)
    await apply(pool, apply_tickets, reopened(one, 2, 3))
    (before,) = await listed(pool)
    # A round later the item still lies there, by the rule of the round before.
    gone = merged(one, 3, "261123000018", status=S.MERGED, round_=4)
    ended = await apply(pool, apply_tickets, gone)
    assert [e.subject.split(".")[1] for e in ended.events if "reception" in e.subject] == [
        "withdrawn"
    ]
    assert await listed(pool) == []
    back = await apply(pool, apply_tickets, merged(one, 4, round_=4))
    assert [e.item_id for e in queued(back.events)] == [before["item_id"]]
    (after,) = await listed(pool)
    assert (after["item_id"], rules(after)) == (before["item_id"], rules(before))


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
