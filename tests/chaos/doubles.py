"""What happened twice, or was answered differently the second time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.chaos.final import Final as State
from tests.chaos.history import Line, Phase
from tests.chaos.losses import DOUBLED
from tests.chaos.told import Told
from tests.chaos.verdict import Class, Finding


def doubled(history: Sequence[Line], known: Told, state: State) -> Iterator[Finding]:
    """Complaints, answers, dispatches, effects of commands, rungs, clocks, notices."""
    for rule, about in (*_answers(history, known), *_effects(known, state)):
        yield Finding(Class.DOUBLE_EFFECT, rule, about)
    for rule, offenders in (*state.twice.items(), *state.broken.items()):
        if rule in DOUBLED or rule in state.twice:
            yield from (Finding(Class.DOUBLE_EFFECT, rule, one) for one in offenders)


def _answers(history: Sequence[Line], known: Told) -> Iterator[tuple[str, str]]:
    for key, filing in known.filings.items():
        if len(filing.answers) > 1:
            yield "one key, two answers", key
    for command, answers in known.commands.items():
        if len(answers) > 1:
            yield "one command id, two answers", command
    for line in history:
        if line.op == "queue" and line.phase is Phase.OK:
            yield from (("twice on one reception queue", ticket) for ticket in line.value["twice"])
        if line.op == "file_other" and line.phase is Phase.OK:
            yield "one key, another body accepted", line.key


def _effects(known: Told, state: State) -> Iterator[tuple[str, str]]:
    for key, several in state.complaints.items():
        if len(several) > 1:
            yield "one key, two complaints", key
    for command, count in state.steps.items():
        if count > 1:
            yield "command applied twice", command
    for ticket, events in known.dispatches.items():
        versions = [event.split(" ", 1)[0] for event in events]
        if len(set(versions)) < len(versions):
            yield "two dispatches of one version", ticket
    for event in state.forged:
        yield "in a stream and said by nobody", event
