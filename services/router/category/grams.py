"""Text to hashed character n-grams, alike in training and in serving. Pure.

Chinese has no spaces and residents no spelling, so the pieces are one to three characters of the whole
text; the first characters (a title, or how a text begins) count as pieces of their own besides. Words of
one theme count as that theme besides, in the text and in its head.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.router.category import themes

LONGEST: Final = 3_000
"""Characters read of a text: a bound on the time one may take; 99 in 100 are shorter."""
HEAD: Final = 30
"""Characters that count as the head; the median title has about twenty."""
BLOCK_BITS: Final = 61
"""A key is the block in its three highest bits and a hash of the n-gram below."""


class Block(NamedTuple):
    """N-grams of one length or themes, of the whole text or of its head, and what they weigh together."""

    head: bool
    n: int
    """Characters; 0 for themes."""
    weight: float


BLOCKS: Final = (
    Block(head=False, n=1, weight=2.0),
    Block(head=False, n=2, weight=3.0),
    Block(head=False, n=3, weight=0.5),
    Block(head=True, n=1, weight=0.8),
    Block(head=True, n=2, weight=1.2),
    Block(head=True, n=3, weight=0.2),
    Block(head=False, n=0, weight=0.5),
    Block(head=True, n=0, weight=0.3),
)
"""Weights by cross-validation on the contest's messages (docs/model.md)."""
Keys = NDArray[np.uint64]
Counts = NDArray[np.int64]
_LENGTHS: Final = max(themes.LONGEST, *(block.n for block in BLOCKS))
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_SHIFT: Final = np.uint64(29)
_SPARE: Final = np.uint64(64 - BLOCK_BITS)
_MARKS: Final = tuple(np.uint64(number << BLOCK_BITS) for number in range(len(BLOCKS)))
_DIGITS: Final = re.compile(r"\d+")
_SPACES: Final = re.compile(r"\s+")


def plain(title: str | None, text: str) -> str:
    """Title and text as one line: one width and case of letters, any number 0, no title said twice."""
    words = text if not title or text.startswith(title) else f"{title} {text}"
    words = unicodedata.normalize("NFKC", words[:LONGEST]).lower()
    return _SPACES.sub(" ", _DIGITS.sub("0", words)).strip()[:LONGEST]


def keys(words: str, head: int = HEAD) -> tuple[Keys, Counts]:
    """Sorted keys of the n-grams and themes of plain words, and how often each stands there."""
    hashed = _hashed(words)
    said = [_themes(hashed[n], n) for n in range(themes.SHORTEST, themes.LONGEST + 1)]
    found = []
    for block, mark in zip(BLOCKS, _MARKS, strict=True):
        if block.n:
            own = hashed[block.n][: max(0, head - block.n + 1)] if block.head else hashed[block.n]
        else:
            own = np.concatenate(
                [meant[at <= head - n] if block.head else meant for n, at, meant in said]
            )
        found.append(own >> _SPARE | mark)
    return np.unique(np.concatenate(found), return_counts=True)


def _hashed(words: str) -> list[Keys]:
    """By length, the hash of the n-gram that begins at each character."""
    points = np.frombuffer(words.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    letters = points.astype(np.uint64)
    hashed: list[Keys] = [np.zeros(len(letters), np.uint64)]
    for n in range(1, _LENGTHS + 1):
        longer = (hashed[-1][: max(0, len(letters) - n + 1)] ^ letters[n - 1 :]) * _FACTOR
        hashed.append(longer ^ (longer >> _SHIFT))
    return hashed


def _themes(hashed: Keys, n: int) -> tuple[int, NDArray[np.int64], Keys]:
    """Of words of n characters: n, where one begins, and the hash of its theme's first word."""
    words, meant = _WORDS[n]
    at = np.minimum(np.searchsorted(words, hashed), len(words) - 1)
    there = np.flatnonzero(words[at] == hashed)
    return n, there, meant[at[there]]


def _known_words() -> dict[int, tuple[Keys, Keys]]:
    """By length, sorted hashes of the themes' words, and for each the hash of its theme's first word."""
    found: dict[int, dict[int, int]] = {n: {} for n in range(themes.SHORTEST, themes.LONGEST + 1)}
    for theme in themes.THEMES:
        first = int(_hashed(theme[0])[len(theme[0])][0])
        for word in theme:
            found[len(word)][int(_hashed(word)[len(word)][0])] = first
    return {
        n: (
            np.array(sorted(words), np.uint64),
            np.array([words[word] for word in sorted(words)], np.uint64),
        )
        for n, words in found.items()
    }


_WORDS: Final = _known_words()


def block_of(key: Keys) -> NDArray[np.int64]:
    """Index into BLOCKS of each key."""
    return (key >> np.uint64(BLOCK_BITS)).astype(np.int64)


def damped(counts: Counts) -> NDArray[np.float32]:
    """1 + ln n: what is said ten times weighs about three times as much as what is said once."""
    return (1.0 + np.log(counts)).astype(np.float32)
