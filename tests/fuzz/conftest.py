"""One running product for everything that is fuzzed over the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.support.product import running
from tests.support.world import World


@pytest.fixture(scope="session")
def product() -> Iterator[World]:
    """The product, with settings that let one person ask what a whole city asks."""
    with running("fuzz", 28_300) as world:
        yield world


@pytest.fixture
async def world(product: World) -> AsyncIterator[World]:
    """The running product with an HTTP client of this test's event loop."""
    async with httpx.AsyncClient(timeout=30) as client:
        product.http = client
        yield product
