"""One world: residents, offices, three services, a bus and faults, on a virtual clock that jumps from deed to deed."""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, Final, cast
from uuid import UUID

from contracts.topology import (
    NOTIFIER_COMPLAINTS,
    NOTIFIER_TICKETS,
    ROUTER_CLOCKS,
    ROUTER_COMPLAINTS,
    ROUTER_ESCALATIONS,
)
from services.notifier import actions as notifier_actions
from services.notifier.ticking import tick
from services.router import consumers
from tests.simulation import (  # noqa: F401 - statements
    chance,
    statements_ladder,
    statements_reception,
    statements_router,
)
from tests.simulation.bus import Bus, Odds
from tests.simulation.doors import Action, Doors
from tests.simulation.faults import Faults
from tests.simulation.memory import TICK, Killed
from tests.simulation.messaging import gap_letters
from tests.simulation.people import People
from tests.simulation.service import Service
from tests.support import city, sample

MONDAY: Final = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
FILED_WITHIN: Final = timedelta(days=10)
LASTS: Final = timedelta(days=45)
SPECS: Final = [
    ROUTER_COMPLAINTS, NOTIFIER_COMPLAINTS, NOTIFIER_TICKETS, ROUTER_CLOCKS, ROUTER_ESCALATIONS,
]  # fmt: skip
PLENTY: Final = 10_000
"""What a consumer can fetch in a minute when nothing hinders it: more than can wait for gaps meanwhile."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes a world the one it is."""

    seed: int
    tickets: int = 1_000
    faults: int = 60
    """How many single faults strike; 0 is a good day with none of the odds either."""
    batch: int = 1
    """Messages of a fetch."""
    without: tuple[int, ...] = ()
    """Of these, which are left out: a story is made short by leaving out."""


class InUse:
    """The directory every replica has in force."""

    directory = sample.directory()

    def needed(self) -> Any:
        return self.directory

    async def at_least(self, _version: int, _conn: Any) -> Any:
        return self.directory


@dataclass(slots=True)
class Told:
    """What the world saw from outside."""

    acknowledged: dict[UUID, str] = field(default_factory=dict)
    early: list[str] = field(default_factory=list)
    """Rungs that were raised before their time, or for a clock that did not run."""
    broken: list[str] = field(default_factory=list)
    refused: int = 0
    done: int = 0


