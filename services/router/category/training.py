"""One model from a corpus: n-grams weighed by how well they tell labels apart, then ridge regression. Pure.

scikit-learn is imported only for training; what serves is a table of numbers (services/router/category/model.py).
"""

from __future__ import annotations

from collections.abc import Sequence
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
    ridge = Ridge(alpha=RIDGE, solver="sparse_cg", tol=TOLERANCE, max_iter=ITERATIONS)
    ridge.fit(said, _targets(classes, len(known.labels)), sample_weight=_balanced(known, rows))
    table = ridge.coef_.T * (_PARTS[blocks] * weights)[:, None]
    return Model(
        labels=known.labels,
        keys=known.keys[used],
        rows=np.column_stack([table, weights]).astype(np.float32),
        bias=tuple(float(value) for value in ridge.intercept_),
        sharpness=1.0,
        threshold=1.0,
        card={},
    )


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
