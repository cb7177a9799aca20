"""Every operation of a running product asked with made-up requests, by several hands at once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Final

import psutil

from tests.fuzz.asking import Asked, Asker, every
from tests.fuzz.known import Place, furnish
from tests.support.world import World

Say = Callable[[str], None]


@dataclass(slots=True)
class Told:
    """What a run found."""

    seed: int
    operations: int = 0
    cases: int = 0
    failures: int = 0
    findings: list[str] = field(default_factory=list)
    only_refused: list[str] = field(default_factory=list)
    """Operations that never answered 2xx: their schemas of good answers were not tried."""
    slowest_s: float = 0.0
    took_s: float = 0.0
    grown_mb: dict[str, float] = field(default_factory=dict)
    """By how much each service's memory grew from after the first operation to the end."""

    def add(self, asked: Asked) -> None:
        """Take in one operation."""
        self.operations += 1
        self.cases += asked.cases
        self.failures += asked.failures
        self.findings += [f"{asked.operation}: {one}" for one in asked.findings]
        self.slowest_s = max(self.slowest_s, asked.slowest_s)
        if not any(200 <= status < 300 for status in asked.statuses):
            self.only_refused.append(asked.operation)

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(
            {
                "operations": self.operations, "cases": self.cases, "failures": self.failures,
                "seed": self.seed, "took_s": round(self.took_s, 1),
                "cases_per_s": round(self.cases / max(self.took_s, 0.001), 1),
                "slowest_s": round(self.slowest_s, 2), "grown_mb": self.grown_mb,
                "only_refused": self.only_refused,
            }
        )  # fmt: skip


async def furnished(world: World) -> Place:
    """A product with something of everything in it."""
    place = Place.of(world)
    await furnish(world, place)
    return place


@dataclass(frozen=True, slots=True)
class Wish:
    """How much is asked."""

    cases: int
    """For each operation."""
    seed: int
    hands: int = 1
    """Processes that ask."""
    only: str = ""
    """What an operation's name holds."""


def ask_all(world: World, place: Place, wish: Wish, say: Say) -> Told:
    """Ask every operation; progress goes to `say`. A service that was started anew is a finding."""
    told = Told(wish.seed)
    pids = {service: world.info["pids"][service] for service in place.addresses}
    before = _memory(pids)
    began = time.monotonic()
    wanted = [one for one in every(place) if wish.only in " ".join(one)]
    for number, asked in enumerate(_asked(place, wanted, wish), 1):
        told.add(asked)
        statuses = " ".join(f"{status}:{n}" for status, n in sorted(asked.statuses.items()))
        say(
            f"{number}/{len(wanted)} {asked.operation}  {asked.cases} in {asked.took_s:.1f} s"
            f"  {statuses}  failures: {asked.failures}"
        )
        for finding in asked.findings:
            say(finding)
    told.took_s = time.monotonic() - began
    world.reread()
    now = {service: world.info["pids"][service] for service in place.addresses}
    if now != pids:
        told.failures += 1
        told.findings.append(f"started anew: {pids} became {now}")
        return told
    after = _memory(now)
    told.grown_mb = {service: round(after[service] - before[service], 1) for service in before}
    return told


def _asked(place: Place, wanted: list[tuple[str, str]], wish: Wish) -> Iterator[Asked]:
    if wish.hands == 1:
        yield from (_one(place, service, name, wish) for service, name in wanted)
        return
    with ProcessPoolExecutor(wish.hands, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(_one, place, service, name, wish) for service, name in wanted]
        for future in as_completed(running):
            yield future.result()


_ASKERS: Final[dict[str, Asker]] = {}
"""Of this process, by address: reading a document takes a second."""


def _one(place: Place, service: str, name: str, wish: Wish) -> Asked:
    address = place.addresses[service]
    if address not in _ASKERS:
        _ASKERS[address] = Asker(place, service, wish.seed)
    return _ASKERS[address].ask(name, wish.cases)


def _memory(pids: dict[str, int]) -> dict[str, float]:
    """Resident memory, MB."""
    return {name: psutil.Process(pid).memory_info().rss / 2**20 for name, pid in pids.items()}
