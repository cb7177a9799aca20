"""Asks the router by when a matter is to be settled; nobody waits for it long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import httpx
import orjson

from contracts.clock import ClockKind
from kit.logging import get

log = get(__name__)


@dataclass(frozen=True, slots=True)
class Promises:
    """The router's `GET /v1/tickets/{number}`, under intake's own service token."""

    client: httpx.AsyncClient

    async def due(self, number: str) -> datetime | None:
        """Until when the resident was promised a result; None when no such clock runs or the router is away."""
        try:
            answer = await self.client.get(f"/v1/tickets/{number}")
            answer.raise_for_status()
            running = orjson.loads(answer.content)["due"]
            due = running.get(ClockKind.RESIDENT.value) or running.get(ClockKind.RESULT.value)
            return datetime.fromisoformat(due) if due else None
        except (httpx.HTTPError, orjson.JSONDecodeError, KeyError, ValueError) as error:
            log.info("router_not_asked", error=type(error).__name__)
            return None
