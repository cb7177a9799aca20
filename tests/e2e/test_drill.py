"""`chuishao drill`: a recorded day beside a running product, which it leaves as it was."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from chuishao.drill.stage import PREFIX
from kit.city_time import CITY_TIME
from tests.support.world import ROOT, World

KEPT = """
select (select count(*) from intake.complaint) as filed,
    (select count(*) from router.ticket) as tickets, (select count(*) from notifier.escalation) as raised
"""


async def test_a_recorded_day_climbs_to_the_top_and_the_live_product_is_left_alone(
    world: World,
) -> None:
    filed = [
        await world.file(f"清潭街{n}号路灯坏了", grid_code="370105001008001") for n in range(2)
    ]
    for one in filed:
        await world.ticket_when(one["number"], lambda ticket: ticket["status"] == "dispatched")
    day = (await world.now()).astimezone(CITY_TIME).date().isoformat()
    before = await world.rows(KEPT)
    line = [sys.executable, "-m", "chuishao", "drill", day, "--days", "3", "--speed", "40000"]
    done = await asyncio.to_thread(
        subprocess.run,
        [*line, "--json", "--data-dir", str(world.data_dir)],
        cwd=ROOT, capture_output=True, check=False, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert found["filed"] >= len(filed)
    assert sum(found["routed"].values()) == found["filed"]
    assert {one["level"] for one in found["told"]} >= {1}
    assert all(one["posts"] for one in found["told"])
    assert (found["stuck"], found["refused"]) == ([], [])
    assert await world.rows(KEPT) == before
    assert await asyncio.to_thread(left_over) == []


def left_over() -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))
