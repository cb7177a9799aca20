"""Input that is nearly good: what parsers of strangers' text, bytes and files are tried with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hypothesis import strategies as st

NOW: Final = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
IDENT: Final = "01a2021f-846b-75bb-b5a0-d6cc42447008"
ODD: Final = "\x00\x1b\r\n\t \u3000\u200b\u202e\ufeff\ud800\u0301٣²①十〇Ⅷ＋－：%~'\"\\/[]{}<>=+@,.;"
DEEP: Final = "[" * 100_000
DISTRICT: Final = Path(__file__).parents[2] / "chuishao" / "sample" / "directory"


@dataclass(frozen=True, slots=True)
class Parser:
    """One of them; `reads` gets what was made of `like`."""

    reads: Callable[[Any], Any]
    like: tuple[str | bytes, ...]
    raises: tuple[type[Exception], ...] = ()


def near(like: tuple[str | bytes, ...]) -> st.SearchStrategy[Any]:
    """Anything at all, and good input with a few pieces cut, doubled or put elsewhere."""
    if isinstance(like[0], bytes):
        pieces: Any = st.one_of(
            st.binary(max_size=8), st.sampled_from([b"\x00", b"\xff\xff\xff\xff"])
        )
        anything: Any = st.binary(max_size=300)
    else:
        pieces = st.one_of(
            st.text(ODD, max_size=4), st.text(max_size=4), st.from_regex("[0-9]{1,40}")
        )
        anything = st.text(max_size=300)
    place = st.integers(0, 10_000)
    edits = st.lists(st.tuples(place, st.integers(0, 12), pieces), max_size=4)
    return st.one_of(anything, st.builds(_edited, st.sampled_from(like), edits))


def _edited(text: Any, edits: list[tuple[int, int, Any]]) -> Any:
    for at, gone, piece in edits:
        begin = at % (len(text) + 1)
        text = text[:begin] + piece + text[begin + gone :]
    return text


def in_file(name: str, read: Callable[[Path], Any]) -> Callable[[Any], Any]:
    """Read it out of a file of that name in a folder of its own."""

    def reads(content: Any) -> Any:
        raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        with TemporaryDirectory() as folder:
            file = Path(folder, name)
            file.write_bytes(raw)
            return read(file)

    return reads
