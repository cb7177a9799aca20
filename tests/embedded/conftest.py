"""Fixtures that start real servers in a folder of their own and leave nothing running."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from chuishao import ports
from chuishao.supervisor import Supervisor
from tests.support.lane import base

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A short private folder: pytest's own is too long for a unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="chuishao-test-")).resolve()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def free_ports() -> ports.Ports:
    """Ports nobody uses now, far from those of a running installation."""
    return ports.choose(base(28_700))


@pytest.fixture
def lines() -> list[str]:
    """What the supervisor of the test said."""
    return []


@pytest.fixture
async def supervisor(data_dir: Path, lines: list[str]) -> AsyncIterator[Supervisor]:
    """A supervisor whose children end with the test."""
    supervisor = Supervisor(data_dir, lines.append)
    yield supervisor
    supervisor.ask_to_stop()
    await supervisor.stop()


@pytest.fixture
def eventually() -> Eventually:
    """Wait until a question is answered with yes, at most fifteen seconds."""

    async def wait(question: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(15):
            while not await question():
                await asyncio.sleep(0.02)

    return wait
