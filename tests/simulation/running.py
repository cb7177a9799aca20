"""Runs one seed, judges it, and makes the story of a failure short."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import structlog

from tests.simulation.checks import violations
from tests.simulation.world import MONDAY, Plan, World

SEEDS: Final = Path(__file__).with_name("seeds.txt")
Guard = Callable[[], AbstractContextManager[Any]]


@dataclass(slots=True)
class Verdict:
    """What came of a seed."""

    plan: Plan
    violations: dict[str, list[str]]
    digest: str
    acknowledged: int = 0
    commands: int = 0
    refused: int = 0
    killed: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    lived_s: float = 0.0
    """Virtual seconds."""
    took_s: float = 0.0
    story: list[str] = field(default_factory=list)
    """The faults that struck, in order."""


def judge(plan: Plan) -> Verdict:
    """Live a plan and look at what is left. A rule that raises is a violation too."""
    began = time.perf_counter()
    world = World(plan)
    try:
        asyncio.run(world.run())
        found = asyncio.run(violations(world))
    except Exception as error:  # noqa: BLE001 - whatever it is, the seed found it
        found = {"raised": [repr(error)]}
    verdict = Verdict(plan, found, world.trace.hexdigest())
    verdict.acknowledged, verdict.commands = len(world.told.acknowledged), world.told.done
    verdict.refused = world.told.refused
    verdict.killed = sum(service.deaths for service in world.services)
    verdict.lived_s = (world.now - MONDAY).total_seconds()
    verdict.took_s = time.perf_counter() - began
    for n, kind, at in world.faults.struck:
        verdict.faults[kind] = verdict.faults.get(kind, 0) + 1
        verdict.story.append(f"{at:%m-%d %H:%M} fault {n}: {kind}")
    return verdict


def shrink(plan: Plan, guard: Guard = nullcontext, *, tries: int = 24) -> Verdict:
    """A shorter story of the same kind: fewer tickets first, then fewer faults, while something is broken."""

    def broken(candidate: Plan) -> Verdict | None:
        nonlocal tries
        tries -= 1
        with guard():
            verdict = judge(candidate)
        return verdict if verdict.violations else None

    best = broken(plan)
    if best is None:
        raise ValueError("nothing is broken")
    while tries > 0 and best.plan.tickets > 1:
        smaller = broken(replace(best.plan, tickets=best.plan.tickets // 2))
        if smaller is None:
            break
        best = smaller
    chunk = plan.faults // 2
    while tries > 0 and chunk:
        here = [n for n in range(plan.faults) if n not in best.plan.without]
        for begin in range(0, len(here), chunk):
            fewer = replace(best.plan, without=(*best.plan.without, *here[begin : begin + chunk]))
            if tries > 0 and (shorter := broken(fewer)) is not None:
                best = shorter
        chunk //= 2
    return best


def silent() -> None:
    """Faults are meant: what the services say of them helps nobody here."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))


def kept() -> list[Plan]:
    """Plans that once failed: seed, tickets, faults, messages a fetch."""
    lines = (line.partition("#")[0].split() for line in SEEDS.read_text("utf-8").splitlines())
    return [Plan(int(w[0]), int(w[1]), int(w[2]), int(w[3])) for w in lines if w]


def told(verdict: Verdict) -> str:
    """For people: what is broken, and what led to it."""
    plan = verdict.plan
    lines = [
        f"seed {plan.seed}, {plan.tickets} tickets, {plan.batch} a fetch, without {list(plan.without)}"
    ]
    lines += [f"  {line}" for line in verdict.story]
    lines += [f"  {name}: {one}" for name, found in verdict.violations.items() for one in found[:3]]
    return "\n".join(lines)
