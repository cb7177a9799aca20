"""Which texts speak of the same matter in the same place: average linkage over near neighbours. Pure.

Two texts are alike when their matter is (topic and words) AND their place is; where a text names no
place, the words in common have to be as rare as a name. Average linkage keeps clusters from chaining:
a text joins when it is like the whole cluster, not like one member of it. Texts are compared with
their nearest candidates only, and exactly inside connected blocks of bounded size, so memory grows
with the texts, never with their square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from services.router.issues.issue_vectors import Floats, Progress, Texts, vectors

ALIKE: Final = 0.17
"""Average likeness above which two clusters are one; docs/adr/0019-hot-issues.md says how it was chosen."""
NAMED_ENOUGH: Final = 0.2
"""Share of names (in the text that has fewer) from which place decides alone."""
PLACE_SAME: Final = 0.4
MATTER_SAME: Final = 0.15
"""Cosines from which two places, two wordings count as the same."""
TIME_SHARE: Final = 0.3
TIME_DAYS: Final = 120.0
"""Texts far apart in time are up to 30 % less alike; e-folding after four months."""
NEIGHBOURS: Final = 30
TELLING: Final = 24
COMMON: Final = 600
"""Candidates share one of a text's 24 heaviest n-grams that at most 600 texts have."""
BLOCK: Final = 4_000
"""Texts compared all with all at a time: 64 MB."""
EQUAL: Final = 0.9
"""Likeness from which a block is not cut at links but by time."""
ROWS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Cluster:
    """Texts by position in the input, in order of time, and the one most like all others."""

    members: tuple[int, ...]
    middle: int
    likeness: float
    """Average likeness of its pairs, 0 to 1."""


def clusters(
    said: Sequence[tuple[str, str]], days: Sequence[float], progress: Progress
) -> list[Cluster]:
    """Clusters of at least two of the (title, text), each told `days` after some day.

    The order of the input changes neither the clusters nor their members.
    """
    if len(said) < 2:  # noqa: PLR2004 - one text is no cluster
        return []
    order = sorted(range(len(said)), key=lambda i: (days[i], said[i]))
    texts = vectors([said[i] for i in order], progress)
    when = np.array([days[i] for i in order], np.float32)
    found = []
    for block in _blocks(texts, when, progress):
        alike = likeness(texts, block, when)
        for rows in _linked(alike):
            inner = alike[np.ix_(rows, rows)]
            pairs = len(rows) * (len(rows) - 1)
            mean = float((inner.sum() - np.trace(inner)) / pairs)
            middle = order[block[rows[int(np.argmax(inner.sum(axis=1)))]]]
            found.append(Cluster(tuple(order[block[row]] for row in rows), middle, mean))
    return sorted(found, key=lambda cluster: cluster.members)


def likeness(texts: Texts, rows: NDArray[np.int64], when: Floats) -> Floats:
    """Likeness of all pairs among some texts, 0 to 1."""
    place = (texts.place[rows] @ texts.place[rows].T).toarray()
    words = (texts.matter[rows] @ texts.matter[rows].T).toarray()
    topic = texts.topic[rows] @ texts.topic[rows].T
    named, days = texts.named[rows], when[rows]
    return _judge(
        place, words, topic, np.minimum.outer(named, named), np.subtract.outer(days, days)
    )


def _judge(place: Floats, words: Floats, topic: Floats, named: Floats, apart: Floats) -> Floats:
    """Likeness from cosines of place, words and topic, the share of names, and days between."""
    worded = np.minimum(1, words / MATTER_SAME)
    matter = np.sqrt(np.clip(topic, 0, 1) * worded)
    weight = np.minimum(1, named / NAMED_ENOUGH)
    where = weight * np.minimum(1, place / PLACE_SAME) + (1 - weight) * worded
    time = 1 - TIME_SHARE + TIME_SHARE * np.exp(-np.abs(apart) / TIME_DAYS)
    judged: Floats = (matter * where * time).astype(np.float32)
    return judged


