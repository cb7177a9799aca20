"""One inbox in a real browser: from a cold start to the first row, and its main thread while events arrive.

Browser, product and whoever files share the cores of this machine. Left out where there is no Chromium or the
screens are not built.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import orjson
from playwright.async_api import Browser, CDPSession

from benchmarks.product import Product
from benchmarks.workload import UNITS
from services.console.web import Front
from tests.support.browser import Outside, chromium, executable, guarded

UNIT: Final = UNITS[0]
COLD_RUNS: Final = 5
BUSY_S: Final = 20.0
WARM_S: Final = 4.0
MS: Final = 1_000.0
FIRST_ROW: Final = "[role=grid] [role=row][data-index]"
SEQ: Final = "select seq from console.stream"
FRAMES: Final = "select body from console.frame where topic = $1 and seq > $2 and seq <= $3"
Chromium = tuple[Browser, Outside]


@dataclass(slots=True)
class PageCost:
    """What was measured. A row is on the screen when the browser has it to show."""

    rows: int
    """In the inbox that was opened."""
    first_row_cold_ms: tuple[float, ...]
    """Each in a browser profile of its own with nothing kept, from the address to the first row."""
    median_ms: float
    events_per_s: float
    """That this page was told of."""
    main_thread: float
    """Share of the time it was busy with them; waits for a core count."""
    main_thread_cpu: float
    """Share of the time a core worked for it: what stays the same on a machine that does other things."""


async def inbox_page(
    product: Product, events_per_s: float, events_per_ticket: int
) -> PageCost | None:
    """Open a unit's inbox five times cold, then leave it open while its unit is given work; a minute."""
    path = executable()
    if path is None or not Front().built:
        return None
    async with chromium(path) as running:
        cold = [await _cold(running, product) for _ in range(COLD_RUNS)]
        busy = await _busy(running, product, events_per_s / events_per_ticket)
    took = tuple(each for each, _ in cold)
    return PageCost(cold[-1][1], took, statistics.median(took), *busy)


async def _cold(running: Chromium, product: Product) -> tuple[float, int]:
    home = product.info["console"]
    async with guarded(*running, home) as screen:
        screen.looked_at = False
        await screen.let_in(product.info["tokens"][f"unit:{UNIT}"])
        began = time.perf_counter()
        await screen.page.goto(f"{home}/inbox", wait_until="commit")
        await screen.page.locator(FIRST_ROW).first.wait_for()
        took = (time.perf_counter() - began) * MS
        told = await screen.page.get_by_role("grid").get_attribute("aria-rowcount")
    return took, int(told or 1) - 1


async def _busy(
    running: Chromium, product: Product, tickets_per_s: float
) -> tuple[float, float, float]:
    home = product.info["console"]
    conn = await asyncpg.connect(product.info["postgres"])
    filing = asyncio.create_task(
        product.paced("page", rate=tickets_per_s, seconds=BUSY_S + 3 * WARM_S, one_unit=True)
    )
    try:
        async with guarded(*running, home) as screen:
            screen.looked_at = False
            await screen.let_in(product.info["tokens"][f"unit:{UNIT}"])
            await screen.page.goto(f"{home}/inbox")
            await screen.page.locator(FIRST_ROW).first.wait_for()
            session = await screen.context.new_cdp_session(screen.page)
            await session.send("Performance.enable")
            await asyncio.sleep(WARM_S)
            before, first = await _spent(session), await conn.fetchval(SEQ)
            await asyncio.sleep(BUSY_S)
            after, last = await _spent(session), await conn.fetchval(SEQ)
        bodies = await conn.fetch(FRAMES, f"inbox.{UNIT}", first, last)
        events = [event for row in bodies for event in orjson.loads(row["body"])["events"]]
        spent = {name: after[name] - before[name] for name in after}
        said = sum(len(event["said"]) for event in events)
        figures = (said, spent["TaskDuration"], spent["ThreadTime"])
        told, busy, cpu = (figure / spent["Timestamp"] for figure in figures)
        return told, busy, cpu
    finally:
        await filing
        await conn.close()


async def _spent(session: CDPSession) -> dict[str, float]:
    told = await session.send("Performance.getMetrics")
    return {one["name"]: one["value"] for one in told["metrics"]}


def shown(cost: Mapping[str, Any] | None) -> list[str]:
    """Lines for a person."""
    if cost is None:
        return ["live, page: left out, no Chromium or the screens are not built"]
    each = ", ".join(f"{one:.0f}" for one in cost["first_row_cold_ms"])
    rate, busy, cpu = cost["events_per_s"], cost["main_thread"] * 100, cost["main_thread_cpu"] * 100
    return [
        f"live, first row, cold, inbox of {cost['rows']}: median {cost['median_ms']:.0f} ms of {each}",
        f"live, that inbox at {rate:.0f} events/s: main thread busy {busy:.1f} %, of CPU {cpu:.1f} %",
    ]
