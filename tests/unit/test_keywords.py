"""Category from words: what was said is weighed, and a close race is left to a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.directory import Category
from services.router.category.keywords import CategoryGuess, Keywords, is_keyword

ROWS = (
    Category(code="A", name="甲", keywords=("路灯:3", "灯", "不亮:2")),
    Category(code="B", name="乙", keywords=("垃圾:3", "灯箱:3")),
    Category(code="C", name="丙", keywords=("Wifi:2.5", "信号:0.5")),
)
SAID = st.lists(
    st.sampled_from(["路灯", "灯", "不亮", "垃圾", "灯箱", "WIFI", "信号", "的"])
    | st.text(max_size=2),
    max_size=10,
).map("".join)


def guess(text: str, title: str | None = None) -> CategoryGuess:
    return Keywords.of(ROWS).guess(title, text)


def test_the_heaviest_words_decide_and_are_told() -> None:
    found = guess("路灯不亮了")
    assert (found.code, found.sure) == ("A", True)
    assert found.best == (("A", 6.0),)
    assert found.words == ("不亮", "灯", "路灯")


def test_a_bare_word_weighs_one_which_is_too_little_to_decide() -> None:
    found = guess("灯")
    assert (found.code, found.best, found.sure) == ("A", (("A", 1.0),), False)


def test_a_word_said_twice_counts_once() -> None:
    assert guess("垃圾垃圾垃圾").best == (("B", 3.0),)


def test_a_word_of_the_title_counts_half_as_much_again_but_not_twice() -> None:
    assert guess("", "垃圾").best == (("B", 4.5),)
    assert guess("垃圾", "垃圾").best == (("B", 3.0),)


def test_a_close_race_is_not_sure_and_names_both() -> None:
    found = guess("路灯和垃圾")
    assert found.code == "A"
    assert found.best == (("A", 4.0), ("B", 3.0))
    assert found.sure
    assert not guess("灯箱不亮").sure


def test_an_equal_race_is_decided_by_code_and_never_sure() -> None:
    rows = (Category(code="Z", name="z", keywords=("水:3",)), *ROWS)
    for order in (rows, rows[::-1]):
        found = Keywords.of(order).guess(None, "水和垃圾")
        assert (found.code, found.sure, found.score) == ("B", False, 0.5)


def test_latin_letters_count_in_any_case() -> None:
    assert guess("家里没有wIfI").code == "C"


def test_silence_has_no_category() -> None:
    assert guess("你好") == CategoryGuess(None, sure=False, score=0.0, best=(), words=())
    assert Keywords.of(()).guess("垃圾", "垃圾").code is None


@pytest.mark.parametrize("text", ["路灯", "路灯:3", "物业 费:2.5", "Wifi:0.5", "a:10"])
def test_a_keyword_is_a_word_with_a_weight_above_zero(text: str) -> None:
    assert is_keyword(text)


@pytest.mark.parametrize(
    "text",
    ["", ":3", "词:", "词:0", "词:0.0", "词:-1", "词:abc", "词:nan", "词:1e9", "词:1:2", "词:٣"],
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_keyword(text)


@given(text=SAID, title=st.none() | SAID)
def test_no_words_break_the_weighing(text: str, title: str | None) -> None:
    found = Keywords.of(ROWS).guess(title, text)
    assert 0.0 <= found.score <= 1.0
    assert len(found.best) <= 3
    assert [weight for _, weight in found.best] == sorted(
        (weight for _, weight in found.best), reverse=True
    )
    assert (found.code is None) == (found.best == ())


@given(text=SAID, order=st.permutations(ROWS))
def test_the_order_of_the_rows_never_matters(text: str, order: list[Category]) -> None:
    assert Keywords.of(order).guess(None, text) == guess(text)
