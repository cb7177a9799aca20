"""The console's screens on the running product: what is filed appears in the unit's inbox and on the stream."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.support.screens import decoded
from tests.support.world import World, person_of, until

GRID = "370105001008001"


class Screen:
    """One screen: a snapshot, then the stream from its number on."""

    def __init__(self, world: World, headers: dict[str, str], topic: str) -> None:
        self.world, self.headers, self.topic = world, headers, topic
        self.frames: list[dict[str, Any]] = []
        self.seq = 0

    async def snapshot(self) -> dict[str, Any]:
        kind, _, code = self.topic.partition(".")
        name = {"inbox": "unit", "wall": "area", "area": "area", "queue": "org"}.get(kind)
        answer = await self.world.http.get(
            f"{self.world.info['console']}/api/v1/{kind}",
            params={name: code} if name else {},
            headers=self.headers,
        )
        found: dict[str, Any] = answer.raise_for_status().json()
        self.seq = found["seq"]
        return found

    async def follow(self) -> None:
        params = {"topics": self.topic, "since": str(self.seq)}
        url = f"{self.world.info['console']}/api/v1/stream"
        async with self.world.http.stream(
            "GET", url, params=params, headers=self.headers
        ) as answer:
            answer.raise_for_status()
            rest = b""
            async for chunk in answer.aiter_bytes():
                whole, _, rest = (rest + chunk).rpartition(b"\n\n")
                self.frames += decoded(whole)

    def row(self, ticket_id: str) -> dict[str, Any] | None:
        """The ticket as the stream told of it last."""
        events = [e for f in self.frames for e in f["events"] if e["id"] == ticket_id]
        return events[-1]["row"] if events else None


async def test_a_ticket_appears_in_the_inbox_on_the_wall_and_moves_live(world: World) -> None:
    first = await world.file("清潭街路灯坏了，晚上看不见", grid_code=GRID)
    ticket = await world.ticket_when(first["number"], lambda t: t["status"] == "dispatched")
    unit = ticket["unit"]
    mine = {"Authorization": f"Bearer {world.signed(person_of(unit), 'unit')}"}
    inbox = Screen(world, mine, f"inbox.{unit}")

    async def shown() -> bool:
        rows = {row["number"]: row for row in (await inbox.snapshot())["rows"]}
        return first["number"] in rows and bool(rows[first["number"]]["due"])

    await until(shown)
    wall = Screen(world, world.token("dashboard"), "wall.370105")
    before = (await wall.snapshot())["counters"]
    following = [asyncio.create_task(one.follow()) for one in (inbox, wall)]
    path = f"{world.info['router']}/v1/tickets/{ticket['ticket_id']}/accept"
    done = await world.http.post(path, json={}, headers=mine)
    second = await world.file("清潭街路灯又坏了，看不见路", grid_code=GRID)
    other = await world.ticket_when(second["number"], lambda t: t["status"] == "dispatched")

    async def told() -> bool:
        row = inbox.row(ticket["ticket_id"])
        return (
            row is not None and row["status"] == "accepted" and bool(inbox.row(other["ticket_id"]))
        )

    await until(told)
    assert done.status_code == 200, done.text

    async def counted() -> bool:
        sums = [e["row"] for f in wall.frames for e in f["events"] if e["kind"] == "counters"]
        return bool(sums) and sums[-1]["today"]["received"] >= before["today"]["received"] + 1

    await until(counted)
    assert "清潭街" not in str(wall.frames)
    assert "清潭街" in str(inbox.frames)
    last = dict.fromkeys({f["topic"] for f in inbox.frames}, 0)
    for one in inbox.frames:
        assert last[one["topic"]] in {0, one["prev"]}
        last[one["topic"]] = one["seq"]
    for task in following:
        task.cancel()
