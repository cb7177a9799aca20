"""One run: load and faults from a seed, then quiet, the final read, and the verdict."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

from kit import ending
from tests.chaos import checker, product_report, reading, told
from tests.chaos.business_time import BusinessTime
from tests.chaos.faults.clocks import MachineClock
from tests.chaos.history import History
from tests.chaos.nemesis import Nemesis
from tests.chaos.offices import Office
from tests.chaos.operators import Operators
from tests.chaos.probes import Probe
from tests.chaos.saying import dice, say
from tests.chaos.schedule import Step
from tests.chaos.secretaries import Secretary
from tests.chaos.site import Fault, Site
from tests.chaos.spans import RESTORED_S
from tests.chaos.verdict import Verdict, applied, percentile
from tests.chaos.watching import Watch
from tests.chaos.words import requests
from tests.support.world import MONDAY

CURIOUS: Final = (("SZ", "SJ"), ("CG-ZF", "GD"))
"""Units that try to see each other's tickets."""
SECRETARY: Final = "secretary:"
ANSWERS_S: Final = 60.0
LOOK_S: Final = 2.0
MORE_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of one run."""

    seed: int
    complaints: int
    """At least so many must be acknowledged."""
    steps: Sequence[Step]
    kinds: Sequence[str]
    """Each must be in force at least once."""
    rate: float
    """Requests a second."""
    settled_s: float = 0.0
    """Load goes on for so long after the last fault, so that something is held to the bound without excuse."""
    quiet_s: float = RESTORED_S
    """How long everything may take to settle before the final read is made anyway."""
    folder: Path = Path()
    canaries: bool = False
    """Search for identities everywhere at the end."""
    extra: Mapping[str, Any] = field(default_factory=dict)


class Run:
    """Everybody who takes part."""

    def __init__(self, site: Site, plan: Plan, faults: Mapping[str, Fault]) -> None:
        self._site = site
        self._plan = plan
        self.history = History(plan.folder / "history.ndjson")
        self._operators = Operators(site, self.history, self._rng("operators"))
        self._nemesis = Nemesis(site, self.history, faults, self._rng("nemesis"))
        self._time = BusinessTime(site, self.history, self._rng("time"))
        self._watch = Watch(site, self._progress)
        self._offices: dict[str, Office] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._doing = "load"

    async def go(self) -> Verdict:
        """From a started installation to the verdict; the installation is stopped by who started it."""
        began = time.monotonic()
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._leave)
            await self._time.set(MONDAY)
            self._begin()
            await self._load()
            await self._settle()
            quiet = self.history.now()
            lines = list(self.history.lines)  # what is said from now on, the final read may miss
            state = await reading.look(self._site, self._dsn, await reading.whole(self._dsn))
            jumped = bool(applied(lines).get(MachineClock.kind))
            chains = await product_report.audit_faults(self._site, jumped=jumped)
            state = replace(state, audit=(*state.audit, *chains))
            if self._plan.canaries:
                self._doing = "search for identities"
                state = replace(state, leaked=await reading.leaks(self._site))
        findings = checker.check(lines, state)
        known = told.told(lines)
        recoveries = told.recoveries(known)
        faults, judged = applied(lines), checker.judged(lines)
        return Verdict(
            seed=self._plan.seed,
            acknowledged=self._operators.acknowledged,
            faults=faults,
            findings=findings,
            recovery_s=[each for several in recoveries.values() for each in several],
            missed=self._missed(faults, judged),
            broken_answers=checker.broken(lines),
            more={
                "offered": self._operators.offered,
                "judged": judged,
                "leaked_canaries": len(state.leaked),
                "reconciled": product_report.reconciled(self._site),
                "unknown": checker.unknown(lines, state),
                "read_by_units": len(known.reads),
                "commands": len(known.commands),
                "dispatch_p99_s": percentile(told.delays(known), 0.99),
                "recovery_p99_s_by_kind": {
                    kind: percentile(each, 0.99) for kind, each in sorted(recoveries.items())
                },
                "rss_max_mib": self._watch.rss_mib,
                "load_s": round(quiet, 1),
                "duration_s": round(time.monotonic() - began, 1),
                **self._plan.extra,
            },
        )

    @property
    def _dsn(self) -> str:
        """The database; past the proxy where there is one."""
        return str(getattr(self._site, "postgres_dsn", self._site.info["postgres"]))

    def _rng(self, name: str) -> Random:
        return dice(self._plan.seed, name)

    def _begin(self) -> None:
        for user in self._site.info["nats_users"]:
            office = Office(self._site, self.history, user, self._rng(user))
            self._offices[user] = office
            self._start(office.listen)
        for one, other in CURIOUS:
            probe = Probe(self._site, self.history, one, self._offices[other])
            self._start(probe.listen)
            self._start(partial(probe.ask, self._rng(f"probe {one}")))
        for role in self._site.info["tokens"]:
            if role.startswith(SECRETARY):
                unit = role.removeprefix(SECRETARY)
                self._start(Secretary(self._site, self.history, unit, self._rng(role)).look)
        self._start(self._time.run)
        self._start(self._watch.run)

    def _start(self, make: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._tasks.append(asyncio.create_task(make()))

    async def _load(self) -> None:
        arriving = asyncio.create_task(
            self._operators.arrive(requests(self._plan.seed), self._plan.rate)
        )
        await self._nemesis.run(self._plan.steps)
        self._doing = "last complaints"
        settled = self.history.now() + self._plan.settled_s
        deadline = settled + MORE_S
        while self.history.now() < settled or (
            self._operators.acknowledged < self._plan.complaints and self.history.now() < deadline
        ):
            await asyncio.sleep(0.1)
        self._operators.closed = True
        await arriving
        self._time.passing = False
        await asyncio.gather(
            self._operators.finish(ANSWERS_S),
            *(office.finish(ANSWERS_S) for office in self._offices.values()),
        )

    async def _settle(self) -> None:
        """Until nothing is outstanding, at most the bound: what is outstanding then is a finding."""
        self._doing = "quiet"
        deadline = self.history.now() + self._plan.quiet_s
        left: Mapping[str, Sequence[str]] = {}
        while self.history.now() < deadline:
            await asyncio.sleep(LOOK_S)
            try:
                stored = await reading.whole(self._dsn)
                left = await reading.unsettled(self._dsn, stored)
            except OSError as error:
                left = {"database": [type(error).__name__]}
                continue
            wanted = await reading.addressed(self._site, self._dsn)
            if not left and wanted <= told.told(self.history.lines).dispatches.keys():
                return
        say(f"not settled: {dict(left)}")

    async def _leave(self) -> None:
        await ending.cancel(self._tasks)
        for office in self._offices.values():
            await office.close()
        self.history.close()

    def _missed(self, faults: Mapping[str, int], judged: Mapping[str, int]) -> list[str]:
        asked = sum(len(step.kinds) for step in self._plan.steps)
        missed = [f"never in force: {kind}" for kind in self._plan.kinds if not faults.get(kind)]
        if not faults or sum(faults.values()) < asked:
            missed.append(f"{sum(faults.values())} faults of {asked}")
        if self._operators.acknowledged < self._plan.complaints:
            missed.append(f"{self._operators.acknowledged} complaints of {self._plan.complaints}")
        if self._plan.settled_s and not judged.get(checker.DISPATCH):
            missed.append("no dispatch was held to the bound")
        return missed

    def _progress(self) -> str:
        done, asked = self._nemesis.applied, sum(len(step.kinds) for step in self._plan.steps)
        return (
            f"{self.history.now():6.0f} s  {self._doing}: {self._operators.acknowledged} of"
            f" {self._plan.complaints} acknowledged, {done} of {asked} faults"
        )
