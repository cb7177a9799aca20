"""A TCP proxy between the services and a server, whose connections can be made to fail.

A program of its own, so that neither the workload nor the checker slows it: `python -m tests.chaos.proxy`
with its ports; orders come line by line over the first of them. Who a connection belongs to is
read off its first bytes: the client's name in NATS's CONNECT, role or application in PostgreSQL's start-up
message. A partition holds bytes back as a dead link does, and lets them go when it heals.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
from dataclasses import dataclass, field
from typing import Any, Final

HOST: Final = "127.0.0.1"
CHUNK: Final = 65_536
_NAMED: Final = re.compile(rb"chuishao[-_](intake|router|notifier|console|vault)")
_OWNERS: Final = {"vault": "intake"}
_LOOK_BYTES: Final = 4_096
"""A name that has not shown by then does not come."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with the connections of a group (None: everybody's) to one server.

    `hold`: `both` directions, only `answers`, or `none`; `delay_s` before each piece; `cut_after`: bytes
    after which the connection breaks off in the middle, counted in the direction `cut` (`asked` or `answers`).
    """

    group: str | None = None
    hold: str = "none"
    delay_s: float = 0.0
    cut_after: int | None = None
    cut: str = "asked"

    def holds(self, direction: str) -> bool:
        """Whether bytes of this direction wait."""
        return self.hold in {"both", direction}

    def meets(self, group: str | None) -> bool:
        """Whether it is about connections of `group`."""
        return self.group is None or self.group == group


@dataclass(slots=True, eq=False)
class Link:
    """One connection through the proxy."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    group: str | None = None
    looked: bytes = b""
    passed: dict[str, int] = field(default_factory=lambda: {"asked": 0, "answers": 0})
    half_open: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def look(self, data: bytes) -> None:
        """Find out whose it is."""
        if self.group is not None or len(self.looked) > _LOOK_BYTES:
            return
        self.looked += data
        if found := _NAMED.search(self.looked):
            name = found[1].decode()
            self.group = _OWNERS.get(name, name)

    def abort(self) -> None:
        """Break it off without a farewell."""
        self.over.set()
        for writer in (self.client, self.server):
            writer.transport.abort()


class Proxy:
    """Connections to one server. Refuses them, as the server itself would, while that is down."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._links: set[Link] = set()
        self._troubles: dict[Trouble, int] = {}
        """What is wrong, and how often it met a piece of data."""
        self._changed = asyncio.Event()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client to the end."""
        try:
            answers, server = await asyncio.open_connection(HOST, self._target)
        except OSError:
            writer.transport.abort()
            return
        link = Link(writer, server)
        self._links.add(link)
        await asyncio.gather(
            self._pump(link, reader, server, "asked"),
            self._pump(link, answers, writer, "answers"),
            return_exceptions=True,
        )
        if link.half_open:
            await link.over.wait()
        link.abort()
        self._links.discard(link)

    def trouble(self, troubles: list[Trouble]) -> int:
        """Replace what is wrong; return how many connections meet it now."""
        self._troubles = {trouble: self._troubles.get(trouble, 0) for trouble in troubles}
        for link in self._links:
            link.passed = dict.fromkeys(link.passed, 0)
        self._wake()
        return sum(any(t.meets(link.group) for t in troubles) for link in self._links)

    def bitten(self) -> list[int]:
        """How many pieces of data each trouble has held back, delayed or cut off so far."""
        return list(self._troubles.values())

    def half_open(self, group: str | None) -> int:
        """Take the server's side of a group's connections away without telling the clients."""
        met = self._of(group)
        for link in met:
            link.half_open = True
            link.server.transport.abort()
        return len(met)

    def reset(self) -> int:
        """Tell the clients whose connections are half open."""
        met = [link for link in self._links if link.half_open]
        for link in met:
            link.abort()
        return len(met)

    def _of(self, group: str | None) -> list[Link]:
        return [link for link in self._links if group in {None, link.group}]

    def groups(self) -> dict[str, int]:
        """How many connections each group has."""
        names = [link.group or "other" for link in self._links]
        return {name: names.count(name) for name in sorted(set(names))}

    async def _pump(
        self,
        link: Link,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        direction: str,
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK):
                if direction == "asked":
                    link.look(data)
                trouble = await self._passable(link, direction)
                if trouble is not None and trouble.delay_s:
                    self._bites(trouble)
                    await asyncio.sleep(trouble.delay_s)
                limit = trouble.cut_after if trouble and trouble.cut == direction else None
                if limit is not None and link.passed[direction] + len(data) > limit:
                    sink.write(data[: max(0, limit - link.passed[direction])])
                    await sink.drain()
                    await asyncio.sleep(0.01)  # so that what was passed on arrives
                    self._bites(trouble)
                    link.abort()
                    return
                link.passed[direction] += len(data)
                sink.write(data)
                await sink.drain()
            await self._passable(link, direction)  # a farewell does not pass a dead link either
        if not link.half_open and not sink.is_closing():
            sink.close()

    async def _passable(self, link: Link, direction: str) -> Trouble | None:
        """Wait while bytes of this direction are held back; return what else is wrong."""
        while True:
            trouble = next((t for t in self._troubles if t.meets(link.group)), None)
            if trouble is None or not trouble.holds(direction):
                return trouble
            self._bites(trouble)
            changed = self._changed
            await changed.wait()

    def _bites(self, trouble: Trouble | None) -> None:
        if trouble in self._troubles:
            self._troubles[trouble] += 1

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _obey(proxies: dict[str, Proxy], order: dict[str, Any]) -> Any:
    proxy = proxies[order["server"]]
    group = order.get("group")
    match order["do"]:
        case "trouble":
            return proxy.trouble([Trouble(**each) for each in order["troubles"]])
        case "bitten":
            return proxy.bitten()
        case "half_open":
            return proxy.half_open(group)
        case "reset":
            return proxy.reset()
        case _:
            return proxy.groups()


async def serve(control: int, servers: dict[str, tuple[int, int]]) -> None:
    """Listen until killed. `servers` is by name: the port to listen on and the server's own."""
    proxies = {name: Proxy(target) for name, (_, target) in servers.items()}

    async def orders(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            answer = _obey(proxies, json.loads(line))
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    async with contextlib.AsyncExitStack() as stack:
        for name, (port, _) in servers.items():
            front = await asyncio.start_server(proxies[name].take, HOST, port, backlog=512)
            await stack.enter_async_context(front)
        async with await asyncio.start_server(orders, HOST, control) as server:
            await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(int(sys.argv[1]), json.loads(sys.argv[2])))
