"""A lean HTTP/1.1 client: the generator shares two cores with what it measures."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit


class Connection:
    """One keep-alive connection; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> Connection:
        """Connect to the host and port of `url`."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        return cls(reader, writer)

    async def post(self, path: str, head: str, body: bytes) -> tuple[int, bytes]:
        """Send and read to the end: (status, body). `head` is more header lines, each with its CRLF."""
        start = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(body)}\r\n{head}\r\n"
        self._writer.write(start.encode() + body)
        header = await self._reader.readuntil(b"\r\n\r\n")
        status = int(header[9:12])
        lower = header.lower()
        if b"transfer-encoding: chunked" in lower:
            return status, await self._chunks()
        at = lower.index(b"content-length:") + 15
        length = int(lower[at : lower.index(b"\r\n", at)])
        return status, await self._reader.readexactly(length)

    async def _chunks(self) -> bytes:
        parts: list[bytes] = []
        while True:
            size = int((await self._reader.readline()).strip(), 16)
            part = await self._reader.readexactly(size + 2)
            if size == 0:
                return b"".join(parts)
            parts.append(part[:-2])

    def close(self) -> None:
        """Close without waiting."""
        self._writer.close()
