"""One running product for all end-to-end tests; each test files complaints of its own."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.gateway import CHANNELS
from tests.support.lane import base
from tests.support.provider import FakeProvider, running
from tests.support.world import MONDAY, World


@pytest.fixture(scope="session")
def provider() -> Iterator[FakeProvider]:
    """A sign-in provider of the city, beside which our own tokens stay good for everyone."""
    with running() as place:
        place.provider.add("city-1", "ES256")
        yield place.provider


@pytest.fixture(scope="session")
def product(provider: FakeProvider) -> Iterator[World]:
    """`chuishao up --simulated` on ports of its own, on an ordinary Monday morning."""
    folder = Path(tempfile.mkdtemp(prefix="chuishao-e2e-")).resolve()
    channels = folder / "channels.toml"
    channels.write_text(CHANNELS)
    channels.chmod(0o600)
    world = World(
        folder,
        "--port-base",
        str(base(27_700)),
        "--no-sample",
        "--simulated",
        env=provider.settings(),
    )
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
    import httpx

    async with httpx.AsyncClient(timeout=30) as client:
        product.http = client
        yield product
