"""A whole installation in a folder that goes away: own servers, own ports, a clock that can be set."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGINT
from typing import Final

from chuishao import runfile
from chuishao.runfile import NotRunningError, RunInfo

PREFIX: Final = "chuishao-drill-"
PORT_BASE: Final = 9_200
READY_S: Final = 120.0
STOP_S: Final = 60.0
POLL_S: Final = 0.1
_TOLD: Final = 2_000


class StageError(RuntimeError):
    """The scratch installation did not come up; the message holds the end of what it said."""


@asynccontextmanager
async def stage(directory: Path) -> AsyncIterator[RunInfo]:
    """Bring one up with this directory and its sample left out; stopped and removed on leaving."""
    folder = await asyncio.to_thread(_folder)
    try:
        async with _up(folder, directory) as info:
            yield info
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


@asynccontextmanager
async def _up(folder: Path, directory: Path) -> AsyncIterator[RunInfo]:
    said = folder / "up.log"
    with said.open("wb") as log:
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "chuishao", "up", "--simulated", "--no-sample"),
            *("--data-dir", str(folder), "--directory", str(directory)),
            *("--port-base", str(PORT_BASE)),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield await _ready(folder, program, said)
    finally:
        if program.returncode is None:
            program.send_signal(SIGINT)
            await asyncio.wait_for(program.wait(), STOP_S)


async def _ready(folder: Path, program: asyncio.subprocess.Process, said: Path) -> RunInfo:
    for _ in range(round(READY_S / POLL_S)):
        if program.returncode is not None:
            break
        try:
            return runfile.read(folder)
        except NotRunningError:
            await asyncio.sleep(POLL_S)
    raise StageError(await asyncio.to_thread(_end_of, said))


def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()


def _end_of(said: Path) -> str:
    return said.read_text("utf-8", "replace")[-_TOLD:]
