"""`python -m benchmarks.live`: the live stream alone, figures as JSON after the lines; `QUICK=1` for a tenth."""

from __future__ import annotations

import json
import os

import uvloop
from rich.console import Console

from benchmarks.live.live import live, shown


async def main() -> None:
    """Measure and print."""
    console = Console(soft_wrap=True)
    report = await live(quick=bool(os.environ.get("QUICK")))
    console.print(*shown(report), sep="\n", highlight=False)
    console.print_json(json.dumps(report))


if __name__ == "__main__":
    uvloop.run(main())
