"""Five hundred screens at fifty events a second on one console: what it costs, how late they are, what is missing.

A whole product: complaints are filed, routed and told over NATS as ever, and every screen follows the topic
of the whole district, so that each event goes to each of them. Lateness is from the projector's turn
to the screen; it holds the commit, the look at the table and the way through the socket. Compared with the
figures of the spike the console was chosen by (docs/adr/0047) and with bare sockets.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import asyncpg
import orjson
import psutil

from benchmarks.live import page
from benchmarks.live.screens import Screens
from benchmarks.product import Product, percentiles

CLIENTS: Final = 500
EVENTS_PER_S: Final = 50
EVENTS_PER_TICKET: Final = 4
"""complaint.received, ticket.dispatched, and the clocks that begin."""
WARM_S: Final = 6.0
SETTLE_S: Final = 30.0
MIB: Final = 1024 * 1024
TARGETS: Final = {
    "missed": 0, "cpu_of_a_core": 0.25, "late_p95_ms": 100.0, "grown_mib": 10.0,
    "first_row_cold_ms": 1_500.0, "main_thread": 0.10,
}  # fmt: skip
FRAMES: Final = "select seq, body from console.frame where topic = $1 and seq > $2 order by seq"
DISTRICT: Final = "select area from console.tally where length(area) = 6 order by n desc limit 1"


@dataclass(slots=True)
class Load:
    """What was measured. Times in milliseconds, memory in MiB."""

    name: str
    clients: int
    seconds: float
    events_per_s: float = 0.0
    """Of the outbox's events, as frames tell of them."""
    frames_per_s: float = 0.0
    bytes_per_s: float = 0.0
    """To each client."""
    cpu_of_a_core: float = 0.0
    late_ms: dict[str, float] = field(default_factory=dict)
    memory_mib: tuple[float, float] = (0.0, 0.0)
    """At the start, with everybody connected, and at the end."""
    missed: int = 0
    twice: int = 0
    resets: int = 0
    closed: int = 0


class Watched:
    """CPU time and memory of one process over a while."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._began, self._cpu = time.perf_counter(), self._spent()
        self._memory = self._rss()

    def into(self, load: Load) -> None:
        """Note what it took since."""
        load.seconds = time.perf_counter() - self._began
        load.cpu_of_a_core = (self._spent() - self._cpu) / load.seconds
        load.memory_mib = (self._memory, self._rss())

    def _spent(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def _rss(self) -> float:
        return float(self._process.memory_info().rss) / MIB


async def live(*, quick: bool) -> dict[str, Any]:
    """Nobody, everybody, one browser on a product of its own, then everybody on bare sockets; four minutes."""
    seconds = 10.0 if quick else 60.0
    product = Product()
    await product.start()
    try:
        found = await _on_product(product, seconds)
        opened = await page.inbox_page(product, EVENTS_PER_S, EVENTS_PER_TICKET)
    finally:
        await product.stop()
    size = int(found[1].bytes_per_s / max(1.0, found[1].frames_per_s))
    bare = await _bare(max(200, size), min(seconds, 20.0))
    return {
        "targets": TARGETS,
        "loads": [asdict(one) for one in (*found, bare)],
        "page": asdict(opened) if opened else None,
    }


async def _on_product(product: Product, seconds: float) -> Sequence[Load]:
    conn = await asyncpg.connect(product.info["postgres"])
    filing = asyncio.create_task(
        product.paced(
            "live", rate=EVENTS_PER_S / EVENTS_PER_TICKET, seconds=seconds * 1.5 + 4 * WARM_S
        )
    )
    try:
        await asyncio.sleep(WARM_S)
        topic = f"area.{await conn.fetchval(DISTRICT)}"
        alone = await _load(product, conn, topic, 0, seconds / 2)
        return alone, await _load(product, conn, topic, CLIENTS, seconds)
    finally:
        await filing
        await conn.close()


async def _load(
    product: Product, conn: asyncpg.Connection[Any], topic: str, clients: int, seconds: float
) -> Load:
    load = Load("console", clients, seconds)
    screens = Screens()
    since: int = await conn.fetchval("select seq from console.stream")
    token = product.info["tokens"]["dispatcher"]
    path = f"/api/v1/stream?topics={topic}&since={since}"
    await screens.open(product.info["console"], path, token, clients)
    await asyncio.sleep(WARM_S / 2)
    first: int = await conn.fetchval("select seq from console.stream")
    screens.begin_anew()
    watched = Watched(product.info["pids"]["console"])
    await asyncio.sleep(seconds)
    watched.into(load)
    _note(load, screens)
    rows = await conn.fetch(FRAMES, topic, since)
    measured = [orjson.loads(row["body"]) for row in rows if row["seq"] > first]
    said = sum(len(event["said"]) for one in measured for event in one["events"])
    load.events_per_s = said / load.seconds
    load.frames_per_s = len(measured) / load.seconds
    seqs = [row["seq"] for row in rows]
    deadline = time.perf_counter() + SETTLE_S
    while seqs and screens.behind(seqs[-1]) and time.perf_counter() < deadline:
        await asyncio.sleep(0.1)
    load.missed, load.twice = screens.missed(seqs), screens.twice()
    load.resets, load.closed = screens.told.resets, screens.told.closed
    screens.close()
    return load


async def _bare(size: int, seconds: float) -> Load:
    load = Load("bare sockets", CLIENTS, seconds)
    screens = Screens()
    async with _bare_server(size) as (pid, url):
        await screens.open(url, "/", "", CLIENTS)
        await asyncio.sleep(1)
        screens.begin_anew()
        watched = Watched(pid)
        await asyncio.sleep(seconds)
        watched.into(load)
        _note(load, screens)
        load.frames_per_s = len(screens.told.late_s) / CLIENTS / load.seconds
        screens.close()
    return load


@asynccontextmanager
async def _bare_server(size: int) -> AsyncIterator[tuple[int, str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.live.bare", str(size), stdout=subprocess.PIPE
    )
    assert process.stdout  # noqa: S101 - asked for above
    port = int(await process.stdout.readline())
    try:
        yield process.pid, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


def _note(load: Load, screens: Screens) -> None:
    load.late_ms = percentiles(list(screens.told.late_s))
    if load.clients:
        load.bytes_per_s = screens.told.size / load.clients / load.seconds


def shown(report: dict[str, Any]) -> list[str]:
    """Lines for a person."""
    lines = []
    for one in report["loads"]:
        late, (before, after) = one["late_ms"], one["memory_mib"]
        lines.append(
            f"live, {one['name']}, {one['clients']} screens, {one['events_per_s']:.0f} events/s:"
            f" {one['cpu_of_a_core'] * 100:.1f} % of a core,"
            f" late p50/p95/max {late.get('p50', 0):.0f}/{late.get('p95', 0):.0f}/{late.get('max', 0):.0f} ms,"
            f" {one['frames_per_s']:.1f} frames/s and {one['bytes_per_s'] / 1000:.1f} kB/s to each,"
            f" {before:.0f} to {after:.0f} MiB, missed {one['missed']}, twice {one['twice']},"
            f" resets {one['resets']}, cut off {one['closed']}"
        )
    return lines + page.shown(report["page"])
