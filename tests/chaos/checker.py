"""The checker: a history and a final state come in, findings go out. Pure, so that it can be tried by hand.

Classes are those of reliability.md A.4. What nobody acknowledged may exist or not; if it exists, it exists
whole, so it is held to the same rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from tests.chaos import told
from tests.chaos.doubles import doubled
from tests.chaos.final import Final as State
from tests.chaos.history import Line, Phase
from tests.chaos.losses import lost
from tests.chaos.overhearing import foreign
from tests.chaos.spans import Wait, wait
from tests.chaos.told import Told
from tests.chaos.verdict import Class, Finding

DISPATCH: Final = "dispatch"
READER: Final = "reader:"
BROKEN: Final = 500
"""A service that is away says so with 502 to 504; this one says that it does not know what happened to it."""


def check(history: Sequence[Line], state: State) -> list[Finding]:
    """Everything that must not be."""
    known = told.told(history)
    return [
        *lost(known, state),
        *doubled(history, known, state),
        *_wrong_reader(history, state),
        *_late(known, state),
        *(Finding(Class.AUDIT_BREAK, "audit", one) for one in state.audit),
    ]


def unknown(history: Sequence[Line], state: State) -> dict[str, int]:
    """Requests nobody ever answered, and what became of them."""
    filings = told.told(history).filings
    lacking = [key for key, f in filings.items() if f.acknowledged_at is None and f.unknown]
    stored = sum(key in state.complaints for key in lacking)
    return {
        "outcomes": sum(filing.unknown for filing in filings.values()),
        "stored": stored,
        "absent": len(lacking) - stored,
    }


def judged(history: Sequence[Line]) -> dict[str, int]:
    """How many dispatches and alarms were held to the bound without any excuse."""
    return dict(Counter(what for what, _, one in _waits(told.told(history)) if one.judged))


def broken(history: Sequence[Line]) -> int:
    """Answers nobody should ever get, whatever is failing."""
    return sum(x.phase is Phase.FAIL and x.value.get("status") == BROKEN for x in history)


def _wrong_reader(history: Sequence[Line], state: State) -> Iterator[Finding]:
    for line in history:
        if line.phase is Phase.OK and line.op in {"overheard", "peek"}:
            yield Finding(Class.WRONG_READER, line.op, f"{line.process} {line.key}")
        of_unit = line.op == "read" and not line.process.startswith(READER)
        if of_unit and foreign(line.value["subject"], b"", line.process):
            yield Finding(Class.WRONG_READER, "read", f"{line.process} {line.key}")
    for place in state.leaked:
        yield Finding(Class.WRONG_READER, "identity outside the vault", place)


def _late(known: Told, state: State) -> Iterator[Finding]:
    for what, about, one in _waits(known):
        if one.late:
            took = f"{one.end - one.start:.1f} s, {one.plain_s:.1f} s of it without excuse"
            yield Finding(Class.LATE, what, f"{about} {took}, {one.calm_s:.1f} s without a fault")
    for due in state.overdue:
        yield Finding(Class.LATE, "due and not raised", due)


def _waits(known: Told) -> Iterator[tuple[str, str, Wait]]:
    """What came, what it is about, and how long it took: from the acknowledgement, or from when it was due."""
    for complaint, (key, acknowledged_at) in known.promised.items():
        arrived = min(known.dispatches.get(complaint, {}).values(), default=None)
        if arrived is not None:
            yield DISPATCH, key, wait(known.windows, acknowledged_at, arrived)
    looks = told.eras(known.clock)
    for line in known.reads:
        if line.value["again"] or not line.value["due"]:
            continue
        due = told.when(looks, datetime.fromisoformat(line.value["due"]), line.at)
        if due is not None:
            yield "alarm", line.key, wait(known.windows, due, line.at)


def by_rule(findings: Sequence[Finding]) -> Mapping[str, list[str]]:
    """Rules with up to five of what they are about, for people."""
    found: dict[str, list[str]] = {}
    for finding in findings:
        found.setdefault(f"{finding.kind}: {finding.rule}", []).append(finding.about)
    return {rule: several[:5] for rule, several in found.items()}
