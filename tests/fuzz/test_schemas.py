"""Every operation of every OpenAPI document, asked with made-up requests, answers as its document says.

A few cases each here; `python -m tests.fuzz` (`make fuzz`) asks hundreds and thousands of them.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any, Final

import httpx
import pytest

from services.console.api_forwarding import RESIDENTS
from services.console.api_web import PATHS as WEB_PATHS
from tests.contract.test_routes import EVERY_SERVICE, ROUTES
from tests.fuzz.asking import Asker, document_of
from tests.fuzz.driving import Wish, ask_all, furnished
from tests.fuzz.known import Place
from tests.support.world import World

CASES: Final = int(os.environ.get("CHUISHAO_FUZZ_REQUESTS", "3"))
"""For each operation."""
SEED: Final = int(os.environ.get("CHUISHAO_FUZZ_SEED", "20261122"))

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def place(product: World) -> Place:
    """The running product with something of everything in it."""
    return asyncio.run(_furnished(product))


async def _furnished(world: World) -> Place:
    async with httpx.AsyncClient(timeout=30) as client:
        world.http = client
        return await furnished(world)


UNDOCUMENTED: Final = {"console": {*WEB_PATHS, RESIDENTS, "/v1/{path:path}"}}
"""Files of the front end, and what other services document."""


def documented() -> list[tuple[str, str]]:
    """Of the table of routes: all but pages for people and what the network asks."""
    common = [way for way in EVERY_SERVICE if way[1].startswith("/v1/")] * len(ROUTES)
    own = [(service, way) for service, table in ROUTES.items() for way in table]
    return [*common, *(way for service, way in own if way[1] not in UNDOCUMENTED.get(service, ()))]


def test_every_operation_answers_as_documented(product: World, place: Place) -> None:
    told = ask_all(product, place, Wish(CASES, SEED), print)
    assert not told.failures, "\n".join(told.findings)
    assert told.operations == len(documented())
    assert told.cases == told.operations * CASES


def _silent_of_refusals(document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["responses"].pop("422", None)


def _other_answers(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Page_TicketLine_"]["required"].append("total")


@pytest.mark.parametrize("falsify", [_silent_of_refusals, _other_answers])
def test_a_document_that_is_wrong_is_noticed(place: Place, falsify: Any) -> None:
    document = document_of(place, "router")
    falsify(document)
    asked = Asker(place, "router", SEED, document).ask("GET /v1/tickets", 40)
    assert asked.failures
    assert asked.findings


def test_the_same_seed_asks_the_same(place: Place) -> None:
    first, again = (Asker(place, "console", SEED).ask("GET /v1/audit", 20) for _ in "12")
    assert first.statuses == again.statuses
