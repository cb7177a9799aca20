"""Orders to the proxy (tests/chaos/proxy.py): which connections are in trouble, and how."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Any, Final

from tests.chaos.proxy import HOST, Trouble

_TIMEOUT_S: Final = 5.0
_POLL_S: Final = 0.1


class Orders:
    """The lab's side of the proxy's control port."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._in_force: dict[str, dict[str, Trouble]] = {"nats": {}, "postgres": {}}

    async def answers(self) -> bool:
        """Whether the proxy is there."""
        try:
            await self.groups("nats")
        except OSError:
            return False
        return True

    async def groups(self, server: str) -> dict[str, int]:
        """How many connections each group has to a server."""
        found: dict[str, int] = await self._order(server, "groups")
        return found

    async def begin(self, server: str, key: str, trouble: Trouble) -> int:
        """Put connections to a server in trouble, beside what others began; return how many meet it."""
        self._in_force[server][key] = trouble
        return await self._troubles(server)

    async def bitten(self, server: str, key: str, *, within_s: float) -> int:
        """How many pieces of data what was begun under this key has met, as soon as there is one; else 0."""
        deadline = asyncio.get_running_loop().time() + within_s
        while True:
            counts = await self._order(server, "bitten")
            count = int(dict(zip(self._in_force[server], counts, strict=True))[key])
            if count or asyncio.get_running_loop().time() > deadline:
                return count
            await asyncio.sleep(_POLL_S)

    async def end(self, server: str, key: str) -> None:
        """End what was begun under this key."""
        self._in_force[server].pop(key, None)
        await self._troubles(server)

    async def half_open(self, server: str, group: str | None) -> int:
        """The server's side of a group's connections dies, and nobody tells the clients."""
        return int(await self._order(server, "half_open", group=group))

    async def reset(self, server: str) -> int:
        """Let the clients of half-open connections know."""
        return int(await self._order(server, "reset"))

    async def _troubles(self, server: str) -> int:
        troubles = [asdict(each) for each in self._in_force[server].values()]
        return int(await self._order(server, "trouble", troubles=troubles))

    async def _order(self, server: str, what: str, **more: Any) -> Any:
        async with asyncio.timeout(_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(HOST, self._port)
            try:
                writer.write(json.dumps({"server": server, "do": what, **more}).encode() + b"\n")
                return json.loads(await reader.readline())
            finally:
                writer.close()
