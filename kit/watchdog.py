"""Ends a process that can make no progress by itself, so that its supervisor starts it anew (rows 22 to 24).

Only what a new start can mend: while the fault is a server's (database silent, broker away or refusing),
the process stays and waits. Everything is noticed within half a minute.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from kit.db import LOST, Pool, reading
from kit.delivery import Delivery
from kit.logging import get
from kit.pulse import Pulse
from kit.relay import Relay

log = get(__name__)

LOOK_S: Final = 5.0
STUCK_S: Final = 20.0
GONE_LOOKS: Final = 3
"""A durable that is gone is put back within seconds (kit/keeping.py); after so many looks it is not."""
ASK_S: Final = 3.0
BLOCKED_S: Final = 20.0
"""So long without a turn of the event loop."""
BEAT_S: Final = 1.0
BLOCKED_EXIT: Final = 70


class StuckError(RuntimeError):
    """This process can make no progress by itself any more."""


@dataclass(slots=True)
class Watchdog:
    """What is watched; parts a process does not have are left out."""

    pool: Pool | None = None
    pulse: Pulse | None = None
    relay: Relay | None = None
    client: Client | None = None
    consuming: Client | None = None
    deliveries: Sequence[Delivery] = ()
    _since: dict[str, float] = field(default_factory=dict)
    """Since when something has looked wrong."""
    _gone: dict[str, int] = field(default_factory=dict)
    _known: set[int] = field(default_factory=set)

    async def run(self) -> None:
        """Look every few seconds. Raises StuckError."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """One look. Raises StuckError."""
        for name, one in (("consuming", self.consuming), ("relay", self.client)):
            self._connection(name, one)
        await self._pool()
        self._relay()
        for delivery in self.deliveries:
            if self.consuming is not None and self.consuming.is_connected:
                await self._durable(self.consuming, delivery)
            else:
                self._since.pop(delivery.spec.name, None)

    def _long(self, what: str, *, wrong: bool, but_s: float = 0.0) -> bool:
        """Whether something has been wrong for too long (less what had to pass before it was)."""
        if not wrong:
            self._since.pop(what, None)
            return False
        since = self._since.setdefault(what, time.monotonic())
        return time.monotonic() - since > STUCK_S - but_s

    def _connection(self, name: str, client: Client | None) -> None:
        """One that is lost is tried again in a task, which can die (reliability.md C.12), or was closed."""
        if client is None:
            return
        if client.is_connected:
            self._known.add(id(client))
            return
        reconnecting: asyncio.Task[Any] | None = getattr(client, "_reconnection_task", None)
        dead = reconnecting is None or reconnecting.done()
        if dead and id(client) in self._known:
            raise StuckError(f"reconnect task of the {name} connection is dead")

    async def _pool(self) -> None:
        """The database answers on a connection of its own, and the pool gives none."""
        if self.pool is None or self.pulse is None:
            return
        try:
            async with asyncio.timeout(ASK_S), reading(self.pool) as conn:
                await conn.fetchval("select true")
            stuck = False
        except LOST:
            stuck = self.pulse.answers
        if self._long("pool", wrong=stuck):
            raise StuckError("the pool gives no connection though the database answers")

    def _relay(self) -> None:
        """The relay has not come round, though both servers are there."""
        relay = self.relay
        if relay is None or self.client is None or not self.client.is_connected:
            return
        if self.pulse is not None and not self.pulse.answers:
            relay.turned_at = time.monotonic()
        idle_s = time.monotonic() - relay.turned_at
        if idle_s > STUCK_S:
            raise StuckError(f"the relay has not come round for {idle_s:.0f} s")

    async def _durable(self, connection: Client, delivery: Delivery) -> None:
        """A durable that is gone, or has messages of which this process takes none."""
        spec = delivery.spec
        try:
            info = await connection.jetstream(timeout=ASK_S).consumer_info(spec.stream, spec.name)
        except NotFoundError:
            self._gone[spec.name] = self._gone.get(spec.name, 0) + 1
            if self._gone[spec.name] >= GONE_LOOKS:
                raise StuckError(f"consumer {spec.name} is gone") from None
            return
        except (NatsError, TimeoutError) as error:
            log.warning("consumer_unknown", consumer=spec.name, error=type(error).__name__)
            return
        self._gone.pop(spec.name, None)
        if delivery.waiting_for_database:
            delivery.progressed_at = time.monotonic()
        idle_s = time.monotonic() - delivery.progressed_at
        untaken = bool(info.num_pending) and not info.num_ack_pending
        if self._long(spec.name, wrong=untaken and idle_s > LOOK_S, but_s=LOOK_S):
            raise StuckError(f"{spec.name} takes nothing for {idle_s:.0f} s")


class LoopGuard:
    """Ends the process when its event loop makes no turn: a thread looks, because no task can."""

    def __init__(self, limit_s: float = BLOCKED_S) -> None:
        self._limit_s = limit_s
        self._turned_at = time.monotonic()

    async def run(self) -> None:
        """Start the thread, then say every second that the loop turns."""
        threading.Thread(target=self._watch, name="loop-guard", daemon=True).start()
        while True:
            self._turned_at = time.monotonic()
            await asyncio.sleep(BEAT_S)

    def _watch(self) -> None:
        looked_at = time.monotonic()
        while True:
            time.sleep(BEAT_S)
            now = time.monotonic()
            if now - looked_at > BEAT_S * 5:  # the whole process was paused, not the loop alone
                self._turned_at = now
            looked_at = now
            if now - self._turned_at > self._limit_s:
                log.error("event_loop_blocked", seconds=round(now - self._turned_at))
                faulthandler.dump_traceback(sys.stderr)
                os._exit(BLOCKED_EXIT)
