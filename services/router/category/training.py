"""One model from a corpus: two ridge regressions on the same n-grams, added to one table. Pure.

Both see the n-grams weighed by how well they tell all labels apart, every block brought to length 1. One
fits these as they are. The other first weighs each n-gram anew for each label, by how much more often that
label's texts have it than the others' (after Wang and Manning, "Baselines and Bigrams", ACL 2012). They err
on different texts; since their features differ by factors alone, their mean is one table and serving costs
the same.

scikit-learn is imported only for training; what serves is a table of numbers (services/router/category/model.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import Ridge

from services.router.category import grams
from services.router.category.corpus import TOKENS_HEAD, Corpus, Rows
from services.router.category.model import Model

TELLING: Final = 7.0
"""How much more an n-gram of one label alone weighs than one spread over all."""
RIDGE: Final = 0.2
RIDGE_EACH: Final = 0.3
"""Of the second regression."""
SMOOTH: Final = 0.5
"""Added to every count of the second regression, so that what was never said is not ruled out."""
TOLERANCE: Final = 1e-3
ITERATIONS: Final = 200
MOST_KEYS: Final = 1_200_000
"""N-grams kept: about 30 MB for seven labels, the rarest left out first."""
_SEVERAL: Final = 2
_SHARES: Final = np.array([block.weight for block in grams.BLOCKS])
_PARTS: Final = np.sqrt(_SHARES / _SHARES.sum()).astype(np.float32)


def fit(known: Corpus, rows: Rows) -> Model:
    """Learn from some examples of a corpus; scores are not calibrated yet."""
    counts, classes = known.counts[rows], known.classes[rows]
    telling = _telling(counts, classes, len(known.labels))
    used = np.flatnonzero(telling > 0)
    weights = telling[used]
    blocks = grams.block_of(known.keys[used])
    said = _unit_blocks(counts[:, used] @ sparse.diags(weights), blocks)
    balance = _balanced(known, rows)
    targets = _targets(classes, len(known.labels))
    first = _ridge(RIDGE).fit(said, targets, sample_weight=balance)
    each, intercept = _each(_Shown(counts[:, used], said, targets, balance), weights, blocks)
    table = (first.coef_.T + each) / 2 * (_PARTS[blocks] * weights)[:, None]
    return Model(
        labels=known.labels,
        keys=known.keys[used],
        rows=np.column_stack([table, weights]).astype(np.float32),
        bias=tuple(float(value) for value in (first.intercept_ + intercept) / 2),
        sharpness=1.0,
        threshold=1.0,
        card={},
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """What a regression is shown."""

    counts: Any
    said: Any
    targets: NDArray[np.float32]
    balance: NDArray[np.float64]


def _ridge(alpha: float) -> Ridge:
    return Ridge(alpha=alpha, solver="sparse_cg", tol=TOLERANCE, max_iter=ITERATIONS)


def _each(
    shown: _Shown, weights: NDArray[np.float32], blocks: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients for `said` and intercepts of a regression for each label with its own weights."""
    table = np.zeros((shown.said.shape[1], shown.targets.shape[1]))
    intercepts = np.zeros(shown.targets.shape[1])
    for label in range(shown.targets.shape[1]):
        mine = shown.targets[:, label] > 0
        factor = _leaning(shown.counts[mine], shown.counts[~mine], blocks) / weights
        scaled = shown.said @ sparse.diags(factor.astype(np.float32))
        size = np.sqrt(np.square(scaled.data).sum() / len(mine)) or 1.0
        ridge = _ridge(RIDGE_EACH).fit(
            scaled / size, shown.targets[:, label], sample_weight=shown.balance
        )
        table[:, label] = ridge.coef_ * factor / size
        intercepts[label] = ridge.intercept_
    return table, intercepts


def _leaning(mine: Any, others: Any, blocks: NDArray[np.int64]) -> NDArray[np.float64]:
    """|ln(share of an n-gram in a label's block / its share in the others')|, damped counts, smoothed."""
    shares = []
    for texts in (mine, others):
        said = np.asarray(texts.sum(axis=0)).ravel() + SMOOTH
        shares.append(said / np.bincount(blocks, said, len(grams.BLOCKS))[blocks])
    leaning: NDArray[np.float64] = np.abs(np.log(shares[0] / shares[1]))
    return leaning


def raw_scores(model: Model, known: Corpus, rows: Sequence[int]) -> NDArray[np.float64]:
    """What the model says of examples of a corpus, as it will when it serves."""
    heads = np.where(known.own, grams.HEAD, TOKENS_HEAD)
    return np.array([model.raw(known.words[row], int(heads[row])) for row in rows])


def _telling(counts: Any, classes: NDArray[np.int64], labels: int) -> NDArray[np.float32]:
    """Weight of each n-gram by its inverse gravity moment over the labels; 0 for too rare ones.

    1 + 7 f1 / sum(rank x f_rank), f its shares of the labels' texts, largest first (Chen and others,
    "Turning from TF-IDF to TF-IGM", Expert Systems with Applications 66, 2016).
    """
    there = counts.copy()
    there.data = np.ones_like(there.data)
    member = sparse.csr_matrix(
        (np.ones(len(classes), np.float32), (classes, np.arange(len(classes)))),
        shape=(labels, len(classes)),
    )
    texts = (member @ there).toarray()
    spread = texts.sum(axis=0)
    shares = -np.sort(
        -texts / np.maximum(np.bincount(classes, minlength=labels), 1)[:, None], axis=0
    )
    gravity = (shares * np.arange(1, labels + 1)[:, None]).sum(axis=0)
    weights = 1.0 + TELLING * shares[0] / np.maximum(gravity, 1e-12)
    least = _SEVERAL
    while np.count_nonzero(spread >= least) > MOST_KEYS:
        least += 1
    return np.where(spread >= least, weights, 0.0).astype(np.float32)


def _unit_blocks(said: Any, blocks: NDArray[np.int64]) -> Any:
    """Every block of every text brought to length 1 and then to the block's share."""
    matrix = said.tocsr()
    owner = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    place = owner * len(grams.BLOCKS) + blocks[matrix.indices]
    squares = np.bincount(
        place, np.square(matrix.data, dtype=np.float64), matrix.shape[0] * len(grams.BLOCKS)
    )
    matrix.data = matrix.data * _PARTS[blocks[matrix.indices]] / np.sqrt(squares[place])
    matrix.data = matrix.data.astype(np.float32)
    return matrix


def _targets(classes: NDArray[np.int64], labels: int) -> NDArray[np.float32]:
    targets = np.full((len(classes), labels), -1.0, np.float32)
    targets[np.arange(len(classes)), classes] = 1.0
    return targets


def _balanced(known: Corpus, rows: Rows) -> NDArray[np.float64]:
    """Weights that make rare labels count as much as common ones."""
    sizes = np.bincount(known.classes[rows], minlength=len(known.labels))
    weights: NDArray[np.float64] = known.weights[rows] * sizes.mean() / sizes[known.classes[rows]]
    return weights
