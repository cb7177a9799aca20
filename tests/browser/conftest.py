"""A browser for the session, a watched window for each test, and the running product behind it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from services.console.web import Front
from tests.support.browser import AXE, Outside, Screen, chromium, executable, guarded
from tests.support.world import World

REQUIRED = os.environ.get("CHUISHAO_BROWSER") == "required"
PATIENCE_MS = 20_000
"""How long something may take to be seen: a shared machine stands still for seconds, and no test is about pace."""


def _absent(why: str) -> None:
    """Without the flag of CI a machine that lacks something leaves these tests out, and says what it lacks."""
    if REQUIRED:
        pytest.fail(why)
    pytest.skip(why)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[tuple[Browser, Outside]]:
    """Debian's Chromium, once."""
    path = executable()
    if path is None:
        _absent("no Chromium: apt-get install chromium fonts-noto-cjk (as root: .ci/browser)")
    elif not AXE.exists():
        _absent("no axe: make web")
    else:
        expect.set_options(timeout=PATIENCE_MS)
        async with chromium(path) as running:
            yield running


@pytest_asyncio.fixture(loop_scope="session")
async def world(product: World) -> AsyncIterator[World]:
    """The running product, with an HTTP client of the loop these tests share."""
    async with httpx.AsyncClient(timeout=30) as client:
        product.http = client
        yield product


@pytest_asyncio.fixture(loop_scope="session")
async def screen(browser: tuple[Browser, Outside], world: World) -> AsyncIterator[Screen]:
    """A window at the console; whatever no page may do fails the test."""
    if not Front().built:
        _absent("the screens are not built: make web")
    async with guarded(*browser, world.info["console"]) as window:
        yield window
