"""How sure is sure: calibrated scores, and the lowest one that keeps a target precision. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

NEVER: Final = 2.0
"""A threshold no score reaches: nothing kept the target."""
CAUTION: Final = 1.0
"""Standard errors between what was measured and what is promised: holds in about 5 of 6 cases."""
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
    """The lowest threshold whose precision surely is at least `target`; NEVER where there is none.

    "Surely": Wilson's lower bound at CAUTION standard errors, since the same texts that choose the
    threshold would otherwise flatter it. Equal scores stand or fall together.
    """
    order = np.argsort(-scores, kind="stable")
    taken = np.arange(1, len(order) + 1)
    share = np.cumsum(right[order]) / taken
    z2 = CAUTION**2
    middle = share + z2 / (2 * taken)
    spread = CAUTION * np.sqrt(share * (1 - share) / taken + z2 / (4 * taken**2))
    bound = (middle - spread) / (1 + z2 / taken)
    ends = np.append(np.diff(scores[order]) != 0, [True])
    kept = np.flatnonzero((bound >= target) & ends)
    return float(scores[order][kept[-1]]) if len(kept) else NEVER
