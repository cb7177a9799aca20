"""A changed calendar on a real PostgreSQL: what still runs is reckoned again, once, and nothing else moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, cast
from uuid import UUID

import asyncpg
import orjson
import pytest
from httpx import ASGITransport, AsyncClient

from contracts.base import Event
from contracts.clock import ClockEvent
from contracts.ticket import TicketStatus
from contracts.whistle import WhistleEvent, WhistleKind, WhistleStatus
from kit.auth import Principal, TokenVerifier
from kit.db import Pool, create_pool
from kit.http import Shared, create_app
from kit.ids import new_id
from kit.relay import Relay
from services.notifier import outlook, recounting, viewing
from services.notifier.actions import apply_complaints, apply_tickets
from services.notifier.clocks import store, store_recount
from services.notifier.directory import Directory, Holder
from services.notifier.loops import calendar_recount
from services.notifier.worktime.reckoning import reckon
from tests.support import city
from tests.support.another_calendar import changed, recount
from tests.support.heard import MONDAY, apply, at, complaint, dispatched, received, ticket, ticks
from tests.support.servers import PASSWORD, Database

S = TicketStatus
DAY: Final = timedelta(days=1)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    yield pool
    await pool.close()


TUESDAY_OFF: Final = ("2026-11-24",)


async def clocks(pool: Pool, one: UUID) -> dict[str, dict[str, Any]]:
    """Kind to the row of its newest clock."""
    rows = await pool.fetch("select * from clock where ticket_id = $1 order by started_at", one)
    return {row["kind"]: dict(row) for row in rows}


def but_the_version(clocks: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Everything but the calendar's version, which a clock that stays where it is takes over, too."""
    named = ("calendar_version", "calendar_digest")
    return [
        row | {"trace": {k: v for k, v in row["trace"].items() if k not in named}}
        for _, row in sorted(clocks.items())
    ]


async def rungs(pool: Pool, one: UUID) -> dict[tuple[str, str], datetime]:
    text = await pool.fetchval("select rungs from ladder where ticket_id = $1", one)
    return {(r["clock"], r["at"]): datetime.fromisoformat(r["due_at"]) for r in text}


async def test_what_hangs_on_working_time_moves_with_its_reason_and_its_rungs_nothing_else_does(
    pool: Pool,
) -> None:
    one = new_id()
    await apply(pool, apply_complaints, complaint(one))
    await apply(pool, apply_tickets, dispatched(one))
    before, planned = await clocks(pool, one), await rungs(pool, one)
    assert before["contact"]["due_at"] == MONDAY + DAY
    # Two days off: Tuesday the 24th, before the contact is due, and Tuesday the 1st, after the result is.
    (said,) = await recount(pool, changed(2, *TUESDAY_OFF, "2026-12-01"))
    after = await clocks(pool, one)
    contact = after.pop("contact")
    assert contact["due_at"] == MONDAY + 2 * DAY
    assert contact["earlier_due"] == [MONDAY + DAY]
    assert "原定 2026年11月24日 10:00，工作历有变更（第 2 版名录）" in contact["sentence"]
    assert contact["trace"]["skipped"] == ["2026-11-24"]
    assert contact["trace"]["calendar_version"] == 2
    assert contact["trace"]["start"] == before.pop("contact")["trace"]["start"]
    assert (said.kind.value, said.due_at) == ("contact", contact["due_at"])
    assert but_the_version(after) == but_the_version(before)
    assert {row["trace"]["calendar_version"] for row in after.values()} == {2, 1}
    then = await rungs(pool, one)
    assert then.pop(("result", "due+1wd")) == planned.pop(("result", "due+1wd")) + DAY
    assert then.pop(("result", "due+6wd")) == planned.pop(("result", "due+6wd")) + DAY
    assert then == planned
    next_due = await pool.fetchval("select next_due_at from ladder")
    assert next_due == min(then.values())


