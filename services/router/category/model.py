"""The learned category model as it serves: a table of n-grams, nothing but numbers. Pure.

Read from bytes without pickle, since what loads a pickle runs whatever is in it; the same bytes and the
same words give the same scores, bit for bit, on one machine. Training: services/router/category/learning.py.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from services.router.category import grams

MAGIC: Final = b"chuishao model 2\n"
BEFORE: Final = b"chuishao model 1\n"
"""The same form from before there were themes: still read, and says what it said."""
DIGITS: Final = 3
"""Decimals of a score: a receipt holds it, and a replay must reach the same bytes."""
SHOWN: Final = 3
_HEADER_AT: Final = len(MAGIC) + 4
_CERTAIN: Final = 50.0
_HALF_MOST: Final = 1_000.0
"""Largest number stored as a half float, so that small ones keep their digits."""


class BadModelError(ValueError):
    """The bytes are no model of this form."""

    def __init__(self) -> None:
        super().__init__(
            "不是可用的类别模型文件，请重新训练 / no usable category model; train it again"
        )


@dataclass(frozen=True, slots=True)
class Guess:
    """The likeliest labels with calibrated scores, best first, and whether the first is sure."""

    best: tuple[tuple[str, float], ...]
    sure: bool


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Scores of every label for a text; frozen."""

    labels: tuple[str, ...]
    keys: grams.Keys
    """Known n-grams, sorted."""
    rows: NDArray[np.float32]
    """One row an n-gram: what it says for each label; last its own weight."""
    bias: tuple[float, ...]
    sharpness: float
    """What the lead of the first over the second is multiplied by to become a chance."""
    threshold: float
    """Lowest score of a label that is sure."""
    card: Mapping[str, Any]
    """How it was made and what it scored, as stored and shown."""
    version: int = 0

    def raw(self, words: str, head: int = grams.HEAD) -> NDArray[np.float64]:
        """Uncalibrated score of every label for plain words; every block of n-grams has length 1."""
        found, counts = grams.keys(words, head)
        total = np.array(self.bias, np.float64)
        if not len(self.keys):
            return total
        at = np.minimum(np.searchsorted(self.keys, found), len(self.keys) - 1)
        known = self.keys[at] == found
        if not known.any():
            return total
        said = self.rows[at[known]] * grams.damped(counts[known])[:, None]
        blocks = grams.block_of(found[known])
        starts = np.flatnonzero(np.diff(blocks, prepend=-1))
        sums = np.add.reduceat(said[:, :-1], starts, axis=0, dtype=np.float64)
        squares = np.add.reduceat(np.square(said[:, -1]), starts, dtype=np.float64)
        lengths = np.sqrt(np.maximum(squares, 1e-12))
        scores: NDArray[np.float64] = total + (sums / lengths[:, None]).sum(axis=0)
        return scores

    def scores(self, title: str | None, text: str) -> tuple[float, ...]:
        """Calibrated score of every label, 0 to 1, in the order of `labels`; any text has one."""
        return calibrated(self.raw_of(title, text), self.sharpness)

    def raw_of(self, title: str | None, text: str) -> NDArray[np.float64]:
        """Uncalibrated score of every label."""
        return self.raw(grams.plain(title, text))

    def guess(self, title: str | None, text: str) -> Guess:
        """The three likeliest labels; equal ones in the order of their names."""
        pairs = zip(self.labels, self.scores(title, text), strict=True)
        best = tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:SHOWN])
        return Guess(best, sure=best[0][1] >= self.threshold)

    def to_bytes(self) -> bytes:
        """Magic, length of the header, header as JSON, keys, rows as half floats."""
        largest = float(np.abs(self.rows).max(initial=0.0)) or 1.0
        scale = largest / _HALF_MOST
        header = {
            "labels": self.labels, "n": len(self.keys), "bias": self.bias, "scale": scale,
            "sharpness": self.sharpness, "threshold": self.threshold, "card": self.card,
        }  # fmt: skip
        head = orjson.dumps(header, option=orjson.OPT_SORT_KEYS)
        halves = (self.rows / np.float32(scale)).astype("<f2")
        sized = len(head).to_bytes(4, "little")
        return b"".join((MAGIC, sized, head, self.keys.astype("<u8").tobytes(), halves.tobytes()))


def from_bytes(body: bytes, version: int = 0) -> Model:
    """The model in `body`. Raises BadModelError for anything else."""
    if not body.startswith((MAGIC, BEFORE)):
        raise BadModelError
    start = _HEADER_AT + int.from_bytes(body[len(MAGIC) : _HEADER_AT], "little")
    try:
        header = orjson.loads(body[_HEADER_AT:start])
        labels, n = tuple(header["labels"]), int(header["n"])
        rows_at = start + 8 * n
        keys = np.frombuffer(body[start:rows_at], "<u8").astype(np.uint64)
        halves = np.frombuffer(body[rows_at:], "<f2").reshape(n, len(labels) + 1)
        model = Model(
            labels=labels,
            keys=keys,
            rows=halves.astype(np.float32) * np.float32(header["scale"]),
            bias=tuple(float(value) for value in header["bias"]),
            sharpness=float(header["sharpness"]),
            threshold=float(header["threshold"]),
            card=header["card"],
            version=version,
        )
    except (KeyError, TypeError, ValueError):
        raise BadModelError from None
    if not labels or len(model.bias) != len(labels) or len(keys) != n:
        raise BadModelError
    return model


def calibrated(raw: NDArray[np.float64], sharpness: float) -> tuple[float, ...]:
    """Scores that sum to 1, rounded as receipts hold them.

    The first gets its chance to be right, which depends on its lead over the second alone
    (services/router/category/threshold.py); the others share the rest by how near they come.
    """
    if len(raw) == 1:
        return (1.0,)
    order = np.argsort(-raw, kind="stable")
    first, second = (float(raw[at]) for at in order[:2])
    chance = 1.0 / (1.0 + math.exp(-min(sharpness * (first - second), _CERTAIN)))
    shares = [math.exp(sharpness * (float(value) - second)) for value in raw]
    rest = (1.0 - chance) / sum(shares[at] for at in order[1:])
    scores = [share * rest for share in shares]
    scores[order[0]] = chance
    return tuple(round(score, DIGITS) for score in scores)


def digest(body: bytes) -> str:
    """SHA-256 of a stored model."""
    return hashlib.sha256(body).hexdigest()
