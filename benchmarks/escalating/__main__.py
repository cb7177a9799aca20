"""`python -m benchmarks.escalating [CLOCKS DUE]`: the ladder alone, with figures as JSON on standard output.

Without numbers a million open clocks, a hundred thousand of them due at 2,000 a second; `QUICK=1`: a
hundred thousand and twenty thousand.
"""

from __future__ import annotations

import json
import os
import sys

import uvloop
from rich.console import Console

from benchmarks.escalating.scale import FULL, QUICK, at_scale, shown


async def main() -> None:
    """Measure and print."""
    clocks, due = QUICK if os.environ.get("QUICK") else FULL
    if len(sys.argv) > 1:
        clocks, due = map(int, sys.argv[1:3])
    Console().print_json(json.dumps(shown(await at_scale(clocks, due)), ensure_ascii=False))


if __name__ == "__main__":
    uvloop.run(main())
