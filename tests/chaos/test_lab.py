"""The laboratory leaves nothing behind, and a run of it that was killed blocks nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.chaos import signs, volume
from tests.chaos.lab import SERVICES, Lab
from tests.chaos.server import _of
from tests.chaos.specs import ROOT

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

STAY = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.chaos.lab import Lab
async def main():
    lab = Lab(Path(sys.argv[1]), 1)
    await lab.start()
    lab.servers["postgres"].signal(signal.SIGSTOP)
    os.kill(lab.pid("router"), signal.SIGSTOP)
    print("up", flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="chuishao-lab-", dir=volume.fast())).resolve()
    yield folder
    assert not _mounted(folder)
    shutil.rmtree(folder)


async def test_a_killed_run_is_cleared_away_by_the_next_which_goes_on_with_its_data(
    folder: Path,
) -> None:
    first = subprocess.Popen(  # noqa: ASYNC220 - killed below
        [sys.executable, "-c", STAY, str(folder)], cwd=ROOT, stdout=subprocess.PIPE
    )
    try:
        assert first.stdout is not None
        assert await asyncio.to_thread(first.stdout.readline) == b"up\n"
    finally:
        first.kill()
        first.communicate()
    await asyncio.sleep(1)
    left = {process.info["name"] for process in _of(folder)}
    assert "postgres" in left, "the paused one cannot have ended"
    lab = Lab(folder, seed=2)
    try:
        await lab.start()
        pids = [pid for name in SERVICES if (pid := lab.pid(name))]
        assert await signs.works(lab) < signs.PATIENT_S
    finally:
        code = await lab.stop()
    assert code == 0
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not list(_of(folder))
    if volume.needs() is None:
        assert (folder / "images" / "wal.img").exists()


def _mounted(folder: Path) -> list[str]:
    return [
        line
        for line in Path("/proc/self/mounts").read_text("utf-8").splitlines()
        if str(folder) in line or os.fsdecode(b"(deleted)") in line
    ]
