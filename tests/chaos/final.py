"""What an installation holds when all is quiet: values for the checker, read by `reading`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Final:
    """The final read. Offenders are ids or short sentences of ids, never residents' words."""

    complaints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Key (`external_id`) to the complaints stored under it."""
    tickets: Mapping[str, str] = field(default_factory=dict)
    """Ticket to its unit."""
    addressed: frozenset[str] = frozenset()
    """Tickets whose unit has a NATS account and was told that they are its own."""
    listed: frozenset[str] = frozenset()
    """Tickets of the list over HTTP."""
    steps: Mapping[str, int] = field(default_factory=dict)
    """Command id to how often a ticket's history shows it."""
    broken: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Invariants of tests.support.invariants that do not hold, with offenders."""
    unsaid: tuple[str, ...] = ()
    """Events of an outbox that their stream does not hold."""
    forged: tuple[str, ...] = ()
    """Messages of a stream that are in no outbox, or say something else there."""
    twice: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Effects that exist more than once, by what they are."""
    overdue: tuple[str, ...] = ()
    """What was due long before the last look and was not raised."""
    audit: tuple[str, ...] = ()
    """What the audit does not account for."""
    kept: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    """Stream to what each sequence number holds: event ids."""
    leaked: tuple[str, ...] = ()
    """Places outside the vault where somebody's identity was found."""
