"""Labelled files: read in the forms offices save them, refused with line, column and remedy."""

from __future__ import annotations

import gzip

import pytest

from services.router.category import labelled
from services.router.category.labelled import LEAST, BadExamplesError, Example

HEADER = "text,label\n"


def faults(raw: bytes | str) -> tuple[str, ...]:
    body = raw if isinstance(raw, bytes) else raw.encode()
    with pytest.raises(BadExamplesError) as refused:
        labelled.read("诉求.csv", body)
    return refused.value.faults


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda raw: b"\xef\xbb\xbf" + raw])
def test_plain_packed_and_with_a_mark_in_front_are_the_same(pack: object) -> None:
    raw = 'label,title,text,id\n市政, 路灯 ,"不亮，\n三天了",7\n市政,,井盖响,8\n'.encode()
    assert callable(pack)
    assert labelled.read("x.csv", pack(raw)) == [
        Example("路灯", "不亮，\n三天了", "市政"), Example(None, "井盖响", "市政"),
    ]  # fmt: skip


def test_word_lists_are_joined_and_weigh_less() -> None:
    (one,) = labelled.read_tokens("t.csv", "tokens,label\n路灯 不 亮,市政\n".encode())
    assert (one.text, one.extra, one.weight) == ("路灯不亮", True, labelled.EXTRA_WEIGHT)


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        ("内容,label\na,b\n", "诉求.csv:1: text:"),
        ("text,title\na,b\n", "诉求.csv:1: label:"),
        (HEADER, "诉求.csv:2: -:"),
        (HEADER + "a,x\n ,x\n", "诉求.csv:3: text:"),
        (HEADER + "a,x\nb\n", "诉求.csv:3: label:"),
        (HEADER + "a,x\nb,c,x\n", "诉求.csv:3: -:"),
        (HEADER + '"a"b,x\n', "诉求.csv:2: -:"),
        (HEADER.encode() + "电梯,x\n".encode("gb18030"), "诉求.csv:2: -:"),
        (b"\x1f\x8bnonsense", "诉求.csv:0: -:"),
        (gzip.compress(b"text,label\na,b\n", mtime=0)[:-9], "诉求.csv:0: -:"),
    ],
)
def test_a_bad_file_is_refused_with_place_and_remedy(raw: bytes | str, where: str) -> None:
    (fault,) = faults(raw)
    assert fault.startswith(where)
    assert " / " in fault


def test_an_empty_file_lacks_both_columns() -> None:
    assert [fault.split(":")[2] for fault in faults("")] == [" text", " label"]


def test_every_bad_line_is_named_but_no_words_of_residents() -> None:
    found = faults(HEADER + "我叫刘大明,x\n刘大明,\n,x\n")
    assert [fault.split(":")[1] for fault in found] == ["3", "4"]
    assert not any("刘大明" in fault for fault in found)


def test_a_label_too_rare_to_learn_is_named_with_its_number() -> None:
    rows = [Example(None, "a", "市政")] * LEAST + [Example(None, "b", "环保")] * (LEAST - 1)
    with pytest.raises(BadExamplesError, match=f"“环保”只有 {LEAST - 1} 条"):
        labelled.enough("x.csv", rows)
    with pytest.raises(BadExamplesError, match="至少要有两种类别"):
        labelled.enough("x.csv", rows[:LEAST])
    labelled.enough("x.csv", [*rows, Example(None, "c", "环保")])


def test_a_label_of_the_test_that_was_never_taught_is_named() -> None:
    with pytest.raises(BadExamplesError, match="环保"):
        labelled.strangers("t.csv", [Example(None, "a", "环保")], ["市政"])