async def test_the_difference_is_kept_in_audit_outbox_and_the_run(pool: Pool) -> None:
    one = new_id()
    await apply(pool, apply_tickets, dispatched(one))
    await recount(pool, changed(2, *TUESDAY_OFF))
    row = await pool.fetchrow("select * from audit where action = 'clock.recount'")
    assert (row["object"], row["actor"]) == (str(one), "system:notifier")
    was, due = MONDAY + DAY, MONDAY + 2 * DAY
    (told,) = row["detail"]["clocks"]
    assert told["kind"] == "contact"
    assert [datetime.fromisoformat(told[key]) for key in ("was", "due")] == [was, due]
    subjects = await pool.fetch("select subject from outbox order by subject")
    assert [r["subject"].rsplit(".", 4)[0] for r in subjects].count("clock.set.SZ") == 4
    run = await pool.fetchrow("select * from calendar_run")
    assert (run["version"], run["moved"], run["same"], run["kept"]) == (2, 1, 2, 0)
    assert run["done_at"] is not None


async def test_another_limit_ladder_or_title_touches_no_running_clock(pool: Pool) -> None:
    one = new_id()
    await apply(pool, apply_complaints, complaint(one))
    await apply(pool, apply_tickets, dispatched(one))
    before, planned = await clocks(pool, one), await rungs(pool, one)
    edited = orjson.loads(
        orjson.dumps(city.parts()["limits"]).replace(b'"1wd"', b'"3wd"').replace(b'"7d"', b'"9d"')
    )
    ladder = orjson.loads(
        orjson.dumps(city.parts()["ladder"]).replace(b"due+1wd", b"due+3wd").replace(b"80%", b"50%")
    )
    same_days = Directory.of(2, city.parts() | {"limits": edited, "ladder": ladder})
    assert same_days.basis is not city.directory().basis
    assert await recount(pool, same_days) == []
    assert (await clocks(pool, one), await rungs(pool, one)) == (before, planned)
    (said,) = await recount(pool, changed(3, *TUESDAY_OFF, limits=edited, ladder=ladder))
    assert (said.trace.limit, said.due_at) == ("1wd", MONDAY + 2 * DAY)
    assert (await rungs(pool, one)).keys() == planned.keys()


async def test_holds_and_extensions_stay_what_they_were(pool: Pool) -> None:
    other, profile = new_id(), {"profile": "business_1_2_4"}
    lived = [
        ticket("reassigned", other, 1, status=S.ACCEPTED, hours=1, **profile),
        ticket("recategorised", other, 2, status=S.ACCEPTED, hours=1),
        ticket("contacted", other, 3, status=S.IN_PROGRESS, hours=2),
        ticket("held", other, 4, status=S.ON_HOLD, hours=4),
        ticket("resumed", other, 5, status=S.IN_PROGRESS, hours=4 + 48),
        ticket("extended", other, 6, status=S.IN_PROGRESS, hours=53),
        ticket("held", other, 7, status=S.ON_HOLD, hours=72),
    ]
    await apply(pool, apply_tickets, *lived)
    before = (await clocks(pool, other))["result"]
    assert [m["what"] for m in before["trace"]["moves"]] == ["hold", "extension"]
    # 4wd from Monday 11:00; held Monday 14:00 to Wednesday 14:00; Thursday off: one working day more.
    said = await recount(pool, changed(2, "2026-11-26"))
    after = (await clocks(pool, other))["result"]
    assert after["due_at"] == before["due_at"] + DAY
    assert after["trace"]["moves"] == before["trace"]["moves"]
    assert after["paused_at"] == before["paused_at"]
    assert after["earlier_due"] == [*before["earlier_due"], before["due_at"]]
    assert ("result", after["due_at"]) in {(data.kind.value, data.due_at) for data in said}
    subject = "select count(*) from outbox where subject like 'clock.paused.%'"
    assert await pool.fetchval(subject) == 3  # held twice, moved while it is held


async def test_stored_times_are_those_their_traces_lead_to(pool: Pool) -> None:
    ids = [new_id() for _ in range(7)]
    await apply(pool, apply_tickets, *map(dispatched, ids))
    directory = changed(2, *TUESDAY_OFF)
    await recount(pool, directory, limit=2)
    async with pool.acquire() as conn:
        found = await store.clocks(conn, ids)
    for clock in (c for own in found.values() for c in own):
        calendar = directory.calendar(clock.trace.calendar)
        assert reckon(clock.trace, calendar) == (clock.near_at, clock.due_at)


