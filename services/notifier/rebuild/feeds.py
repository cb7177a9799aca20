"""What other services said, from their kept events (`GET /v1/events`), and the directory by version."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx
import orjson

from kit.delivery import Received
from kit.errors import DomainError, Kind
from kit.kept import kept_events
from kit.parts import NoServiceTokenError
from kit.settings import ServiceSettings
from services.notifier.directory import PARTS, Directory

TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The public HTTP of the services we hear, under our own service token."""

    client: httpx.AsyncClient
    urls: Mapping[str, str]

    async def events(self, service: str) -> AsyncIterator[Received]:
        """Everything a service has said, in its order. Raises httpx.HTTPError."""
        async for kept in kept_events(self.client, self.urls[service]):
            yield kept.one

    async def directory(self, version: int) -> Directory:
        """A version as the router published it. Raises httpx.HTTPError."""
        parts = {}
        for name in PARTS:
            url = f"{self.urls['router']}/v1/directory/versions/{version}/{name}"
            answer = await self.client.get(url)
            empty = answer.status_code == httpx.codes.NOT_FOUND
            parts[name] = [] if empty else orjson.loads(answer.raise_for_status().content)
        return Directory.of(version, parts)


@asynccontextmanager
async def neighbours(settings: ServiceSettings) -> AsyncIterator[Neighbours]:
    """The services we hear, by our settings. Raises DomainError 503 where one does not answer."""
    if settings.service_token is None:
        raise NoServiceTokenError
    headers = {"Authorization": f"Bearer {settings.service_token.get_secret_value()}"}
    urls = {"intake": settings.intake_url, "router": settings.router_url}
    async with httpx.AsyncClient(timeout=TIMEOUT_S, headers=headers, trust_env=False) as client:
        try:
            yield Neighbours(client, urls)
        except httpx.HTTPError as error:
            raise DomainError(
                "neighbour-silent",
                Kind.UNAVAILABLE,
                zh=f"读不到受理或派单服务的事件（{type(error).__name__}）；请确认它们在运行后再试。",
                en=f"Cannot read the events of intake or router ({type(error).__name__}); see that they"
                " run, then try again.",
            ) from error
