"""An open loop of filings: each is sent at its planned moment, whatever became of those before it.

Connections are kept and shared; a filing that finds none free opens one more, and where a city's lines are
all taken it is given up and counted. The generator has to be far cheaper than what it floods, since both
share the cores: an answer is looked at for its status, and read only where it acknowledges something.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from benchmarks.workload import bodies

LINES: Final = 1_000
"""Connections at most: what a proxy in front of a service keeps."""
STEP_S: Final = 0.002
PATIENCE_S: Final = 10.0
"""Seconds the last answers are waited for."""
CREATED: Final = 201


@dataclass(slots=True)
class Told:
    """What a crowd heard. Times in seconds from the planned moment."""

    statuses: Counter[int] = field(default_factory=Counter)
    accepted: list[tuple[float, float]] = field(default_factory=list)
    """(planned at, took) of every acknowledged filing, in the order of the answers."""
    ids: set[str] = field(default_factory=set)
    no_time_named: int = 0
    """Refusals without a Retry-After."""
    given_up: int = 0
    planned: int = 0
    seconds: float = 0.0
    sent_until: float = 0.0


class _Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._heard = b""
        self.at = 0.0
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        heard = self._heard + data if self._heard else data
        end = heard.find(b"\r\n\r\n")
        if end >= 0:
            start = heard.lower().index(b"content-length:") + 15
            size = int(heard[start : heard.index(b"\r\n", start)])
            if len(heard) >= end + 4 + size:
                self._heard = b""
                self._crowd.hear(self, heard, end + 4)
                return
        self._heard = heard

    def connection_lost(self, _: Exception | None) -> None:
        self._crowd.lose(self)


class Crowd:
    """Some people with their tokens, filing at intake."""

    def __init__(self, url: str, tokens: Sequence[str], tag: str, lines: int = LINES) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._heads = itertools.cycle(
            f"POST /v1/complaints HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {tag}".encode()
            for token in tokens
        )
        self._bodies = bodies(tag)
        self._numbers = itertools.count()
        self._most = lines
        self._open = 0
        self._until = 0.0
        self._free: deque[_Line] = deque()
        self._busy: set[_Line] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self.told = Told()

    async def file(self, per_s: float, seconds: float) -> Told:
        """File at a pace and wait for the answers; what was heard."""
        told, began = self.told, time.perf_counter()
        total = int(per_s * seconds)
        for planned in itertools.count():
            due = min(total, int((time.perf_counter() - began) * per_s) + 1)
            while told.planned < due:
                self._send(began + told.planned / per_s)
                told.planned += 1
            if told.planned >= total:
                break
            await asyncio.sleep(began + (planned + 1) * STEP_S - time.perf_counter())
        told.sent_until = time.perf_counter()
        told.seconds = told.sent_until - began
        await self._last_answers()
        return told

    async def work(self, lines: int, seconds: float) -> Told:
        """A closed loop: so many lines, each files as soon as it was answered; what was heard."""
        began = time.perf_counter()
        self._until = began + seconds
        for _ in range(lines):
            self._send(began)
        await asyncio.sleep(seconds)
        self.told.seconds = time.perf_counter() - began
        await self._last_answers()
        return self.told

    async def _last_answers(self) -> None:
        deadline = time.perf_counter() + PATIENCE_S
        while (self._busy or self._opening) and time.perf_counter() < deadline:
            await asyncio.sleep(0.02)

    def close(self) -> None:
        """Hang up."""
        for line in (*self._free, *self._busy):
            line.transport.abort()

    def hear(self, line: _Line, heard: bytes, body_at: int) -> None:
        """An answer came; the line is free again."""
        status = int(heard[9:12])
        told = self.told
        told.statuses[status] += 1
        if status == CREATED:
            told.accepted.append((line.at, time.perf_counter() - line.at))
            told.ids.add(orjson.loads(heard[body_at:])["complaint_id"])
        elif b"etry-" not in heard[:body_at]:
            told.no_time_named += 1
        if (now := time.perf_counter()) < self._until:
            self._say(line, now)
            return
        self._busy.discard(line)
        self._free.append(line)

    def lose(self, line: _Line) -> None:
        """A line was closed, with or without a filing on it."""
        self._open -= 1
        if line in self._busy:
            self._busy.discard(line)
            self.told.statuses[0] += 1
        elif line in self._free:
            self._free.remove(line)

    def _send(self, at: float) -> None:
        if self._free:
            self._say(self._free.popleft(), at)
        elif self._open < self._most:
            self._open += 1
            task = asyncio.create_task(self._connect(at))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
        else:
            self.told.given_up += 1

    async def _connect(self, at: float) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, line = await loop.create_connection(lambda: _Line(self), self._host, self._port)
        except OSError:
            self._open -= 1
            self.told.statuses[0] += 1
            return
        self._say(line, at)

    def _say(self, line: _Line, at: float) -> None:
        line.at = at
        self._busy.add(line)
        body = next(self._bodies)
        head = b"%b-%d\r\nContent-Length: %d\r\n\r\n"
        line.transport.write(head % (next(self._heads), next(self._numbers), len(body)) + body)
