"""Reception sessions on a real PostgreSQL: agendas, hearing, putting off, who may (domain.md D7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.ticket import TicketStatus
from kit.auth import Principal
from kit.db import Pool, create_pool
from kit.errors import DomainError
from kit.ids import new_id
from services.notifier.actions import apply_tickets
from services.notifier.receiving import pages
from services.notifier.receiving.pages import Span
from tests.support import city
from tests.support.heard import MONDAY, apply, at, ticket
from tests.support.reception import (
    CLERK,
    COMMUNITY_SECRETARY,
    DISTRICT_SECRETARY,
    OTHER_SECRETARY,
    SECRETARY,
    STREET,
    Office,
    days,
    order,
)
from tests.support.servers import PASSWORD, Database


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    await at(database.dsn(), 0)
    yield pool
    await pool.close()


@pytest.fixture
def office(pool: Pool) -> Office:
    return Office(pool)


async def test_a_matter_goes_from_queue_to_agenda_to_decision_to_done(office: Office) -> None:
    item = await office.matter()
    session = await office.set_up()
    await office.step(session, "schedule")
    assert await office.item(item) == ("scheduled", STREET, 0)
    (decision,) = await office.decided(session, item, order())
    assert (await office.item(item))[0] == "decided"
    await office.promise(decision, "done", Principal("P0141", frozenset({"unit"})), text="已修复")
    done = await office.promise(decision, "confirm", COMMUNITY_SECRETARY)
    assert (done["state"], (await office.item(item))[0]) == ("done", "done")
    told = await office.said("reception")
    assert told == [f"reception.{e}.subdistrict" for e in ("scheduled", "heard", "decided", "done")]
    actions = await office.pool.fetch("select action from audit order by audit_id")
    assert {"reception.session", "reception.schedule", "reception.hear", "reception.decide",
            "reception.decision-done", "reception.decision-confirm"} <= {r[0] for r in actions}  # fmt: skip


async def test_every_step_answers_with_the_agenda_and_what_was_decided(office: Office) -> None:
    item = await office.matter()
    session = await office.set_up(place=None)
    assert (await office.show(session))["place"] == "无影山街道办事处"
    planned = await office.step(session, "schedule")
    assert [line["item_id"] for line in planned["agenda"]] == [str(item)]
    await office.step(session, "hear", item=str(item), form="forum")
    given = {"item": str(item), **order(due=days(3))}
    decided = await office.step(session, "decide", SECRETARY, key="k1", **given)
    (decision,) = decided["agenda"][0]["decisions"]
    assert datetime.fromisoformat(decision["due_at"]) == datetime.fromisoformat(days(3))
    assert decided == await office.step(session, "decide", SECRETARY, key="k1", **given)
    (line,) = (await office.show(session))["agenda"]
    assert line["decisions"][0]["decision_id"] == decision["decision_id"]


async def test_the_proposed_agenda_takes_the_weightiest_and_never_more_than_fifteen(
    office: Office,
) -> None:
    light = [await office.matter() for _ in range(14)]
    heavy = [await office.matter(requesters=n) for n in (9, 7, 8)]
    session = await office.set_up()
    await office.step(session, "schedule")
    shown = [line["item_id"] for line in (await office.show(session))["agenda"]]
    assert shown[:3] == [str(heavy[0]), str(heavy[2]), str(heavy[1])]
    assert len(shown) == 15
    left = next(i for i in light if str(i) not in shown)
    with pytest.raises(DomainError, match="agenda-full"):
        await office.step(session, "schedule", items=[str(left)])
    small = await office.set_up(cap=1, starts_at=(MONDAY + timedelta(days=8)).isoformat())
    await office.step(small, "schedule", items=[str(left)])
    assert await office.item(left) == ("scheduled", STREET, 0)


async def test_a_matter_is_on_one_agenda_at_a_time_however_many_ask(office: Office) -> None:
    item = await office.matter()
    sessions = [await office.set_up() for _ in range(4)]
    found = await asyncio.gather(
        *(office.step(one, "schedule", items=[str(item)]) for one in sessions),
        return_exceptions=True,
    )
    refused = [one for one in found if isinstance(one, DomainError)]
    assert [one.slug for one in refused] == ["not-allowed-now"] * 3
    assert await office.said("reception") == ["reception.scheduled.subdistrict"]
    agendas = [len((await office.show(one))["agenda"]) for one in sessions]
    assert sorted(agendas) == [0, 0, 0, 1]


async def test_another_offices_session_is_not_known_and_a_clerk_does_not_decide(
    office: Office,
) -> None:
    item = await office.matter()
    session = await office.set_up()
    await office.step(session, "schedule", items=[str(item)])
    for stranger in (OTHER_SECRETARY, DISTRICT_SECRETARY, Principal("P0141", frozenset({"unit"}))):
        with pytest.raises(DomainError, match="not-found"):
            await office.step(session, "hear", stranger, item=str(item), form="report")
        with pytest.raises(DomainError, match="not-found"):
            await office.show(session, stranger)
    with pytest.raises(DomainError, match="not-found"):
        await office.set_up(OTHER_SECRETARY)
    await office.step(session, "hear", item=str(item), form="site_visit")
    decisions = [order()]
    with pytest.raises(DomainError, match="forbidden"):
        await office.step(session, "decide", CLERK, item=str(item), decisions=decisions)
    foreign = await office.matter("SQ-002")
    with pytest.raises(DomainError, match="invalid"):
        await office.step(session, "schedule", items=[str(foreign)])
    with pytest.raises(DomainError, match="not-allowed-now"):
        await office.step(session, "hear", item=str(item), form="report")


async def test_the_same_key_gets_the_same_answer_and_a_stale_version_none(office: Office) -> None:
    item = await office.matter()
    session = await office.set_up()
    both = await asyncio.gather(
        *(office.step(session, "schedule", key="k1", items=[str(item)]) for _ in range(2))
    )
    assert both[0] == both[1]
    assert await office.said("reception") == ["reception.scheduled.subdistrict"]
    with pytest.raises(DomainError, match="reused"):
        await office.step(session, "schedule", key="k1", items=[])
    with pytest.raises(DomainError, match="stale-version") as stale:
        await office.step(session, "close", version=1)
    assert (int(stale.value.kind), stale.value.extra["version_now"]) == (409, 2)
    with pytest.raises(DomainError, match="stale-version") as stale:
        await office.step(session, "close", expected='"1"')
    assert int(stale.value.kind) == 412
    assert (await office.step(session, "close", expected='"2"'))["state"] == "closed"


async def test_what_was_not_heard_or_not_decided_is_carried_over_when_the_session_ends(
    office: Office,
) -> None:
    items = [await office.matter() for _ in range(3)]
    session = await office.set_up()
    await office.step(session, "schedule", items=[str(i) for i in items])
    await office.decided(session, items[0], order())
    await office.step(session, "hear", item=str(items[1]), form="forum", note="打 13800004321 问")
    closed = await office.step(session, "close", minutes="会上电话 13800004321")
    assert closed["minutes"] == "会上电话 [电话]"
    assert [await office.item(i) for i in items] == [
        ("decided", STREET, 0), ("queued", STREET, 1), ("queued", STREET, 1),
    ]  # fmt: skip
    shown = await office.show(session)
    assert [line["reason"] for line in shown["agenda"]] == [None, "not_decided", "not_heard"]
    assert shown["agenda"][1]["note"] == "打 [电话] 问"
    figures = shown["figures"]
    assert (figures["items"], figures["heard"], figures["decided"]) == (3, 2, 1)
    assert (figures["carried_over"], figures["solved_on_the_spot"]) == (2, 0)
    with pytest.raises(DomainError, match="session-closed"):
        await office.step(session, "schedule")


async def test_after_two_carry_overs_a_matter_goes_to_the_district_with_the_top_rung(
    office: Office,
) -> None:
    item = await office.matter()
    for count in (1, 2):
        session = await office.set_up()
        await office.step(session, "schedule", items=[str(item)])
        await office.step(session, "carry-over", item=str(item), reason="材料不齐")
        assert (await office.item(item))[2] == count
    assert await office.item(item) == ("queued", "QX-TQ", 2)
    assert (await office.said("reception"))[-2:] == [
        "reception.carried_over.subdistrict", "reception.queued.district",
    ]  # fmt: skip
    assert await office.said("escalation") == ["escalation.raised.5"]
    rung = await office.pool.fetchrow("select level, reason, recipients from escalation")
    assert rung is not None
    assert (rung["level"], rung["reason"]) == (5, "carried_over@2")
    assert rung["recipients"] == ["QX-TQ-SJ"]
    with pytest.raises(DomainError, match="invalid"):
        await office.step(session, "carry-over", item=str(item), reason="再")


async def test_a_matter_whose_ticket_ended_falls_off_the_agenda_and_a_decided_one_does_not(
    office: Office,
) -> None:
    items = [await office.matter() for _ in range(2)]
    session = await office.set_up()
    await office.step(session, "schedule", items=[str(i) for i in items])
    await office.decided(session, items[0], order())
    rows = await office.pool.fetch("select ticket_id from reception_item order by item_id")
    closed = [ticket("closed", row["ticket_id"], 2, status=TicketStatus.CLOSED, hours=3)
              for row in rows]  # fmt: skip
    await apply(office.pool, apply_tickets, *closed)
    assert [(await office.item(i))[0] for i in items] == ["decided", "withdrawn"]
    shown = await office.show(session)
    assert [line["left"] for line in shown["agenda"]] == [None, "withdrawn"]
    with pytest.raises(DomainError, match="invalid"):
        await office.step(session, "hear", item=str(items[1]), form="report")
    await office.step(session, "close")
    assert (await office.show(session))["figures"]["items"] == 1


async def test_a_matter_taken_off_is_not_counted_and_can_come_on_again(office: Office) -> None:
    item = await office.matter()
    session = await office.set_up()
    await office.step(session, "schedule", items=[str(item)])
    await office.step(session, "schedule", off=[str(item)])
    assert await office.item(item) == ("queued", STREET, 0)
    await office.step(session, "schedule", items=[str(item)])
    (line,) = (await office.show(session))["agenda"]
    assert (line["outcome"], line["state"]) == (None, "scheduled")


async def test_the_calendar_shows_ones_own_sessions_and_the_rhythm_proposes_working_days(
    office: Office,
) -> None:
    session = await office.set_up(starts_at="2026-12-10T09:00:00+08:00")
    directory = city.directory()
    span = Span(MONDAY, MONDAY + timedelta(days=60))

    async def listed(who: Principal, org: str | None = None) -> list[str]:
        found = await pages.calendar(office.pool, directory, who, org, span)
        return [one["session_id"] for one in found["items"]]

    assert await listed(SECRETARY) == await listed(CLERK, STREET) == [str(session)]
    assert await listed(OTHER_SECRETARY) == []
    with pytest.raises(DomainError, match="not-found"):
        await listed(OTHER_SECRETARY, STREET)
    wide = Span(datetime.fromisoformat("2026-09-01T00:00:00+08:00"), span.end)
    found = await pages.proposals(office.pool, directory, SECRETARY, STREET, wide)
    days = [(one["starts_at"][:10], one["moved_from"]) for one in found["items"]]
    assert ("2026-10-08", None) in days
    assert not any(day == "2026-12-10" for day, _ in days)  # that one is set up


async def test_words_and_codes_are_checked_before_anything_is_stored(office: Office) -> None:
    wrong: list[dict[str, Any]] = [
        {"starts_at": "2026-11-01T09:00:00+08:00"}, {"chair": "SQ-001-SJ"},
        {"participants": ["SZZ"]}, {"org": "SZ"},
    ]  # fmt: skip
    for body in wrong:
        with pytest.raises(DomainError):
            await office.set_up(**body)
    session = await office.set_up()
    assert (await office.show(session))["chair"] == "JD-WYS-SJ"
    with pytest.raises(DomainError, match="invalid"):
        await office.step(session, "schedule", items=[str(new_id())])
    assert await office.pool.fetchval("select count(*) from reception_session") == 1
