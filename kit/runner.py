"""Runs a service: HTTP, broker, relay and loops in one event loop, drained in order on a signal.

On SIGTERM or SIGINT: stop listening, finish requests, finish the messages in hand, publish what they
led to, close the pools. A task that ends by itself, or a watchdog (kit/watchdog.py) that finds no progress
possible, ends the process with a non-zero code, so that whoever supervises it starts it anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import uvicorn
import uvloop
from fastapi import FastAPI
from nats.aio.client import Client

from kit import ending
from kit.broker import LastingBroker
from kit.db import Pool
from kit.delivery import Delivery
from kit.durables import refuse_wrong_durables
from kit.edge import Edge
from kit.limits.accepting import Server
from kit.limits.admission import WAIT_S, Admission
from kit.limits.bounds import Patience
from kit.limits.connections import Door, most_connections
from kit.limits.keeper import Keeper
from kit.logging import get
from kit.pulse import Pulse
from kit.relay import Relay
from kit.watchdog import LoopGuard, StuckError, Watchdog

log = get(__name__)

DRAIN_S: Final = 12
CLOSE_S: Final = 5.0
CONNECTIONS: Final = 4_096


@dataclass(slots=True)
class Parts:
    """What one process is made of, in the order it is started; stopped in reverse."""

    app: FastAPI
    host: str
    port: int
    connections: int = CONNECTIONS
    """Of clients, at most."""
    patience: Patience = field(default_factory=Patience)
    wait_s: float = WAIT_S
    """Longest wait for the database a request is let into."""
    broker: LastingBroker | None = None
    relay: Relay | None = None
    client: Client | None = None
    deliveries: Sequence[Delivery] = ()
    pool: Pool | None = None
    pulse: Pulse | None = None
    loops: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
    ending: Sequence[Callable[[], None]] = ()
    """Called first when stopping: ends what would keep HTTP connections open."""
    close: Sequence[Callable[[], Awaitable[Any]]] = field(default_factory=tuple)


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a service's main coroutine on uvloop."""
    uvloop.run(main())


async def serve(parts: Parts) -> None:
    """Run until a signal. Raises whatever ended a part that should have gone on."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = server_of(parts)
    tasks = {asyncio.create_task(_http(server), name="http")}
    if parts.relay:
        tasks.add(asyncio.create_task(parts.relay.run(), name="relay"))
    if parts.broker:
        tasks.add(asyncio.create_task(_listen(parts), name="broker"))
    tasks |= {asyncio.create_task(make(), name="loop") for make in parts.loops}
    if parts.pulse:
        tasks.add(asyncio.create_task(parts.pulse.run(), name="pulse"))
    tasks.add(asyncio.create_task(_watchdog(parts).run(), name="watchdog"))
    tasks.add(asyncio.create_task(LoopGuard().run(), name="loop guard"))
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)
    waiting = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    ended = [task.get_name() for task in done - {waiting}]
    log.info("stopping", because="part_ended" if ended else "signal", parts=ended)
    await _drain(parts, server, tasks)
    for task in done - {waiting}:
        task.result()
        raise StuckError(f"{task.get_name()} ended")


def _watchdog(parts: Parts) -> Watchdog:
    return Watchdog(
        pool=parts.pool,
        pulse=parts.pulse,
        relay=parts.relay,
        client=parts.client,
        consuming=parts.broker.client if parts.broker else None,
        deliveries=parts.deliveries,
    )


def server_of(parts: Parts) -> uvicorn.Server:
    """The HTTP server of a process, not yet started."""
    admission = Admission(parts.wait_s)
    keeper = Keeper(admission, parts.app.state.rates, parts.app.state.service)
    config = uvicorn.Config(
        Edge(parts.app, parts.pulse, parts.patience, admission),
        host=parts.host,
        port=parts.port,
        http=Door(most_connections(parts.connections), keeper, parts.patience).protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=DRAIN_S,
        backlog=2_048,
    )
    return Server(config)


async def _http(server: uvicorn.Server) -> None:
    await server.serve()


async def _drain(parts: Parts, server: uvicorn.Server, tasks: set[asyncio.Task[None]]) -> None:
    for end in parts.ending:
        end()
    server.should_exit = True
    by_name = {task.get_name(): task for task in tasks}
    with contextlib.suppress(Exception):
        await asyncio.wait_for(by_name["http"], DRAIN_S + 1)
    if parts.broker:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(parts.broker.stop(), DRAIN_S)
    if parts.relay:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(parts.relay.stop(), DRAIN_S)
    await ending.cancel(tasks)
    closing = [*([parts.client.close] if parts.client else []), *parts.close]
    for close in closing:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(close(), CLOSE_S)


async def _listen(parts: Parts) -> None:
    """Subscribe once the broker is there; HTTP does not wait for it."""
    assert parts.broker  # noqa: S101 - started only with a broker
    await parts.broker.start()
    if parts.deliveries:
        specs = [one.spec for one in parts.deliveries]
        await refuse_wrong_durables(parts.broker.client, specs)
    await asyncio.Event().wait()
