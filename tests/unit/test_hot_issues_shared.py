"""How well hot issues are found among 3,023 real messages; needs the folder of shared data beside us."""

from __future__ import annotations

import csv
import os
from collections import Counter, defaultdict
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest

from chuishao.hot_issues import find

DATA: Final = Path(
    os.environ.get("CHUISHAO_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data")
)
MESSAGES: Final = DATA / "hot_issues_train.csv.gz"
REFERENCE: Final = DATA / "hot_issue_clusters_train.csv"

pytestmark = pytest.mark.skipif(
    not (MESSAGES.exists() and REFERENCE.exists()),
    reason=f"no hot_issues_train.csv.gz and hot_issue_clusters_train.csv in {DATA}",
)


@cache
def _found() -> dict[str, Any]:
    return find(MESSAGES, top=None, progress=lambda *_: None, refuse=lambda _: None)


def _reference(teams: int) -> dict[str, str]:
    """Message to issue, where at least so many contest teams say so."""
    named: dict[tuple[str, str], set[str]] = defaultdict(set)
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            named[row["id"], row["issue"]].add(row["team"])
    return {ident: issue for (ident, issue), by in named.items() if len(by) >= teams}


def _pairs(reference: dict[str, str]) -> tuple[float, float]:
    """Pairwise precision and recall over pairs of messages that are both in the reference."""
    cluster = {i: one["rank"] for one in _found()["clusters"] for i in one["ids"]}
    both = together = same = 0
    for a, b in combinations(reference, 2):
        joined = a in cluster and cluster[a] == cluster.get(b)
        alike = reference[a] == reference[b]
        both, together, same = both + (joined and alike), together + joined, same + alike
    return both / max(1, together), both / max(1, same)


def test_messages_that_two_teams_put_together_are_together() -> None:
    precision, recall = _pairs(_reference(2))
    assert precision >= 0.99
    assert recall >= 0.95


def test_messages_of_different_issues_are_apart() -> None:
    precision, _ = _pairs(_reference(1))
    assert precision >= 0.99


def test_a_cluster_of_a_known_issue_holds_little_else() -> None:
    known = _reference(1)
    inside = touching = 0
    for one in _found()["clusters"]:
        counts = Counter(known[i] for i in one["ids"] if i in known)
        n, r = len(one["ids"]), sum(counts.values())
        inside += sum(c * (c - 1) // 2 for c in counts.values())
        touching += r * (r - 1) // 2 + r * (n - r)
    assert inside / touching >= 0.8


def test_the_issues_the_teams_agreed_on_are_among_the_hottest() -> None:
    agreed = _reference(2)
    hottest = {
        Counter(agreed[i] for i in one["ids"] if i in agreed).most_common(1)[0][0]
        for one in _found()["clusters"][:10]
        if any(i in agreed for i in one["ids"])
    }
    assert hottest == set(agreed.values())


def test_three_thousand_messages_take_less_than_half_a_minute() -> None:
    assert _found()["n"] == 3_023
    assert _found()["seconds"] < 60  # other tests may run beside this one
