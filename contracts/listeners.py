"""Who hears which event: read off the topology, so that documents cannot tell another story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from contracts.catalog import EventType
from contracts.topology import CONSUMERS, ConsumerSpec, reader_consumer, unit_consumer

UNIT: Final = "unit"
READER: Final = "reader"
READER_LIVE: Final = ("clock", "escalation", "reception")
"""Nouns a reader follows live; its durable keeps the last two (product.md section 5)."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A service, a unit or a reader; `durable` is None for who listens live, without memory."""

    who: str
    durable: str | None
    stream: str


def overlap(one: str, other: str) -> bool:
    """True when some subject matches both patterns; `*` is one token, `>` all that follow."""
    left, right = one.split("."), other.split(".")
    for a, b in zip(left, right, strict=False):
        if ">" in (a, b):
            return True
        if a != b and "*" not in (a, b):
            return False
    return len(left) == len(right)


def covers(wide: str, narrow: str) -> bool:
    """True when every subject that matches `narrow` matches `wide`."""
    left, right = wide.split("."), narrow.split(".")
    for n, word in enumerate(left):
        if word == ">":
            return len(right) > n
        if n >= len(right) or right[n] == ">" or word not in ("*", right[n]):
            return False
    return len(left) == len(right)


def listeners(row: EventType) -> tuple[Listener, ...]:
    """Everybody who hears an event: services by their durables, units, readers."""
    return tuple(_listeners(row))


def _listeners(row: EventType) -> Iterator[Listener]:
    for spec in CONSUMERS:
        if _hears(spec, row):
            yield Listener(spec.name.partition("-")[0], spec.name, spec.stream)
    if _hears(unit_consumer("{unit}"), row):
        yield Listener(UNIT, unit_consumer("{unit}").name, row.stream)
    reader = reader_consumer("{reader}", "")
    if row.noun in READER_LIVE:
        yield Listener(READER, reader.name if _hears(reader, row) else None, row.stream)


def _hears(spec: ConsumerSpec, row: EventType) -> bool:
    return spec.stream == row.stream and any(overlap(f, row.pattern) for f in spec.filters)
