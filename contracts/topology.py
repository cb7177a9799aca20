"""Streams and consumers as data. `kit.provision` makes them; services bind and never declare.

Settings follow reliability.md B.2 and B.4: limits retention, discard new, no deletes, explicit acks,
`max_deliver` -1 (the application decides when to give up, never the broker).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contracts.catalog import (
    ADDRESSED,
    ADVISORIES,
    COMPLAINTS,
    ESCALATIONS,
    OWNER_OF,
    STREAM_OF,
    TICKETS,
    area_tokens,
)

DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A JetStream stream; sizes in bytes, ages in seconds."""

    name: str
    subjects: tuple[str, ...]
    max_age_s: int = 30 * DAY_S
    max_bytes: int = -1
    """-1: bounded by the server's `max_file_store`, which answers the publisher with an explicit error."""
    max_msg_size: int = 256 * 1024
    duplicate_window_s: int = 3_600
    max_consumers: int = -1
    atomic: bool = True


@dataclass(frozen=True, slots=True)
class ConsumerSpec:
    """A durable pull consumer with explicit acknowledgement."""

    name: str
    stream: str
    filters: tuple[str, ...]
    ack_wait_s: int = 30
    max_ack_pending: int = 65_536
    """What waits for an earlier version of its ticket counts here. With all room taken by such messages the
    server hands out nothing newer, and the earlier version, offered again after a loss, lies behind them."""
    max_deliver: int = -1
    pace_s: float = 0.0
    """Least time between two fetches of a service: what comes meanwhile shares one transaction.

    A lone message after a quiet time waits for nothing.
    """
    rest: float = 0.0
    """Pause after a batch, at least so many times as long as the batch took: where a machine has too much to
    do, what shows things leaves it to what decides them, and shows more at once, later."""
    acknowledged: bool = True
    """False: delivered is done; for one who reads to compare and rewinds when in doubt."""
    headers_only: bool = False


def every(noun: str) -> str:
    """All events of a noun, at its exact number of tokens."""
    if noun == "directory":
        return "directory.*"
    return f"{noun}.*" + (".*" if ADDRESSED[noun] else "") + ".*.*.*.*"


def _nouns(stream: str) -> tuple[str, ...]:
    return tuple(every(noun) for noun, kept in STREAM_OF.items() if kept == stream)


STREAMS: Final[tuple[StreamSpec, ...]] = (
    StreamSpec(COMPLAINTS, _nouns(COMPLAINTS)),
    StreamSpec(TICKETS, _nouns(TICKETS), max_consumers=20_000),
    StreamSpec(ESCALATIONS, _nouns(ESCALATIONS), max_consumers=20_000),
    StreamSpec(
        ADVISORIES,
        (
            "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>",
            "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>",
            "$JS.EVENT.ADVISORY.STREAM.>",
        ),
        max_bytes=256 * 1024**2,
        atomic=False,
    ),
)

ROUTER_COMPLAINTS: Final = ConsumerSpec(
    "router-complaints", COMPLAINTS, (every("complaint"),), pace_s=0.02
)
ROUTER_CLOCKS: Final = ConsumerSpec("router-clocks", TICKETS, (every("clock"),), pace_s=0.25)
ROUTER_ESCALATIONS: Final = ConsumerSpec(
    "router-escalations",
    ESCALATIONS,
    (every("escalation"), "reception.decided.*.*.*.*.*"),
    pace_s=0.1,
)
NOTIFIER_COMPLAINTS: Final = ConsumerSpec(
    "notifier-complaints", COMPLAINTS, (every("complaint"),), pace_s=0.25
)
NOTIFIER_TICKETS: Final = ConsumerSpec(
    "notifier-tickets",
    TICKETS,
    (every("ticket"), every("whistle"), every("issue")),
    pace_s=0.25,
)
NOTIFIER_DIRECTORY: Final = ConsumerSpec("notifier-directory", TICKETS, (every("directory"),))
INTAKE_TICKETS: Final = ConsumerSpec(
    "intake-tickets", TICKETS, (every("ticket"), every("whistle")), pace_s=0.25
)
INTAKE_DIRECTORY: Final = ConsumerSpec("intake-directory", TICKETS, (every("directory"),))
RESTING: Final = 3.0
CONSOLE_COMPLAINTS: Final = ConsumerSpec(
    "console-complaints", COMPLAINTS, (every("complaint"),), pace_s=0.1, rest=RESTING
)
CONSOLE_TICKETS: Final = ConsumerSpec(
    "console-tickets",
    TICKETS,
    (every("ticket"), every("whistle"), every("clock")),
    pace_s=0.1,
    rest=RESTING,
)
CONSOLE_ESCALATIONS: Final = ConsumerSpec(
    "console-escalations",
    ESCALATIONS,
    (every("escalation"), every("reception")),
    pace_s=0.1,
    rest=RESTING,
)
CONSOLE_DIRECTORY: Final = ConsumerSpec("console-directory", TICKETS, (every("directory"),))

CONSUMERS: Final[tuple[ConsumerSpec, ...]] = (
    ROUTER_COMPLAINTS,
    ROUTER_CLOCKS,
    ROUTER_ESCALATIONS,
    NOTIFIER_COMPLAINTS,
    NOTIFIER_TICKETS,
    NOTIFIER_DIRECTORY,
    INTAKE_TICKETS,
    INTAKE_DIRECTORY,
    CONSOLE_COMPLAINTS,
    CONSOLE_TICKETS,
    CONSOLE_ESCALATIONS,
    CONSOLE_DIRECTORY,
)


def _echo(service: str, stream: str) -> ConsumerSpec:
    own = tuple(
        every(noun)
        for noun, owner in OWNER_OF.items()
        if owner == service and STREAM_OF[noun] == stream
    )
    name = f"echo-{service}-{stream.lower()}"
    return ConsumerSpec(name, stream, own, acknowledged=False, headers_only=True)


ECHOES: Final[Mapping[str, tuple[ConsumerSpec, ...]]] = {
    service: tuple(
        _echo(service, stream)
        for stream in sorted({STREAM_OF[noun] for noun, by in OWNER_OF.items() if by == service})
    )
    for service in sorted(set(OWNER_OF.values()))
}
"""By publishing service: through which durables it reads what the streams hold of its own events.

For the reconciler (kit/reconcile): headers only, from the beginning, whenever something looks wrong.
"""

JS_PREFIX: Final = "JS.city"
"""JetStream API prefix inside a unit's or reader's own account."""


def unit_consumer(unit: str) -> ConsumerSpec:
    """The durable of a unit: its ticket, whistle and clock messages, kept while it is offline."""
    return ConsumerSpec(
        name=f"unit_{unit}",
        stream=TICKETS,
        filters=tuple(f"{noun}.*.{unit}.*.*.*.*" for noun in ("ticket", "whistle", "clock")),
        ack_wait_s=60,
        max_ack_pending=1_000,
    )


def reader_consumer(code: str, area: str) -> ConsumerSpec:
    """The durable of a reader: escalation and reception events below an area; they carry no text."""
    tokens = area_tokens(area).replace("_", "*")
    return ConsumerSpec(
        name=f"reader_{code}",
        stream=ESCALATIONS,
        filters=(f"escalation.*.*.{tokens}", f"reception.*.*.{tokens}"),
        ack_wait_s=60,
        max_ack_pending=1_000,
    )
