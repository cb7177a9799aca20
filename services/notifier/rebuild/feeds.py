"""What other services said, from their kept events (`GET /v1/events`), and the directory by version."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID

import httpx
import orjson
from nats.aio.msg import Msg

from contracts.catalog import decode
from kit.delivery import Received
from kit.errors import DomainError, Kind
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
        url = f"{self.urls[service]}/v1/events"
        async with self.client.stream("GET", url, params={"after": "0-0"}) as answer:
            answer.raise_for_status()
            async for line in _lines(answer):
                yield received(orjson.dumps(orjson.loads(line)["event"]))

    async def directory(self, version: int) -> Directory:
        """A version as the router published it. Raises httpx.HTTPError."""
        parts = {}
        for name in PARTS:
            url = f"{self.urls['router']}/v1/directory/versions/{version}/{name}"
            answer = await self.client.get(url)
            empty = answer.status_code == httpx.codes.NOT_FOUND
            parts[name] = [] if empty else orjson.loads(answer.raise_for_status().content)
        return Directory.of(version, parts)


async def _lines(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Whole lines, split at newlines alone: residents' words may hold U+2028, which httpx would split at."""
    rest = b""
    async for chunk in answer.aiter_bytes():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line


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


def received(body: bytes) -> Received:
    """A kept event as a consumer gets it; there is no message around it."""
    name = ".".join(orjson.loads(body)["type"].split(".")[2:4])
    event = decode(name, body)
    return Received(event, UUID(event.id), cast("Msg", None), name)
