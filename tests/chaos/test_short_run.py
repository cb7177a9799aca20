"""A short run of the fault runner, so that `make test` sees it work; `make chaos` is the real one."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(180)
async def test_two_kills_under_load_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.chaos", "--seed", "7", "--report", str(tmp_path)),
        *("--aimed", "kill_router,kill_nats"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    verdict = json.loads(said.decode().splitlines()[-1])
    assert verdict["green"], verdict["rules"] or verdict["missed"]
    assert verdict["faults_by_kind"] == {"kill_nats": 1, "kill_router": 1}
    assert process.returncode == 0
    assert (tmp_path / "timeline.html").read_text("utf-8").count("<rect") >= verdict["faults"]
