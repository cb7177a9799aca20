"""How well the recomputed later half agrees with what the file says of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from benchmarks.replay311.cases import Answer, Case
from benchmarks.replay311.learning import Learned
from benchmarks.replay311.simulating import ONTIME, OVERDUE, Outcome

HOUR: Final = timedelta(hours=1)


@dataclass(slots=True)
class Tally:
    """Of a type, or of all."""

    n: int = 0
    unmarked: int = 0
    """Cases the file calls neither: they are not compared."""
    agreed: int = 0
    dated: int = 0
    near: int = 0

    def count(self, outcome: Outcome, answer: Answer) -> None:
        """Compare one case."""
        if answer.ontime in {ONTIME, OVERDUE}:
            self.n += 1
            self.agreed += outcome.status == answer.ontime
        else:
            self.unmarked += 1
        if answer.due is not None:
            self.dated += 1
            self.near += outcome.due is not None and abs(outcome.due - answer.due) <= HOUR

    def figures(self) -> dict[str, Any]:
        """Shares; None where there was nothing to compare."""
        return {
            "n": self.n,
            "agree": round(self.agreed / self.n, 4) if self.n else None,
            "due_within_1h": round(self.near / self.dated, 4) if self.dated else None,
        }


def score(
    learned: Learned,
    later: Sequence[Case],
    outcomes: Mapping[int, Outcome],
    answers: Mapping[int, Answer],
) -> dict[str, Any]:
    """Agreement over all and by type, with the limit that was learned; the most frequent type first."""
    whole = Tally()
    by_type: defaultdict[str, Tally] = defaultdict(Tally)
    for case in later:
        for tally in (whole, by_type[case.type]):
            tally.count(outcomes[case.line], answers[case.line])
    types = {
        kind: tally.figures() | {"limit": _limit(learned, kind)}
        for kind, tally in sorted(by_type.items(), key=lambda item: (-item[1].n, item[0]))
    }
    return whole.figures() | {"unmarked": whole.unmarked, "dated": whole.dated, "types": types}


def _limit(learned: Learned, kind: str) -> str:
    usual = learned.types.get(kind)
    return "unseen" if usual is None else usual.text
