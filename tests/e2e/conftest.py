"""The running product as an end-to-end test speaks to it; each test files complaints of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.world import World


@pytest.fixture
async def world(product: World) -> AsyncIterator[World]:
    """The running product with an HTTP client of this test's event loop."""
    async with httpx.AsyncClient(timeout=30) as client:
        product.http = client
        yield product
