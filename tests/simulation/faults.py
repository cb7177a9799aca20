"""What goes wrong, and when: single faults at times that the seed draws."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.simulation.world import World

KINDS: Final = (
    "killed_before_commit", "killed_after_commit", "killed_before_ack", "killed_before_mark",
    "database_away", "broker_killed", "repeats_forgotten", "consumer_reset", "tail_lost", "bits_flipped",
    "stream_lost", "offered_again", "clock_jump", "clock_back", "reconciled",
)  # fmt: skip
"""reliability.md A.1 rows 1, 1, 7, 2, 17, 7, 8, 10, 9, 11, 12, 22, 35, 35, 22."""
STREAMS: Final = ("COMPLAINTS", "TICKETS", "ESCALATIONS")


class Faults:
    """Strikes a world."""

    def __init__(self, world: World, random: Random) -> None:
        self._world, self._random = world, random
        self.struck: list[tuple[int, str, datetime]] = []

    def schedule(self, begin: datetime, within: timedelta) -> None:
        """Draw all faults first, then leave out those the plan leaves out: the others stay what they were."""
        plan = self._world.plan
        for n in range(plan.faults):
            kind = self._random.choice(KINDS)
            at, chance = begin + self._random.random() * within, Random(self._random.random())
            if n not in plan.without:
                self._world.at(at, self._striking(n, kind, chance))

    def _striking(
        self, n: int, kind: str, chance: Random
    ) -> Callable[[], Coroutine[Any, Any, None]]:
        async def strike() -> None:
            self.struck.append((n, kind, self._world.now))
            self._world.note("fault", kind)
            getattr(self, f"_{kind}")(chance)

        return strike

    def _killed_before_commit(self, chance: Random) -> None:
        chance.choice(self._world.services).store.kill_at = "commit"

    def _killed_after_commit(self, chance: Random) -> None:
        chance.choice(self._world.services).store.kill_at = "committed"

    def _killed_before_ack(self, chance: Random) -> None:
        self._world.bus.kill_at_ack = chance.randrange(20)

    def _killed_before_mark(self, chance: Random) -> None:
        chance.choice(self._world.services).relay.kill_before_mark = True

    def _database_away(self, chance: Random) -> None:
        chance.choice(self._world.services).store.unreachable = 1

    def _broker_killed(self, _chance: Random) -> None:
        self._world.bus.forget_acks()

    def _repeats_forgotten(self, _chance: Random) -> None:
        self._world.bus.forget_repeats()

    def _consumer_reset(self, chance: Random) -> None:
        self._world.bus.reset_consumer(chance.choice(sorted(self._world.bus.consumers)))

    def _tail_lost(self, chance: Random) -> None:
        self._world.bus.lose_tail(chance.choice(STREAMS), chance.randrange(1, 200))

    def _bits_flipped(self, chance: Random) -> None:
        self._world.bus.lose_some(chance.choice(STREAMS), chance.choice((0.01, 0.5)))

    def _stream_lost(self, chance: Random) -> None:
        self._world.bus.lose_stream(chance.choice(STREAMS))

    def _offered_again(self, chance: Random) -> None:
        """Rows that were published are pending once more, under the ids they had."""
        service = chance.choice(self._world.services)
        self._world.bus.forget_repeats()
        for key in list(service.store["outbox"])[-50:]:
            row = service.store["outbox"][key]
            again = row.changed(attempt=0, lease_until=service.store.wall)
            service.store["outbox_pending"].add(key, again)
        service.save()

    def _clock_jump(self, chance: Random) -> None:
        self._world.skew += timedelta(hours=chance.uniform(1, 72))
        self._world.jumped = True

    def _clock_back(self, _chance: Random) -> None:
        self._world.skew, self._world.jumped = timedelta(hours=-1), True

    def _reconciled(self, _chance: Random) -> None:
        for service in self._world.services:
            service.reconcile()
