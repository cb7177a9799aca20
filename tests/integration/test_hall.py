"""Walls: what they are told to show reaches them by the stream, how sums stood is kept, areas are outlined."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kit.clock import business_now
from kit.db import reading
from services.console.hall import history, store
from tests.support import screens
from tests.support.lives import Life
from tests.support.screens import Screens, headers
from tests.support.servers import Database

DISTRICT = "370105"


@pytest.fixture
async def console(database: Database) -> AsyncIterator[Screens]:
    async with screens.screens(database) as running:
        await running.empty()
        for statement in ("delete from hall_picture", "delete from wall_sample"):
            await running.pool.execute(statement)
        yield running


async def show(console: Screens, role: str = "dispatcher", **picture: Any) -> httpx.Response:
    answer = await console.http.post("/api/v1/hall/show", json=picture, headers=headers("P9", role))
    await console.project()
    return answer


async def test_what_is_sent_from_the_tablet_reaches_walls_and_is_there_for_those_that_start_later(
    console: Screens,
) -> None:
    before = (await console.get("hall", "W-1", "dashboard")).json()
    assert (before["topic"], before["rows"]) == ("hall", [])
    sent: dict[str, Any] = {
        "page": "map",
        "layer": "overdue",
        "area": "370105001",
        "pages": [],
        "rotate_s": 0,
    }
    assert (await show(console, **sent)).json() == sent
    [frame] = await console.frames("hall", since=before["seq"])
    assert [(one["kind"], one["id"], one["row"]) for one in frame["events"]] == [
        ("hall", "hall", sent)
    ]
    await show(console, page="ranking")
    after = (await console.get("hall", "W-1", "dashboard")).json()
    assert [row["page"] for row in after["rows"]] == ["ranking"]
    assert after["seq"] > frame["seq"]


@pytest.mark.parametrize(
    ("role", "picture", "status"),
    [
        ("dashboard", {}, 403),
        ("unit", {}, 403),
        ("secretary", {}, 200),
        ("admin", {"page": "nowhere"}, 422),
        ("admin", {"area": "370105';--"}, 422),
        ("admin", {"rotate_s": 10**9}, 422),
    ],
)
async def test_only_who_leads_the_hall_sends_and_only_what_a_wall_knows(
    console: Screens, role: str, picture: dict[str, Any], status: int
) -> None:
    assert (await show(console, role, **picture)).status_code == status


async def test_sums_are_kept_once_a_quarter_and_told_as_trends_beside_yesterday(
    console: Screens,
) -> None:
    life = Life("261123000199").on("dispatched", 0, "GT-001")
    await console.tell(screens.filed(life), *life.told)
    async with reading(console.pool) as conn:
        now = await business_now(conn)
        at = history.quarter(now)
        for ago in (timedelta(), timedelta(), timedelta(days=1), timedelta(days=9)):
            await store.sample(conn, at - ago, history.names(now))
        kept = await conn.fetchval("select count(*) from wall_sample where area = $1", DISTRICT)
        assert kept == 3
        await store.thin(conn, at - history.DAY, at - history.KEPT)
    told = (await console.get(f"hall/trend?area={DISTRICT}", "W-1", "dashboard")).json()
    assert told["day"][-1]["open"] == 1
    assert told["yesterday"]["open"] == 1
    assert (
        await console.pool.fetchval(
            "select count(*) from wall_sample where at < $1", at - history.KEPT
        )
        == 0
    )


async def test_a_trend_is_for_those_who_follow_the_wall(console: Screens) -> None:
    answer = await console.get(f"hall/trend?area={DISTRICT}", "P9", "unit")
    assert (answer.status_code, answer.json()["title"]) == (403, "topic-forbidden")


async def test_areas_are_outlined_by_name_and_told_anew_only_with_a_new_directory(
    console: Screens,
) -> None:
    answer = await console.get("outlines?levels=3", "P9", "unit")
    told = answer.json()
    assert told["area"] == DISTRICT
    by_level = {one["level"]: one for one in told["items"]}
    assert set(by_level) == {"district", "subdistrict", "community", "compound"}
    assert by_level["compound"]["geometry"]["type"] == "Polygon"
    assert any(one["covers"] for one in told["items"] if one["level"] == "compound")
    again = await console.http.get(
        "/api/v1/outlines?levels=3",
        headers=headers("P9", "unit") | {"If-None-Match": answer.headers["etag"]},
    )
    assert (again.status_code, again.content) == (304, b"")
    assert (await console.get("outlines?area=999999", "P9", "unit")).status_code == 404
