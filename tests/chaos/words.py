"""What is filed: the n-th request of a seed, always the same. Pure."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from benchmarks.workload import bodies
from contracts.complaint import Urgency
from tests.chaos.saying import dice
from tests.support import canaries

BATCH: Final = 12
CANARIES, CANARY_EVERY = 400, 24
_LETTERS: Final = str.maketrans("0123456789-", "ghijklmnopq")
_CRITICAL, _URGENT = 0.03, 0.10
_OTHER_BODY, _BATCHES, _AGAIN = 0.02, 0.005, 0.03


class Manner(StrEnum):
    """How a request is made."""

    ONE = "one"
    AGAIN = "again"
    """Sent twice at once under one key, as an impatient client does."""
    OTHER_BODY = "other_body"
    """Afterwards the key is used for something else, which has to be refused."""
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Request:
    """Keys with their bodies; one, unless it is a batch."""

    manner: Manner
    filings: tuple[tuple[str, dict[str, Any]], ...]


def requests(seed: int) -> Iterator[Request]:
    """Requests for ever. A complaint's `external_id` is its key, so that the database tells both.

    The first of every few dozen carries somebody's identity in all its parts (tests/support/canaries.py).
    """
    people = canaries.bodies(seed, CANARIES)
    rng = dice(seed, "words")
    tag = f"c{spelled(str(seed))}x"
    said = (json.loads(body) for body in bodies(tag))
    count = 0
    while True:
        draw = rng.random()
        manner = Manner.ONE
        if draw < _BATCHES:
            manner = Manner.BATCH
        elif draw < _BATCHES + _OTHER_BODY:
            manner = Manner.OTHER_BODY
        elif draw < _BATCHES + _OTHER_BODY + _AGAIN:
            manner = Manner.AGAIN
        filings = []
        for _ in range(BATCH if manner is Manner.BATCH else 1):
            key = f"{tag}-{count}"
            count += 1
            body = next(said)
            if count % CANARY_EVERY == 1 and people:
                body = people.pop()
            filings.append((key, body | {"external_id": key} | _urgency(rng)))
        yield Request(manner, tuple(filings))


def spelled(text: str) -> str:
    """Without digits, which masking would take for somebody's number."""
    return text.translate(_LETTERS)


def _urgency(rng: random.Random) -> dict[str, str]:
    draw = rng.random()
    if draw < _CRITICAL:
        return {"urgency": Urgency.CRITICAL.value}
    return {"urgency": Urgency.URGENT.value} if draw < _URGENT else {}
