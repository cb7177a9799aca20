"""Learning: near-duplicates on one side, thresholds from training texts alone, the same every time."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from services.router.category import labelled, learning, training
from services.router.category.corpus import corpus, groups
from services.router.category.labelled import Example
from services.router.category.learning import Task, learn, measure
from tests.support import lessons
from tests.support.lessons import silent

SHARED = Path(os.environ.get("CHUISHAO_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
MESSAGES = SHARED / "complaints_train.csv.gz"
TOKENS = SHARED / "complaints_tokens_train.csv.gz"


def test_the_same_examples_make_the_same_bytes() -> None:
    again = learn(Task(lessons.examples(), target=0.9), silent)
    known = lessons.learned()
    assert again.model.keys.tobytes() == known.model.keys.tobytes()
    assert again.model.rows.tobytes() == known.model.rows.tobytes()
    assert (again.model.threshold, again.model.sharpness) == (
        known.model.threshold, known.model.sharpness,
    )  # fmt: skip


def test_the_second_regression_weighs_by_what_a_label_says_more_often_or_less() -> None:
    """Shares of a block, each count one half larger: 2.5/4 against 0.5/3, and 1.5/4 against 2.5/3."""
    mine, others = sparse.csr_matrix([[1.0, 1.0], [1.0, 0.0]]), sparse.csr_matrix([[0.0, 2.0]])
    found = training._leaning(mine, others, np.array([0, 0]))
    assert found == pytest.approx([math.log(3.75), math.log(0.8333333 / 0.375)])
    apart = training._leaning(mine, others, np.array([0, 1]))
    assert apart == pytest.approx([0.0, 0.0])


def test_texts_that_say_nearly_the_same_share_a_group_whatever_their_label() -> None:
    long = (
        "您好，我们小区三号楼的电梯上周五晚上停运，物业一直没有修，老人上下楼很不方便，请尽快处理"
    )
    told = [
        Example(None, long, "A"), Example("电梯停运", long.replace("您好，", "领导好，"), "B"),
        Example(None, "巷口的路灯坏了一个多月，晚上一片漆黑，孩子下晚自习回家害怕，请来人修一修", "A"),
    ]  # fmt: skip
    found = groups(corpus([*told, *lessons.examples(5)], lambda: None))
    assert found[0] == found[1] != found[2]


def test_near_duplicates_never_stand_on_both_sides() -> None:
    twice = [one for one in lessons.examples(30) for _ in range(2)]
    known = corpus(twice, lambda: None)
    alike = groups(known)
    train, held = learning._hold_out(known, alike)
    assert len(train) + len(held) == len(twice)
    assert not set(alike[train]) & set(alike[held])
    assert len(held) == pytest.approx(len(twice) * 0.3, rel=0.35)


def test_word_lists_that_say_what_is_measured_stay_away_too() -> None:
    known_own = lessons.examples(30)
    copies = [Example(None, one.text, one.label, 0.5, extra=True) for one in known_own]
    known = corpus([*known_own, *copies], lambda: None)
    alike = groups(known)
    train, held = learning._hold_out(known, alike)
    assert known.own[held].all()
    assert (~known.own[train]).any()
    assert not set(alike[train]) & set(alike[held])


def test_the_test_texts_have_no_say_in_the_model() -> None:
    test = lessons.examples(10, seed=11)
    wrong = [Example(one.title, one.text, "LJ-DF") for one in test]
    first, second = (learn(Task(lessons.examples(), texts), silent) for texts in (test, wrong))
    assert first.model.rows.tobytes() == second.model.rows.tobytes()
    assert first.model.threshold == second.model.threshold
    assert first.scores["accuracy"] > second.scores["accuracy"]


def test_extra_word_lists_teach_and_are_never_measured_on() -> None:
    extra = [
        Example(None, "井盖松动异响", "SZ-LD", labelled.EXTRA_WEIGHT, extra=True) for _ in range(30)
    ]
    found = learn(Task([*lessons.examples(), *extra]), silent)
    assert (found.scores["n_train"], found.scores["n_extra"]) == (120, 30)
    assert sum(label["n"] for label in found.scores["labels"].values()) <= 60
    assert found.model.guess(None, "井盖异响").best[0][0] == "SZ-LD"


def test_texts_of_labels_that_are_not_learned_raise_the_threshold() -> None:
    strange = [Example(None, one.text, "XX") for one in lessons.examples(20, seed=5)]
    without = learn(Task(lessons.examples(), target=0.9), silent).model
    beside = learn(Task(lessons.examples(), target=0.9, strangers=strange), silent).model
    assert without.threshold < beside.threshold


def test_figures_are_counted_as_they_are_said() -> None:
    texts = [
        Example(None, "电梯停运，轿厢抖得厉害", "WY-DT"), Example(None, "路灯不亮，灯杆歪了", "SZ-LD"),
        Example(None, "垃圾桶满了，臭味很大", "SZ-LD"), Example(None, "。", "LJ-DF"),
    ]  # fmt: skip
    found = measure(lessons.model(threshold=0.9), texts)
    assert found["n_test"] == 4
    assert found["precision_at_threshold"] == pytest.approx(2 / 3, abs=1e-3)
    assert found["coverage_at_threshold"] == 0.75
    assert found["labels"]["SZ-LD"]["recall"] == 0.5
    assert found["us_per_text"] > 0
    assert measure(lessons.model(threshold=2.0), texts)["precision_at_threshold"] is None


@pytest.mark.timeout(600)
@pytest.mark.skipif(not MESSAGES.exists(), reason="the shared test data is not here")
def test_real_messages_are_told_apart() -> None:
    """Seven tenths and the word lists teach, three tenths are asked; docs/model.md has the spread."""
    examples = labelled.read(MESSAGES.name, MESSAGES.read_bytes())
    known = corpus(examples, lambda: None)
    train, held = learning._hold_out(known, groups(known))
    teach = [examples[row] for row in train]
    teach += labelled.read_tokens(TOKENS.name, TOKENS.read_bytes())
    found = learn(Task(teach, [examples[row] for row in held]), silent).scores
    assert found["n_test"] > 700
    assert found["macro_f1"] >= 0.91
    assert found["precision_at_threshold"] >= 0.97
    assert found["coverage_at_threshold"] >= 0.68
    assert np.isfinite(found["us_per_text"])