async def test_many_at_once_and_one_that_dies_move_each_clock_once(pool: Pool) -> None:
    ids = [new_id() for _ in range(40)]
    await apply(pool, apply_tickets, *map(dispatched, ids))
    directory = changed(2, *TUESDAY_OFF)
    await recounting.begin(pool, directory)
    await recounting.step(pool, directory, limit=7)

    async with pool.acquire() as conn:
        dying = conn.transaction()
        await dying.start()
        assert await store_recount.claim(conn, directory.digests) is not None
        assert await recounting.step(pool, directory, limit=7) is None  # another has it
        await dying.rollback()

    async def go_on() -> int:
        said = 0
        for _ in range(200):
            done = await recounting.step(pool, directory, limit=7)
            said += len(done.events) if done else 0
            if done and done.run.done_at:
                break
            await asyncio.sleep(0)
        return said

    replicas = [asyncio.create_task(go_on()) for _ in range(3)]
    assert sum(await asyncio.gather(*replicas)) == 40 - 7
    moved = await pool.fetch(
        "select cardinality(earlier_due) n, due_at from clock where kind = 'contact'"
    )
    assert {(row["n"], row["due_at"]) for row in moved} == {(1, MONDAY + 2 * DAY)}
    assert await recount(pool, directory) == []


async def test_an_older_directory_takes_nothing_back_and_the_last_to_switch_finds_the_rest(
    pool: Pool,
) -> None:
    new, one, late = changed(2, *TUESDAY_OFF), new_id(), new_id()
    await apply(pool, apply_tickets, dispatched(one))
    await recount(pool, new)
    assert await recount(pool, city.directory()) == []
    assert (await clocks(pool, one))["contact"]["due_at"] == MONDAY + 2 * DAY
    await apply(pool, apply_tickets, dispatched(late))  # by a replica that has not switched yet
    (said,) = await recount(pool, new)
    assert said.ticket_id == str(late)


async def test_a_due_time_that_lies_ahead_again_is_warned_of_and_breached_anew(
    pool: Pool, database: Database
) -> None:
    one = new_id()
    await at(database.dsn(), 0)
    await apply(pool, apply_tickets, dispatched(one))
    due = await at(database.dsn(), 24.5)
    assert {e.subject.split(".")[1] for e in (await ticks(pool)).events} >= {"breached"}
    await recount(pool, changed(2, *TUESDAY_OFF))
    row = (await clocks(pool, one))["contact"]
    assert (row["warned_at"] is None, row["breached_at"]) == (row["near_at"] > due, None)
    await at(database.dsn(), 48)
    again = await ticks(pool)
    kinds = [Event[ClockEvent].model_validate_json(e.body).data.kind.value
             for e in again.events if e.subject.startswith("clock.breached")]  # fmt: skip
    assert kinds == ["contact"]


async def test_whistles_are_reckoned_again_too(pool: Pool) -> None:
    one = new_id()
    values: dict[str, Any] = {
        "whistle_id": str(one), "kind": WhistleKind.RESIDENT_REQUEST, "blower": "SQ-001",
        "area": "370105001008", "office": "JD-WYS", "status": WhistleStatus.ISSUED, "at": MONDAY,
    }  # fmt: skip
    told = [WhistleEvent(**values, version=n, unit="SZ") for n in (1, 2)]
    issued = [
        received("whistle.blown", told[0], MONDAY),
        received("whistle.issued", told[1], MONDAY),
    ]
    await apply(pool, apply_tickets, *issued)
    said = await recount(pool, changed(2, *TUESDAY_OFF))
    assert sorted((d.kind.value, d.whistle_id) for d in said) == [
        ("check_in", str(one)), ("resolve", str(one)),
    ]  # fmt: skip
    row = await pool.fetchrow("select * from whistle_clock where kind = 'check_in'")
    assert row["earlier_due"] == [MONDAY + DAY]
    assert row["due_at"] == MONDAY + 2 * DAY
    assert await recount(pool, changed(3, *TUESDAY_OFF)) == []


async def test_what_was_moved_before_moves_were_kept_is_counted_and_left_alone(pool: Pool) -> None:
    one = new_id()
    await apply(pool, apply_tickets, dispatched(one))
    await pool.execute(
        "update clock set trace = trace - 'warn' - 'moves' - 'calendar_digest', due_at = due_at + '2h',"
        " earlier_due = array[due_at] where kind = 'contact'"
    )
    assert await recount(pool, changed(2, *TUESDAY_OFF)) == []
    assert (await clocks(pool, one))["contact"]["due_at"] == MONDAY + DAY + timedelta(hours=2)
    assert await pool.fetchval("select kept from calendar_run") == 1


