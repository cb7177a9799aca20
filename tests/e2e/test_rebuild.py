"""`chuishao rebuild` on the running product: everything agrees, and a damaged row ends it with 1."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import asyncpg
import pytest

from tests.support.world import ROOT, World, until

STILL_DUE = """
select (select count(*) from notifier.ladder where next_due_at <= chuishao.business_now())
    + (select count(*) from notifier.clock where next_at <= chuishao.business_now()) as due
"""


SHOWN = """
select
    topics,
    array(select jsonb_array_elements(body -> 'clocks') ->> 'kind' order by 1) as clocks,
    (select count(*) from console.untold) as waiting
from console.shown
where (kind, id) = ($1, $2)
"""

RUNNING = ["contact", "resident", "result", "sign_for"]
"""The clocks of a matter that was just sent: with them the notifier has said all it has to say of it."""


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
    # a clock that did not hear of the dispatch yet would sound for a dispatch too late
    for one in filed:
        await world.ticket_when(one["number"], lambda ticket: "sign_for" in ticket["due"])
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


async def test_what_the_console_shows_is_the_same_made_anew_and_damage_is_mended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a product that other tests have lived in; nothing is said meanwhile."""
    monkeypatch.setenv("CHUISHAO_REBUILD_SETTLE_S", "1")
    filed = await world.file("清潭街路灯坏了，看不清路", grid_code="370105001008001")
    ticket = await world.ticket_when(filed["number"], lambda t: t["status"] == "dispatched")
    key = ("ticket", ticket["ticket_id"])

    async def shown() -> bool:
        rows = await world.rows(SHOWN, *key)
        return [(row["clocks"], row["waiting"]) for row in rows] == [(RUNNING, 0)]

    await until(shown)
    conn = await asyncpg.connect(world.info["postgres"])
    hurt = "update console.shown set topics = '{}' where (kind, id) = ($1, $2) returning id"
    assert await conn.fetchval(hurt, *key)
    await conn.close()
    code, said = await rebuild(world, "--console", "--json")
    assert code == 0, said
    found = json.loads(said.splitlines()[0])["console"]
    assert found["examples"] == [list(key)]
    assert (found["different"], found["new"], found["gone"], found["sums_different"]) == (
        1,
        0,
        0,
        0,
    )
    assert found["equal"] == found["rows"] - 1
    (row,) = await world.rows(SHOWN, *key)
    assert f"inbox.{ticket['unit']}" in row["topics"]
