"""`chuishao rebuild` on the running product: everything agrees, and a damaged row ends it with 1."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import asyncpg

from tests.support.world import ROOT, World, until

STILL_DUE = """
select (select count(*) from notifier.ladder where next_due_at <= chuishao.business_now())
    + (select count(*) from notifier.clock where next_at <= chuishao.business_now()) as due
"""


async def rebuild(world: World, *words: str) -> tuple[int, str]:
    line = [sys.executable, "-m", "chuishao", "rebuild", *words, "--data-dir", str(world.data_dir)]
    done = await asyncio.to_thread(
        subprocess.run, line, cwd=ROOT, capture_output=True, check=False, timeout=100
    )
    return done.returncode, (
        done.stdout if not done.returncode else done.stdout + done.stderr
    ).decode()


async def wrong(world: World) -> list[dict[str, Any]]:
    code, said = await rebuild(world, "--json")
    assert said.startswith("{"), said
    found = json.loads(said.splitlines()[0])["notifier"]
    assert code == (0 if found["agrees"] else 1)
    return [{"view": v["view"], **one} for v in found["views"] for one in v["examples"]]


async def test_views_of_the_running_product_follow_from_its_events_and_damage_is_named(
    world: World,
) -> None:
    filed = [
        await world.file(f"清潭街{n}号路灯坏了\u2028晚上看不见", grid_code="370105001008001")
        for n in range(3)
    ]
    for one in filed:
        await world.ticket_when(one["number"], lambda ticket: ticket["status"] == "dispatched")
    await world.fast_forward(hours=30)

    async def climbed() -> bool:
        ticket = await world.ticket(filed[0]["number"])
        return ticket is not None and (ticket.get("escalation_level") or 0) >= 1

    await until(climbed)

    async def quiet() -> bool:
        (row,) = await world.rows(STILL_DUE)
        return bool(row["due"] == 0)

    await until(quiet)
    assert await wrong(world) == []
    databases = await world.rows("select datname from pg_database where datname like '%scratch%'")
    assert databases == []
    conn = await asyncpg.connect(world.info["postgres"])
    damage = "update notifier.ticket_view set area = $2 where number = $1 returning ticket_id"
    hurt = await conn.fetchval(damage, filed[1]["number"], "370105")
    try:
        named = await wrong(world)
        assert [(one["view"], one["wrong"], one["key"]) for one in named] == [
            ("ticket_view", "different", [str(hurt)])
        ]
        assert named[0]["fields"] == {"area": ["370105", "370105001008001"]}
        code, said = await rebuild(world)
        assert (code, "不一致" in said, str(hurt) in said) == (1, True, True)
    finally:
        await conn.execute(damage, filed[1]["number"], "370105001008001")
        await conn.close()


async def test_the_console_has_nothing_to_rebuild(world: World) -> None:
    code, said = await rebuild(world, "--service", "console")
    assert (code, "无需重建" in said) == (0, True)
