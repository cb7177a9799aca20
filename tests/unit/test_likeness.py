"""Marks are the same for ever, exist for any text, and are shared by texts that say the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.likeness import (
    ASKED,
    KEPT,
    READ,
    grams,
    keys,
    marks,
    period,
    plain,
    similarity,
)

LAMP = (
    "清潭街12号门前的路灯坏了三天了，晚上黑咕隆咚的，老人出门摔了一跤，打过两次电话都没有人来修。"
)
SAME = "您好！清潭街12号门前的路灯坏了四天了，晚上黑咕隆咚的，老人出门摔了一跤，希望尽快来修。谢谢"
OTHER = "小区门口的超市卖过期牛奶，跟他理论还骂人，请市场监管部门查一查。"
TEXT = st.text(max_size=300)


def test_marks_never_change_because_they_are_stored() -> None:
    assert marks(plain(LAMP), 3) == [305978633, 355592533, 1770175585]
    assert keys([5], period(datetime(2026, 11, 23, tzinfo=UTC))) == [(692 << 32) + 5]


@given(TEXT)
def test_every_text_has_marks_unless_it_says_nothing(text: str) -> None:
    words = plain(text)
    found = marks(words, KEPT)
    assert bool(found) is bool(words)
    assert found == sorted(set(found))[:KEPT]
    assert all(0 <= mark < 2**32 for mark in found)


@given(st.text(alphabet=st.characters(categories=["Cs"]), min_size=1, max_size=20))
def test_even_of_half_a_character_pair(broken: str) -> None:
    assert marks(plain(broken + LAMP), KEPT) == marks(plain(LAMP), KEPT)


@given(TEXT)
def test_what_is_plain_stays_as_it_is(text: str) -> None:
    assert not set(plain(text)) & set(" \n，。！？,.!?-_")


@pytest.mark.parametrize(
    "again",
    [
        f" {LAMP} ",
        LAMP.replace("，", ","),
        "您好，" + LAMP + "谢谢",
        LAMP.replace("12", "\uff11\uff12"),
    ],
)
def test_spacing_signs_and_courtesies_change_nothing(again: str) -> None:
    assert plain(again) == plain(LAMP)


def test_texts_that_say_the_same_share_marks_and_others_do_not() -> None:
    kept = set(marks(plain(LAMP), KEPT))
    assert kept & set(marks(plain(SAME), ASKED))
    assert not kept & set(marks(plain(OTHER), ASKED))


@given(st.lists(st.sampled_from(OTHER), min_size=1, max_size=60).map("".join))
def test_a_text_is_found_inside_a_longer_one(more: str) -> None:
    kept, asked = marks(plain(LAMP), KEPT), marks(plain(LAMP + more), 4 * ASKED)
    assert set(kept) & set(asked)


def test_the_end_of_a_very_long_letter_costs_nothing() -> None:
    letter = LAMP * (READ // 10)
    assert marks(letter, KEPT) == marks(letter + OTHER, KEPT)


@given(TEXT, TEXT)
def test_similarity_is_the_same_both_ways_and_between_0_and_1(one: str, other: str) -> None:
    ours, theirs = grams(plain(one)), grams(plain(other))
    assert similarity(ours, theirs) == similarity(theirs, ours)
    assert 0.0 <= similarity(ours, theirs) <= 1.0
    assert similarity(ours, ours) == (1.0 if ours else 0.0)


def test_what_says_the_same_is_more_alike_than_what_does_not() -> None:
    lamp, same, other = (grams(plain(text)) for text in (LAMP, SAME, OTHER))
    assert similarity(lamp, same) > 0.6
    assert similarity(lamp, other) < 0.1
    assert similarity(lamp, grams(plain("路灯坏了三天了"))) > 0.4
