"""The ledger of legacy problems on a real PostgreSQL: two paths, reviews by date, and no silent end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

from contracts.ticket import TicketStatus
from kit.db import Pool, create_pool
from kit.ids import new_id
from services.notifier.actions import apply_complaints, apply_tickets
from tests.support.heard import MONDAY, apply, at, complaint, dispatched, ticket, ticks
from tests.support.notifier import Front, front, lying
from tests.support.servers import PASSWORD, Database

PLAN: Final[dict[str, Any]] = {"path": "resolvable", "plan": "列入年度改造, 联系 13812345678"}
BLOCKED: Final[dict[str, Any]] = {
    "path": "blocked", "way": "upward", "cause": "土地权属不清", "steps": "两次现场会商", "explanation": "已入户解释",
}  # fmt: skip


def in_hours(hours: float) -> str:
    return (MONDAY + timedelta(hours=hours)).isoformat()


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn("chuishao_notifier"), PASSWORD, "notifier", size=4)
    await at(database.dsn(), 0)
    yield pool
    await pool.close()


@pytest.fixture
async def notifier(pool: Pool) -> AsyncIterator[Front]:
    async with httpx.AsyncClient() as nobody, front(pool, nobody) as found:
        yield found


async def a_ticket(pool: Pool) -> UUID:
    one = new_id()
    await apply(pool, apply_complaints, complaint(one))
    await apply(pool, apply_tickets, dispatched(one))
    return one


async def reviews(pool: Pool) -> list[str]:
    """What is said to be queued when everything due has been ticked."""
    done = await ticks(pool)
    return [e.subject for e in done.events if e.subject.startswith("reception.queued")]


async def test_each_path_wants_its_own_words_and_a_date_that_comes(
    pool: Pool, notifier: Front
) -> None:
    one = str(await a_ticket(pool))
    for body, field in (
        ({"path": "resolvable", "review_at": in_hours(50)}, "plan"),
        (PLAN, "review_at"),
        (PLAN | {"review_at": in_hours(-1)}, "review_at"),
        (PLAN | {"review_at": in_hours(24 * 400)}, "review_at"),
        *(({k: v for k, v in BLOCKED.items() if k != left} | {"review_at": in_hours(50)}, left)
          for left in ("cause", "steps", "explanation")),
    ):  # fmt: skip
        answer = await notifier.post("legacy", ticket=one, **body)
        assert (answer.status_code, answer.json().get("field")) == (422, field), answer.text
    assert (await notifier.post("legacy", "P0023", ticket=one, **PLAN)).status_code in {404, 422}
    begun = await notifier.post("legacy", ticket=one, review_at=in_hours(50), **PLAN)
    assert begun.status_code == 201, begun.text
    assert (begun.json()["org"], begun.json()["state"]) == ("JD-WYS", "open")
    again = await notifier.post("legacy", ticket=one, review_at=in_hours(50), **PLAN)
    assert (again.status_code, again.json()["title"]) == (409, "already-legacy")
    other = str(await a_ticket(pool))
    stranger = await notifier.post("legacy", "P0023", ticket=other, review_at=in_hours(50), **PLAN)
    assert stranger.status_code == 404
    listed = (await notifier.get("legacy", open=True)).json()["items"]
    assert "13812345678" not in listed[0]["reviews"][0]["plan"]


async def test_the_review_date_brings_it_to_the_table_once_and_a_review_takes_it_off_until_the_next(
    pool: Pool, notifier: Front, database: Database
) -> None:
    one = await a_ticket(pool)
    begun = (await notifier.post("legacy", ticket=str(one), review_at=in_hours(50), **PLAN)).json()
    await at(database.dsn(), 49)
    assert await reviews(pool) == []
    await at(database.dsn(), 51)
    said = await asyncio.gather(*(reviews(pool) for _ in range(3)))
    assert [len(one_) for one_ in sorted(said)] == [0, 0, 1]
    item = await lying(pool, str(one))
    assert (item["rule"], item["org"], item["level"]) == ("legacy", "JD-WYS", "subdistrict")
    assert (await notifier.get("legacy")).json()["items"][0]["state"] == "review_due"
    path = f"legacy/{begun['legacy_id']}/review"
    stale = await notifier.post(path, version=7, review_at=in_hours(80), **BLOCKED)
    assert (stale.status_code, stale.json()["version_now"]) == (409, 1)
    found = await notifier.post(path, version=1, review_at=in_hours(80), **BLOCKED)
    assert (found.status_code, found.json()["path"], found.json()["version"]) == (200, "blocked", 2)
    gone = "select count(*) from reception_item where closed_at is null"
    assert await pool.fetchval(gone) == 0
    await at(database.dsn(), 81)
    assert len(await reviews(pool)) == 1
    line = (await notifier.get("legacy", path="blocked")).json()["items"][0]
    assert [r["path"] for r in line["reviews"]] == ["resolvable", "blocked"]


async def test_it_is_never_closed_silently_whatever_becomes_of_its_ticket(
    pool: Pool, notifier: Front, database: Database
) -> None:
    one = await a_ticket(pool)
    begun = (await notifier.post("legacy", ticket=str(one), review_at=in_hours(50), **PLAN)).json()
    await at(database.dsn(), 51)
    assert len(await reviews(pool)) == 1
    closed = ticket("closed", one, 2, status=TicketStatus.CLOSED, hours=52)
    await apply(pool, apply_tickets, closed)
    assert (await lying(pool, str(one)))["rule"] == "legacy"
    path = f"legacy/{begun['legacy_id']}/review"
    silent = await notifier.post(path, outcome="solved", **PLAN)
    assert (silent.status_code, silent.json()["field"]) == (422, "explanation")
    said = await notifier.post(path, review_at=in_hours(90), **PLAN)
    assert said.status_code == 200
    await at(database.dsn(), 91)
    assert len(await reviews(pool)) == 1  # though its ticket is closed
    ended = await notifier.post(path, outcome="explained", **BLOCKED)
    assert (ended.status_code, ended.json()["state"]) == (200, "ended"), ended.text
    assert (await notifier.post(path, outcome="solved", **BLOCKED)).status_code == 409
    await at(database.dsn(), 24 * 300)
    assert await reviews(pool) == []
    assert (await notifier.get("legacy", open=True)).json()["items"] == []
    rows = await pool.fetch(
        "select action from audit where action like 'legacy.%' order by audit_id"
    )
    assert [row["action"] for row in rows] == ["legacy.open", "legacy.review", "legacy.review"]


async def test_pages_of_the_ledger_meet_without_gap_or_overlap(pool: Pool, notifier: Front) -> None:
    for hours in (70, 50, 60, 60, 80):
        one = str(await a_ticket(pool))
        await notifier.post("legacy", ticket=one, review_at=in_hours(hours), **PLAN)
    seen: list[tuple[str, str]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await notifier.get("legacy", limit=2, **cursor)).json()
        seen += [(item["review_at"], item["legacy_id"]) for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == sorted(seen)
    assert len(set(seen)) == 5
