"""Ten and twenty times what the product can take, from everybody and from one: what becomes of the rest.

Compared with reliability.md E.2 "Flood". Default limits, many operators; the generator and every server share
this machine's cores, so that a flood also takes its own sending from what is measured.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import psutil

from benchmarks.flooding.crowd import CREATED, Crowd, Told
from benchmarks.product import Product, percentiles
from chuishao.tokens import issue

OPERATORS: Final = 400
"""So many that nobody's own allowance (50 a second) is what refuses a flood of all."""
CALM: Final = 0.3
"""Of the capacity: what others file while one floods, and what shows that it is over."""
SETTLE_S: Final = 60.0
RECOVERED: Final = 2.0
"""Latency counts as normal again below so many times the calm p99, or NORMAL_MS."""
NORMAL_MS: Final = 250.0
PROBE_S: Final = 1.0
GOAL_S: Final = 30.0
MIB: Final = 1024 * 1024
TARGETS: Final = {
    "goodput": 0.8,
    "accepted_p99_ms": 500.0,
    "others_p99_ratio": 1.5,
    "rss_mib": 256,
    "lost": 0,
    "recovery_s": GOAL_S,
}


@dataclass(slots=True)
class Part:
    """One flood. Rates a second, times in milliseconds."""

    name: str
    offered_per_s: float = 0.0
    accepted_per_s: float = 0.0
    goodput: float = 0.0
    """Of the capacity."""
    accepted_ms: dict[str, float] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    given_up: int = 0
    no_time_named: int = 0
    rss_mib: dict[str, int] = field(default_factory=dict)
    recovery_s: float | None = None


class Flood:
    """A running product, its operators, and what has been acknowledged so far."""

    def __init__(self, product: Product) -> None:
        self._product = product
        key = (product.folder / "secrets" / "tokens" / "private_key.pem").read_text("utf-8")
        self._tokens = [issue(key, f"P-{n}", ["operator"]) for n in range(OPERATORS + 1)]
        self.acknowledged: set[str] = set()
        self.capacity = 0.0
        self.calm_p99_ms = 0.0

    async def measure_capacity(self, seconds: float) -> float:
        """Filings a second that 64 connections get through, one after another on each."""
        crowd = Crowd(self._product.info["intake"], self._tokens[1:], os.urandom(3).hex())
        told = await crowd.work(64, seconds)
        crowd.close()
        self.acknowledged |= told.ids
        if set(told.statuses) != {CREATED}:
            raise RuntimeError(f"refused below the capacity: {told.statuses}")
        self.capacity = len(told.accepted) / told.seconds
        return self.capacity

    async def everybody(self, times: float, seconds: float) -> Part:
        """All operators together, at a multiple of the capacity; then until it is calm again."""
        part = Part(f"{times:g}x from everybody")
        with self._watched(part):
            told = await self._crowd(self._tokens[1:], self.capacity * times, seconds)
        self._note(part, told)
        part.recovery_s = await self._recovery(told.sent_until)
        return part

    async def calm(self, seconds: float) -> Part:
        """What filing is like when nobody floods."""
        part = Part("calm")
        self._note(part, await self._crowd(self._tokens[1:], self.capacity * CALM, seconds))
        self.calm_p99_ms = part.accepted_ms["p99"]
        return part

    async def one(self, times: float, seconds: float) -> tuple[Part, Part]:
        """One operator alone at a multiple of the capacity: (what it got, what the others got)."""
        flood, others = Part(f"{times:g}x from one"), Part("the others meanwhile")
        with self._watched(flood):
            told, heard = await asyncio.gather(
                self._crowd(self._tokens[:1], self.capacity * times, seconds),
                self._crowd(self._tokens[1:], self.capacity * CALM, seconds),
            )
        self._note(flood, told)
        self._note(others, heard)
        return flood, others

    async def lost(self) -> int:
        """Acknowledged complaints that have not come to a unit a minute later."""
        arrived = self._product.units.arrived
        deadline = time.perf_counter() + SETTLE_S
        while not self.acknowledged <= arrived.keys() and time.perf_counter() < deadline:
            await asyncio.sleep(0.1)
        return len(self.acknowledged - arrived.keys())

    async def _crowd(self, tokens: Sequence[str], per_s: float, seconds: float) -> Told:
        crowd = Crowd(self._product.info["intake"], tokens, os.urandom(3).hex())
        told = await crowd.file(per_s, seconds)
        crowd.close()
        self.acknowledged |= told.ids
        return told

    async def _recovery(self, since: float) -> float:
        """Seconds from the last of a flood until a calm second begins that is served in full and fast."""
        normal_ms = max(NORMAL_MS, RECOVERED * self.calm_p99_ms)
        while (spent := time.perf_counter() - since) < 2 * GOAL_S:
            told = await self._crowd(self._tokens[1:], self.capacity * CALM, PROBE_S)
            took = percentiles([one for _, one in told.accepted])
            if set(told.statuses) == {CREATED} and took["p99"] <= normal_ms:
                return spent
        return spent

    def _note(self, part: Part, told: Told) -> None:
        part.offered_per_s = told.planned / told.seconds
        part.accepted_per_s = len(told.accepted) / told.seconds
        part.goodput = part.accepted_per_s / self.capacity
        part.accepted_ms = percentiles([took for _, took in told.accepted])
        part.statuses = dict(sorted(told.statuses.items()))
        part.given_up, part.no_time_named = told.given_up, told.no_time_named

    @contextmanager
    def _watched(self, part: Part) -> Iterator[None]:
        task = asyncio.create_task(self._watch(part))
        try:
            yield
        finally:
            task.cancel()

    async def _watch(self, part: Part) -> None:
        pids = self._product.info["pids"]
        processes = {n: psutil.Process(pids[n]) for n in ("intake", "router", "notifier")}
        while True:
            for name, process in processes.items():
                now = process.memory_info().rss // MIB
                part.rss_mib[name] = max(part.rss_mib.get(name, 0), now)
            await asyncio.sleep(0.5)


