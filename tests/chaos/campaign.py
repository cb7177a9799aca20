"""A run against a lab of its own: what to ask of it, and what to keep of it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from contracts.topology import CONSUMERS, NOTIFIER_COMPLAINTS
from tests.chaos import report, schedule
from tests.chaos.faults import FAULTS, not_here
from tests.chaos.faults.leader import KillLeader
from tests.chaos.lab import Lab
from tests.chaos.needs import promised
from tests.chaos.reset import ConsumerReset
from tests.chaos.run import Plan, Run
from tests.chaos.saying import conclude, say
from tests.chaos.schedule import Step
from tests.chaos.site import Fault
from tests.chaos.spans import BACK_S, BOUND_S, SETTLED_S
from tests.chaos.verdict import Verdict, together

STEP_S: Final = 9.5
"""About how long one fault takes, with the quiet before it: from this the rate of requests follows."""
SPARE: Final = 1.06
"""Requests beyond what has to be acknowledged, for refusals on purpose and for uneven machines."""
AIMED_COMPLAINTS, AIMED_RATE = 240, 20.0
AIMED_GAP_S, AIMED_HOLD_S, AIMED_QUIET_S = 3.0, 1.0, 34.0
CLUSTER: Final = "cluster"
AGAIN: Final = "again"
LEADERS: Final = 3
LONG_COMPLAINTS, LONG_S = 20_000, 900.0
"""Complaints in so many seconds of a long run; its faults come as fast as those of a short one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asked for."""

    seed: int
    complaints: int
    faults: int
    hours: float = 0.0
    kinds: tuple[str, ...] = ()
    late_again: bool = False
    """A machine that is shared may be slow for minutes: where nothing but `late` was found, run once more."""


OWN: Final = (
    ConsumerReset("reset_clocks", NOTIFIER_COMPLAINTS),
    ConsumerReset("reset_any", *(spec for spec in CONSUMERS if "directory" not in spec.name)),
)


ALL: Final[Mapping[str, Fault]] = {**FAULTS, **{one.kind: one for one in OWN}}


ONLY_AIMED: Final = frozenset({"reset_clocks"})
"""`reset_any` does the same to a durable of its choice."""


def wanted(kinds: tuple[str, ...] = ()) -> dict[str, Fault]:
    """The faults of a run, all or those named."""
    return {
        kind: fault
        for kind, fault in ALL.items()
        if (kind in kinds if kinds else kind not in ONLY_AIMED)
    }


def planned(asked: Wanted, faults: Mapping[str, Fault], folder: Path) -> Plan:
    """The size of CI, or as long as was asked for."""
    complaints, count = asked.complaints, max(asked.faults, len(faults))
    seconds = count * STEP_S + SETTLED_S
    if asked.hours:
        seconds = asked.hours * 3600
        count = int(seconds / STEP_S)
        complaints = int(seconds / LONG_S * LONG_COMPLAINTS)
    steps = schedule.plan(asked.seed, sorted(faults), count)
    rate = complaints * SPARE / seconds
    return Plan(
        asked.seed,
        complaints,
        steps,
        sorted(faults),
        rate,
        SETTLED_S,
        folder=folder,
        canaries=True,
    )


def beside(seed: int, folder: Path) -> Plan:
    """What a cluster of three goes through: the server that leads a stream is killed, thrice."""
    steps = [Step(AIMED_GAP_S, (KillLeader.kind,), AIMED_HOLD_S)] * LEADERS
    return Plan(
        seed,
        AIMED_COMPLAINTS,
        steps,
        [KillLeader.kind],
        AIMED_RATE,
        BACK_S + BOUND_S,
        folder=folder,
        canaries=True,
    )


async def run(asked: Wanted, kept: Path) -> int:
    """Run, keep the report, print the verdict; 0 when it is green."""
    lacking = not_here(wanted(asked.kinds).values())
    for kind, why in lacking.items():
        say(f"not here: {kind}: {why}")
    faults = {kind: one for kind, one in wanted(asked.kinds).items() if kind not in lacking}
    one, verdict = await _both(asked, faults, kept)
    if asked.late_again and verdict.only_late:
        say(f"nothing but late, so once more: {verdict.rules()}")
        before = {"late_before": len(verdict.findings)}
        one, verdict = await _both(asked, faults, kept / AGAIN)
        verdict = replace(verdict, more={**verdict.more, **before})
    return _conclude(kept, lacking_told(verdict, lacking), one)


async def _both(asked: Wanted, faults: Mapping[str, Fault], kept: Path) -> tuple[Run, Verdict]:
    """One installation with every kind of fault, then a cluster of three; of some kinds only the first."""
    one, verdict = await _against_a_lab(planned(asked, faults, kept), faults)
    if asked.kinds:
        return one, verdict
    leader = KillLeader()
    plan = beside(asked.seed, kept / CLUSTER)
    _, of_cluster = await _against_a_lab(plan, {leader.kind: leader}, servers=3)
    return one, together(verdict, of_cluster, CLUSTER)


def lacking_told(verdict: Verdict, lacking: Mapping[str, str]) -> Verdict:
    """The verdict with the kinds this machine cannot do; where all were promised, it missed them."""
    missed = [f"not here: {kind}: {why}" for kind, why in lacking.items()] if promised() else []
    return replace(
        verdict,
        missed=[*verdict.missed, *missed],
        more={**verdict.more, "not_here": dict(lacking)},
    )


async def aimed(seed: int, kinds: Sequence[str], kept: Path) -> int:
    """A short run with these faults one after the other, under load."""
    steps = [Step(AIMED_GAP_S, (kind,), AIMED_HOLD_S) for kind in kinds]
    plan = Plan(
        seed,
        AIMED_COMPLAINTS,
        steps,
        sorted(set(kinds)),
        AIMED_RATE,
        0.0,
        AIMED_QUIET_S,
        folder=kept,
    )
    one, verdict = await _against_a_lab(plan, wanted(tuple(kinds)))
    return _conclude(kept, verdict, one)


def _conclude(kept: Path, verdict: Verdict, one: Run) -> int:
    report.write(kept, verdict, one.history.lines)
    conclude(verdict.line())
    return 0 if verdict.green else 1


def _quiet(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Connections that break while nobody waits for them are what this is about."""
    if not isinstance(context.get("exception"), ConnectionError):
        loop.default_exception_handler(context)


async def _against_a_lab(
    plan: Plan, faults: Mapping[str, Fault], *, servers: int = 1
) -> tuple[Run, Verdict]:
    """A run from nothing to its verdict; what a red one leaves on the disk stays there."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="chuishao-chaos-"))
    lab = Lab(folder, plan.seed, cluster=servers)
    asyncio.get_running_loop().set_exception_handler(_quiet)
    say(f"seed {plan.seed}, {len(faults)} kinds, data in {folder}")
    try:
        await lab.start()
        one = Run(lab, plan, faults)
        verdict = await one.go()
    finally:
        await lab.stop()
    if verdict.green:
        shutil.rmtree(folder, ignore_errors=True)
    return one, verdict
