"""A batch is split into lines however the network cut it, and every line gets one answer, in order."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import DomainError, Kind
from services.intake import batch
from services.intake.complaint import Filing
from services.intake.filed import Filed

NOW = datetime(2026, 11, 21, tzinfo=UTC)
GOOD = {"channel": "web", "kind": "help", "text": "路灯坏了"}


async def in_pieces(data: bytes, sizes: list[int]) -> AsyncIterator[bytes]:
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size
    yield data[at:]


def line(**changes: Any) -> bytes:
    return json.dumps(GOOD | changes, ensure_ascii=False).encode()


async def lines_of(data: bytes, sizes: list[int]) -> list[bytes]:
    return [piece async for piece in batch._lines(in_pieces(data, sizes))]


async def filed(data: bytes, sizes: list[int], *, prefix: str = "") -> list[dict[str, Any]]:
    """The answers to a batch; the made-up complaint id is the key it was filed under."""

    async def one(filing: Filing, key: str) -> Filed:
        if filing.text == "refuse":
            raise DomainError("no", Kind.INVALID, zh="否", en="no", field="text")
        if filing.text == "lost":
            raise ConnectionResetError
        return Filed(key, "261121000000", NOW, (), fresh=True)

    answers = batch.results(
        in_pieces(data, sizes), one, lambda done: {"key": done.complaint_id}, prefix=prefix
    )
    return [json.loads(answer) async for answer in answers]


CUTS = st.lists(st.integers(0, 9), max_size=40)


@given(
    lines=st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\n", b"")), max_size=8),
    sizes=CUTS,
)
async def test_however_the_stream_is_cut_the_lines_are_the_same(
    lines: list[bytes], sizes: list[int]
) -> None:
    expected = [text for text in lines if text.strip()]
    assert await lines_of(b"\n".join(lines), sizes) == expected
    assert await lines_of(b"\n".join(lines) + b"\n", sizes) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 4_096])
async def test_a_cut_inside_a_chinese_character_harms_nothing(size: int) -> None:
    data = b"\r\n".join(line(text=f"第{n}盏路灯坏了") for n in range(5))
    answers = await filed(data, [size] * (len(data) // size))
    assert [answer["status"] for answer in answers] == [201] * 5
    assert [answer["line"] for answer in answers] == [1, 2, 3, 4, 5]


async def test_an_empty_body_gets_an_empty_answer() -> None:
    assert await filed(b"", []) == []
    assert await filed(b"\n \n\r\n", [1]) == []


async def test_more_lines_than_the_window_are_answered_in_their_order() -> None:
    count = batch.WINDOW * 2 + 3
    answers = await filed(b"\n".join([line()] * count), [10_000] * 5, prefix="p")
    assert [answer["key"] for answer in answers] == [f"p#{n}" for n in range(1, count + 1)]


@pytest.mark.parametrize("size", [1_000, 70_000, 10_000_000])
async def test_a_line_over_the_limit_is_refused_alone_and_the_next_ones_are_read(size: int) -> None:
    long = line(text="长" * 100_000)
    assert len(long) > batch.LINE_LIMIT
    data = b"\n".join([line(), long, line(), long])
    answers = await filed(data, [size] * (len(data) // size))
    assert [answer["status"] for answer in answers] == [201, 413, 201, 413]
    assert [answer["line"] for answer in answers] == [1, 2, 3, 4]


async def test_a_line_without_end_is_never_all_in_memory() -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 64_000

    held = [len(piece) async for piece in batch._lines(endless())]
    assert len(held) == 1
    assert held[0] < batch.LINE_LIMIT + 64_001


async def test_one_bad_line_costs_the_others_nothing_and_is_named() -> None:
    lines = [
        line(),
        b"{",
        b'"text"',
        line(text="refuse"),
        line(surprise=1),
        line(text="lost"),
        line(),
    ]
    answers = await filed(b"\n".join(lines), [])
    assert [answer["status"] for answer in answers] == [201, 400, 422, 422, 422, 503, 201]
    assert answers[3]["problem"]["field"] == "text"
    assert answers[4]["problem"]["field"] == "surprise"
    assert all({"detail", "detail_en"} <= answer["problem"].keys() for answer in answers[1:6])


async def test_a_line_may_bring_its_own_key() -> None:
    answers = await filed(b"\n".join([line(idempotency_key="mine"), line()]), [], prefix="p")
    assert [answer["key"] for answer in answers] == ["mine", "p#2"]


async def test_without_any_key_the_same_line_gets_the_same_key() -> None:
    one, other, different = await filed(b"\n".join([line(), line(), line(text="别的")]), [])
    assert one["key"] == other["key"] != different["key"]


@pytest.mark.parametrize("key", [7, True, [], {"a": 1}, "", "a\x00b", "x" * 129, "\ud800"])
async def test_what_is_no_key_is_refused_and_named(key: Any) -> None:
    raw = json.dumps(GOOD | {"idempotency_key": key}).encode()
    (answer,) = await filed(raw, [])
    assert (answer["status"], answer["problem"]["field"]) == (422, "idempotency_key")