async def flood(*, quick: bool, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Everything in a product of its own; about a minute and a half, half of it when `quick`."""
    product = Product(env=env or {})
    await product.start()
    try:
        return await _measured(Flood(product), 0.5 if quick else 1.0)
    finally:
        await product.stop()


async def _measured(flood: Flood, share: float) -> dict[str, Any]:
    await flood.measure_capacity(2)
    await flood.measure_capacity(8 * share)
    parts = [await flood.calm(10 * share)]
    parts += await flood.one(10, 15 * share)
    parts.append(await flood.everybody(10, 20 * share))
    parts.append(await flood.everybody(20, 10 * share))
    everybody, others = parts[3:], parts[2]
    found = {
        "goodput": min(part.goodput for part in everybody),
        "accepted_p99_ms": max(part.accepted_ms["p99"] for part in everybody),
        "others_p99_ratio": others.accepted_ms["p99"] / flood.calm_p99_ms,
        "rss_mib": max(max(part.rss_mib.values()) for part in (parts[1], *everybody)),
        "lost": await flood.lost(),
        "recovery_s": max(part.recovery_s or 0.0 for part in everybody),
    }
    return {
        "capacity_per_s": flood.capacity,
        "acknowledged": len(flood.acknowledged),
        "found": found,
        "targets": TARGETS,
        "parts": parts,
    }


def shown(report: dict[str, Any]) -> list[str]:
    """Lines for a person."""
    lines = [f"flood: capacity {report['capacity_per_s']:,.0f}/s, CPU shared with the generator"]
    for part in report["parts"]:
        took = part.accepted_ms
        lines.append(
            f"  {part.name}: {part.offered_per_s:,.0f}/s offered, {part.accepted_per_s:,.0f}/s accepted"
            f" ({part.goodput:.2f}), p50/p99 {took['p50']:.0f}/{took['p99']:.0f} ms, {part.statuses},"
            f" given up {part.given_up}, refused without Retry-After {part.no_time_named}"
        )
    for name, found in report["found"].items():
        target = report["targets"][name]
        lines.append(f"  {name}: {found:.2f} (target {target:g}, {_times(found, target)})")
    return lines


def _times(found: float, target: float) -> str:
    return f"{found / target:.2f} of it" if target else "none allowed"
