"""What was promised and is not there. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.chaos.final import Final as State
from tests.chaos.spans import damages
from tests.chaos.told import Told
from tests.chaos.verdict import Class, Finding

DOUBLED: Final = (
    "number with two tickets", "dispatched twice", "two running clocks of a kind",
    "rung raised twice", "rung announced twice",
)  # fmt: skip
"""Invariants of tests.support.invariants whose break is a double effect; of all others it is a loss."""


def lost(known: Told, state: State) -> Iterator[Finding]:
    """Complaints, tickets, dispatches, effects of commands, events, clocks."""
    for rule, about in (
        *_of_complaints(known, state),
        *_forgotten(known, state),
        *(("published and not in its stream", event) for event in state.unsaid),
    ):
        yield Finding(Class.LOST, rule, about)
    for command in known.commands:
        if not state.steps.get(command):
            yield Finding(Class.LOST, "answered command without an effect", command)
    for rule, offenders in state.broken.items():
        if rule not in DOUBLED:
            yield from (Finding(Class.LOST, rule, one) for one in offenders)


def _of_complaints(known: Told, state: State) -> Iterator[tuple[str, str]]:
    """What nobody was promised may be absent; what is stored is whole."""
    stored = {one for several in state.complaints.values() for one in several}
    for complaint, (key, _) in known.promised.items():
        if complaint not in stored:
            yield "acknowledged and not stored", key
    for complaint in sorted(stored | known.promised.keys()):
        if complaint not in state.tickets:
            yield "no ticket", complaint
            continue
        if complaint not in state.listed:
            yield "not in the list over HTTP", complaint
        if complaint in state.addressed and not known.dispatches.get(complaint):
            yield "never reached its unit", complaint


def _forgotten(known: Told, state: State) -> Iterator[tuple[str, str]]:
    """A broker that was only stopped or cut off still holds under each number what somebody read there."""
    if any(damages(window.kind) for window in known.windows):
        return
    for line in known.reads:
        held = state.kept.get(line.value["stream"])
        if held is not None and held.get(line.value["seq"]) != line.key:
            yield "the stream forgot what it had delivered", line.key
