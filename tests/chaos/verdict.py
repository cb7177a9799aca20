"""The findings of a run, by class, and the one line it prints last."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.chaos.history import Line, Phase


class Class(StrEnum):
    """What can be wrong."""

    LOST = "lost"
    DOUBLE_EFFECT = "double_effect"
    WRONG_READER = "wrong_reader"
    LATE = "late"
    AUDIT_BREAK = "audit_break"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must not be: its class, the rule it breaks, and what it is about."""

    kind: Class
    rule: str
    about: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run came to."""

    seed: int
    acknowledged: int
    faults: Mapping[str, int]
    findings: Sequence[Finding]
    recovery_s: Sequence[float]
    more: Mapping[str, Any] = field(default_factory=dict)
    missed: Sequence[str] = ()
    """What the run did not do that it was asked for: a dead nemesis proves nothing."""
    broken_answers: int = 0
    """Answers of 500: whatever is failing, a service knows what to say of it."""

    @property
    def green(self) -> bool:
        """True when nothing was found, nobody got a broken answer, and what was asked for was done."""
        return not self.findings and not self.missed and not self.broken_answers

    @property
    def only_late(self) -> bool:
        """True when all was done, and something took longer than is fair: nothing else is wrong."""
        late = {finding.kind for finding in self.findings} == {Class.LATE}
        return late and not self.missed and not self.broken_answers

    def line(self) -> str:
        """JSON with the agreed keys first."""
        counts = Counter(finding.kind for finding in self.findings)
        body: dict[str, Any] = {
            "seed": self.seed,
            "acknowledged": self.acknowledged,
            "faults": sum(self.faults.values()),
            **{kind.value: counts[kind] for kind in Class},
            "recovery_p99_s": percentile(self.recovery_s, 0.99),
            "green": self.green,
            "faults_by_kind": dict(sorted(self.faults.items())),
            "missed": list(self.missed),
            "broken_answers": self.broken_answers,
            "rules": self.rules(),
            **self.more,
        }
        return json.dumps(body, ensure_ascii=False)

    def rules(self) -> dict[str, int]:
        """Broken rules with how often."""
        return dict(Counter(f"{f.kind}: {f.rule}" for f in self.findings))


def together(main: Verdict, beside: Verdict, name: str) -> Verdict:
    """One verdict of two runs with the same seed; what the second one adds is told under its name."""
    faults = Counter(main.faults) + Counter(beside.faults)
    told = {"acknowledged": beside.acknowledged, "faults": sum(beside.faults.values())}
    return Verdict(
        seed=main.seed,
        acknowledged=main.acknowledged + beside.acknowledged,
        faults=dict(faults),
        findings=[*main.findings, *beside.findings],
        recovery_s=[*main.recovery_s, *beside.recovery_s],
        more={**main.more, name: {**told, **beside.more}},
        missed=[*main.missed, *(f"{name}: {one}" for one in beside.missed)],
        broken_answers=main.broken_answers + beside.broken_answers,
    )


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that `share` of all do not exceed; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)


def applied(history: Sequence[Line]) -> dict[str, int]:
    """Faults that were in force, by kind."""
    return dict(
        Counter(x.value["kind"] for x in history if x.op == "fault" and x.phase is Phase.OK)
    )
