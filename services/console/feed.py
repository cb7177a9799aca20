"""The live feed: the last events in memory, one line each, without residents' words."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson

from kit.logging import get

log = get(__name__)

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
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self._seq = 0
        self._changed = asyncio.Event()
        self._ended = False

    def add(self, event: bytes) -> None:
        """Append an encoded event; the oldest goes when the feed is full."""
        self._seq += 1
        self._kept.append((self._seq, event))
        if not self._changed.is_set():
            self._changed.set()

    def end(self) -> None:
        """Let every follower go: the process is about to stop."""
        self._ended = True
        self._changed.set()

    async def follow(self, since: int, until: float) -> AsyncIterator[bytes]:
        """Server-sent events after `since`; `reset` first when lines in between are gone.

        `until` is the Unix time at which whoever follows may no longer.
        """
        if since > self._seq or (self._kept and 0 < since < self._kept[0][0] - 1):
            yield b"event: reset\ndata: {}\n\n"
            since = 0
        while not self._ended and (left_s := until - time.time()) > 0:
            frames = [_frame(seq, event) for seq, event in tuple(self._kept) if seq > since]
            if frames:
                since = self._kept[-1][0]
                yield b"".join(frames)
            self._changed.clear()
            if self._seq > since:
                continue
            try:
                await asyncio.wait_for(self._changed.wait(), min(HEARTBEAT_S, left_s))
            except TimeoutError:
                yield b": still here\n\n"


def _frame(seq: int, event: bytes) -> bytes:
    """One frame; an event that cannot be read is shown as an empty comment."""
    try:
        body = orjson.dumps(line(orjson.loads(event)) | {"seq": seq})
    except (ValueError, KeyError, TypeError) as error:
        log.warning("event_unreadable", error=type(error).__name__)
        return b": unreadable\n\n"
    return b"id: %d\ndata: %s\n\n" % (seq, body)
