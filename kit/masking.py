"""Takes what identifies a person out of free text before it leaves intake (product.md section 5).

Known names are replaced as known; phones, identity numbers, bank cards and number plates by shape,
identity and bank numbers only when their own check digit is right, so that meter numbers survive.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_WIDE: Final = {wide: wide - 0xFEE0 for wide in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B))}
_GAP: Final = r"[ \u3000.·•/–—\uff0d-]?"
_IDENTITY: Final = re.compile(
    r"(?<![0-9])[1-9][0-9]{5}[ -]?(?:19|20)[0-9]{6}[ -]?[0-9]{3}[0-9Xx](?![0-9])"
)
_BANK: Final = re.compile(
    r"(?<![0-9])[3-6][0-9]{3}(?:[ -]?[0-9]{4}){3}(?:[ -]?[0-9]{1,3})?(?![0-9])"
)
_MOBILE: Final = re.compile(
    rf"(?<![0-9])(?:(?:\+|00)?86{_GAP}|0)?1{_GAP}[3-9](?:{_GAP}[0-9]){{9}}(?![0-9])"
)
_LANDLINE: Final = re.compile(
    r"(?<![0-9])(?:(?:\+|00)86[ -]?[(（]?0?|[(（]?0)[1-9][0-9]{1,2}[)）]?[ -]?"
    r"[2-9][0-9]{2,3}[ -]?[0-9]{4}(?![0-9])"
)
_LOCAL: Final = re.compile(
    r"(?<=[话号是打系])(?<![表户卡编单]号)(?<![表户]号是)(?<!读数是)"
    r"[:：]?\s?[2-9][0-9]{3}[ -]?[0-9]{4}(?![0-9号])"
)
_PLATE: Final = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
    r"[A-HJ-NP-Z][·• -]?[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警]",
    re.IGNORECASE,
)
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_DIGIT: Final = re.compile(r"[0-9]")

PHONE: Final = "[电话]"
IDENTITY: Final = "[证件号]"
BANK: Final = "[银行卡]"
PLATE: Final = "[车牌]"
PERSON: Final = "[姓名]"


def mask(text: str, names: Sequence[str] = ()) -> str:
    """The text with names, phones, identity and bank numbers and plates replaced by what they were."""
    for name in names:
        if len(name) > 1:
            text = text.replace(name, PERSON)
    text = text.translate(_WIDE)
    if _DIGIT.search(text) is None:
        return text
    text = _IDENTITY.sub(lambda m: IDENTITY if is_identity(_close(m[0])) else m[0], text)
    text = _BANK.sub(lambda m: BANK if _luhn(m[0]) else m[0], text)
    for shape in (_MOBILE, _LANDLINE, _LOCAL):
        text = shape.sub(PHONE, text)
    return _PLATE.sub(PLATE, text)


def _close(number: str) -> str:
    return number.replace(" ", "").replace("-", "")


def is_identity(number: str) -> bool:
    """True when the 18th character of a resident identity number is right (GB 11643-1999)."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == number[17].upper()


def _luhn(number: str) -> bool:
    digits = [int(char) for char in number if char.isdigit()]
    total = sum(digits[-1::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return total % 10 == 0
