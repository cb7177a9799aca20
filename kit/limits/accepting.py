"""A server that lets in as many as knock.

uvloop takes one new connection from a listening socket in each turn of the event loop. While a turn takes
10 ms, a thousand who knock at once wait 10 s in the kernel's queue, before anything here can serve or refuse
them. Each further handle on the same socket lets in one more a turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any, Final

import uvicorn

HANDLES: Final = 32
"""On one listening socket; one that finds nobody costs a system call, and only when somebody knocks."""


class Server(uvicorn.Server):
    """uvicorn's server on several handles of its socket; signals are not its business but ours."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen. Ends the process where the address is taken."""
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        listening = [one for server in self.servers for one in server.sockets]
        for one in listening:
            for _ in range(HANDLES - 1):
                handle = socket.fromfd(one.fileno(), one.family, one.type)
                backlog = self.config.backlog
                self.servers.append(
                    await loop.create_server(self._protocol, sock=handle, backlog=backlog)
                )

    def _protocol(self) -> Any:
        return self.config.http_protocol_class(  # type: ignore[call-arg]  # a protocol's own arguments
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
