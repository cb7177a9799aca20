"""`SOAK=600 python -m benchmarks.live.soak`: the wall of a hall left alone for ten minutes while a district works.

What may not grow: the heap of its page after a collection, its nodes, the memory of the console that serves it. The
tables of the district grow by what is filed meanwhile; a wall shows windows of fixed size (console.md section 8.12).
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import psutil
import uvloop
from playwright.async_api import CDPSession
from rich.console import Console

from benchmarks.product import Product
from services.console.web import Front
from tests.support.browser import chromium, executable, guarded

SOAK_S: Final = 600.0
EVENTS_PER_S: Final = 50
EVENTS_PER_TICKET: Final = 4
LOOKS: Final = 10
"""The first is taken after a tenth of the time: what a page needs once is no growth."""
MB: Final = 1_000_000
MIB: Final = 1024 * 1024
HEAP_MOST_MB: Final = 5.0
"""console.md section 3."""


@dataclass(slots=True)
class Look:
    """What the wall needed at a moment."""

    at_s: float
    heap_mb: float
    """After a collection."""
    nodes: int
    console_mib: float


async def soak(seconds: float, tell: Console) -> list[Look]:
    """Looks at the wall in equal steps. Raises RuntimeError without Chromium or built screens."""
    path = executable()
    if path is None or not Front().built:
        raise RuntimeError("no Chromium, or the screens are not built: make web")
    product = Product()
    await product.start()
    step = seconds / LOOKS
    rate = EVENTS_PER_S / EVENTS_PER_TICKET
    filing = asyncio.create_task(product.paced("soak", rate=rate, seconds=seconds + step))
    looks: list[Look] = []
    try:
        async with chromium(path) as running, guarded(*running, product.info["console"]) as screen:
            screen.looked_at = False
            await screen.let_in(product.info["tokens"]["dashboard"])
            await screen.page.goto(f"{screen.home}/hall")
            await screen.page.get_by_role("main").wait_for()
            session = await screen.context.new_cdp_session(screen.page)
            await session.send("Performance.enable")
            console = psutil.Process(product.info["pids"]["console"])
            for n in range(1, LOOKS + 1):
                await asyncio.sleep(step)
                told = await _collected(session)
                memory = console.memory_info().rss / MIB
                look = Look(n * step, told["JSHeapUsedSize"] / MB, int(told["Nodes"]), memory)
                looks.append(look)
                tell.print(
                    f"{look.at_s:5.0f} s  {look.heap_mb:.1f} MB, {look.nodes} nodes, console {memory:.0f} MiB"
                )
    finally:
        await filing
        await product.stop()
    return looks


async def _collected(session: CDPSession) -> Mapping[str, float]:
    await session.send("HeapProfiler.collectGarbage")
    told = await session.send("Performance.getMetrics")
    return {one["name"]: one["value"] for one in told["metrics"]}


async def main() -> None:
    """Measure and print."""
    tell = Console(soft_wrap=True)
    looks = await soak(float(os.environ.get("SOAK", SOAK_S)), tell)
    grown = looks[-1].heap_mb - looks[0].heap_mb
    tell.print(
        f"soak, hall: heap {grown:+.1f} MB of {HEAP_MOST_MB:.0f}, {looks[-1].nodes - looks[0].nodes:+d} nodes"
    )
    tell.print_json(json.dumps([asdict(look) for look in looks]))


if __name__ == "__main__":
    uvloop.run(main())
