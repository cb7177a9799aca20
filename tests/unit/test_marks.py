"""Marks in what was shown of a person: found again in what is left of a copy, and nobody else's."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from services.intake.complaint import clean
from services.intake.keeping import marks

MARKS = st.binary(min_size=marks.SIZE, max_size=marks.SIZE)
AT = datetime(2026, 11, 23, 10, 0)  # noqa: DTZ001 - the city's time, as it is shown
WORDS = st.text(st.sampled_from("路灯坏了三天，。！?;\n楼下12 abc"), max_size=200)


@given(WORDS, MARKS)
def test_a_marked_text_reads_the_same_and_tells_its_mark(text: str, mark: bytes) -> None:
    marked = marks.marked(text, mark)
    assert marks.plain(marked) == text
    assert list(marks.found_in(marked)) == [mark]


@given(MARKS, st.integers(0, 300), st.integers(0, 300))
def test_a_piece_torn_out_between_two_clauses_still_tells_it(mark: bytes, a: int, b: int) -> None:
    text = "我家楼上漏水很久了，找了物业三次都没有人来。老人摔了一跤，请尽快派人来看！" * 3
    marked = marks.marked(text, mark)
    start, end = sorted((a % len(marked), b % len(marked)))
    piece = marked[start:end]
    if sum(char.isprintable() for char in piece) > 40:
        assert list(marks.found_in(piece)) == [mark]


@given(MARKS)
def test_the_written_line_tells_it_also_in_small_letters_and_in_the_middle_of_words(
    mark: bytes,
) -> None:
    line = marks.line(mark, "P-1", AT)
    assert "P-1" in line["zh"]
    assert "2026-11-23 10:00:00" in line["en"]
    for text in (*line.values(), line["zh"].lower(), f"截图：{line['zh']}转发"):
        assert list(marks.found_in(text)) == [mark]


@given(MARKS, MARKS)
def test_copies_of_two_people_put_together_tell_both(one: bytes, other: bytes) -> None:
    both = marks.marked("路灯坏了。", one) + marks.marked("没人来修。", other)
    assert set(marks.found_in(both)) == {one, other}


@given(WORDS)
def test_unmarked_words_tell_nobody(text: str) -> None:
    assert not list(marks.found_in(text))


def test_residents_cannot_put_a_mark_into_their_own_words() -> None:
    marked = marks.marked("路灯坏了。", b"\0" * marks.SIZE)
    try:
        clean(marked)
    except ValueError:
        return
    raise AssertionError("intake took invisible characters")
