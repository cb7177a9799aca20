"""Strikes and heals as the schedule says, and writes down when."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.chaos.history import History, Phase
from tests.chaos.saying import say
from tests.chaos.schedule import Step
from tests.chaos.site import Fault, Site

STRIKE_S: Final = 60.0
HEAL_S: Final = 90.0
TRIES, AGAIN_S = 4, 3.0


class Nemesis:
    """Hurts one installation."""

    def __init__(
        self, site: Site, history: History, faults: Mapping[str, Fault], rng: random.Random
    ) -> None:
        self._site = site
        self._history = history
        self._faults = faults
        self._rng = rng
        self.applied = 0

    async def run(self, steps: Sequence[Step]) -> None:
        """All steps, one after the other."""
        for step in steps:
            await asyncio.sleep(step.gap_s)
            struck = [kind for kind in step.kinds if await self._insist(kind)]
            await asyncio.sleep(step.hold_s)
            waiting = [kind for kind in reversed(struck) if not await self._heal(kind)]
            for kind in waiting:  # another fault of the step kept its server away
                await self._heal(kind)

    async def _insist(self, kind: str) -> bool:
        """Strike; what cannot be struck while the last fault is still being got over is tried again."""
        for _ in range(TRIES):
            if await self._strike(kind):
                return True
            await asyncio.sleep(AGAIN_S)
        return False

    async def _strike(self, kind: str) -> bool:
        key = f"{kind}#{self.applied}"
        self._history.say("nemesis", "fault", Phase.INVOKE, key, kind=kind)
        try:
            async with asyncio.timeout(STRIKE_S):
                told = await self._faults[kind].strike(self._site, self._rng)
        except Exception as error:  # noqa: BLE001 - a fault that cannot be struck is reported, not raised
            self._history.say("nemesis", "fault", Phase.FAIL, key, kind=kind, error=_say(error))
            say(f"{kind}: could not be struck: {_say(error)}")
            await self._heal(kind)
            return False
        self.applied += 1
        over = {"momentary": True} if self._faults[kind].momentary else {}
        self._history.say("nemesis", "fault", Phase.OK, key, kind=kind, told=_plain(told), **over)
        return True

    async def _heal(self, kind: str) -> bool:
        self._history.say("nemesis", "heal", Phase.INVOKE, kind)
        try:
            async with asyncio.timeout(HEAL_S):
                await self._faults[kind].heal(self._site)
        except Exception as error:  # noqa: BLE001 - the checker judges what an unhealed installation does
            self._history.say("nemesis", "heal", Phase.FAIL, kind, error=_say(error))
            say(f"{kind}: could not be healed: {_say(error)}")
            return False
        self._site.reread()
        self._history.say("nemesis", "heal", Phase.OK, kind)
        return True


def _say(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _plain(told: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value)[:200] for name, value in told.items()}