async def test_a_year_that_is_gone_leaves_a_clock_as_it_is(pool: Pool) -> None:
    one = new_id()
    await apply(pool, apply_tickets, dispatched(one))
    rows = [r for r in city.parts()["calendar"] if not r["date"].startswith("2026")]
    assert await recount(pool, Directory.of(2, city.parts() | {"calendar": rows})) == []
    assert (await clocks(pool, one))["contact"]["due_at"] == MONDAY + DAY
    assert await pool.fetchval("select kept from calendar_run") == 1


async def test_the_page_of_open_tickets_is_read_by_the_index_of_running_clocks(
    database: Database,
) -> None:
    conn = await asyncpg.connect(
        database.dsn("chuishao_notifier"),
        server_settings={"search_path": "notifier", "enable_seqscan": "off"},
    )
    plan = await conn.fetch(f"explain {store_recount.SQL_TICKETS}", UUID(int=0), 200, "{}")
    await conn.close()
    assert any("clock_running" in row[0] for row in plan)


async def test_a_year_that_is_missing_soon_is_said_by_business_time(
    pool: Pool, database: Database
) -> None:
    rows = [r for r in city.parts()["calendar"] if not r["date"].startswith("2027")]
    holder = Holder()
    holder.use(Directory.of(2, city.parts() | {"calendar": rows}))
    shared = Shared(
        "notifier", pool, TokenVerifier(""), {}, {"calendar": partial(outlook.detail, pool, holder)}
    )
    client = AsyncClient(
        transport=ASGITransport(create_app(shared, title="-", version="0")), base_url="http://n"
    )

    async def said(day: str) -> Any:
        conn = await asyncpg.connect(database.dsn())
        await conn.execute("select chuishao.set_business_clock($1)", datetime.fromisoformat(day))
        await conn.close()
        return (await client.get("/readyz")).json()

    async with client:
        before = await said("2026-11-01T12:00:00+08:00")
        assert before["calendar"] == {"loaded_until": "2027-01-01", "days": 60, "alarm": False}
        soon = await said("2026-11-02T12:00:00+08:00")
        assert (soon["status"], soon["calendar"]["alarm"]) == ("ready", True)
        assert "calendar/2027.csv" in soon["calendar"]["remedy"]
        gone = (await said("2027-01-01T00:00:00+08:00"))["calendar"]
        assert (gone["days"], gone["loaded_until"], gone["alarm"]) == (-1, None, True)
        holder.use(city.directory())
        assert (await said("2026-11-02T12:00:00+08:00"))["calendar"]["alarm"] is False


async def test_switching_to_another_calendar_starts_the_run_by_itself(pool: Pool) -> None:
    one, holder, hinted = new_id(), Holder(), []

    class Hints:
        """Takes the hints the relay would take; nothing is published here."""

        def hint(self, events: list[Any]) -> None:
            hinted.extend(events)

    holder.use(city.directory())
    await apply(pool, apply_tickets, dispatched(one))
    loop = calendar_recount(pool, cast("Relay", Hints()), holder, settle_s=0, look_s=0.05)
    running = asyncio.create_task(loop())
    try:
        async with asyncio.timeout(10):
            while not await pool.fetchval(
                "select count(*) from calendar_run where done_at is not null"
            ):
                await asyncio.sleep(0.05)
            holder.use(changed(2, *TUESDAY_OFF))
            while not await pool.fetchval("select sum(moved) from calendar_run"):
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await asyncio.wait({running})
    assert (await clocks(pool, one))["contact"]["due_at"] == MONDAY + 2 * DAY
    assert len(hinted) == 1


async def test_the_reason_is_told_in_english_to_who_asks_for_it(pool: Pool) -> None:
    one, auditor = new_id(), Principal("P0000", frozenset({"auditor"}))
    await apply(pool, apply_tickets, dispatched(one))
    await recount(pool, changed(2, *TUESDAY_OFF))
    found = await viewing.clocks(pool, city.directory(), auditor, one)
    (contact,) = [i for i in viewing.in_english(found)["items"] if i["kind"] == "contact"]
    assert contact["sentence"] == (
        "Due 2026-11-25 10:00: first contact with the caller, 1 working day from 2026-11-23 10:00 by"
        " profile standard (normal); 1 day without work not counted; due 2026-11-24 10:00 before."
    )
