"""What every test has in common, and one running product for all end-to-end and browser tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support import product as products
from tests.support.collector import Collector, collecting
from tests.support.provider import FakeProvider, running
from tests.support.world import World

# A machine that is busy with something else is no finding.
settings.register_profile("chuishao", deadline=None)
settings.load_profile("chuishao")


@pytest.fixture(scope="session")
def provider() -> Iterator[FakeProvider]:
    """A sign-in provider of the city, beside which our own tokens stay good for everyone."""
    with running() as place:
        place.provider.add("city-1", "ES256")
        yield place.provider


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Where the services send their traces."""
    with collecting() as found:
        yield found


@pytest.fixture(scope="session")
def product(provider: FakeProvider, collector: Collector) -> Iterator[World]:
    """The product, with the provider and the collector."""
    traces = {"CHUISHAO_OTLP_ENDPOINT": collector.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "500"}
    with products.running("e2e", 27_700, provider.settings() | traces) as world:
        yield world
