"""Whoever waits for a silent database is answered before the request ends."""

from __future__ import annotations

import asyncio

from kit.db import Conn
from kit.pulse import Pulse


async def nobody() -> Conn:
    raise ConnectionRefusedError


async def test_a_request_about_to_go_on_is_answered_before_it_is_over() -> None:
    pulse = Pulse(nobody)
    said: list[str] = []

    async def refuse() -> None:
        await asyncio.sleep(0)
        said.append("unavailable")

    async def request() -> None:
        async with pulse.request(refuse):
            while True:  # never more than one step from going on
                await asyncio.sleep(0)
        said.append("over")

    asked = asyncio.create_task(request())
    await asyncio.sleep(0)
    await pulse.beat()
    await asyncio.wait_for(asked, 1)
    assert said == ["unavailable", "over"]
