"""What the broker holds at the end, message by message."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

from nats.aio.client import Client
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import ConsumerConfig, DeliverPolicy
from nats.js.errors import BadRequestError, NotFoundError, ServiceUnavailableError

from contracts.catalog import COMPLAINTS, ESCALATIONS, TICKETS
from kit.accounts import OPS_USER
from kit.broker import connect
from tests.chaos.site import Site

KEPT: Final = (COMPLAINTS, TICKETS, ESCALATIONS)
FETCH: Final = 1_000
LEADER_WITHIN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Streams:
    """What the broker holds."""

    ids: Mapping[str, Mapping[int, str]]
    digests: Mapping[str, bytes]
    """Event id to the digest of its body; of a copy that says something else, that one's."""


async def read(site: Site) -> Streams:
    """Everything; the reader is one that leaves no trace."""
    client = await connect(site.info["nats"], ops_seed(site), name=OPS_USER)
    ids: dict[str, dict[int, str]] = defaultdict(dict)
    digests: dict[str, bytes] = {}
    try:
        for name in KEPT:
            await _until_read(client, name, ids[name], digests)
    finally:
        await client.close()
    return Streams(ids, digests)


def ops_seed(site: Site) -> str:
    """The key of the user that may ask the broker for anything."""
    path = next(site.folder.rglob(f"secrets/{OPS_USER}/chuishao_nats_seed"))
    return path.read_text("ascii").strip()


async def _until_read(
    client: Client, name: str, ids: dict[int, str], digests: dict[str, bytes]
) -> None:
    """A cluster whose servers are just back may have no leader yet; reading once more changes nothing."""
    until = time.monotonic() + LEADER_WITHIN_S
    while True:
        try:
            return await _stream(client, name, ids, digests)
        except (ServiceUnavailableError, NatsTimeout):
            if time.monotonic() > until:
                raise
        await asyncio.sleep(1)


async def _stream(
    client: Client, name: str, ids: dict[int, str], digests: dict[str, bytes]
) -> None:
    """All messages of one stream; of two with one id the body that differs is remembered."""
    async for seq, event, body in _messages(client, name):
        digest = hashlib.sha256(body).digest()
        ids[seq] = event
        if digests.setdefault(event, digest) != digest:
            digests[event] = b""


async def _messages(client: Client, name: str) -> AsyncIterator[tuple[int, str, bytes]]:
    """Sequence number, event id and body of what a stream holds."""
    js = client.jetstream()
    held = (await js.stream_info(name)).state
    config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL, mem_storage=True)
    try:
        pull = await js.pull_subscribe(">", stream=name, config=config)
    except BadRequestError:  # a work queue lets nobody look on
        for seq in range(held.first_seq, held.last_seq + 1):
            with contextlib.suppress(NotFoundError):
                message = await js.get_msg(name, seq)
                yield seq, _event_id(message.data or b""), message.data or b""
        return
    left = held.messages
    while left > 0:
        for one in await pull.fetch(min(FETCH, left), timeout=20):
            left -= 1
            yield one.metadata.sequence.stream, _event_id(one.data), one.data
            await one.ack()
    await pull.unsubscribe()


def _event_id(body: bytes) -> str:
    """The event's own: what is offered again after a loss goes out under another `Nats-Msg-Id`."""
    try:
        return str(json.loads(body)["id"])
    except (ValueError, KeyError, TypeError):
        return f"no event: {hashlib.sha256(body).hexdigest()[:16]}"
