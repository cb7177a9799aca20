"""The live stream: what came since, chained; the same bytes from every replica; a reset where frames are gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from kit.db import reading, transaction
from services.console import stream
from services.console.projection import store_frames
from tests.support import screens
from tests.support.lives import Life
from tests.support.screens import Screens, headers, item
from tests.support.servers import Database

GRID_1 = "P0039"
INBOX = "inbox.GT-001"


@pytest.fixture
async def console(database: Database) -> AsyncIterator[Screens]:
    async with screens.screens(database) as running:
        yield running


async def lived(console: Screens, lives: int = 5) -> list[Life]:
    """Some tickets of two units, told step by step: every step a frame of its own."""
    found = [
        Life(f"2611230001{n:02}").on("dispatched", 0, "GT-001" if n % 2 else "GT-003")
        for n in range(lives)
    ]
    for life in found:
        await console.tell(screens.filed(life), *life.told)
        await console.tell(*life.on("accepted", 1).told)
    return found


async def raw(console: Screens, *topics: str, since: int = 0, pause_s: float = 0.3) -> bytes:
    """What a stream says within a moment, as it goes over the wire."""
    found = b""
    lines = console.hub.follow(topics, frozenset(), since, time.time() + 60)
    with suppress(TimeoutError):
        async with asyncio.timeout(pause_s):
            async for chunk in lines:
                found += chunk
    await lines.aclose()
    return found


async def test_since_anywhere_gives_the_rest_and_every_frame_names_the_one_before(
    console: Screens,
) -> None:
    await lived(console)
    whole = await console.frames(INBOX, "area.370105001008")
    assert len(whole) > 5
    last: dict[str, int] = {}
    for one in whole:
        assert one["prev"] == last.get(one["topic"], 0)
        assert one["prev"] < one["seq"]
        assert one["now"]
        last[one["topic"]] = one["seq"]
    for cut in (whole[0]["seq"], whole[3]["seq"], whole[-1]["seq"]):
        rest = await console.frames(INBOX, "area.370105001008", since=cut)
        assert rest == [one for one in whole if one["seq"] > cut]
    alone = await console.frames(INBOX)
    assert alone == [one for one in whole if one["topic"] == INBOX]


async def test_two_replicas_give_the_same_bytes_and_first_when_to_come_again(
    console: Screens, database: Database
) -> None:
    await lived(console)
    async with screens.screens(database) as other:
        for since in (0, 3, 7):
            one = await raw(console, INBOX, "area.370105001008", since=since)
            assert one == await raw(other, INBOX, "area.370105001008", since=since)
            assert one.startswith(b"retry: 1000\n\nid: ")


async def test_what_is_said_while_somebody_follows_comes_in_turn_through_any_replica(
    console: Screens, database: Database
) -> None:
    """Frames are made by one replica while a client reads the backlog and then lives at another."""
    await lived(console, 3)
    async with screens.screens(database) as other:
        following = asyncio.create_task(raw(other, INBOX, pause_s=2.5))
        for n in range(12):
            life = Life(f"2611230002{n:02}").on("dispatched", 0, "GT-001")
            await console.tell(screens.filed(life), *life.told)
            await asyncio.sleep(0.05)
        told = screens.decoded(await following)
    assert told == await console.frames(INBOX)
    assert len(told) == 12 + 2


async def test_a_number_whose_frames_are_gone_is_answered_with_reset(
    console: Screens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PAGE", 2)
    await lived(console)
    async with transaction(console.pool) as conn:
        assert await store_frames.prune(conn, 3600, 4, 1000)
        state = await store_frames.state(conn)
    assert state.floor == state.seq - 4
    for since in (0, 1, state.floor - 1, state.seq + 1):
        (told, *rest) = await console.frames(INBOX, since=since)
        assert told == {"seq": state.seq, "event": "reset"}
        assert rest == []
    kept = await console.frames(INBOX, since=state.floor)
    assert all(one["event"] == "message" for one in kept)
    following = asyncio.create_task(raw(console, INBOX, since=state.seq, pause_s=1.5))
    await asyncio.sleep(0.4)
    async with transaction(console.pool) as conn:
        await store_frames.reset(conn)
    assert screens.decoded(await following) == [{"seq": state.seq + 1, "event": "reset"}]


async def test_who_is_quiet_is_told_that_we_are_still_here(
    console: Screens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.1)
    assert (await raw(console, INBOX, pause_s=0.45)).count(b": still here\n\n") >= 2


async def test_streams_end_with_the_token_with_a_new_directory_and_when_the_process_stops(
    console: Screens,
) -> None:
    began = time.monotonic()
    mine = headers(GRID_1, "unit", lifetime_s=2)
    path = f"/api/v1/stream?topics={INBOX},directory"
    async with asyncio.timeout(5):
        ended = await console.http.get(path, headers=mine)
    assert ended.headers["content-type"].startswith("text/event-stream")
    assert ended.headers["x-accel-buffering"] == "no"
    assert 0.5 < time.monotonic() - began < 3.5
    assert (await console.http.get(path, headers=mine)).status_code == 401
    for end in (console.hub.let_go, console.hub.end):
        asked = asyncio.create_task(console.http.get(path, headers=headers(GRID_1, "unit")))
        await asyncio.sleep(0.3)
        assert not asked.done()
        end()
        async with asyncio.timeout(3):
            assert (await asked).status_code == 200


async def test_somebody_who_reads_too_slowly_is_let_go(
    console: Screens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "MOST_WAITING", 500)
    lines = console.hub.follow([INBOX], frozenset(), 0, time.time() + 60)
    assert await anext(lines) == stream.RETRY
    waiting = asyncio.ensure_future(anext(lines, b"over"))
    await asyncio.sleep(0.2)
    await lived(console)
    async with asyncio.timeout(3):
        assert await waiting == b"over"


async def test_a_snapshot_is_of_the_moment_of_its_number(console: Screens) -> None:
    """Whatever is said beside: rows as of `seq`, and the frames after it make the rest."""
    life = Life("261123000090").on("dispatched", 0, "GT-001")
    await console.tell(screens.filed(life), *life.told)
    path = "inbox?unit=GT-001"
    snapshots = []
    for step in ("accepted", "contacted", "urged", "handled"):
        snapshots.append((await console.get(path, GRID_1, "unit")).json())
        await console.tell(*(life.on(step, 1).told if step != "urged" else life.told))
    last = (await console.get(path, GRID_1, "unit")).json()
    for one in snapshots:
        rows = {row["ticket_id"]: row for row in one["rows"]}
        for told in await console.frames(INBOX, since=one["seq"]):
            rows |= {event["id"]: event["row"] for event in told["events"]}
        assert list(rows.values()) == last["rows"]


async def test_tables_are_one_numbers_and_frames_without_a_gap(console: Screens) -> None:
    lives = await lived(console)
    await console.tell(*(item(one, "queued", 2, "JD-WYS") for one in lives))
    async with reading(console.pool) as conn:
        seqs = [row["seq"] for row in await store_frames.after(conn, 0, 10_000)]
        state = await store_frames.state(conn)
    assert seqs == list(range(1, state.seq + 1))
