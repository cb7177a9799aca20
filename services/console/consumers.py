"""What the console hears: everything about matters, and new directory versions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from kit.db import Conn
from kit.delivery import Effects, Handler, Received
from kit.parts import Parts
from services.console import hearing

Keep = Callable[[Conn, Sequence[Received]], Awaitable[bool]]


def keeping(keep: Keep, heard: Callable[[], None]) -> Handler:
    """Keep what came and wake the projector; repetition changes nothing."""

    async def handler(conn: Conn, received: Sequence[Received]) -> Effects:
        if await keep(conn, received):
            heard()
        return Effects()

    return handler


def on_directory(parts: Parts[Any], heard: Callable[[], None]) -> Handler:
    """Fetch the new version's parts, and say that there is one."""

    async def handler(conn: Conn, received: Sequence[Received]) -> Effects:
        parts.refresh()
        await hearing.published(conn, received)
        heard()
        return Effects()

    return handler
