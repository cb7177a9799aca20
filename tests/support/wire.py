"""Many small HTTP requests at once over few connections: what a matrix of thousands needs and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

LINES: Final = 8
"""Connections at once."""
PATIENCE_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Try:
    """One request; `headers` besides Host and Content-Length."""

    base: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answered:
    """Status, and the body where its length was said; a stream is left after its head."""

    status: int
    body: bytes = b""


async def all_of(tries: Iterable[Try]) -> list[Answered]:
    """The answers in the order of the requests."""
    wanted = list(tries)
    found: list[Answered | None] = [None] * len(wanted)
    waiting = iter(range(len(wanted)))

    async def line() -> None:
        open_lines: dict[str, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}
        for n in waiting:
            async with asyncio.timeout(PATIENCE_S):
                found[n] = await _one(wanted[n], open_lines)
        for _, writer in open_lines.values():
            writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(LINES):
            group.create_task(line())
    return [answer for answer in found if answer is not None]


async def _one(
    asked: Try, lines: dict[str, tuple[asyncio.StreamReader, asyncio.StreamWriter]]
) -> Answered:
    place = urlsplit(asked.base)
    assert place.hostname
    assert place.port
    if asked.base not in lines:
        lines[asked.base] = await asyncio.open_connection(place.hostname, place.port)
    reader, writer = lines[asked.base]
    headers = {"Host": place.netloc, "Content-Length": str(len(asked.body)), **asked.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"{asked.method} {asked.path} HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
    writer.write(asked.body)
    first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    said = dict(line.lower().split(": ", 1) for line in rest if line)
    status = int(first.split(" ")[1])
    body = b""
    ends = "content-length" in said and said.get("connection") != "close"
    if ends and asked.method != "HEAD":
        body = await reader.readexactly(int(said["content-length"]))
    if not ends:
        del lines[asked.base]
        writer.close()
    return Answered(status, body)
