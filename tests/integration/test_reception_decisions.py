"""Decisions of receptions on a real PostgreSQL: their clocks, what happens when they are late, confirmation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from contracts.base import Event
from contracts.clock import ClockEvent
from contracts.escalation import EscalationEvent, ReceptionLevel
from kit.auth import Principal
from kit.clock import business_now
from kit.db import Pool, create_pool, transaction
from kit.errors import DomainError
from services.notifier import viewing
from services.notifier.directory import Directory
from services.notifier.receiving import overdue, pages
from services.notifier.reception import minutes_page
from services.notifier.reception.store_decisions import Wanted
from tests.support import city
from tests.support.another_calendar import changed, recount
from tests.support.heard import MONDAY, at, ticks
from tests.support.reception import (
    ADMIN,
    CLERK,
    COMMUNITY_DEPUTY,
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

OWNER: Final = Principal("P0141", frozenset({"unit"}))
DAY: Final = timedelta(days=1)
FOREIGN: Final = Principal("P0036", frozenset({"unit"}))


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    await at(database.dsn(), 0)
    yield pool
    await pool.close()


@pytest.fixture
def office(pool: Pool) -> Office:
    return Office(pool)


async def one_decided(office: Office, *given: dict[str, Any]) -> tuple[UUID, UUID, list[UUID]]:
    """(session, matter, decisions)."""
    item = await office.matter()
    session = await office.set_up()
    await office.step(session, "schedule", items=[str(item)])
    return session, item, await office.decided(session, item, *(given or (order(),)))


async def test_a_decision_has_a_clock_with_a_trace_and_one_plain_sentence(office: Office) -> None:
    session, item, _ = await one_decided(office, order(limit="2wd"), order(due_at=days(5)))
    (line,) = (await office.show(session))["agenda"]
    by_limit, by_date = (d["clocks"][0] for d in line["decisions"])
    assert by_limit["due_at"].startswith("2026-11-25T02:00:00")
    assert by_limit["trace"]["limit"] == "2wd"
    assert "2 个工作日" in by_limit["sentence"]
    assert by_date["due_at"] == "2026-11-28T02:00:00+00:00"
    assert "接待时定下的日期" in by_date["sentence"]
    ticket_id = await office.pool.fetchval("select ticket_id from reception_item")
    shown = await viewing.clocks(office.pool, city.directory(), ADMIN, ticket_id)
    assert [c["kind"] for c in shown["items"] if c.get("decision_id")] == ["decision"] * 2
    assert (await office.item(item))[0] == "decided"


async def test_an_overdue_decision_warns_then_tells_the_leaders_then_goes_to_the_table_above_once(
    office: Office, database: Database
) -> None:
    _, item, (decision,) = await one_decided(office, order(limit="5wd"))
    await at(database.dsn(), 24 * 4.5)
    assert [_name(e) for e in (await ticks(office.pool)).events if "decision" in _kind(e)] == [
        "clock.near_due"
    ]
    await at(database.dsn(), 24 * 7 + 1)
    both = await asyncio.gather(ticks(office.pool, limit=3), ticks(office.pool, limit=3))
    due = [e for done in both for e in done.events if "decision" in _kind(e)]
    assert sorted(_name(e) for e in due) == ["clock.breached", "escalation.raised"]
    raised = next(e for e in due if _name(e) == "escalation.raised")
    told = Event[EscalationEvent].model_validate_json(raised.body).data
    assert told.decision_id == str(decision)
    assert {"SZ-KZ", "JD-WYS-SJ"} <= set(told.recipients)
    assert await office.item(item) == ("decided", STREET, 0)
    await at(database.dsn(), 24 * 8 + 2)
    both = await asyncio.gather(ticks(office.pool), ticks(office.pool))
    moved = [_name(e) for done in both for e in done.events if _name(e) == "reception.queued"]
    assert moved == ["reception.queued"]
    assert await office.item(item) == ("queued", "QX-TQ", 0)
    assert not [e for e in (await ticks(office.pool)).events if "decision" in _kind(e)]
    ledger = await pages.ledger(office.pool, city.directory(), OWNER, Wanted(None, overdue=True), 9)
    assert [(d["decision_id"], d["overdue"]) for d in ledger["items"]] == [(str(decision), True)]


async def test_a_refused_report_lets_the_clock_go_on_and_another_person_confirms(
    office: Office, database: Database
) -> None:
    _, item, (decision,) = await one_decided(office)
    due = await office.pool.fetchval("select due_at from decision_clock")
    for who in (OTHER_SECRETARY, FOREIGN):
        with pytest.raises(DomainError, match="not-found"):
            await office.promise(decision, "done", who, text="办完了")
    with pytest.raises(DomainError, match="forbidden"):
        await office.promise(decision, "done", SECRETARY, text="办完了")
    with pytest.raises(DomainError, match="not-allowed-now"):
        await office.promise(decision, "confirm", COMMUNITY_SECRETARY)
    await at(database.dsn(), 24)
    await office.promise(decision, "done", OWNER, key="d1", text="已修, 电话 13800004321")
    again = await office.promise(decision, "done", OWNER, key="d1", text="已修, 电话 13800004321")
    assert again["report"] == "已修, 电话 [电话]"
    with pytest.raises(DomainError, match="forbidden"):
        await office.promise(decision, "confirm", OWNER)
    refused = await office.promise(decision, "refuse", COMMUNITY_SECRETARY, reason="灯还不亮")
    assert [r["reason"] for r in refused["refusals"]] == ["灯还不亮"]
    running = await office.pool.fetch(
        "select kind, due_at from decision_clock where stopped_at is null"
    )
    assert [(r["kind"], r["due_at"]) for r in running] == [("decision", due)]
    await office.promise(decision, "done", OWNER, text="换了灯头")
    assert (await office.promise(decision, "confirm", COMMUNITY_DEPUTY))["state"] == "done"
    assert (await office.item(item))[0] == "done"
    clocks = [n for n in await office.said("clock") if ".SZ" in n or ".SQ-001" in n]
    assert clocks[-8:] == [
        "clock.set.SZ", "clock.stopped.SZ", "clock.set.SQ-001", "clock.stopped.SQ-001",
        "clock.resumed.SZ", "clock.stopped.SZ", "clock.set.SQ-001", "clock.stopped.SQ-001",
    ]  # fmt: skip


async def test_nobody_confirms_the_own_report_and_a_silent_confirmer_is_told(
    office: Office, database: Database
) -> None:
    _, item, (decision,) = await one_decided(office, order(owner="SQ-001"))
    await office.promise(decision, "done", COMMUNITY_SECRETARY, text="办完了")
    with pytest.raises(DomainError, match="forbidden"):
        await office.promise(decision, "confirm", COMMUNITY_SECRETARY)
    await at(database.dsn(), 24 * 4)
    late = [e for e in (await ticks(office.pool)).events if "confirmation" in _kind(e)]
    assert sorted(_name(e) for e in late) == ["clock.breached", "escalation.raised"]
    await at(database.dsn(), 24 * 10)
    await ticks(office.pool)
    assert (await office.item(item))[0] == "decided"  # nobody is lifted for a missing confirmation
    await office.promise(decision, "confirm", COMMUNITY_DEPUTY)
    assert (await office.item(item))[0] == "done"


async def test_a_matter_with_several_decisions_is_done_with_the_last_of_them(
    office: Office,
) -> None:
    given = [order(), {"kind": "explain", "owner": "SQ-001-ZR", "text": "说明原因"}]
    _, item, (assign, explain) = await one_decided(office, *given)
    await office.promise(assign, "done", OWNER, text="修好")
    await office.promise(assign, "confirm", COMMUNITY_SECRETARY)
    assert (await office.item(item))[0] == "decided"
    await office.promise(explain, "done", Principal("P0021", frozenset({"unit"})), text="已说明")
    last = await asyncio.gather(
        *(
            office.promise(explain, "confirm", who)
            for who in (COMMUNITY_SECRETARY, COMMUNITY_DEPUTY)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, DomainError) for one in last) == 1
    assert (await office.said("reception"))[-1:] == ["reception.done.subdistrict"]
    assert (await office.said("reception")).count("reception.done.subdistrict") == 1


async def test_what_is_sent_upward_lies_on_the_next_table_until_that_one_has_decided(
    office: Office,
) -> None:
    upward = {"kind": "send_upward", "text": "需区里协调"}
    _, item, (sent,) = await one_decided(office, upward)
    assert await office.item(item) == ("queued", "QX-TQ", 0)
    assert (await office.said("reception"))[-2:] == [
        "reception.decided.subdistrict", "reception.queued.district",
    ]  # fmt: skip
    with pytest.raises(DomainError, match="not-allowed-now"):
        await office.promise(sent, "done", DISTRICT_SECRETARY, text="办完了")
    above = await office.set_up(DISTRICT_SECRETARY, org="QX-TQ")
    await office.step(above, "schedule", DISTRICT_SECRETARY)
    await office.step(above, "hear", DISTRICT_SECRETARY, item=str(item), form="forum")
    body: dict[str, Any] = {"item": str(item), "decisions": [upward]}
    with pytest.raises(DomainError, match="no-table-above"):
        await office.step(above, "decide", DISTRICT_SECRETARY, **body)
    await office.step(above, "decide", DISTRICT_SECRETARY, item=str(item), decisions=[order()])
    states = await office.pool.fetch(
        "select kind, state from reception_decision order by decision_id"
    )
    assert [tuple(row) for row in states] == [("send_upward", "done"), ("assign", "open")]
    async with office.pool.acquire() as conn:
        now = await conn.fetchval("select chuishao.business_now()")
        earlier = (await pages.decisions_about(conn, [item], now))[item]
    assert [d["org"] for d in earlier] == [STREET, "QX-TQ"]


async def test_a_lapsed_decision_is_replaced_by_what_the_table_above_decides(
    office: Office, database: Database
) -> None:
    _, item, (late,) = await one_decided(office, order(limit="1wd"))
    await at(database.dsn(), 24 * 5)
    await ticks(office.pool)
    assert await office.item(item) == ("queued", "QX-TQ", 0)
    above = await office.set_up(DISTRICT_SECRETARY, org="QX-TQ", starts_at=days(9))
    await office.step(above, "schedule", DISTRICT_SECRETARY)
    await office.step(above, "hear", DISTRICT_SECRETARY, item=str(item), form="report")
    await office.step(above, "decide", DISTRICT_SECRETARY, item=str(item), decisions=[order()])
    state = await office.pool.fetchval(
        "select state from reception_decision where decision_id = $1", late
    )
    assert state == "superseded"
    running = await office.pool.fetchval(
        "select count(*) from decision_clock where stopped_at is null"
    )
    assert running == 1


async def test_what_was_done_at_the_table_counts_as_solved_on_the_spot(office: Office) -> None:
    session, item, (decision,) = await one_decided(office, order(done="当场接好线"))
    await office.promise(decision, "confirm", COMMUNITY_SECRETARY)
    await office.step(session, "close", minutes="<script>alert(1)</script> 会议顺利")
    told = await office.show(session)
    figures = told["figures"]
    assert (figures["solved_on_the_spot"], figures["decisions_by_kind"]) == (1, {"assign": 1})
    assert (figures["average_days_open"], figures["carried_out_by_now"]) == (0.0, 1)
    page = minutes_page.page(told, "zh")
    assert page.startswith('<!doctype html><html lang="zh-CN">')
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 会议顺利" in page
    assert "<script" not in page
    assert "当场解决</th><td>1</td>" in page
    assert "@media print" in page
    assert "Solved on the spot" in minutes_page.page(told, "en")
    assert (await office.item(item))[0] == "done"


async def test_a_changed_calendar_moves_a_decision_by_limit_and_what_lapses_of_one_by_date(
    office: Office, database: Database
) -> None:
    given = [order(limit="2wd"), order(due_at=days(3))]
    _, _, (by_limit, by_date) = await one_decided(office, *given)
    await at(database.dsn(), 48.5)
    assert "clock.breached" in [_name(e) for e in (await ticks(office.pool)).events]
    before = await _decision_clock(office, by_date)
    said = await _recount(office, changed(2, "2026-11-24", "2026-11-27"))
    clock = await _decision_clock(office, by_limit)
    assert (clock["due_at"], clock["earlier_due"]) == (MONDAY + 3 * DAY, [MONDAY + 2 * DAY])
    assert (
        clock["lapse_at"] == MONDAY + 7 * DAY
    )  # one working day later: Friday and the weekend are off
    assert "原定 2026年11月25日 10:00，工作历有变更（第 2 版名录）" in clock["sentence"]
    assert (clock["trace"]["calendar_version"], clock["trace"]["skipped"]) == (2, ["2026-11-24"])
    assert (clock["warned_at"] is None, clock["breached_at"]) == (True, None)
    assert [(d.decision_id, d.kind.value) for d in said] == [(str(by_limit), "decision")]
    after = await _decision_clock(office, by_date)
    assert (after["due_at"], after["sentence"]) == (before["due_at"], before["sentence"])
    assert (before["lapse_at"], after["lapse_at"]) == (MONDAY + 4 * DAY, MONDAY + 7 * DAY)
    told = await office.pool.fetch("select detail from audit where action = 'clock.recount'")
    kinds = [c["kind"] for row in told for c in row["detail"]["clocks"]]
    assert kinds.count("decision") == 1
    assert await _recount(office, changed(3, "2026-11-24", "2026-11-27")) == []
    shown = await viewing.clocks(office.pool, city.directory(), ADMIN, await _ticket(office))
    moved = [c["earlier_due"] for c in shown["items"] if c.get("decision_id") == str(by_limit)]
    assert [len(times) for times in moved] == [1]
    await at(database.dsn(), 24 * 3)
    assert "clock.breached" in [_name(e) for e in (await ticks(office.pool)).events]


async def test_another_rule_touches_no_running_clock_of_a_decision(
    office: Office, database: Database
) -> None:
    _, _, (decision,) = await one_decided(office, order(limit="2wd"))
    before = await _decision_clock(office, decision)
    own = city.parts()
    rule = {"office": "default", "decision": "1wd", "lapse": "due+9wd", "told": ["liaison"]}
    another = Directory.of(2, own | {"reception": [rule]})
    assert another.reception.rule(STREET, ReceptionLevel.SUBDISTRICT).told == ("liaison",)
    assert await _recount(office, another) == []
    assert await _decision_clock(office, decision) == before
    await at(database.dsn(), 49)
    async with transaction(office.pool) as conn:
        now = await business_now(conn)
        events, _ = await overdue.sound(conn, another, now, 9)
    raised = next(e for e in events if _name(e) == "escalation.raised")
    told = Event[EscalationEvent].model_validate_json(raised.body).data
    assert "SZ-KZ" in told.recipients


async def test_a_refused_report_goes_on_by_the_calendar_as_it_is_then(office: Office) -> None:
    _, _, (decision,) = await one_decided(office, order(limit="2wd"))
    await office.promise(decision, "done", OWNER, text="已修")
    new = changed(2, "2026-11-24")
    assert [d.kind.value for d in await _recount(office, new)] == ["confirmation"]
    office.holder.use(new)
    await office.promise(decision, "refuse", COMMUNITY_SECRETARY, reason="灯还不亮")
    due = "select due_at from decision_clock where kind = 'decision' and stopped_at is null"
    assert _whole(await office.pool.fetchval(due)) == MONDAY + 3 * DAY


async def test_wrong_owners_and_times_are_named(office: Office) -> None:
    item = await office.matter()
    session = await office.set_up()
    await office.step(session, "schedule", items=[str(item)])
    await office.step(session, "hear", item=str(item), form="report")
    for wrong, field in (
        (order(owner="SZZ"), "decisions.owner"), (order(due_at=days(-1)), "decisions.due_at"),
        (order(due_at="9999-01-01T00:00:00+08:00"), "decisions.due_at"),
    ):  # fmt: skip
        with pytest.raises(DomainError) as refused:
            await office.step(session, "decide", SECRETARY, item=str(item), decisions=[wrong])
        assert refused.value.field == field
    assert (await office.item(item))[0] == "heard"
    assert (await office.show(session, CLERK))["agenda"][0]["decisions"] == []


async def _recount(office: Office, directory: Directory) -> list[ClockEvent]:
    """Take another calendar to all clocks; what was said of decisions."""
    said = await recount(office.pool, directory, limit=1)
    return [data for data in said if data.decision_id]


async def _decision_clock(office: Office, decision: UUID) -> dict[str, Any]:
    row = await office.pool.fetchrow(
        "select * from decision_clock where decision_id = $1", decision
    )
    return {name: _whole(value) for name, value in dict(row or {}).items()}


def _whole(value: Any) -> Any:
    """A time to the second: the business clock runs on while a test does."""
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return value.replace(microsecond=0) if isinstance(value, datetime) else value


async def _ticket(office: Office) -> UUID:
    ticket_id: UUID = await office.pool.fetchval("select ticket_id from reception_item")
    return ticket_id


def _name(event: Any) -> str:
    return ".".join(event.subject.split(".")[:2])


def _kind(event: Any) -> str:
    """The kind of clock an event is about; empty for others."""
    if not event.subject.startswith(("clock.", "escalation.")):
        return ""
    model: Any = ClockEvent if event.subject.startswith("clock.") else EscalationEvent
    data = Event[model].model_validate_json(event.body).data
    return str(data.kind if isinstance(data, ClockEvent) else data.clock)
