"""How sure is sure: calibrated scores, and the lowest one that keeps a target precision. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

NEVER: Final = 2.0
"""A threshold no score reaches: nothing kept the target."""
_NEARLY: Final = 1e-9
SHARPEST: Final = 50.0
BLUNTEST: Final = 0.05
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def sharpness(raw: Floats, classes: NDArray[np.int64]) -> float:
    """The factor on the lead of the first over the second that makes its score its chance to be right.

    Least log loss of right and wrong; `raw` must come from models that did not see the examples.
    """
    ranked = np.sort(raw, axis=1)
    lead = ranked[:, -1] - ranked[:, -2]
    sign = np.where(raw.argmax(axis=1) == classes, -1.0, 1.0)

    def loss(factor: float) -> float:
        return float(np.logaddexp(0.0, sign * factor * lead).sum())

    return float(minimize_scalar(loss, bounds=(BLUNTEST, SHARPEST), method="bounded").x)


def lowest(scores: Floats, right: Flags, target: float) -> float:
    """The lowest threshold whose precision is at least `target`; NEVER where there is none.

    It must stand on so many texts that one of them may be wrong: 50 for 0.98. No margin besides:
    models of cross-validation learn from fewer texts and are less sure than the one that serves, which
    outweighs that the same texts choose and measure (docs/model.md). Equal scores stand or fall together.
    """
    order = np.argsort(-scores, kind="stable")
    taken = np.arange(1, len(order) + 1)
    share = np.cumsum(right[order]) / taken
    ends = np.append(np.diff(scores[order]) != 0, [True])
    enough = taken * (1.0 - target) >= 1.0 - _NEARLY
    kept = np.flatnonzero((share >= target) & enough & ends)
    return float(scores[order][kept[-1]]) if len(kept) else NEVER
