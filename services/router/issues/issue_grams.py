"""What a text talks about, and where: its n-grams, and which of them are parts of place names. Pure.

A run of characters that usually stands right after a district or right before 小区, 学校, 路 and the
like (`issue_words.py`) is part of a name, one that stands anywhere is not. Only the offline search uses it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.router.issues.issue_words import bare_of_courtesy, common_spans, name_spans, plain

Ints: TypeAlias = NDArray[np.int64]
Marks: TypeAlias = NDArray[np.bool_]

TEXT_LIMIT: Final = 500
"""Characters of a text that are read; what follows is mostly repetition and quotation."""
LENGTHS: Final = (2, 3)
PAIRS: Final = 1 << 20
TRIPLES: Final = 1 << 22
"""Buckets that n-grams of two and of three characters are hashed into: memory does not grow with texts."""
BUCKETS: Final = PAIRS + TRIPLES


@dataclass(frozen=True, slots=True)
class Grams:
    """The different n-grams of one text, by bucket."""

    buckets: Ints
    counts: Ints
    titled: Marks
    """True where the title holds it."""
    placed: Ints
    """How many of its occurrences lie inside what looks like a name."""


def read(title: str, text: str) -> Grams:
    """The n-grams of a title and a text; never raises on any string."""
    head = plain(title)
    said = f"{head} {plain(text[:TEXT_LIMIT])}"
    named = _marked(len(said), name_spans(said))
    said = bare_of_courtesy(said)
    common = _marked(len(said), common_spans(said))
    codes = np.frombuffer(said.encode("utf-32-le"), np.uint32).astype(np.uint64)
    parts = [_windows(codes, named, common, size) for size in LENGTHS]
    buckets = np.concatenate([part[0] for part in parts])
    starts_at_most = np.concatenate([part[1] for part in parts])
    placed = np.concatenate([part[2] for part in parts])
    unique, inverse = np.unique(buckets, return_inverse=True)
    counts = np.bincount(inverse, minlength=len(unique))
    titled = np.bincount(inverse, weights=starts_at_most <= len(head), minlength=len(unique)) > 0
    inside = np.bincount(inverse, weights=placed, minlength=len(unique)).astype(np.int64)
    return Grams(unique, counts, titled, inside)


def _windows(codes: Any, named: Marks, common: Marks, size: int) -> tuple[Ints, Ints, Marks]:
    """Bucket, end, and whether inside a name, of each run of `size` characters without a space.

    A seam, half a name and half the kind behind it, says nothing and is left out.
    """
    count = max(0, len(codes) - size + 1)
    starts = np.arange(count)
    whole = _sums(codes != ord(" "), size, count) == size
    ordinary = _sums(common, size, count)
    inside = (_sums(named, size, count) == size) & (size - ordinary >= LENGTHS[0])
    seam = (
        (_sums(named | common, size, count) == size) & (ordinary > 0) & (ordinary < size) & ~inside
    )
    whole &= ~seam
    value = np.zeros(count, np.uint64)
    for offset in range(size):
        value = value * np.uint64(1_000_003) + codes[offset : offset + count]
    value = (value * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
    room, first = (PAIRS, 0) if size == LENGTHS[0] else (TRIPLES, PAIRS)
    buckets = (value % np.uint64(room)).astype(np.int64) + first
    return buckets[whole], (starts + size)[whole], inside[whole]


def _sums(marks: Marks, size: int, count: int) -> Ints:
    sums = np.concatenate([[0], np.cumsum(marks)])
    found: Ints = (sums[size:] - sums[:-size])[:count] if count else np.zeros(0, np.int64)
    return found


def _marked(length: int, spans: Iterable[tuple[int, int]]) -> Marks:
    marks = np.zeros(length, np.bool_)
    for start, end in spans:
        marks[max(0, start) : end] = True
    return marks