class World:
    """Runs a plan to its end."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.random = Random(plan.seed)
        odds = Odds(0.1, 0.1, 0.5, 0.5, 0.1) if plan.faults else Odds()
        self.bus = Bus(SPECS, Random(plan.seed + 1), odds, plan.batch)
        in_use: Any = InUse()
        self.people = People(self.random, in_use.directory)
        self.doors = Doors(self)
        self.intake = Service("intake", self.bus, {})
        self.router = Service(
            "router",
            self.bus,
            {
                ROUTER_COMPLAINTS: consumers.on_complaints(in_use, cast("Any", None)),
                ROUTER_CLOCKS: consumers.on_clocks,
                ROUTER_ESCALATIONS: consumers.on_escalations(in_use),
            },
        )
        book = city.directory()
        self.notifier = Service(
            "notifier",
            self.bus,
            {
                NOTIFIER_COMPLAINTS: lambda c, r: notifier_actions.apply_complaints(c, r, book),
                NOTIFIER_TICKETS: lambda c, r: notifier_actions.apply_tickets(c, r, book),
            },
        )
        self.services = (self.intake, self.router, self.notifier)
        self.in_use = in_use
        self.now = MONDAY
        self.skew = timedelta()
        self.jumped = False
        """Business time was set back: what is later may bear an earlier time."""
        self.told = Told()
        self.trace = hashlib.sha256()
        self._agenda: list[tuple[datetime, int, Action]] = []
        self._count = 0
        self.faults = Faults(self, Random(plan.seed + 2))

    def at(self, when: datetime, action: Action) -> None:
        """Put something on the agenda."""
        self._count += 1
        heapq.heappush(self._agenda, (when, self._count, action))

    async def run(self) -> None:
        """Live through everything, then let it become quiet."""
        with chance.ids(self.plan.seed):
            for n in range(self.plan.tickets):
                self.at(MONDAY + self.random.random() * FILED_WITHIN, self.doors.filing(n))
            self.faults.schedule(MONDAY, FILED_WITHIN + LASTS / 2)
            await self.live(MONDAY + FILED_WITHIN + LASTS)
            await self.quiet()

    async def live(self, until: datetime) -> None:
        """Do what is on the agenda before then, and tick whenever something is due meanwhile."""
        while self._agenda and self._agenda[0][0] < until:
            await self._step()

    async def _step(self) -> None:
        when, _, action = heapq.heappop(self._agenda)
        due = self.notifier.store.next_due()
        if due is not None and due - self.skew < when:
            self.at(when, action)
            self.set_time(max(self.now, due - self.skew))
            await self.tick()
        else:
            self.set_time(max(self.now, when))
            await action()
        for _ in range(self.random.randrange(1, 4) if self.plan.faults else 12):
            if self.is_quiet():
                break
            await self.turn()

    def set_time(self, now: datetime) -> None:
        """The world's time; business time may have been set wrong."""
        self.now = self.bus.now = now
        for service in self.services:
            service.store.set_time(now + self.skew, now)

    async def turn(self, fetches: int = 64) -> None:
        """Everybody who works in the background does a little: so many fetches of each consumer."""
        for service in self.services:
            if service.store["outbox_pending"]:
                service.publish()
        for service in self.services:
            for name in service.deliveries:
                for _ in range(fetches):
                    if self.bus.idle(name) or not await service.take(name):
                        break
        for service in self.services:
            if gap_letters(service.store):
                await service.mend()
        if self.random.random() < 0.05:
            self.bus.flush()

    async def tick(self) -> None:
        """The notifier's ticker, with an own look at what it does."""
        notifier, store = self.notifier, self.notifier.store
        plans = {
            (row["ticket_id"], row["round"], rung["level"], rung["due_at"], rung["clock"])
            for row in store.due("ladder", "next_due_at", 500, TICK)
            for rung in row["rungs"]
        }
        running = {
            (k["ticket_id"], k["round"], k["kind"])
            for key in plans
            for k in store.of("clock", key[0])
            if not k["stopped_at"] and not k["paused_at"]
        }
        before = len(store["escalation"])
        try:
            done = await tick(cast("Any", notifier.pool), city.directory())
        except Killed:
            notifier.died()
            return
        except OSError:
            return
        notifier.relay.hint(done.events)
        now = store.now.isoformat(timespec="microseconds")
        for key in islice(store["escalation"], before, None):
            mine = [c for t, r, n, due, c in plans if (t, r, n) == key and due <= now]
            if not any((key[0], key[1], clock) in running for clock in mine):
                self.told.early.append(f"{key} raised too early or for a clock that stands")

    def note(self, *what: Any) -> None:
        """Into the digest that two runs of one seed must share."""
        self.trace.update(repr((self.now, *what)).encode())

    async def quiet(self) -> None:
        """No more faults; everything that is under way arrives."""
        self.bus.odds = Odds()
        self.skew = timedelta()
        self.bus.kill_at_ack = None
        for service in self.services:
            service.start()
        for _ in range(400):
            self.set_time(self.now + timedelta(seconds=61))
            for service in self.services:
                service.reconcile()
            await self.turn(PLENTY)
            due = self.notifier.store.next_due()
            if due is not None and due <= self.notifier.store.now:
                await self.tick()
            if self.is_quiet():
                return
        self.told.broken.append("it does not become quiet")

    def is_quiet(self) -> bool:
        """Nothing is pending anywhere."""
        idle = all(self.bus.idle(name) for name in self.bus.consumers)
        return idle and not any(
            service.store["outbox_pending"] or gap_letters(service.store)
            for service in self.services
        )
