"""Takes what identifies a person out of free text before it leaves intake (product.md section 5).

Known names are replaced as known; phones, identity numbers, bank cards and number plates by shape,
identity and bank numbers only when their own check digit is right, so that meter numbers survive. What the
words themselves say it is (身份证, 护照, 银行卡号, 微信, QQ) is believed without. Digits count however they are
written: full-width, parted, or said one by one (一三八…).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

_WIDE: Final = {wide: wide - 0xFEE0 for wide in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B))}
_SPOKEN: Final = str.maketrans("零〇○一幺二三四五六七八九", "0001123456789")
"""Digits as they are said one by one; each is one character, so places stay the same."""
_GAP: Final = r"[ \u3000.·•/–—\uff0d-]{0,2}"
_IS: Final = r"(?:号码|号)?(?:是|为)?[:：]?\s?"
"""Between what something is called and its number."""
_IDENTITY: Final = (
    rf"[1-9](?:{_GAP}[0-9]){{5}}{_GAP}(?:1{_GAP}9|2{_GAP}0)(?:{_GAP}[0-9]){{9}}{_GAP}[0-9Xx]"
)
_IDENTITY_SAID: Final = re.compile(rf"(?<=身份证){_IS}[1-9](?:[ -]?[0-9]){{13,16}}[0-9Xx](?![0-9])")
"""Said to be one: also of 15 digits, as they were until 1999, and with a slip of the pen in it."""
_TRAVEL_SAID: Final = re.compile(
    rf"(?<=护照|行证|乡证|胞证|住证){_IS}[A-Z]{{0,2}}[ -]?[0-9]{{6,11}}(?![0-9A-Z])", re.IGNORECASE
)
_TRAVEL: Final = re.compile(
    r"(?<![0-9A-Za-z_-])(?<![表户单编备牌杆箱柜件]号)(?<!号[:：是 ])(?<!码[:：是 ])"
    r"(?:[EG][0-9]{8}|[EC][A-HJ-NP-Z][0-9]{7}|[HM][0-9]{8}(?:[0-9]{2})?)(?![0-9A-Za-z])"
)
"""Passports and permits to and from Hong Kong and Macao, unless it is told to be another number."""
_BANK: Final = r"[3-6][0-9]{3}(?:[ -]?[0-9]{4}){3}(?:[ -]?[0-9]{1,3})?"
_BANK_SAID: Final = re.compile(
    r"(?<=行卡|储卡|蓄卡|用卡|行账|行帐)(?:卡号|号码|号)?(?:是|为)?[:：]?\s?[0-9](?:[ -]?[0-9]){14,18}(?![0-9])"
)
_MOBILE: Final = rf"(?:(?:\+|00)?86{_GAP}|0)?1{_GAP}[3-9](?:{_GAP}[0-9]){{9}}"
_LANDLINE: Final = (
    r"(?:(?:\+|00)86[ -]?[(（]?0?|[(（]?0)[1-9][0-9]{1,2}[)）]?[ -]?[2-9][0-9]{2,3}[ -]?[0-9]{4}"
)
_LOCAL: Final = re.compile(
    r"(?<=[话号是打系])(?<![表户卡编单]号)(?<![表户]号是)(?<!读数是)"
    r"[:：]?\s?[2-9][0-9]{3}[ -]?[0-9]{4}(?![0-9号])"
)
_PLATE: Final = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼] ?"
    r"[A-HJ-NP-Z][.·• -]?[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳]",
    re.IGNORECASE,
)
_QQ: Final = re.compile(r"(?<=[Qq]{2})(?:群|号码|号)?(?:是|为)?[:：]?\s?[1-9][0-9]{4,10}(?![0-9])")
_WECHAT: Final = re.compile(
    r"(?<=微信|[vV]信|[vVwW][xX])(?:号码|号|加我|联系)?(?:是|为)?[:：]?\s?"
    r"(?:[A-Za-z][A-Za-z0-9_-]{5,19}|[0-9]{6,11})(?![A-Za-z0-9_-])"
)
_MAIL: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{2,63}){1,4}")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_RUN: Final = re.compile(rf"[0-9](?:{_GAP}[()（）]?{_GAP}[0-9]){{4}}")
"""Below five digits in a row nothing but a number plate can be meant."""
_SAID: Final = re.compile(
    rf"[零〇○一幺二三四五六七八九](?:{_GAP}[0-9零〇○一幺二三四五六七八九]){{3}}"
)
_ACCOUNT: Final = re.compile(r"微信|[vVwW][xX信]|@|[Qq]{2}")
_CLOSE: Final = re.compile(r"[^0-9Xx]")

PHONE: Final = "[电话]"
IDENTITY: Final = "[证件号]"
BANK: Final = "[银行卡]"
PLATE: Final = "[车牌]"
PERSON: Final = "[姓名]"
ACCOUNT: Final = "[账号]"


def mask(text: str, names: Sequence[str] = ()) -> str:
    """The text with names, phones, identity and bank numbers and plates replaced by what they were."""
    for name in names:
        if len(name) > 1:
            text = text.replace(name, PERSON)
    text = text.translate(_WIDE)
    if _ACCOUNT.search(text):
        for shape in (_MAIL, _WECHAT, _QQ):
            text = shape.sub(ACCOUNT, text)
    if _RUN.search(text):
        for shape, word in _TOLD:
            text = shape.sub(word, text)
        for shape, word, right in _WRITTEN:
            text = shape.sub(lambda m, w=word, r=right: w if r is None or r(m[0]) else m[0], text)  # type: ignore[misc]
        text = _LOCAL.sub(PHONE, text)
        text = _TRAVEL.sub(IDENTITY, text)
    if _SAID.search(text):
        text = _masked_as_said(text)
    return _PLATE.sub(PLATE, text)


def _masked_as_said(text: str) -> str:
    """The text without numbers in which digits are said one by one.

    Their ends are no digits: 一 goes on as 一直 far more often than a number is longer than its kind.
    """
    for shape, word, right in _SAID_SHAPES:
        for found in reversed(list(shape.finditer(text.translate(_SPOKEN)))):
            start, end = found.span()
            around = text[max(start - 1, 0) : start] + text[end : end + 1]
            said = not text[start:end].isascii() and not _ASCII_DIGIT.search(around)
            if said and (right is None or right(found[0])):
                text = text[:start] + word + text[end:]
    return text


def is_identity(number: str) -> bool:
    """True when the 18th character of a resident identity number is right (GB 11643-1999)."""
    digits = _CLOSE.sub("", number)
    total = sum(int(digit) * weight for digit, weight in zip(digits[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == digits[17].upper()


def _luhn(number: str) -> bool:
    digits = [int(char) for char in number if char.isdigit()]
    total = sum(digits[-1::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return total % 10 == 0


_Right = Callable[[str], bool] | None
_NUMBERS: Final[Sequence[tuple[str, str, _Right]]] = (
    (_IDENTITY, IDENTITY, is_identity),
    (_BANK, BANK, _luhn),
    (_MOBILE, PHONE, None),
    (_LANDLINE, PHONE, None),
)
_WRITTEN: Final = tuple((re.compile(rf"(?<![0-9]){s}(?![0-9])"), w, r) for s, w, r in _NUMBERS)
_SAID_SHAPES: Final = (
    *((re.compile(s), w, r) for s, w, r in _NUMBERS),
    (_LOCAL, PHONE, None),
    (_PLATE, PLATE, None),
)
_TOLD: Final = ((_IDENTITY_SAID, IDENTITY), (_TRAVEL_SAID, IDENTITY), (_BANK_SAID, BANK))
_ASCII_DIGIT: Final = re.compile(r"[0-9]")
