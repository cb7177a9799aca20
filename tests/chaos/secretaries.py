"""Secretaries look at their reception queue all the while: what stands on it stands there once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Final

import httpx

from tests.chaos import asking
from tests.chaos.history import History, Phase
from tests.chaos.site import Site

PAUSE_S: Final = 3.0
LIMIT: Final = "100"


class Secretary:
    """The secretary of one unit."""

    def __init__(self, site: Site, history: History, unit: str, rng: random.Random) -> None:
        self._site = site
        self._history = history
        self._unit = unit
        self._rng = rng

    async def look(self) -> None:
        """For ever; a notifier that is away is asked again."""
        async with asking.client(4) as client:
            while True:
                await asyncio.sleep(self._rng.uniform(0.5, 1.5) * PAUSE_S)
                await self._look(client)

    async def _look(self, client: httpx.AsyncClient) -> None:
        name = f"secretary:{self._unit}"
        try:
            answer = await client.get(
                f"{self._site.info['notifier']}/v1/reception/queue",
                params={"limit": LIMIT},
                headers=self._site.token(name),
            )
        except httpx.HTTPError:
            return
        if not answer.is_success:
            self._history.say(name, "queue", Phase.FAIL, self._unit, status=answer.status_code)
            return
        items = answer.json()["items"]
        tickets = Counter(str(item["ticket_id"]) for item in items if item.get("ticket_id"))
        self._history.say(
            name,
            "queue",
            Phase.OK,
            self._unit,
            items=len(items),
            twice=sorted(ticket for ticket, count in tickets.items() if count > 1),
        )
