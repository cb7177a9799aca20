"""Labelled texts as a matrix of n-gram counts, and which of them say nearly the same. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from services.router.category import grams
from services.router.category.labelled import Example

TOKENS_HEAD: Final = 20
"""Head of a text known as words only: without its stop words it begins shorter."""
ALIKE: Final = 0.45
"""Cosine of rare 3-grams from which two texts are taken for one told twice."""
RARE: Final = 0.02
"""Share of the texts a 3-gram may stand in to tell two of them apart."""
_SEVERAL: Final = 2
_AT_ONCE: Final = 1_000
_TRIPLES: Final = next(
    number
    for number, b in enumerate(grams.BLOCKS)
    if b.n == 3 and not b.head  # noqa: PLR2004
)
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Examples with their n-grams counted once; every fit weighs the same counts anew."""

    words: tuple[str, ...]
    labels: tuple[str, ...]
    classes: NDArray[np.int64]
    """Index into `labels` of each example."""
    weights: NDArray[np.float64]
    own: NDArray[np.bool_]
    """False for extra texts, which are only learned from, never measured on."""
    keys: grams.Keys
    counts: Any
    """Sparse, examples x keys, damped counts; only n-grams of at least two examples."""


def corpus(examples: Sequence[Example], advance: Callable[[], None]) -> Corpus:
    """Read every example; `advance` is called after each."""
    words, found = [], []
    for example in examples:
        plain = grams.plain(example.title, example.text)
        words.append(plain)
        found.append(grams.keys(plain, TOKENS_HEAD if example.extra else grams.HEAD))
        advance()
    labels = tuple(sorted({example.label for example in examples}))
    number = {label: n for n, label in enumerate(labels)}
    keys, columns = np.unique(np.concatenate([key for key, _ in found]), return_inverse=True)
    counts = sparse.csr_matrix(
        (
            grams.damped(np.concatenate([count for _, count in found])),
            columns,
            np.cumsum([0, *(len(key) for key, _ in found)]),
        ),
        shape=(len(examples), len(keys)),
    )
    several = np.flatnonzero(np.bincount(columns, minlength=len(keys)) >= _SEVERAL)
    return Corpus(
        words=tuple(words),
        labels=labels,
        classes=np.array([number[example.label] for example in examples]),
        weights=np.array([example.weight for example in examples]),
        own=np.array([not example.extra for example in examples]),
        keys=keys[several],
        counts=counts[:, several].tocsr(),
    )


def groups(known: Corpus) -> NDArray[np.int64]:
    """A number for each example; those that say nearly the same share it, through others too.

    Near-duplicates on both sides of a split would let a model remember where it should judge.
    """
    n = known.counts.shape[0]
    spread = np.bincount(known.counts.indices, minlength=len(known.keys))
    rare = (grams.block_of(known.keys) == _TRIPLES) & (spread <= max(_SEVERAL, RARE * n))
    said = known.counts[:, np.flatnonzero(rare)].copy()
    said.data[:] = 1.0
    said = said @ sparse.diags(np.log(n / spread[rare]).astype(np.float32))
    length = np.sqrt(np.asarray(said.multiply(said).sum(axis=1)).ravel())
    said = sparse.diags(1.0 / np.maximum(length, 1e-9)) @ said
    pairs = sparse.vstack(
        [said[start : start + _AT_ONCE] @ said.T >= ALIKE for start in range(0, n, _AT_ONCE)]
    )
    _, numbers = connected_components(pairs, directed=False)
    return np.asarray(numbers, np.int64)
