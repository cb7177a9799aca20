"""Building labels as people say and write them: 3号楼, 三号楼, 3栋, 3#, 3-2-501, 2排, A座."""

from __future__ import annotations

import re
from typing import Final

_DIGITS: Final = {char: n for n, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_WIDE: Final = {
    0xFF01 + n: 0x21 + n for n in range(94) if chr(0x21 + n).isalnum() or chr(0x21 + n) in "#-()"
}
_ANY_WIDE: Final = re.compile(f"[{''.join(map(chr, _WIDE))}]")
_NUMBER: Final = r"(\d{1,3}|[零〇一二两三四五六七八九十]{1,3}|[A-Za-z])"
_NAMED: Final = re.compile(
    _NUMBER
    + r"\s*(?:号楼|号院|号房|号栋|#楼|栋(?!楼)|幢|座|#|＃|楼(?!道|上|下|顶|层|梯)|排|号(?=\s*\d{1,2}\s*单元))"
)
_UNIT: Final = re.compile(r"^[\s,，]*(\d{1,3})\s*[-－—–]\s*\d{1,2}\s*单元")
_DASHED: Final = re.compile(r"^[\s,，]*(\d{1,3})\s*[-－—–]\s*\d{1,2}\s*[-－—–]\s*\d{1,4}")


def narrow(said: str) -> str:
    """Full-width digits, letters and `＃－（）` as half-width ones, character by character."""
    return said.translate(_WIDE) if _ANY_WIDE.search(said) else said


def building_label(said: str) -> str | None:
    """`3` or `A` for the building named at or near the start of `said`; None when there is none."""
    said = narrow(said)
    dashed = _DASHED.match(said) or _UNIT.match(said)
    if dashed:
        return str(int(dashed[1]))
    named = _NAMED.search(said)
    if named is None:
        return None
    if named[1].isascii() and named[1].isalpha():
        return named[1].upper()
    number = numeral(named[1])
    return None if number is None else str(number)


def numeral(said: str) -> int | None:
    """12, 十二, 一二 and 二十 as numbers below 100; None for what is no number."""
    if said.isdecimal():
        return int(said)
    if "十" in said:
        tens, _, ones = said.partition("十")
        if len(tens) > 1 or len(ones) > 1:
            return None
        return _DIGITS.get(tens, 1 if not tens else 0) * 10 + _DIGITS.get(ones, 0)
    value = 0
    for char in said:
        if char not in _DIGITS:
            return None
        value = value * 10 + _DIGITS[char]
    return value
