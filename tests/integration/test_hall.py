"""Walls: what they are told to show reaches them by the stream, how sums stood is kept, areas are outlined."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from kit.clock import business_now
from kit.db import reading
from services.console.hall import history, replay, store
from tests.support import screens
from tests.support.lives import Life
from tests.support.screens import Screens, headers
from tests.support.servers import Database

DISTRICT = "370105"


@pytest.fixture
async def console(database: Database) -> AsyncIterator[Screens]:
    async with screens.screens(database) as running:
        await running.empty()
        for statement in (
            "delete from hall_picture",
            "delete from wall_sample",
            "delete from wall_moment",
        ):
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
        "layer": "heat",
        "area": "370105001",
        "pages": [],
        "rotate_s": 0,
        "sound": True,
    }
    assert (await show(console, **sent)).json() == sent | {"replay": None}
    [frame] = await console.frames("hall", since=before["seq"])
    assert [(one["kind"], one["id"], one["row"]) for one in frame["events"]] == [
        ("hall", "hall", sent | {"replay": None})
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
            await store.sample(conn, at - ago, list(history.LEVELS), history.flows(now))
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


async def order(console: Screens, role: str = "dispatcher", **body: Any) -> httpx.Response:
    answer = await console.http.post("/api/v1/hall/replay", json=body, headers=headers("P9", role))
    await console.project()
    return answer


async def live(console: Screens) -> httpx.Response:
    answer = await console.http.delete("/api/v1/hall/replay", headers=headers("P9", "dispatcher"))
    await console.project()
    return answer


async def test_a_replay_is_told_to_all_walls_beside_the_picture_until_they_are_live_again(
    console: Screens,
) -> None:
    async with reading(console.pool) as conn:
        now = await business_now(conn)
    at = now - timedelta(hours=6)
    told = (await order(console, at=at.isoformat(), pace=361)).json()
    assert set(told) == {"replay"}
    begun = {name: datetime.fromisoformat(told["replay"][name]) for name in ("since", "until")}
    assert timedelta(seconds=59) < begun["until"] - begun["since"] < timedelta(seconds=62)
    await show(console, page="map")
    told = (await order(console, at=at.isoformat(), pace=0)).json()
    assert told["replay"]["pace"] == 0
    [row] = (await console.get("hall", "W-1", "dashboard")).json()["rows"]
    assert (row["page"], row["replay"]) == ("map", told["replay"])
    frames = await console.frames("hall")
    assert frames[-1]["events"][0]["row"]["replay"]["at"] == at.isoformat()
    assert (await live(console)).json()["replay"] is None
    [row] = (await console.get("hall", "W-1", "dashboard")).json()["rows"]
    assert (row["page"], row["replay"]) == ("map", None)
    audited = await console.pool.fetch("select action from audit order by at desc limit 3")
    assert {one["action"] for one in audited} == {"hall.replay", "hall.show", "hall.live"}


@pytest.mark.parametrize(
    ("role", "hours", "pace", "field"),
    [
        ("dashboard", 1, 360, None),
        ("dispatcher", 25, 360, "at"),
        ("dispatcher", -1, 360, "at"),
        ("secretary", 1, -1, "pace"),
    ],
)
async def test_only_who_leads_the_hall_replays_and_only_the_last_day(
    console: Screens, role: str, hours: int, pace: int, field: str | None
) -> None:
    async with reading(console.pool) as conn:
        at = await business_now(conn) - timedelta(hours=hours)
    answer = await order(console, role, at=at.isoformat(), pace=pace)
    assert answer.status_code == (422 if field else 403)
    assert field is None or field in answer.text


async def test_a_wall_can_be_shown_as_it_stood_with_the_areas_on_it_and_its_categories(
    console: Screens,
) -> None:
    life = Life("261123000199").on("dispatched", 0, "GT-001")
    await console.tell(screens.filed(life), *life.told)
    async with reading(console.pool) as conn:
        now = await business_now(conn)
        at = history.quarter(now)
        kept = (timedelta(), timedelta(hours=3), timedelta(hours=26))
        for ago in kept:
            await store.sample(conn, at - ago, list(history.LEVELS), history.flows(at - ago))
        told = await replay.moments(console.pool, DISTRICT)
        assert [one["at"] for one in told["moments"]] == [
            (at - ago).isoformat() for ago in (kept[1], kept[0])
        ]
        last = told["moments"][-1]
        assert (last["open"], sum(last["category"].values())) == (1, 1)
        assert last["areas"]
        assert all(one == {"open": 1} for one in last["areas"].values())
        assert max(map(len, last["areas"])) > len("370105001001")
        await store.thin(conn, at - history.DAY - timedelta(hours=1), at - history.KEPT)
        assert await conn.fetchval("select count(distinct at) from wall_moment") == len(kept) - 1
    answer = await console.get(f"hall/replay?area={DISTRICT}", "W-1", "dashboard")
    assert answer.json()["moments"] == told["moments"]
    assert (await console.get(f"hall/replay?area={DISTRICT}", "P9", "unit")).status_code == 403


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
