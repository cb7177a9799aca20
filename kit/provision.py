"""The only code that creates or changes streams and consumers; idempotent, under the `ops` user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson
from nats.aio.client import Client

from contracts.topology import (
    CONSUMERS,
    STREAMS,
    ConsumerSpec,
    StreamSpec,
    reader_consumer,
    unit_consumer,
)
from kit.accounts import OPS_USER, ReaderLike
from kit.broker import connect

NANO: Final = 1_000_000_000
TIMEOUT_S: Final = 10.0
NOT_FOUND: Final = 404


class ProvisionError(RuntimeError):
    """The server refused a stream or consumer; the text is the server's."""


def stream_config(spec: StreamSpec) -> dict[str, Any]:
    """The server's own form of a stream (reliability.md B.2)."""
    return {
        "name": spec.name,
        "subjects": list(spec.subjects),
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "num_replicas": 1,
        "max_age": spec.max_age_s * NANO,
        "max_bytes": spec.max_bytes,
        "max_msg_size": spec.max_msg_size,
        "max_consumers": spec.max_consumers,
        "duplicate_window": spec.duplicate_window_s * NANO,
        "deny_delete": True,
        "deny_purge": True,
        "allow_direct": False,
        "allow_atomic": spec.atomic,
    }


def consumer_config(spec: ConsumerSpec) -> dict[str, Any]:
    """The server's own form of a durable pull consumer (reliability.md B.4)."""
    config: dict[str, Any] = {
        "durable_name": spec.name,
        "name": spec.name,
        "deliver_policy": "all",
        "ack_policy": "explicit",
        "ack_wait": spec.ack_wait_s * NANO,
        "max_deliver": spec.max_deliver,
        "max_ack_pending": spec.max_ack_pending,
    }
    if len(spec.filters) == 1:
        config["filter_subject"] = spec.filters[0]
    else:
        config["filter_subjects"] = list(spec.filters)
    return config


async def provision(
    nats_url: str,
    seed: str,
    units: Sequence[str],
    readers: Sequence[ReaderLike],
    *,
    check: bool = False,
) -> list[str]:
    """Make the server match the topology; with `check` only say what differs. Returns the differences.

    Raises ProvisionError when the server refuses, nats errors when it cannot be reached.
    """
    consumers = [
        *CONSUMERS,
        *(unit_consumer(unit) for unit in units),
        *(reader_consumer(reader.code, reader.area) for reader in readers),
    ]
    client = await connect(nats_url, seed, name=OPS_USER)
    try:
        changes = []
        for stream in STREAMS:
            changes += await _stream(client, stream, check=check)
        for consumer in consumers:
            changes += await _consumer(client, consumer, check=check)
        return changes
    finally:
        await client.close()


async def _stream(client: Client, spec: StreamSpec, *, check: bool) -> list[str]:
    wanted = stream_config(spec)
    live = await _ask(client, f"STREAM.INFO.{spec.name}", None)
    if live is not None and not _differs(live["config"], wanted):
        return []
    if not check:
        verb = "CREATE" if live is None else "UPDATE"
        await _ask(client, f"STREAM.{verb}.{spec.name}", wanted)
    return [f"stream {spec.name}: {_say(live, wanted)}"]


async def _consumer(client: Client, spec: ConsumerSpec, *, check: bool) -> list[str]:
    wanted = consumer_config(spec)
    live = await _ask(client, f"CONSUMER.INFO.{spec.stream}.{spec.name}", None)
    if live is not None and not _differs(live["config"], wanted):
        return []
    if not check:
        body = {"stream_name": spec.stream, "config": wanted}
        await _ask(client, f"CONSUMER.DURABLE.CREATE.{spec.stream}.{spec.name}", body)
    return [f"consumer {spec.stream}/{spec.name}: {_say(live, wanted)}"]


def _differs(live: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Keys whose live value is not the wanted one; absent means the type's zero value."""
    empty: dict[type, Any] = {bool: False, int: 0, str: "", list: []}
    return [key for key, value in wanted.items() if live.get(key, empty[type(value)]) != value]


def _say(live: dict[str, Any] | None, wanted: dict[str, Any]) -> str:
    return (
        "missing" if live is None else "differs in " + ", ".join(_differs(live["config"], wanted))
    )


async def _ask(client: Client, subject: str, body: Any) -> dict[str, Any] | None:
    payload = b"" if body is None else orjson.dumps(body)
    reply = await client.request(f"$JS.API.{subject}", payload, timeout=TIMEOUT_S)
    answer: dict[str, Any] = orjson.loads(reply.data)
    error = answer.get("error")
    if error is None:
        return answer
    if error.get("code") == NOT_FOUND and body is None:
        return None
    raise ProvisionError(f"{subject}: {error.get('description')}")
