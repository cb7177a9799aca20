"""From which score on an answer is sure: the target must hold on texts nobody has seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.category.threshold import NEVER, lowest, sharpness

SCORED = st.lists(st.tuples(st.sampled_from([0.5, 0.7, 0.9, 0.99]), st.booleans()), min_size=1)


def test_it_is_lower_where_more_is_right() -> None:
    scores = np.linspace(0.5, 1.0, 2_000)
    chance = np.random.default_rng(3).random(2_000)
    assert 0.5 < lowest(scores, chance < scores, 0.9) < lowest(scores, chance < scores, 0.97) < 1


def test_a_few_right_answers_prove_nothing() -> None:
    assert lowest(np.full(49, 0.99), np.ones(49, bool), 0.98) == NEVER
    assert lowest(np.full(50, 0.99), np.ones(50, bool), 0.98) == 0.99
    assert lowest(np.full(10, 0.99), np.ones(10, bool), 0.9) == 0.99
    assert lowest(np.full(500, 0.99), np.ones(500, bool), 1.0) == NEVER


def test_equal_scores_stand_or_fall_together() -> None:
    scores = np.array([0.9] * 500 + [0.8] * 500)
    right = np.array([True] * 500 + [True] * 250 + [False] * 250)
    assert lowest(scores, right, 0.98) == 0.9


@given(SCORED, st.sampled_from([0.5, 0.9, 0.98]))
def test_what_was_measured_above_it_is_never_below_the_target(
    scored: list[tuple[float, bool]], target: float
) -> None:
    scores, right = (np.array(column) for column in zip(*scored, strict=True))
    chosen = lowest(scores, right, target)
    if chosen != NEVER:
        assert right[scores >= chosen].mean() >= target


def test_the_target_holds_in_the_mean_on_unseen_texts() -> None:
    """100 thresholds chosen on 1,500 texts each, each checked on 100,000."""
    found = []
    for seed in range(100):
        draw = np.random.default_rng(seed)
        scores = draw.uniform(0.5, 1.0, 1_500)
        chosen = lowest(scores, draw.random(1_500) < scores**0.25, 0.98)
        unseen = draw.uniform(0.5, 1.0, 100_000)
        right = draw.random(100_000) < unseen**0.25
        if chosen != NEVER:
            found.append(right[unseen >= chosen].mean())
    assert np.mean(found) == pytest.approx(0.98, abs=0.003)
    assert min(found) >= 0.96


def test_a_score_is_the_chance_to_be_right() -> None:
    draw = np.random.default_rng(5)
    lead = draw.exponential(1.0, 20_000)
    right = draw.random(20_000) < 1 / (1 + np.exp(-2.5 * lead))
    raw = np.column_stack([np.zeros(20_000), lead])
    assert sharpness(raw, right.astype(np.int64)) == pytest.approx(2.5, rel=0.1)
