"""The units' side: pulls from their own durables, in their own accounts, and notes what arrived when."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import nats
import orjson

from kit.puller import Puller

PACE_S: Final = 0.005


class Units:
    """Follows some units; `arrived` maps complaint id to the monotonic time of its dispatch."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._clients: list[Any] = []

    async def follow(self, url: str, users: Mapping[str, Any], units: Sequence[str]) -> None:
        """Start pulling for each unit."""
        for unit in units:
            user = users[unit]
            client = await nats.connect(url, nkeys_seed_str=user["nkey_seed"])
            pull = await Puller.open(
                client, user["stream"], user["consumer"], prefix=user["js_prefix"]
            )
            self._clients.append(client)
            self._tasks.append(asyncio.create_task(self._pull(pull)))

    async def _pull(self, pull: Puller) -> None:
        while True:
            for message in await pull.take():
                now = time.perf_counter()
                if message.subject.startswith("ticket.dispatched."):
                    ticket = orjson.loads(message.data)["data"]["complaint_id"]
                    self.arrived.setdefault(ticket, now)
                await message.ack()
            await asyncio.sleep(PACE_S)

    async def wait_for(self, count: int, *, timeout_s: float) -> bool:
        """True once so many tickets have arrived."""
        deadline = time.perf_counter() + timeout_s
        while len(self.arrived) < count:
            if time.perf_counter() > deadline:
                return False
            await asyncio.sleep(0.02)
        return True

    async def close(self) -> None:
        """Stop pulling."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self._clients:
            await client.close()
