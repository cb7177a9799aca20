"""Ask a server on this machine whether it answers, without importing an HTTP library."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from http import HTTPStatus

_TIMEOUT_S = 2.0
_BODY_LIMIT = 1024 * 1024


async def http_get(host: str, port: int, path: str) -> tuple[int, bytes]:
    """GET a small document; status 0 means nobody answered within two seconds."""
    with suppress(OSError, TimeoutError, ValueError, IndexError, asyncio.IncompleteReadError):
        async with asyncio.timeout(_TIMEOUT_S):
            return await _exchange(host, port, path)
    return 0, b""


async def http_ok(host: str, port: int, path: str) -> bool:
    """Say whether a GET answers 200."""
    return (await http_get(host, port, path))[0] == HTTPStatus.OK


async def _exchange(host: str, port: int, path: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        # HTTP/1.0: no chunking, and the end of the stream is the end of the body.
        request = f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode("ascii"))
        status = int((await reader.readline()).split()[1])
        while (await reader.readline()).strip():
            pass
        return status, await reader.read(_BODY_LIMIT)
    finally:
        writer.close()
