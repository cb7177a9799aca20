"""One running product for all end-to-end tests; each test files complaints of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.support import product as products
from tests.support.provider import FakeProvider, running
from tests.support.world import World


@pytest.fixture(scope="session")
def provider() -> Iterator[FakeProvider]:
    """A sign-in provider of the city, beside which our own tokens stay good for everyone."""
    with running() as place:
        place.provider.add("city-1", "ES256")
        yield place.provider


@pytest.fixture(scope="session")
def product(provider: FakeProvider) -> Iterator[World]:
    """The product, with the provider."""
    with products.running("e2e", 27_700, provider.settings()) as world:
        yield world


@pytest.fixture
async def world(product: World) -> AsyncIterator[World]:
    """The running product with an HTTP client of this test's event loop."""
    async with httpx.AsyncClient(timeout=30) as client:
        product.http = client
        yield product
