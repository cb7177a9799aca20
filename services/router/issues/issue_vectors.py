"""Texts as vectors: one for the places they name, one for their matter, one for their topic. Pure.

Only the offline search for hot issues uses it (`chuishao hot-issues`); the service never imports it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from services.router.issues.issue_grams import BUCKETS, PAIRS, Grams, Ints, read

Floats: TypeAlias = NDArray[np.float32]

NAME_SHARE: Final = 0.6
"""An n-gram is part of a name when at least this share of its occurrences lies inside names."""
TITLE_FACTOR: Final = 1.5
COMMONEST: Final = 0.15
"""N-grams in more than this share of the texts say nothing."""
FEW: Final = 500
"""Fewer texts are weighed as if there were this many: one issue may fill a small file."""
PLACES_KEPT: Final = 64
MATTERS_KEPT: Final = 128
PAIRS_KEPT: Final = 192
"""Heaviest n-grams kept of each text, so that a text costs the same memory however long it is."""
TOPICS: Final = 80
TEXTS_PER_TOPIC: Final = 20
FITTED: Final = 20_000
"""Texts from which topics are learnt; the others are projected."""
EVERY: Final = 500
"""Texts between two words of progress."""

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with what is being done, how far it is, and how much there is."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Vectors of unit length, one row a text."""

    place: Any
    matter: Any
    topic: Floats
    named: Floats
    """How much of a text's weight lies in names, 0 to 1."""


class _Counts:
    """How often each bucket occurs among all texts; looked up for one text's buckets at a time."""

    def __init__(self, size: int) -> None:
        self._most = max(size, FEW)
        self._texts = np.zeros(BUCKETS, np.int32)
        self._times = np.zeros(BUCKETS, np.int32)
        self._placed = np.zeros(BUCKETS, np.int32)

    def add(self, grams: Grams) -> None:
        """Count one text."""
        self._texts[grams.buckets] += 1
        self._times[grams.buckets] += grams.counts.astype(np.int32)
        self._placed[grams.buckets] += grams.placed.astype(np.int32)

    def texts(self, at: Ints) -> NDArray[np.int32]:
        """In how many texts buckets occur."""
        found: NDArray[np.int32] = self._texts[at]
        return found

    def share(self, at: Ints) -> Floats:
        """Which share of their occurrences lies inside names."""
        found: Floats = ((self._placed[at] + 0.3) / (self._times[at] + 1)).astype(np.float32)
        return found

    def rarity(self, at: Ints) -> Floats:
        """Logarithm of all texts over the texts that have it; 0 for what is too common to count."""
        texts = self._texts[at]
        rare = np.log(self._most / np.maximum(texts, 1))
        found: Floats = np.where(texts > COMMONEST * self._most, 0, rare).astype(np.float32)
        return found


def vectors(said: Sequence[tuple[str, str]], progress: Progress) -> Texts:
    """Read (title, text) twice: to count n-grams, then to weigh them. Needs at least one text."""
    counts = _count(said, progress)
    place = _Rows(PLACES_KEPT)
    matter = _Rows(MATTERS_KEPT)
    pairs = _Rows(PAIRS_KEPT)
    named = np.zeros(len(said), np.float32)
    for index, (title, text) in enumerate(said):
        grams = read(title, text)
        named[index] = _weigh(grams, counts, place, matter, pairs)
        if index % EVERY == 0:
            progress("weigh", index, len(said))
    topic = _topics(pairs.matrix(), progress)
    return Texts(place.matrix(), matter.matrix(), topic, named)


def _count(said: Sequence[tuple[str, str]], progress: Progress) -> _Counts:
    counts = _Counts(len(said))
    for index, (title, text) in enumerate(said):
        counts.add(read(title, text))
        if index % EVERY == 0:
            progress("count", index, len(said))
    return counts


def _weigh(grams: Grams, counts: _Counts, place: _Rows, matter: _Rows, pairs: _Rows) -> float:
    """Add one text to the three tables; returns the share of its weight that lies in names."""
    at = grams.buckets
    texts, rarity, share = counts.texts(at), counts.rarity(at), counts.share(at)
    weight = (1 + np.log(np.maximum(grams.counts, 1)) + TITLE_FACTOR * grams.titled) * rarity
    name = share > NAME_SHARE
    shared = texts > 1
    in_names = np.where(name, weight * share, 0)
    in_matter = np.where(~name & shared, weight * (1 - share), 0)
    place.add(at, in_names * rarity)
    matter.add(at, in_matter)
    frequent = (at < PAIRS) & (texts > 3)  # noqa: PLR2004 - rarer pairs make no topic
    pairs.add(at, np.where(frequent, in_matter, 0))
    whole = float(np.linalg.norm(weight))
    return float(np.linalg.norm(in_names)) / whole if whole else 0.0


class _Rows:
    """A sparse table of unit rows, each cut to its heaviest entries after it was measured."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._columns: list[NDArray[np.int32]] = []
        self._values: list[Floats] = []

    def add(self, columns: NDArray[np.int64], weights: NDArray[Any]) -> None:
        length = float(np.linalg.norm(weights))
        heavy = np.flatnonzero(weights)
        if len(heavy) > self._kept:
            # Equal weights are taken by column, so that nothing depends on the order of the file.
            heavy = np.sort(heavy[np.lexsort((columns[heavy], -weights[heavy]))][: self._kept])
        self._columns.append(columns[heavy].astype(np.int32))
        self._values.append((weights[heavy] / (length or 1.0)).astype(np.float32))

    def matrix(self) -> Any:
        """The table with the columns that occur, renumbered."""
        sizes = np.cumsum([0, *(len(row) for row in self._columns)])
        columns = np.concatenate(self._columns)
        unique, renumbered = np.unique(columns, return_inverse=True)
        shape = (len(self._columns), max(1, len(unique)))
        return sparse.csr_matrix((np.concatenate(self._values), renumbered, sizes), shape=shape)


def _topics(pairs: Any, progress: Progress) -> Floats:
    """Latent topics (truncated singular value decomposition of the pairs), rows of unit length."""
    texts, words = pairs.shape
    wanted = min(TOPICS, max(2, texts // TEXTS_PER_TOPIC), words - 1)
    if wanted < 1 or texts < 2:  # noqa: PLR2004 - one text has no topic to share
        return np.zeros((texts, 1), np.float32)
    progress("topics", 0, 1)
    sample = pairs[:: -(-texts // FITTED)]
    model = TruncatedSVD(wanted, n_iter=4, random_state=0)
    with np.errstate(all="ignore"):  # texts without a single pair in common have no variance
        model.fit(sample)
    projected: Floats = normalize(model.transform(pairs)).astype(np.float32)
    return projected
