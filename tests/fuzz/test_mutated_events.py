"""D.7 #31: what is no event of ours never passes the decoder, and nothing makes it fall over."""

from __future__ import annotations

import os
from collections import Counter
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from contracts.catalog import BY_NAME, decode
from tests.support.mutants import KINDS, mutants, samples

COUNT: Final = int(os.environ.get("CHUISHAO_FUZZ_EVENTS", "10000"))
SEED: Final = int(os.environ.get("CHUISHAO_FUZZ_SEED", "20261122"))


def outcome(subject: str, body: bytes) -> str:
    """`refused`, or `good` for an event that says after another trip what it said before."""
    try:
        event = decode(subject, body)
    except (ValidationError, ValueError):
        return "refused"
    assert event.type == BY_NAME[".".join(subject.split(".", 2)[:2])].type
    assert decode(subject, event.encode()) == event
    return "good"


def test_d7_31_a_mutated_event_is_refused_or_an_event() -> None:
    found: Counter[tuple[str, str]] = Counter()
    for mutant in mutants(SEED, COUNT):
        found[mutant.kind, outcome(mutant.subject, mutant.body)] += 1
    assert sum(found.values()) == COUNT
    for kind in ("truncated", "another type or major", "noise", "another's subject"):
        assert not found[kind, "good"], kind
    for kind in ("field unknown", "bits flipped", "type swapped"):
        assert found[kind, "good"], kind
        assert found[kind, "refused"] or kind == "field unknown", kind


def test_the_same_seed_makes_the_same_mutants() -> None:
    assert list(mutants(7, 200)) == list(mutants(7, 200))
    assert list(mutants(7, 200)) != list(mutants(8, 200))
    assert {mutant.kind for mutant in mutants(7, 200)} == set(KINDS)


def test_the_events_they_are_made_of_are_good() -> None:
    assert samples().keys() == BY_NAME.keys()
    for subject, text in samples().values():
        assert UUID(decode(subject, text.encode()).id).int