def _blocks(texts: Texts, when: Floats, progress: Progress) -> list[NDArray[np.int64]]:
    """Texts connected by likeness; a block too large to compare at once is cut at its weakest links."""
    count = len(when)
    left, right, strength = _edges(texts, when, progress)
    waiting = [(np.arange(count), ALIKE)]
    blocks: list[NDArray[np.int64]] = []
    while waiting:
        rows, least = waiting.pop()
        position = np.full(count, -1)
        position[rows] = np.arange(len(rows))
        kept = (strength >= least) & (position[left] >= 0) & (position[right] >= 0)
        ones = np.ones(int(kept.sum()), np.int8)
        graph = sparse.coo_matrix(
            (ones, (position[left[kept]], position[right[kept]])), shape=(len(rows), len(rows))
        )
        _, label = connected_components(graph, directed=False)
        by_label = np.argsort(label, kind="stable")
        for part in np.split(by_label, np.flatnonzero(np.diff(label[by_label])) + 1):
            if len(part) > BLOCK and least < EQUAL:
                waiting.append((rows[part], min(EQUAL, least + 0.1)))
            elif len(part) > 1:
                # More than a block of equal texts is cut by time, for memory has to be bounded.
                blocks += np.array_split(rows[part], -(-len(part) // BLOCK))
    return blocks


def _edges(
    texts: Texts, when: Floats, progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Each text's nearest neighbours: left, right, likeness."""
    telling = sparse.hstack([_telling(texts.place), _telling(texts.matter)]).tocsr()
    other = telling.T.tocsr()
    lefts, rights = [], []
    for first in range(0, len(when), ROWS):
        progress("compare", first, len(when))
        shared = (telling[first : first + ROWS] @ other).tocsr()
        for row in range(shared.shape[0]):
            span = slice(shared.indptr[row], shared.indptr[row + 1])
            near, value = shared.indices[span], shared.data[span]
            if len(near) > NEIGHBOURS:
                near = near[np.lexsort((near, -value))[: NEIGHBOURS + 1]]
            near = near[near != first + row]
            lefts.append(np.full(len(near), first + row))
            rights.append(near.astype(np.int64))
    left, right = np.concatenate(lefts), np.concatenate(rights)
    strength = np.concatenate(
        [
            _strength(texts, when, left[at : at + ROWS * 10], right[at : at + ROWS * 10])
            for at in range(0, max(1, len(left)), ROWS * 10)
        ]
    )
    return left, right, strength


def _telling(table: Any) -> Any:
    """The table without common columns, each row cut to its heaviest entries."""
    kept = table.copy()
    common = np.bincount(table.indices, minlength=table.shape[1]) > COMMON
    kept.data[common[kept.indices]] = 0
    for row in range(kept.shape[0]):
        values = kept.data[kept.indptr[row] : kept.indptr[row + 1]]
        if len(values) > TELLING:
            values[np.argsort(-values, kind="stable")[TELLING:]] = 0
    kept.eliminate_zeros()
    return kept


def _strength(
    texts: Texts, when: Floats, left: NDArray[np.int64], right: NDArray[np.int64]
) -> Floats:
    def cosine(table: Any) -> Floats:
        product: Floats = np.asarray(table[left].multiply(table[right]).sum(axis=1)).ravel()
        return product

    topic = np.einsum("ij,ij->i", texts.topic[left], texts.topic[right])
    named = np.minimum(texts.named[left], texts.named[right])
    apart = when[left] - when[right]
    return _judge(cosine(texts.place), cosine(texts.matter), topic, named, apart)


def _linked(alike: Floats) -> list[NDArray[np.int64]]:
    """Rows of each cluster of two or more, by average linkage."""
    if len(alike) < 2:  # noqa: PLR2004
        return []
    far = 1 - np.clip((alike + alike.T) / 2, 0, 1).astype(np.float64)
    np.fill_diagonal(far, 0)
    label = fcluster(linkage(squareform(far, checks=False), "average"), 1 - ALIKE, "distance")
    groups = [np.flatnonzero(label == one) for one in range(1, int(label.max()) + 1)]
    return [group for group in groups if len(group) > 1]
