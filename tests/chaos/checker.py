"""The checker: a history and a final state come in, findings go out. Pure, so that it can be tried by hand.

Classes are those of reliability.md A.4. What nobody acknowledged may exist or not; if it exists, it exists
whole, so it is held to the same rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from tests.chaos import told
from tests.chaos.doubles import doubled
from tests.chaos.final import Final as State
from tests.chaos.history import Line, Phase
from tests.chaos.losses import lost
from tests.chaos.spans import failing, healthy_s
from tests.chaos.told import Told
from tests.chaos.verdict import Class, Finding

BOUND_S: Final = 15.0
"""How long a dispatch or an alarm may take in all, not counting while something failed or was mended."""


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


def _wrong_reader(history: Sequence[Line], state: State) -> Iterator[Finding]:
    for line in history:
        if line.phase is Phase.OK and line.op in {"overheard", "peek"}:
            yield Finding(Class.WRONG_READER, line.op, f"{line.process} {line.key}")
    for place in state.leaked:
        yield Finding(Class.WRONG_READER, "identity outside the vault", place)


def _late(known: Told, state: State) -> Iterator[Finding]:
    spans = failing(known.windows)
    for complaint, (key, acknowledged_at) in known.promised.items():
        arrived = min(known.dispatches.get(complaint, {}).values(), default=None)
        if arrived is not None and healthy_s(spans, acknowledged_at, arrived) > BOUND_S:
            yield Finding(Class.LATE, "dispatch", f"{key} {arrived - acknowledged_at:.1f} s")
    highs = told.reached(known.clock)
    for line in known.reads:
        if line.value["again"] or not line.value["due"]:
            continue
        due = told.when(highs, datetime.fromisoformat(line.value["due"]))
        if due is not None and healthy_s(spans, due, line.at) > BOUND_S:
            yield Finding(Class.LATE, "alarm", f"{line.key} {line.at - due:.1f} s")
    for one in state.overdue:
        yield Finding(Class.LATE, "due and not raised", one)


def by_rule(findings: Sequence[Finding]) -> Mapping[str, list[str]]:
    """Rules with up to five of what they are about, for people."""
    found: dict[str, list[str]] = {}
    for finding in findings:
        found.setdefault(f"{finding.kind}: {finding.rule}", []).append(finding.about)
    return {rule: several[:5] for rule, several in found.items()}
