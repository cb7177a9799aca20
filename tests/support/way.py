"""The way from browsers to the console, which a test cuts, leads elsewhere and mends; and a second console."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import httpx
import psutil

from chuishao.process import tie_to_parent
from tests.chaos.proxy import HOST, Proxy
from tests.support.console import free_port
from tests.support.world import World, until

BROKEN_OFF: Final = r"net::ERR_(CONNECTION|EMPTY|INCOMPLETE|SOCKET|NETWORK)"
"""What a browser says of requests that a cut met."""
READY_S: Final = 60.0


class Way(Proxy):
    """One address for browsers, whatever stands behind it."""

    def __init__(self, *consoles: str) -> None:
        super().__init__(0)
        self.url = ""
        self._next: Iterator[int] = iter(())
        self.lead(*consoles)

    def lead(self, *consoles: str) -> None:
        """Break every connection off; new ones go to these consoles in turn, or nowhere."""
        self._next = itertools.cycle([urlsplit(one).port or 0 for one in consoles])
        for link in self._links:
            link.abort()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to the end, unless the way is cut."""
        port = next(self._next, None)
        if port is None:
            writer.transport.abort()
            return
        self._target = port
        await super().take(reader, writer)


@asynccontextmanager
async def way(*consoles: str) -> AsyncIterator[Way]:
    """A way on a port of its own."""
    made = Way(*consoles)
    server = await asyncio.start_server(made.take, HOST, 0)
    made.url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    async with server:
        try:
            yield made
        finally:
            server.close()
            made.lead()


@asynccontextmanager
async def replica(world: World) -> AsyncIterator[str]:
    """A second console beside the product's own, told the same but for its port; its address. It has to stop well."""
    first = psutil.Process(world.info["pids"]["console"])
    port = free_port()
    log = (world.data_dir / "log" / "console-beside.log").open("ab")
    process = subprocess.Popen(  # noqa: ASYNC220 - lives as long as the test
        first.cmdline(),
        env=first.environ() | {"CHUISHAO_HTTP_PORT": str(port)},
        cwd=first.cwd(),
        stdout=log,
        stderr=log,
        preexec_fn=tie_to_parent(os.getpid(), signal.SIGTERM),  # noqa: PLW1509 - one thread
    )
    log.close()
    url = f"http://{HOST}:{port}"

    async def ready() -> bool:
        answer = await world.http.get(f"{url}/readyz")
        return answer.status_code == httpx.codes.OK

    try:
        await until(ready, within_s=READY_S)
        yield url
    finally:
        process.terminate()
        code = await asyncio.to_thread(process.wait, READY_S)
    assert code == 0
