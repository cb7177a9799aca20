"""The console's live events end when the token of whoever follows them ends, and not before."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any

import httpx

from chuishao.tokens import issue
from kit.auth import TokenVerifier
from kit.edge import Edge
from kit.http import Shared
from services.console.api import make_app
from services.console.feed import Feed
from tests.support.desk import PRIVATE, PUBLIC

EVENT = b'{"id": "1", "type": "cn.chuishao.ticket.triaged.v1", "time": "-", "data": {"unit": "SZ"}}'


async def test_who_follows_is_let_go_in_the_second_the_token_ends() -> None:
    feed, nothing = Feed(), Any
    feed.add(EVENT)
    shared = Shared("console", nothing, TokenVerifier(PUBLIC), {})
    transport = httpx.ASGITransport(Edge(make_app(shared, feed=feed)))
    headers = {"Authorization": f"Bearer {issue(PRIVATE, 'hall', ['dashboard'], lifetime_s=2)}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as http:
        async with asyncio.timeout(10):
            watched = await http.get("/api/v1/live", headers=headers)
        again = await http.get("/api/v1/live", headers=headers)
    assert watched.text.startswith("id: 1")
    assert '"unit":"SZ"' in watched.text
    assert again.status_code == httpx.codes.UNAUTHORIZED


async def test_who_may_follow_for_long_is_not_let_go() -> None:
    feed = Feed()
    feed.add(EVENT)
    for until in (math.inf, time.time() + 60):
        lines = feed.follow(0, until)
        assert (await anext(lines)).startswith(b"id: 1")
        waiting = asyncio.ensure_future(anext(lines))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        feed.add(EVENT)
        assert b"id: " in await waiting
