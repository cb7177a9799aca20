"""The only code that creates or changes streams and consumers; idempotent, under the `ops` user."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Final

from nats.aio.client import Client

from contracts.topology import (
    CONSUMERS,
    ECHOES,
    STREAMS,
    ConsumerSpec,
    StreamSpec,
    reader_consumer,
    unit_consumer,
)
from kit.accounts import ReaderLike
from kit.jetstream import NANO, ApiRefusedError, ask

TIMEOUT_S: Final = 10.0
OFFICES: Final = ("unit_", "reader_")
"""How durables of offices are called (contracts/topology.py)."""


def stream_replicas() -> int:
    """How many servers of a cluster keep each stream: CHUISHAO_STREAM_REPLICAS, 1 unless it says 3 or 5.

    Raises ValueError for another number: an even one or a large one makes nothing safer.
    """
    text = os.environ.get("CHUISHAO_STREAM_REPLICAS", "1")
    if text not in {"1", "3", "5"}:
        raise ValueError(f"CHUISHAO_STREAM_REPLICAS is 1, 3 or 5, not {text!r}")
    return int(text)


def stream_config(spec: StreamSpec) -> dict[str, Any]:
    """The server's own form of a stream (reliability.md B.2)."""
    return {
        "name": spec.name,
        "subjects": list(spec.subjects),
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "num_replicas": stream_replicas(),
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
        "ack_policy": "explicit" if spec.acknowledged else "none",
        "headers_only": spec.headers_only,
        "max_deliver": spec.max_deliver,
    }
    if spec.acknowledged:
        config |= {"ack_wait": spec.ack_wait_s * NANO, "max_ack_pending": spec.max_ack_pending}
    if len(spec.filters) == 1:
        config["filter_subject"] = spec.filters[0]
    else:
        config["filter_subjects"] = list(spec.filters)
    return config


async def provision(
    client: Client,
    units: Sequence[str],
    readers: Sequence[ReaderLike],
    *,
    check: bool = False,
    prune: bool = False,
) -> list[str]:
    """Make the server match the topology, over a connection of `ops`; with `check` only say what differs.

    Durables of offices that left the directory stay, so that one that comes back goes on where it
    stopped: nobody can reach them meanwhile. `prune` removes them. Returns the differences.

    Raises ApiRefusedError when the server refuses, nats errors when it cannot be reached.
    """
    consumers = consumers_of(units, readers)
    changes = await make(client, consumers, check=check)
    if check or prune:
        changes += await _leftovers(client, consumers, remove=prune and not check)
    return changes


def consumers_of(units: Sequence[str], readers: Sequence[ReaderLike]) -> list[ConsumerSpec]:
    """Every durable of an installation: of the services, of their reconcilers, of units and readers."""
    return [
        *CONSUMERS,
        *(echo for echoes in ECHOES.values() for echo in echoes),
        *(unit_consumer(unit) for unit in units),
        *(reader_consumer(reader.code, reader.area) for reader in readers),
    ]


async def make(
    client: Client, consumers: Sequence[ConsumerSpec], *, check: bool = False
) -> list[str]:
    """All streams and these consumers, over a connection of `ops`. Returns the differences."""
    changes = []
    for stream in STREAMS:
        changes += await _stream(client, stream, check=check)
    for consumer in consumers:
        changes += await _consumer(client, consumer, check=check)
    return changes


async def _stream(client: Client, spec: StreamSpec, *, check: bool) -> list[str]:
    wanted = stream_config(spec)
    live = await ask(client, f"STREAM.INFO.{spec.name}")
    if live is not None and not _differs(live["config"], wanted):
        return []
    if not check:
        verb = "CREATE" if live is None else "UPDATE"
        await _must(client, f"STREAM.{verb}.{spec.name}", wanted)
    return [f"stream {spec.name}: {_say(live, wanted)}"]


async def _consumer(client: Client, spec: ConsumerSpec, *, check: bool) -> list[str]:
    wanted = consumer_config(spec)
    live = await ask(client, f"CONSUMER.INFO.{spec.stream}.{spec.name}")
    if live is not None and not _differs(live["config"], wanted):
        return []
    if not check:
        body = {"stream_name": spec.stream, "config": wanted}
        await _must(client, f"CONSUMER.DURABLE.CREATE.{spec.stream}.{spec.name}", body)
    return [f"consumer {spec.stream}/{spec.name}: {_say(live, wanted)}"]


async def _must(client: Client, subject: str, body: Any) -> None:
    if await ask(client, subject, body, timeout_s=TIMEOUT_S) is None:
        raise ApiRefusedError(f"{subject}: not found")


async def _leftovers(client: Client, wanted: Sequence[ConsumerSpec], *, remove: bool) -> list[str]:
    """Durables that are nobody's any more."""
    known = {(spec.stream, spec.name) for spec in wanted}
    found = []
    for stream in STREAMS:
        if await ask(client, f"STREAM.INFO.{stream.name}") is None:
            continue
        for name in await _consumer_names(client, stream.name):
            if (stream.name, name) in known:
                continue
            if remove and name.startswith(OFFICES):
                await _must(client, f"CONSUMER.DELETE.{stream.name}.{name}", {})
                found.append(f"consumer {stream.name}/{name}: removed")
            else:
                found.append(f"consumer {stream.name}/{name}: belongs to nobody")
    return found


async def _consumer_names(client: Client, stream: str) -> list[str]:
    names: list[str] = []
    while True:
        page = await ask(client, f"CONSUMER.NAMES.{stream}", {"offset": len(names)})
        if page is None or not page["consumers"]:
            return names
        names += page["consumers"]


def differences(live: dict[str, Any], spec: ConsumerSpec) -> list[str]:
    """Settings in which a live durable is not what the topology says; empty when it is."""
    return _differs(live, consumer_config(spec))


def _differs(live: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Keys whose live value is not the wanted one; absent means the type's zero value."""
    empty: dict[type, Any] = {bool: False, int: 0, str: "", list: []}
    return [key for key, value in wanted.items() if live.get(key, empty[type(value)]) != value]


def _say(live: dict[str, Any] | None, wanted: dict[str, Any]) -> str:
    return (
        "missing" if live is None else "differs in " + ", ".join(_differs(live["config"], wanted))
    )
