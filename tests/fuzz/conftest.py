"""One running product for everything that is fuzzed over the wire."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.lane import base
from tests.support.world import MONDAY, World


@pytest.fixture(scope="session")
def product() -> Iterator[World]:
    """`chuishao up --simulated` on ports of its own, on an ordinary Monday morning."""
    folder = Path(tempfile.mkdtemp(prefix="chuishao-fuzz-")).resolve()
    world = World(folder, "--port-base", str(base(28_300)), "--no-sample", "--simulated")
    asyncio.run(_begin(world))
    yield world
    assert asyncio.run(world.stop()) == 0
    shutil.rmtree(folder, ignore_errors=True)


async def _begin(world: World) -> None:
    await world.start()
    await world.move_clock(MONDAY)


@pytest.fixture
async def world(product: World) -> AsyncIterator[World]:
    """The running product with an HTTP client of this test's event loop."""
    async with httpx.AsyncClient(timeout=30) as client:
        product.http = client
        yield product
