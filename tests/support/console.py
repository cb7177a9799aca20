"""The console in this process, on a real database and a real port, beside services that the test plays."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from kit.auth import TokenVerifier
from kit.db import Pool
from kit.http import Shared
from kit.runner import Parts, server_of
from services.console.api import make_app
from services.console.api_views import Sight
from services.console.directory import PARTS, Directory, Holder
from services.console.forwarding import Forwarder
from services.console.stream import Hub
from services.console.web import Front
from tests.support.desk import PUBLIC

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""What a played service does with a connection."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A console and a client that speaks to it as a browser would."""

    http: httpx.AsyncClient
    port: int

    async def sign_in(self, token: str) -> httpx.Response:
        """Trade a token for a cookie, which the client keeps."""
        return await self.http.post("/api/v1/session", json={"token": token})


def nobodys(pool: Pool) -> Sight:
    """Views over a directory in which nobody stands for anything."""
    holder = Holder()
    holder.use(Directory.of(1, dict.fromkeys(PARTS, ())))
    return Sight(pool, Hub(pool), holder, lambda: None)


@asynccontextmanager
async def console(
    pool: Pool, owners: Mapping[str, str] | None = None, *, static: Path = Path("/nowhere")
) -> AsyncIterator[Screen]:
    """One process of the console; several may share a pool, as replicas share a database."""
    forwarder = Forwarder.to(owners or {}, "of-the-console")
    app = make_app(
        Shared("console", pool, TokenVerifier(PUBLIC), {}),
        sight=nobodys(pool),
        forwarder=forwarder,
        front=Front(static),
    )
    port = free_port()
    server = server_of(Parts(app, "127.0.0.1", port))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
        yield Screen(http, port)
    server.should_exit = True
    await serving
    await forwarder.close()


@asynccontextmanager
async def played(answer: Answer) -> AsyncIterator[str]:
    """The address of a service that answers as the test says, byte for byte."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"http://127.0.0.1:{port}"


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number
