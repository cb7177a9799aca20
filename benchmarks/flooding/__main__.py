"""`python -m benchmarks.flooding`: the flood alone; `QUICK=1` for half as long.

`OFF=1` measures the capacity with nobody ever turned away beside the capacity as shipped, in turns.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
from typing import Final

import uvloop
from rich.console import Console

from benchmarks.flooding.flood import Flood, flood, shown
from benchmarks.product import Product

NOBODY_REFUSED: Final = {
    "CHUISHAO_WAIT_S": "1000000",
    "CHUISHAO_PERSON_PER_S": "1000000",
    "CHUISHAO_PERSON_AT_ONCE": "1000000",
    "CHUISHAO_CALLER_PER_HOUR": "10000000",
}
ROUNDS: Final = 3
console = Console()


async def main() -> None:
    """Measure and print."""
    if os.environ.get("OFF"):
        await _on_and_off()
        return
    report = await flood(quick=bool(os.environ.get("QUICK")))
    console.print(*shown(report), sep="\n")
    console.print_json(json.dumps(report, default=str))


async def _on_and_off() -> None:
    found: dict[str, list[float]] = {"as shipped": [], "nobody refused": []}
    for _ in range(ROUNDS):
        for name, env in (("as shipped", {}), ("nobody refused", NOBODY_REFUSED)):
            product = Product(env=env)
            await product.start()
            measured = Flood(product)
            await measured.measure_capacity(3)
            found[name].append(await measured.measure_capacity(8))
            await product.stop()
            await asyncio.sleep(1)
    for name, rates in found.items():
        console.print(f"{name}: {statistics.median(rates):.0f} filings/s, median of {rates}")


if __name__ == "__main__":
    uvloop.run(main())
