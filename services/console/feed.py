"""The live feed: the last events in memory, one line each, without residents' words."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson

KEPT: Final = 500
HEARTBEAT_S: Final = 15.0
SHOWN: Final = (
    "number", "unit", "holder", "status", "category", "urgency", "level", "kind", "org", "rule",
    "score", "due_at", "sentence", "channel", "version", "round",
)  # fmt: skip
"""Fields of an event that a wall screen may show: codes, numbers and times."""


def line(event: dict[str, Any]) -> dict[str, Any]:
    """One event as the feed shows it."""
    data = event.get("data", {})
    shown = {name: data[name] for name in SHOWN if name in data}
    name = str(event["type"]).removeprefix("cn.chuishao.").removesuffix(".v1")
    return {"id": event["id"], "event": name, "time": event["time"], **shown}


class Feed:
    """Holds the newest lines and wakes whoever follows."""

    def __init__(self) -> None:
        self._lines: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self._seq = 0
        self._changed = asyncio.Event()

    def add(self, event: dict[str, Any]) -> None:
        """Append an event; the oldest line goes when the feed is full."""
        self._seq += 1
        body = orjson.dumps(line(event) | {"seq": self._seq})
        self._lines.append((self._seq, b"id: %d\ndata: %s\n\n" % (self._seq, body)))
        self._changed.set()
        self._changed = asyncio.Event()

    async def follow(self, since: int) -> AsyncIterator[bytes]:
        """Server-sent events after `since`; `reset` first when lines in between are gone."""
        if since > self._seq or (self._lines and 0 < since < self._lines[0][0] - 1):
            yield b"event: reset\ndata: {}\n\n"
            since = 0
        while True:
            changed = self._changed
            frames = [frame for seq, frame in self._lines if seq > since]
            if frames:
                since = self._lines[-1][0]
                yield b"".join(frames)
                continue
            try:
                await asyncio.wait_for(changed.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield b": still here\n\n"
