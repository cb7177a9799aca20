"""Initials of a Chinese name, as people type them: 无影山街道 is found by `wysjd`."""

from __future__ import annotations

from itertools import product
from typing import Final

from pypinyin import Style, pinyin

MOST: Final = 8
"""Readings of one name that are kept; a name of many characters with two readings each has more."""
_PLAIN: Final = str.maketrans("", "", " -_·（）()、，。")


def initials(name: str) -> tuple[str, ...]:
    """The spellings by first letters, in lower case, for every usual reading up to MOST; Latin letters stay."""
    plain = name.translate(_PLAIN).lower()
    letters = pinyin(plain, style=Style.FIRST_LETTER, heteronym=True)
    readings = [tuple(dict.fromkeys(each)) for each in letters]
    while _count(readings) > MOST:
        longest = max(range(len(readings)), key=lambda at: len(readings[at]))
        readings[longest] = readings[longest][:-1]
    return tuple("".join(way) for way in product(*readings))


def _count(readings: list[tuple[str, ...]]) -> int:
    found = 1
    for each in readings:
        found *= len(each)
    return found
