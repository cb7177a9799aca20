"""Somebody else's HTTP server, as channels meet it: it takes messages, and does whatever it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]
HUGE: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Taken:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def status(code: int, body: bytes = b"{}", **headers: str) -> Behaviour:
    """Answer so; `retry_after="7"` becomes `retry-after: 7`."""
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {code} -\r\n{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()

    return answer


OK: Final = status(200)


def redirect(to: str) -> Behaviour:
    """Send elsewhere."""
    return status(307, location=to)


async def hang(_: asyncio.StreamWriter) -> None:
    """Say nothing."""
    await asyncio.Event().wait()


def slowly(step_s: float) -> Behaviour:
    """Send one byte of the answer at a time."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        for byte in b"HTTP/1.1 200 -\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}":
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(step_s)

    return answer


async def reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection off."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def huge(writer: asyncio.StreamWriter) -> None:
    """Answer 200 with far more than anybody asked for."""
    head = f"HTTP/1.1 200 -\r\nContent-Length: {HUGE}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    with contextlib.suppress(ConnectionError):
        for _ in range(HUGE // 65_536):
            writer.write(b"x" * 65_536)
            await writer.drain()


@dataclass(slots=True)
class ChannelServer:
    """A listening server on loopback."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    _script: list[Behaviour] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def tell(self, *behaviours: Behaviour) -> None:
        """What to do at the next requests, one each; the last goes on."""
        self._script[:] = behaviours

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                self.taken.append(await _request(reader))
                behaviour = self._script[0] if self._script else OK
                if len(self._script) > 1:
                    self._script.pop(0)
                await behaviour(writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()


async def _request(reader: asyncio.StreamReader) -> Taken:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ")
    pairs = (line.split(":", 1) for line in lines if line)
    headers = {name.lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Taken(method, path, headers, body)


@asynccontextmanager
async def channel_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[ChannelServer]:
    """A server on a free port of loopback, until the block ends."""
    running: set[asyncio.Task[None]] = set()
    one = ChannelServer()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(one.serve(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@asynccontextmanager
async def ticking(step_s: float = 0.01) -> AsyncIterator[list[float]]:
    """Beside the block a task that wakes again and again; the list holds how late it woke, in seconds."""
    late: list[float] = []

    async def tick() -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(step_s)
            late.append(loop.time() - before - step_s)

    task = asyncio.create_task(tick())
    try:
        yield late
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
