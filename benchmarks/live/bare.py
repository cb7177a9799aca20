"""`python -m benchmarks.live.bare FRAME_BYTES`: a server that does nothing but write to who is connected.

It says the same number of bytes every 250 ms to everybody, on the event loop the console runs on: what
sockets cost on this machine at this hour, with no framework, no numbers, no table. The floor of the stream.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any, Final

import uvloop

PACE_S: Final = 0.25
HEAD: Final = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


class Everybody(asyncio.Protocol):
    """Whoever is connected."""

    connected: Final[set[Any]] = set()

    def connection_made(self, transport: Any) -> None:
        """Answer at once; nobody is asked for anything."""
        self._transport = transport
        self._transport.write(HEAD)
        self.connected.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        """Forget it."""
        self.connected.discard(self._transport)


def chunk(seq: int, size: int) -> bytes:
    """A frame of some size, as it goes over the wire."""
    now = datetime.now(UTC).isoformat()
    head = (
        f'id: {seq}\ndata: {{"topic":"bare","prev":{seq - 1},"seq":{seq},"now":"{now}","events":"'
    )
    body = head.encode() + b"x" * max(0, size - len(head) - 4) + b'"}\n\n'
    return b"%x\r\n%b\r\n" % (len(body), body)


async def main() -> None:
    """Serve until killed; says its port first."""
    size = int(sys.argv[1])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Everybody, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    seq, at = 0, loop.time()
    while True:
        at += PACE_S
        await asyncio.sleep(max(0.0, at - loop.time()))
        seq += 1
        told = chunk(seq, size)
        for one in Everybody.connected:
            one.write(told)


if __name__ == "__main__":
    uvloop.run(main())
