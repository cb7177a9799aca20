"""Learning a category model and measuring it on texts it has not seen. Pure: examples in, model out.

What is measured is always what would serve: the stored bytes, read back. The threshold is chosen by
cross-validation inside the training examples; the texts of the measurement never take part.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, precision_recall_fscore_support
from sklearn.model_selection import StratifiedGroupKFold

from services.router.category import threshold
from services.router.category.corpus import Corpus, Rows, corpus, groups
from services.router.category.labelled import Example
from services.router.category.model import Model, calibrated, from_bytes
from services.router.category.training import fit, raw_scores

FOLDS: Final = 5
HELD_OUT: Final = 3
"""Of ten parts of the examples, where no test file is given."""
PARTS: Final = 10
SEED: Final = 20_200_421
TARGET: Final = 0.98
DIGITS: Final = 4
READ_ZH_EN: Final = "读取文本 / reading"
FIT_ZH_EN: Final = "训练与检验 / training"
Progress = Callable[[str, int, int], None]
"""(what, done, total)."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to learn from, what to measure on, how precise sure answers must be."""

    examples: Sequence[Example]
    test: Sequence[Example] | None = None
    target: float = TARGET
    strangers: Sequence[Example] = ()
    """Texts of labels too rare to learn: nothing the model says of them is right, so they count when
    the threshold is chosen."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A model fit to serve, and what one like it scored."""

    model: Model
    scores: dict[str, Any]


def learn(task: Task, progress: Progress) -> Learned:
    """Train on all examples; measure on the test texts, or else on three tenths held out before."""
    total = len(task.examples)
    done = 0

    def read() -> None:
        nonlocal done
        done += 1
        progress(READ_ZH_EN, done, total)

    known = corpus(task.examples, read)
    alike = groups(known)
    every = np.arange(len(known.words))
    fits = _Fits(progress, (FOLDS + 1) * (1 if task.test is not None else 2))
    if task.test is not None:
        model = _calibrated_fit(known, every, alike, (task, fits))
        scores = measure(model, task.test) | {"measured_on": "test_file"}
    else:
        train, held = _hold_out(known, alike)
        texts = [task.examples[row] for row in held]
        trial = _calibrated_fit(known, train, alike, (task, fits))
        scores = measure(trial, texts) | {"measured_on": "held_out"}
        scores["n_measured_train"] = int(known.own[train].sum())
        model = _calibrated_fit(known, every, alike, (task, fits))
    scores |= {
        "n_train": int(known.own.sum()),
        "n_extra": int((~known.own).sum()),
        "threshold": model.threshold,
        "target_precision": task.target,
    }
    return Learned(replace(model, card=scores), scores)


def measure(model: Model, texts: Sequence[Example]) -> dict[str, Any]:
    """Figures of a model on labelled texts, asked one at a time as when it serves.

    Texts of no label of the model count as wrong. The time is the median, from title and text to scores.
    """
    truth, said, sure, took = [], [], [], []
    for example in texts:
        began = time.perf_counter_ns()
        guess = model.guess(example.title, example.text)
        took.append(time.perf_counter_ns() - began)
        truth.append(example.label)
        said.append(guess.best[0][0])
        sure.append(guess.sure)
    right = np.array([a == b for a, b in zip(truth, said, strict=True)])
    chosen = np.array(sure)
    labels = sorted(set(truth))
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, said, labels=labels, zero_division=0
    )
    return {
        "macro_f1": round(float(f1.mean()), DIGITS),
        "accuracy": round(float(accuracy_score(truth, said)), DIGITS),
        "precision_at_threshold": round(float(right[chosen].mean()), DIGITS)
        if chosen.any()
        else None,
        "coverage_at_threshold": round(float(chosen.mean()), DIGITS),
        "us_per_text": round(float(np.median(took)) / 1_000, 1),
        "n_test": len(texts),
        "labels": {
            label: {
                "precision": round(float(precision[n]), DIGITS),
                "recall": round(float(recall[n]), DIGITS),
                "f1": round(float(f1[n]), DIGITS),
                "n": int(support[n]),
            }
            for n, label in enumerate(labels)
        },
    }


class _Fits:
    """Counts fits for whoever watches."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def fit(self, known: Corpus, rows: Rows) -> Model:
        model = fit(known, rows)
        self._done += 1
        self._progress(FIT_ZH_EN, self._done, self._total)
        return from_bytes(model.to_bytes())


def _calibrated_fit(known: Corpus, rows: Rows, alike: Rows, how: tuple[Task, _Fits]) -> Model:
    """Cross-validate inside `rows` for sharpness and threshold, then fit on all of them."""
    task, fits = how
    own, extra = rows[known.own[rows]], rows[~known.own[rows]]
    raw = np.zeros((len(own), len(known.labels)))
    strange: NDArray[np.float64] | None = None
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    for train, held in folds.split(own, known.classes[own], alike[own]):
        apart = extra[~np.isin(alike[extra], alike[own[held]])]
        model = fits.fit(known, np.concatenate([own[train], apart]))
        raw[held] = raw_scores(model, known, own[held])
        if strange is None and task.strangers:
            strange = np.array([model.raw_of(one.title, one.text) for one in task.strangers])
    sharp = threshold.sharpness(raw, known.classes[own])
    right = raw.argmax(axis=1) == known.classes[own]
    if strange is not None:
        raw, right = np.vstack([raw, strange]), np.append(right, np.zeros(len(strange), bool))
    best = np.array([max(calibrated(one, sharp)) for one in raw])
    model = fits.fit(known, rows)
    return replace(model, sharpness=sharp, threshold=threshold.lowest(best, right, task.target))


def _hold_out(known: Corpus, alike: Rows) -> tuple[Rows, Rows]:
    """Seven tenths to train on and three to measure; what says nearly the same as those stays away."""
    own = np.flatnonzero(known.own)
    folds = StratifiedGroupKFold(PARTS, shuffle=True, random_state=SEED)
    parts = [held for _, held in folds.split(own, known.classes[own], alike[own])]
    held = np.sort(own[np.concatenate(parts[:HELD_OUT])])
    return np.flatnonzero(~np.isin(alike, alike[held])), held
