"""`python -m tests.chaos`: the fault runner (reliability.md A.4 tier 2). The last line is the verdict.

`--mutations` breaks copies of the source on purpose instead, and wants the verdict red each time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from tests.chaos import campaign, mutations

CI_COMPLAINTS, CI_FAULTS = 10_000, 40


def main() -> int:
    """Run and print; 0 when all is as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--complaints", type=int, default=CI_COMPLAINTS)
    parser.add_argument("--faults", type=int, default=CI_FAULTS)
    parser.add_argument("--hours", type=float, default=0.0, help="a long run instead")
    parser.add_argument("--kinds", default="", help="only these, separated by commas")
    parser.add_argument("--report", type=Path, default=Path("chaos-report"))
    parser.add_argument("--mutations", action="store_true")
    parser.add_argument("--with-mutations", action="store_true", help="before the run")
    parser.add_argument("--only", default="", help="of the mutations, these")
    parser.add_argument(
        "--late-again", action="store_true", help="once more where nothing but late was found"
    )
    parser.add_argument("--aimed", default="", help="a short run with just these faults, in order")
    asked = parser.parse_args()
    asked.report = asked.report.absolute()  # a mutation runs in a folder of its own
    if asked.mutations:
        only = tuple(filter(None, asked.only.split(",")))
        return asyncio.run(mutations.prove(asked.seed, asked.report, only))
    if asked.aimed:
        return asyncio.run(campaign.aimed(asked.seed, asked.aimed.split(","), asked.report))
    wanted = campaign.Wanted(
        asked.seed, asked.complaints, asked.faults, asked.hours,
        tuple(filter(None, asked.kinds.split(","))), asked.late_again,
    )  # fmt: skip
    proved = not asked.with_mutations or not asyncio.run(
        mutations.prove(asked.seed, asked.report / mutations.MUTATED)
    )
    return asyncio.run(campaign.run(wanted, asked.report)) or int(not proved)


if __name__ == "__main__":
    sys.exit(main())
