"""The category model as it serves: total, repeatable, read from bytes that cannot do anything."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.category import grams, model, themes
from services.router.category.model import BadModelError, calibrated, from_bytes
from tests.support import lessons

ANY_TEXT = st.text(st.characters(codec=None), max_size=200)
FIRST_KEYS = [611005111858750042, 2011382675754741949, 3650044718085022852]
THEMES_SHA256 = "9c7f5ff730311674a35a1a009a55db3153a587df593272a5d099aec10da11323"
BODY = lessons.learned().model.to_bytes()


def test_n_grams_hash_alike_for_ever() -> None:
    """A stored model is a table of these numbers: another hash would make it deaf."""
    keys, counts = grams.keys(grams.plain(None, "路灯路灯"))
    assert list(counts) == [2, 2, 2, 1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2]
    assert [int(key) for key in keys[:3]] == FIRST_KEYS
    assert list(grams.block_of(keys)) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7]


def test_width_case_numbers_and_a_title_said_twice_make_no_difference() -> None:
    wide = grams.plain("\uff37\uff29\uff26\uff29", "坏了 1\uff123  号")
    assert wide == grams.plain(None, "WiFi 坏了 45 号") == "wifi 坏了 0 号"
    assert grams.plain("路灯", "路灯不亮") == grams.plain(None, "路灯不亮") == "路灯不亮"


def test_the_head_counts_besides_and_only_the_head() -> None:
    text = "路" * grams.HEAD + "灯"
    keys, _ = grams.keys(text)
    letters = {int(block): int((grams.block_of(keys) == block).sum()) for block in (0, 3)}
    assert letters == {0: 2, 3: 1}


def _themes_of(words: str, block: int = 6) -> dict[int, int]:
    keys, counts = grams.keys(words)
    return {
        int(key): int(n)
        for key, n in zip(keys, counts, strict=True)
        if grams.block_of(np.array([key]))[0] == block
    }


def test_words_of_one_theme_count_as_one_thing() -> None:
    assert _themes_of("停水") == _themes_of("水厂") != _themes_of("停电")
    assert list(_themes_of("又停水，自来水厂不管").values()) == [3]
    assert _themes_of("您好") == {}
    assert _themes_of("您" * (grams.HEAD - 1) + "停水", block=7) == {}
    assert _themes_of("您" * (grams.HEAD - 2) + "停水", block=7) != {}


def test_themes_stay_as_stored_models_know_them() -> None:
    """Whoever means to change a word reads the head of themes.py first."""
    words = [word for theme in themes.THEMES for word in theme]
    assert len(words) == len(set(words))
    assert {len(word) for word in words} == set(range(themes.SHORTEST, themes.LONGEST + 1))
    said = "\n".join(" ".join(theme) for theme in themes.THEMES).encode()
    assert hashlib.sha256(said).hexdigest() == THEMES_SHA256


def test_models_from_before_there_were_themes_say_what_they_said() -> None:
    known = from_bytes(BODY)
    old = grams.block_of(known.keys) < 6
    without = replace(known, keys=known.keys[old], rows=known.rows[old])
    read = from_bytes(without.to_bytes().replace(model.MAGIC, model.BEFORE, 1))
    text = "电梯停运，路灯不亮"
    assert read.scores(None, text) == without.scores(None, text)
    assert read.raw_of(None, text) != pytest.approx(known.raw_of(None, text), abs=1e-4)


def test_no_more_than_so_much_of_a_text_is_read() -> None:
    long = "灯" * 10_000 + "\ufdfa" * 100
    assert len(grams.plain(None, long)) == grams.LONGEST
    assert len(grams.plain(None, "\ufdfa" * 10_000)) == grams.LONGEST


@given(title=st.none() | ANY_TEXT, text=ANY_TEXT)
def test_any_text_has_three_scores_that_repeat_bit_for_bit(title: str | None, text: str) -> None:
    first, again = from_bytes(BODY), from_bytes(BODY)
    scores = first.scores(title, text)
    assert scores == again.scores(title, text)
    assert all(0.0 <= score <= 1.0 and score == round(score, 3) for score in scores)
    assert sum(scores) == pytest.approx(1.0, abs=0.002)
    guess = first.guess(title, text)
    assert [score for _, score in guess.best] == sorted(scores, reverse=True)
    assert guess.sure == (guess.best[0][1] >= first.threshold)


def test_it_knows_what_it_learned_and_not_what_it_did_not() -> None:
    known = lessons.model()
    assert known.guess(None, "我们楼的电梯又停运了，轿厢抖得厉害").best[0][0] == "WY-DT"
    assert known.guess("路灯不亮", "夜里一片黑").best[0][0] == "SZ-LD"
    assert not known.guess(None, "hello").sure


def test_bytes_come_back_as_they_went() -> None:
    known = from_bytes(BODY, version=4)
    assert known.to_bytes() == BODY
    assert known.version == 4
    assert known.labels == ("LJ-DF", "SZ-LD", "WY-DT")
    assert known.card["macro_f1"] == lessons.learned().scores["macro_f1"]
    assert model.digest(BODY) == model.digest(known.to_bytes())


@pytest.mark.parametrize(
    "body",
    [b"", b"\x80\x04.", BODY[:10], BODY[:40], BODY[:-1], BODY[:-40], BODY + b"x",
     BODY.replace(b'"bias"', b'"biaz"', 1), model.MAGIC + b"\xff\xff\xff\xff"],
)  # fmt: skip
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(BadModelError):
        from_bytes(body)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_and_nothing_else_happens(noise: bytes) -> None:
    with pytest.raises(BadModelError):
        from_bytes(model.MAGIC + noise)


@given(raw=st.lists(st.floats(-5, 5), min_size=2, max_size=9), sharp=st.floats(0.05, 50))
def test_calibration_keeps_the_first_first_and_follows_its_lead(
    raw: list[float], sharp: float
) -> None:
    scores = calibrated(np.array(raw), sharp)
    assert scores[raw.index(max(raw))] == max(scores) >= 0.5
    wider = [value + 1.0 if n == raw.index(max(raw)) else value for n, value in enumerate(raw)]
    assert max(calibrated(np.array(wider), sharp)) >= max(scores)


def test_what_serves_needs_no_library_of_training() -> None:
    """scikit-learn takes seconds and a hundred megabytes in every replica."""
    code = "import sys, services.router.app; print(*(set(sys.modules) & {'sklearn', 'scipy'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_every_block_of_n_grams_is_brought_to_length_one() -> None:
    """Else a long body would drown its own head: the sum, counted the slow way."""
    known = lessons.model()
    words = grams.plain("路灯不亮", "夜里一片黑，路灯不亮，路灯灯杆歪了")
    table = dict(zip(map(int, known.keys), known.rows.astype(float), strict=True))
    blocks: dict[int, list[Any]] = {}
    for key, count in zip(*grams.keys(words), strict=True):
        if int(key) in table:
            row = table[int(key)] * (1.0 + math.log(count))
            blocks.setdefault(int(key) >> grams.BLOCK_BITS, []).append(row)
    assert len(blocks) == len(grams.BLOCKS)
    wanted = np.array(known.bias)
    for rows in blocks.values():
        length = math.sqrt(sum(row[-1] ** 2 for row in rows))
        wanted += sum(row[:-1] for row in rows) / length
    assert known.raw(words) == pytest.approx(wanted, rel=1e-4)


def test_a_score_at_the_threshold_is_sure_and_one_just_below_is_not() -> None:
    text = "路灯不亮，夜里一片黑"
    score = lessons.model().guess(None, text).best[0][1]
    assert lessons.model(threshold=score).guess(None, text).sure
    assert not lessons.model(threshold=score + 0.001).guess(None, text).sure
