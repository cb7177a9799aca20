"""Who tries to see what is not theirs, all the time: on NATS in an office's own account, and over HTTP.

Whatever such a listener hears that is not addressed to it is a wrong reader; so is another unit's ticket
whose existence is told (product.md section 8: 404).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Final

import httpx
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from tests.chaos import asking
from tests.chaos.history import History, Phase
from tests.chaos.offices import Office, connect
from tests.chaos.overhearing import foreign
from tests.chaos.site import Site

LISTENED: Final = (">", "_INBOX.>", "_R_.>", "$JS.>", "complaint.>", "ticket.>", "escalation.>")
"""What a curious office subscribes to in its own account."""
PAUSE_S: Final = 1.0
NEWEST: Final = 200
TELLING: Final = (200, 403)


class Probe:
    """Somebody curious in `unit`, who wants the tickets of `other`."""

    def __init__(self, site: Site, history: History, unit: str, other: Office) -> None:
        self._site = site
        self._history = history
        self._unit = unit
        self._other = other
        self._client: Client | None = None

    async def listen(self) -> None:
        """Subscribe to everything, again whenever that was refused or broken off."""
        while True:
            try:
                self._client = await connect(self._site, self._unit)
                for subject in LISTENED:
                    await self._client.subscribe(subject, cb=self._heard)
                while not self._client.is_closed:
                    await asyncio.sleep(PAUSE_S)
            except (nats.errors.Error, OSError, TimeoutError):
                await asyncio.sleep(PAUSE_S)
            finally:
                if self._client:
                    with contextlib.suppress(Exception):
                        await self._client.close()

    async def _heard(self, message: Msg) -> None:
        if foreign(message.subject, message.data, self._unit):
            self._history.say(
                f"probe:{self._unit}",
                "overheard",
                Phase.OK,
                message.subject,
                size=len(message.data),
            )

    async def ask(self, rng: random.Random) -> None:
        """Ask over HTTP for tickets of the other unit."""
        async with asking.client(4) as client:
            while True:
                await asyncio.sleep(rng.uniform(0.5, 1.5) * PAUSE_S)
                if self._other.held:
                    await self._ask(client, rng.choice(self._other.held[-NEWEST:]))

    async def _ask(self, client: httpx.AsyncClient, ticket: str) -> None:
        try:
            answer = await client.get(
                f"{self._site.info['router']}/v1/tickets/{ticket}",
                headers=self._site.token(f"unit:{self._unit}"),
            )
        except httpx.HTTPError:
            return
        phase = Phase.OK if answer.status_code in TELLING else Phase.FAIL
        name = f"probe:{self._unit}"
        self._history.say(name, "peek", phase, ticket, status=answer.status_code)
