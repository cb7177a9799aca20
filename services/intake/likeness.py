"""How alike two texts are, and the marks under which alike texts are found among millions. Pure.

Of a text only the pieces count that begin with one of some very common characters: where they begin depends
on the words alone, so an insertion moves nothing but its own piece, and there are few enough to cost filing
next to nothing (content-defined sampling; U. Manber, "Finding similar files in a large file system", 1994).
Its marks are the smallest few of the pieces' hashes: two texts share marks about as often as they share
pieces (A. Broder, "On the resemblance and containment of documents", 1997). The same text has the same
marks in every process and for ever: they are stored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from operator import add
from typing import Final
from zlib import crc32

KEPT: Final = 5
"""Marks stored of one text: of two that share half of their pieces, 97 in 100 share one."""
ASKED: Final = 16
"""Marks of a text that is asked about: more than are stored, so that it is found inside a longer one."""
READ: Final = 2_000
"""Characters of a text that are marked; what comes later in a long letter decides nothing."""
COMPARED: Final = 400
"""Characters of a text that are compared, so that one question never costs more than milliseconds."""
PERIOD_S: Final = 30 * 86_400
_PIECE: Final = re.compile(
    "[的了是在不有人一我们这到和就也都要上没还来去为大小中个公司路水车号门楼].{4}"
)
"""Five characters: fewer are everybody's, more miss a change of words."""
_NOISE: Final = re.compile(r"[\W_]+")
_FORMULAS: Final = re.compile(
    "尊敬的领导|各位领导|您好|你们好|你好|谢谢|感谢|来电人|来电反映|市民反映|希望|恳请|请求|要求|麻烦|相关部门|有关部门"
    "|主管部门|相关单位|有关单位|尽快|核实|处理|解决|回复|答复|电话|姓名|证件号|银行卡|车牌"
)
"""What everybody says to an office, and what masking leaves behind."""


def plain(text: str) -> str:
    """The letters and digits that carry the matter: no spacing, no courtesies, one form of each sign."""
    words = _NOISE.sub("", text)
    # Almost every text is in this form already once its punctuation is gone, and asking is cheap.
    if not unicodedata.is_normalized("NFKC", words):
        words = _NOISE.sub("", unicodedata.normalize("NFKC", words))
    return _FORMULAS.sub("", words.lower())


def marks(words: str, count: int) -> list[int]:
    """The `count` smallest 32-bit hashes of the pieces of `plain` words, ascending; none of no words."""
    if not words:
        return []
    pieces = _PIECE.findall(words, 0, READ) or [words[:READ]]
    return sorted(set(map(crc32, map(str.encode, pieces))))[:count]


def mark_of(kind: str, token: str) -> int:
    """The mark of something that is no text: a place, a house, a cell of the map."""
    return crc32(f"{kind}:{token}".encode("utf-8", "surrogatepass"))


def keys(found: Iterable[int], number: int) -> list[int]:
    """What marks are stored under: the number of their period in front, so that what is new lies together."""
    front = number << 32
    return [front | mark for mark in found]


def period(at: datetime) -> int:
    """The number of the 30 days a moment lies in."""
    return int(at.timestamp()) // PERIOD_S


def grams(words: str) -> frozenset[str]:
    """What is compared of `plain` words: every two neighbours, as most Chinese words have two characters."""
    words = words[:COMPARED]
    return frozenset(map(add, words, words[1:])) if len(words) > 1 else frozenset(words)


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """0 for nothing in common, 1 for the same.

    What the longer text says besides counts a quarter of what the shorter one does (Tversky's index): a
    caller says in one sentence what a letter says on a page.
    """
    if not one or not other:
        return 0.0
    short, long = sorted((one, other), key=len)
    common = len(one & other)
    return common / (common + 0.75 * (len(short) - common) + 0.25 * (len(long) - common))
