"""`python -m tests.simulation --seeds 1000 --tickets 1000 --jobs 2`: progress, then one JSON line.

`--examples 2000` drives as many state machines instead, of 50 steps each. Seeds take turns in being fetched one
message at a time and sixteen; `--batch` fixes that.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.simulation.machine import STEPS, drive
from tests.simulation.running import Verdict, judge, shrink, silent, told
from tests.simulation.world import Plan


def main() -> int:
    """0 when every seed holds. A failing seed is shrunk, told, and goes into seeds.txt by hand."""
    parser = argparse.ArgumentParser(prog="tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--tickets", type=int, default=1_000)
    parser.add_argument("--faults", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=0)
    parser.add_argument("--examples", type=int, default=0)
    asked = parser.parse_args()
    if asked.examples:
        return _drive(asked.examples)
    plans = [
        Plan(seed, asked.tickets, asked.faults, asked.batch or (1, 16)[seed % 2])
        for seed in range(asked.first, asked.first + asked.seeds)
    ]
    began, verdicts = time.perf_counter(), []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(asked.jobs, mp_context=context, initializer=silent) as workers:
        for done_one in as_completed([workers.submit(judge, plan) for plan in plans]):
            verdict = done_one.result()
            verdicts.append(verdict)
            state = "BROKEN" if verdict.violations else "holds"
            done = f"{len(verdicts)}/{len(plans)} seed {verdict.plan.seed} {state}"
            print(f"{done} in {verdict.took_s:.1f} s", file=sys.stderr, flush=True)
    broken = [verdict for verdict in verdicts if verdict.violations]
    silent()
    for verdict in broken[:3]:
        print(told(shrink(verdict.plan)), file=sys.stderr)
    print(json.dumps(_summary(verdicts, time.perf_counter() - began)))
    return 1 if broken else 0


def _drive(examples: int) -> int:
    """State machines from new chance; a failure raises with the shortest story that was found."""
    silent()
    began = time.perf_counter()
    drive(examples)
    took_s = round(time.perf_counter() - began, 1)
    print(json.dumps({"examples": examples, "steps": STEPS, "broken": 0, "took_s": took_s}))
    return 0


def _summary(verdicts: list[Verdict], took_s: float) -> dict[str, object]:
    faults: Counter[str] = Counter()
    for verdict in verdicts:
        faults.update(verdict.faults)
    busy = sum(v.took_s for v in verdicts)
    return {
        "seeds": len(verdicts),
        "broken": sorted(v.plan.seed for v in verdicts if v.violations),
        "acknowledged": sum(v.acknowledged for v in verdicts),
        "commands": sum(v.commands for v in verdicts),
        "refused": sum(v.refused for v in verdicts),
        "killed": sum(v.killed for v in verdicts),
        "faults": sum(faults.values()),
        "by_kind": dict(sorted(faults.items())),
        "virtual_days": round(sum(v.lived_s for v in verdicts) / 86_400),
        "times_real_time": round(sum(v.lived_s for v in verdicts) / busy) if busy else 0,
        "took_s": round(took_s, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
