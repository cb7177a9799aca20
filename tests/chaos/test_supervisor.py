"""`chuishao up` from outside: stops cleanly, continues, and is not blocked by a killed run."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.lane import base
from tests.support.world import World, until


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="chuishao-up-")).resolve()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(180)
async def test_ctrl_c_leaves_nothing_running_and_a_second_run_goes_on_with_the_data(
    folder: Path,
) -> None:
    flags = ("--port-base", str(base(25_700)), "--no-sample")
    first = World(folder, *flags)
    await first.start()
    filed = await first.file("路灯坏了", address="清潭街12号")
    await first.ticket_when(filed["number"], lambda t: t["unit"] == "SZ")
    pids = list(first.info["pids"].values())
    assert await first.stop() == 0
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert not (folder / "run.json").exists()
    second = World(folder, *flags)
    await second.start()
    assert await second.ticket(filed["number"])
    assert await second.stop(signal.SIGTERM) == 0


@pytest.mark.timeout(180)
async def test_a_killed_supervisor_blocks_nothing_and_takes_its_children_along(
    folder: Path,
) -> None:
    flags = ("--port-base", str(base(25_700)), "--no-sample")
    first = World(folder, *flags)
    await first.start()
    filed = await first.file("路灯坏了", address="清潭街12号")
    await first.ticket_when(filed["number"], lambda t: t["unit"] == "SZ")
    pids = list(first.info["pids"].values())
    psutil.Process(first.supervisor_pid).kill()

    async def gone() -> bool:
        return not [
            pid
            for pid in pids
            if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        ]

    await until(gone, within_s=30)
    await first.stop()
    second = World(folder, *flags)
    await second.start()
    assert await second.ticket(filed["number"])
    assert (folder / "run.json").stat().st_mode & 0o777 == 0o600
    assert await second.stop() == 0
