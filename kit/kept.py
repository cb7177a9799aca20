"""What services have said, from their kept events (`GET /v1/events`): for views that are made anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, NamedTuple, cast
from uuid import UUID

import httpx
import orjson
from nats.aio.msg import Msg

from contracts.catalog import decode
from kit.delivery import Received

BEGINNING: Final = "0-0"


class Kept(NamedTuple):
    """An event, and the cursor from which the next one is read."""

    cursor: str
    one: Received


async def kept_events(
    client: httpx.AsyncClient, service_url: str, after: str = BEGINNING
) -> AsyncIterator[Kept]:
    """Everything a service has said past a cursor, in its order. Raises httpx.HTTPError."""
    url = f"{service_url}/v1/events"
    async with client.stream("GET", url, params={"after": after}) as answer:
        answer.raise_for_status()
        async for text in _lines(answer):
            line = orjson.loads(text)
            yield Kept(line["cursor"], received(orjson.dumps(line["event"])))


def received(body: bytes) -> Received:
    """A kept event as a consumer gets it; there is no message around it."""
    name = ".".join(orjson.loads(body)["type"].split(".")[2:4])
    event = decode(name, body)
    return Received(event, UUID(event.id), cast("Msg", None), name)


async def _lines(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Whole lines, split at newlines alone: residents' words may hold U+2028, which httpx would split at."""
    rest = b""
    async for chunk in answer.aiter_bytes():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line
