"""`make bench`: floors, the product against them, memory and growth; a table, and JSON beside it.

`QUICK=1` leaves out growth and shortens the rest. Figures of a shared machine are noisy: quote the
ratios and the CPU milliseconds, and medians of several runs.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks import floors
from benchmarks.deciding import decision_us
from benchmarks.escalating.product_climbs import escalations
from benchmarks.escalating.scale import FULL, QUICK, at_scale, shown
from benchmarks.flooding.flood import flood
from benchmarks.flooding.flood import shown as shown_flood
from benchmarks.growth import fill
from benchmarks.live.live import live
from benchmarks.live.live import shown as shown_live
from benchmarks.product import Product, Stage
from benchmarks.replay311.__main__ import measure
from benchmarks.whole_city import whole_city

EVENTS_TO_UNIT: Final = 2
"""complaint.received and ticket.dispatched: what must be published before a unit has its ticket."""
OUT: Final = Path("bench.json")
GROWTH: Final = (100_000, 1_000_000, 3_000_000)
MIB: Final = 1024 * 1024
REST_S: Final = 5.0
"""After filling: the backend that filled is gone, and its CPU time counted, before a stage begins."""
BOSTON: Final = (
    Path(os.environ.get("CHUISHAO_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    / "boston311_train.csv.gz"
)
"""Requests with published targets; left out where the folder of shared data is not beside us."""
console = Console()


async def main() -> None:
    """Measure everything in one run and write it down."""
    quick = bool(os.environ.get("QUICK"))
    seconds = 4.0 if quick else 10.0
    report: dict[str, Any] = {"quick": quick, "cores": os.cpu_count(), "load": os.getloadavg()}
    product = Product()
    report["ready_s"] = await product.start()
    console.print(f"ready in {report['ready_s']:.1f} s")
    report["floors"] = await _floors(product)
    bound = report["floors"]["publish_always"] / EVENTS_TO_UNIT
    report["bound_per_s"] = bound
    stages = []
    for run in _stages(product, seconds, quick=quick):
        stage = await run
        stages.append(stage)
        _say(stage, bound)
    report["memory_mib"] = {n: b // MIB for n, b in product.usage().rss.items()}
    if not quick:
        stages += await _growth(product, bound)
    await product.stop()
    flooded = await flood(quick=quick)
    console.print(*shown_flood(flooded), sep="\n")
    report["flood"] = flooded | {"parts": [asdict(part) for part in flooded["parts"]]}
    report["live"] = await live(quick=quick)
    console.print(*shown_live(report["live"]), sep="\n")
    report["stages"] = [
        asdict(stage) | {"of_bound": round(stage.end_to_end_per_s / bound, 3)} for stage in stages
    ]
    report["decision_us"] = decision_us()
    if not quick:
        report["whole_city"] = whole_city()
    report["escalations"] = asdict(await escalations(1_000 if quick else 5_000))
    if BOSTON.exists():
        found = measure(BOSTON, lambda *_: None)
        report["replay311"] = {k: found[k] for k in ("n", "agree", "due_within_1h")}
    report["ladder"] = shown(await at_scale(*(QUICK if quick else FULL)))
    OUT.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    _table(report)


def _stages(product: Product, seconds: float, *, quick: bool) -> Any:
    yield product.posts("warm-up", connections=16, seconds=2)
    yield product.posts("POST, 16 connections", connections=16, seconds=seconds)
    yield product.posts("POST, 64 connections", connections=64, seconds=seconds)
    yield product.batch("NDJSON batch", lines=4_000 if quick else 20_000)
    yield product.paced("paced 200/s", rate=200, seconds=seconds)
    yield product.paced("paced 300/s", rate=300, seconds=seconds)


async def _floors(product: Product) -> dict[str, float]:
    measured = {"commits_16": await floors.commits(product.info["postgres"])}
    for sync in ("always", "1s"):
        publish, pull = await floors.jetstream(sync)
        measured[f"publish_{sync}"], measured[f"pull_ack_{sync}"] = publish, pull
    for name, rate in measured.items():
        console.print(f"floor {name}: {rate:,.0f}/s")
    return measured


async def _growth(product: Product, bound: float) -> list[Stage]:
    stages, stored = [], 0
    for size in GROWTH:
        console.print(f"filling up to {size:,} past tickets …")
        await fill(product.info["postgres"], stored, size)
        stored = size
        await asyncio.sleep(REST_S)
        stage = await product.posts(f"POST, 64, with {size:,} stored", connections=64, seconds=8)
        stages.append(stage)
        _say(stage, bound)
    return stages


def _say(stage: Stage, bound: float) -> None:
    console.print(
        f"{stage.name}: {stage.accepted_per_s:,.0f} accepted/s, {stage.end_to_end_per_s:,.0f} at"
        f" the unit/s ({stage.end_to_end_per_s / bound:.2f} of the bound),"
        f" {stage.cpu_ms:.2f} ms CPU, unit p50 {stage.unit_ms.get('p50', 0):.0f} ms"
        + ("" if stage.complete else "  INCOMPLETE")
    )


def _table(report: dict[str, Any]) -> None:
    table = Table(title="吹哨 Chuishao benchmark")
    for column in ("stage", "accepted/s", "at unit/s", "of bound", "CPU ms", "unit p50/p99 ms"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for stage in report["stages"]:
        unit = stage["unit_ms"]
        table.add_row(
            stage["name"],
            f"{stage['accepted_per_s']:,.0f}",
            f"{stage['end_to_end_per_s']:,.0f}",
            f"{stage['of_bound']:.2f}",
            f"{stage['cpu_ms']:.2f}",
            f"{unit.get('p50', 0):.0f} / {unit.get('p99', 0):.0f}",
        )
    console.print(table)
    posts = [s["cpu_ms"] for s in report["stages"] if s["name"].startswith("POST")]
    raised = report["escalations"]
    console.print(f"CPU per ticket, median over POST stages: {statistics.median(posts):.2f} ms")
    console.print(f"decision: {report['decision_us']}; escalations: {raised['per_s']:,.0f}/s")
    if "replay311" in report:
        console.print(f"replay of Boston 311: {report['replay311']}")
    ladder = report["ladder"]
    console.print(
        f"ladder, {ladder['open']:,} open clocks: {ladder['per_s']:,.0f} due/s, late p99"
        f" {ladder['late_s']['p99']:.2f} s, twice {ladder['twice']}, never {ladder['never']}"
    )
    for row in report.get("whole_city", ()):
        console.print(f"whole city: {row}")
    console.print(f"memory MiB: {report['memory_mib']}; written to {OUT}")


if __name__ == "__main__":
    uvloop.run(main())
