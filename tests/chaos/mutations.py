"""Runs each mutation on its aimed schedule, and the unchanged code on the same one: red there, green here."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tests.chaos import report
from tests.chaos.mutation import MUTATIONS, ROOT, Mutation, mutate
from tests.chaos.saying import conclude, say

MUTATED, PROVED = "mutations", "proved.json"
"""Where a run with mutations keeps them, and the file with what became of them."""
LIMIT_S: Final = 600.0
"""A run with its start and end; what is aimed at is under 60 s of it."""


async def prove(seed: int, kept: Path, only: Sequence[str] = ()) -> int:
    """Run all, keep and print what was found; 0 when every mutation was and nothing else."""
    results: dict[str, Any] = {}
    right = True
    for name, mutation, changed in _runs():
        if only and name not in only:
            continue
        verdict = await _aimed(mutation, seed, kept / name, changed=changed)
        broken = [
            rule for rule in verdict.get("rules", {}) if rule.split(": ", 1)[-1] in mutation.rules
        ]
        as_it_must = bool(broken and verdict[mutation.expected]) if changed else verdict["green"]
        right = right and as_it_must
        results[name] = {"as_it_must": as_it_must, "rules": verdict.get("rules", {})} | {
            "load_and_quiet_s": verdict.get("duration_s")
        }
        say(f"{name}: {'as it must be' if as_it_must else 'WRONG'} {verdict.get('rules')}")
    told = {"seed": seed, "commit": report.commit(), "mutations": results, "green": right}
    _keep(kept / PROVED, told)
    conclude(json.dumps(told, ensure_ascii=False))
    return 0 if right else 1


def _keep(file: Path, told: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8")


def _runs() -> Iterator[tuple[str, Mutation, bool]]:
    """Every mutation, and each schedule once without one."""
    controlled: set[tuple[str, ...]] = set()
    for mutation in MUTATIONS:
        yield mutation.name, mutation, True
        if mutation.kinds not in controlled:
            controlled.add(mutation.kinds)
            yield f"unchanged_{mutation.name}", mutation, False


async def _aimed(mutation: Mutation, seed: int, kept: Path, *, changed: bool) -> dict[str, Any]:
    """One run in a process of its own, whose code is all of one tree; its verdict."""
    tree = ROOT
    if changed:
        tree = mutate(mutation, Path(tempfile.mkdtemp(prefix=f"chuishao-{mutation.name}-")))
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos", "--seed", str(seed), "--report", str(kept)),
            *("--aimed", ",".join(mutation.kinds)),
            cwd=tree,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(LIMIT_S):
                said, _ = await process.communicate()
        except TimeoutError:
            say(f"{mutation.name}: not done after {LIMIT_S:.0f} s")
            process.send_signal(signal.SIGINT)  # its lab unmounts and ends what it started
            said, _ = await process.communicate()
    finally:
        if changed:
            shutil.rmtree(tree, ignore_errors=True)
    lines = said.decode().splitlines()
    nothing = {"green": False, "rules": {}}
    found: dict[str, Any] = json.loads(lines[-1]) if lines else nothing
    return found
