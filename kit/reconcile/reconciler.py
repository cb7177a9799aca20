"""Looks at each stream a service publishes to, once a minute and whenever the broker was started anew.

When all is well a look is one question to the broker and one small update. Whatever looks wrong, and once
a day in any case, everything is compared (scanning.py). One replica of a service at a time; each service
with its own events alone (docs/adr/0040).
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Final

from nats.aio.client import Client
from nats.errors import Error as NatsError

from contracts.catalog import OWNER_OF, STREAM_OF
from contracts.topology import ECHOES, STREAMS, ConsumerSpec
from kit import metrics
from kit.db import LOST, Pool, reading
from kit.jetstream import ApiRefusedError, ask, server_id, told
from kit.logging import get
from kit.reconcile import store
from kit.reconcile.echo import Echo, EchoBrokenError
from kit.reconcile.scanning import Scan, Scanned, Scope
from kit.reconcile.store import Turn
from kit.reconcile.suspicion import Stand, moment, server_of, suspicions
from kit.relay import Relay

log = get(__name__)

LOOK_S: Final = 60.0
SCAN_S: Final = 86_400.0
STEP_S: Final = 0.5
SOON_S: Final = 3.0
"""Until the next try of what could not be done just now."""
SLACK: Final = timedelta(hours=1)
"""So much before its max_age an event need not come back any more."""
AGES: Final = {spec.name: timedelta(seconds=spec.max_age_s) for spec in STREAMS}


class Reconciler:
    """One in each process that publishes, on the relay's connection."""

    def __init__(
        self, pool: Pool, client: Client, relay: Relay, *, service: str, look_s: float = LOOK_S
    ) -> None:
        self._pool = pool
        self._client = client
        self._relay = relay
        self._service = service
        self._look_s = look_s
        self._echoes = ECHOES[service]
        self._next_at = dict.fromkeys((echo.stream for echo in self._echoes), 0.0)
        self._server = ""
        for echo in self._echoes:
            for action in metrics.RECONCILE_ACTIONS:
                metrics.RECONCILED.labels(service, echo.stream, action)

    async def run(self) -> None:
        """Look until the process ends; what fails is put off, never raised."""
        while True:
            await asyncio.sleep(STEP_S)
            if not self._client.is_connected:
                continue
            if server_id(self._client) != self._server:
                self._server = server_id(self._client)
                self._relay.highest.clear()
                self._next_at = dict.fromkeys(self._next_at, 0.0)
            for echo in self._echoes:
                if time.monotonic() >= self._next_at[echo.stream]:
                    self._next_at[echo.stream] = time.monotonic() + await self._try(echo)

    async def _try(self, echo: ConsumerSpec) -> float:
        """Seconds until this process looks again."""
        try:
            return await self.look(echo)
        except (EchoBrokenError, ApiRefusedError, NatsError, *LOST) as error:
            metrics.RECONCILED.labels(self._service, echo.stream, "put_off").inc()
            log.warning(
                "reconcile_put_off", stream=echo.stream, error=type(error).__name__, why=str(error)
            )
            return SOON_S

    async def look(self, echo: ConsumerSpec) -> float:
        """One look at a stream, and a scan where something is wrong; seconds until the next.

        Raises EchoBrokenError, nats errors, or one of kit.db.LOST; the turn is given back then.
        """
        acknowledged = self._relay.highest.get(echo.stream, 0)
        info = await ask(self._client, f"STREAM.INFO.{echo.stream}")
        if info is None:
            raise EchoBrokenError(f"stream {echo.stream} is gone")
        live = Stand.of(info, server_of(told(self._client), info))
        async with reading(self._pool) as conn:
            await store.ensure(conn, echo.stream)
            turn = await store.take(conn, echo.stream, live.server)
        if turn is None:
            return self._look_s / 4
        after_s = SOON_S
        try:
            metrics.RECONCILED.labels(self._service, echo.stream, "looked").inc()
            why = suspicions(
                turn.known,
                live,
                acknowledged=acknowledged,
                max_age=AGES[echo.stream],
                now=moment(info["ts"]),
            ) or (("daily",) if turn.scan_due else ())
            if why:
                await self._scan(echo, turn, info["ts"], why)
            async with reading(self._pool) as conn:
                await store.note(conn, echo.stream, live)
            after_s = self._look_s
        finally:
            async with reading(self._pool) as conn:
                await store.give_back(conn, echo.stream, after_s)
        return self._look_s

    async def _scan(
        self, echo: ConsumerSpec, turn: Turn, now: str, why: tuple[str, ...]
    ) -> Scanned:
        log.info("reconcile_scan", stream=echo.stream, why=why)
        metrics.RECONCILED.labels(self._service, echo.stream, "scanned").inc()
        nouns = tuple(
            noun
            for noun, owner in OWNER_OF.items()
            if owner == self._service and STREAM_OF[noun] == echo.stream
        )
        since = moment(now) - AGES[echo.stream] + SLACK
        reader = Echo(self._client, echo)
        scope = Scope(echo.stream, nouns, turn.after, since, turn.round + 1)
        began = time.monotonic()
        try:
            found = await Scan(self._pool, reader, scope).run()
        finally:
            await reader.close()
        self._relay.highest.pop(echo.stream, None)
        async with reading(self._pool) as conn:
            await store.scanned(conn, echo.stream, found.after, found.offered, again_s=SCAN_S)
        metrics.RECONCILED.labels(self._service, echo.stream, "offered").inc(found.offered)
        tell = log.error if found.offered else log.info
        tell(
            "reconciled",
            stream=echo.stream,
            why=why,
            kept=found.kept,
            held=found.held,
            offered=found.offered,
            seconds=round(time.monotonic() - began, 2),
        )
        return found
