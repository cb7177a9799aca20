"""Many screens that follow one stream: each notes the number of every frame, its chain, and how late it came.

Both ends share two cores, so that a screen here does as little as can still prove that nothing is missing:
one search for each frame, no JSON.
"""

from __future__ import annotations

import asyncio
import re
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

HEAD: Final = re.compile(
    rb'id: (\d+)\ndata: \{"topic":"([^"]+)","prev":(\d+),"seq":\d+,"now":"([^"]+)"'
)
END: Final = b"\n\n"
OK: Final = b"HTTP/1.1 200"
AT_ONCE: Final = 25
"""Screens that connect at the same moment: all of them at once is another benchmark (flooding)."""


@dataclass(slots=True)
class Told:
    """What all screens noted together."""

    late_s: array[float] = field(default_factory=lambda: array("d"))
    """Of each frame at each screen, from the moment its turn of the projector began."""
    chunks: int = 0
    size: int = 0
    resets: int = 0
    refused: int = 0
    closed: int = 0
    """Streams that ended though nobody hung up."""
    _moments: dict[bytes, float] = field(default_factory=dict)

    def moment(self, text: bytes) -> float:
        """Unix time of a frame's `now`."""
        found = self._moments.get(text)
        if found is None:
            found = datetime.fromisoformat(text.decode()).timestamp()
            self._moments[text] = found
        return found


class Screen(asyncio.Protocol):
    """One stream."""

    def __init__(self, told: Told, request: bytes) -> None:
        self._told = told
        self._request = request
        self._rest = b""
        self._begun = False
        self._last: dict[bytes, int] = {}
        self.seqs: array[int] = array("q")
        self.broken = 0
        """Frames whose `prev` is not the frame before."""
        self.opened = asyncio.get_running_loop().create_future()
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        self.transport = transport
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Whole frames are looked at; the rest waits for its end."""
        told = self._told
        told.chunks += 1
        told.size += len(data)
        text = self._rest + data
        if not self._begun:
            text = self._begin(text)
        *frames, self._rest = text.split(END)
        now = time.time()
        for one in frames:
            found = HEAD.search(one)
            if found is None:
                told.resets += b"event: reset" in one
                continue
            text, chain, prev, moment = found.groups()
            before, seq = int(prev), int(text)
            self.broken += self._last.get(chain, before) != before
            self._last[chain] = seq
            self.seqs.append(seq)
            told.late_s.append(now - told.moment(moment))

    def _begin(self, text: bytes) -> bytes:
        head, ended, rest = text.partition(b"\r\n\r\n")
        if not ended:
            return text
        self._begun = True
        self._told.refused += not head.startswith(OK)
        if not self.opened.done():
            self.opened.set_result(None)
        return rest

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        """The stream ended."""
        self._told.closed += not self.transport.is_closing()
        if not self.opened.done():
            self.opened.set_result(None)


class Screens:
    """All of them."""

    def __init__(self) -> None:
        self.told = Told()
        self._all: list[Screen] = []

    async def open(self, url: str, path: str, token: str, count: int) -> None:
        """Connect; returns once every stream has begun."""
        where = urlsplit(url)
        host, port = where.hostname or "", where.port or 0
        request = (
            f"GET {path} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n"
            f"Authorization: Bearer {token}\r\n\r\n"
        ).encode()
        loop = asyncio.get_running_loop()
        for begin in range(0, count, AT_ONCE):
            made = [
                await loop.create_connection(lambda: Screen(self.told, request), host, port)
                for _ in range(min(AT_ONCE, count - begin))
            ]
            self._all += [screen for _, screen in made]
            await asyncio.gather(*(screen.opened for _, screen in made))

    def missed(self, expected: Sequence[int]) -> int:
        """Frames that should have come and did not, or came out of their order, over all screens."""
        wanted = set(expected)
        return sum(len(wanted - set(one.seqs)) + one.broken for one in self._all)

    def twice(self) -> int:
        """Frames that came to a screen again."""
        return sum(len(one.seqs) - len(set(one.seqs)) for one in self._all)

    def behind(self, seq: int) -> int:
        """Screens that have not seen a frame yet."""
        return sum(not one.seqs or one.seqs[-1] < seq for one in self._all)

    def begin_anew(self) -> None:
        """Forget how late frames were so far: what follows is measured."""
        told = self.told
        told.late_s, told.chunks, told.size = array("d"), 0, 0

    def close(self) -> None:
        """Hang up."""
        for one in self._all:
            one.transport.abort()
