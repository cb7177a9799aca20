"""People who exist nowhere else, and complaints with them in every place and spelling people use."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Final

NAME: Final = "鸑鷟"
"""A bird of legend; nobody's name, no place's, and in no keyword."""
PHONE: Final = "1990713"
IDENTITY: Final = "37011219070713"
BANK: Final = "622207130713"
PLATE: Final = "鲁QX7"
ROOTS: Final = (NAME, PHONE, IDENTITY, BANK, PLATE)
_GIVEN: Final = "安宁远清和平康乐春夏秋冬山川江河"
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
SPOKEN: Final = str.maketrans("0123456789", "零一二三四五六七八九")
WIDE: Final = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
_PLACES: Final = ("清潭街12号", "清潭街3号", "清潭街20号")
_MATTERS: Final = ("路灯坏了三天了", "井盖松动响了一夜", "垃圾堆在门口没人清")


@dataclass(frozen=True, slots=True)
class Canary:
    """One made-up person."""

    name: str
    phone: str
    identity: str
    bank: str
    plate: str


def canaries(seed: int, count: int) -> list[Canary]:
    """The same for the same seed, no two alike within one."""
    dice = random.Random(seed)  # noqa: S311 - reproducible, not secret
    tails = dice.sample(range(10_000), count)
    names = dice.sample([a + b for a in _GIVEN for b in _GIVEN], min(count, len(_GIVEN) ** 2))
    plates = dice.sample(
        [a + b + c for a in _LETTERS for b in _LETTERS for c in "0123456789"], count
    )
    return [
        Canary(
            NAME + names[place % len(names)],
            f"{PHONE}{tail:04d}",
            _with_check(f"{IDENTITY}{tail % 1_000:03d}"),
            _with_luhn(f"{BANK}{tail:06d}"),
            PLATE + plates[place],
        )
        for place, tail in enumerate(tails)
    ]


def bodies(seed: int, n: int) -> list[dict[str, Any]]:
    """`n` bodies to file, at most 10,000: every way in which a person can be in one, in turn."""
    people = canaries(seed, n)
    return [_body(place, one, people[place - 1]) for place, one in enumerate(people)]


def _body(place: int, one: Canary, other: Canary) -> dict[str, Any]:
    body: dict[str, Any] = {
        "channel": ("hotline", "wechat", "web")[place % 3],
        "kind": ("complaint", "help", "report")[place % 3],
        "title": f"{_MATTERS[place % 3]}（{one.name}）",
        "text": f"我是{one.name}，{_MATTERS[place % 3]}。{_said(place, one)}",
        "address": f"{_PLACES[place % 3]}（{one.phone}）",
        "requester": {"name": one.name, "phone": one.phone},
    }
    if place % 4 == 1:
        body["accused"] = other.name
        body["text"] += f"就是{other.name}干的。"
    if place % 4 == 2:
        body["requester"] = {
            "name": one.name, "phone": one.phone, "on_behalf_of": other.name,
            "resident_phone": other.phone, "spoken_with": other.name, "consent": True,
        }  # fmt: skip
        body["text"] += f"替{other.name}反映，电话{other.phone}。"
    if place % 4 == 3:
        body["confidential"] = True
    return body


def _said(place: int, one: Canary) -> str:
    phone = one.phone
    spellings = (
        f"电话{phone}",
        f"请打 {phone[:3]}-{phone[3:7]}-{phone[7:]}",
        f"手机{phone.translate(WIDE)}",
        f"联系 +86 {phone[:3]} {phone[3:7]} {phone[7:]}",
        f"身份证{one.identity}",
        f"证件号 {one.identity[:6]} {one.identity[6:14]} {one.identity[14:]}",
        f"卡号{one.bank}",
        f"退到{' '.join(one.bank[n : n + 4] for n in range(0, len(one.bank), 4))}",
        f"{one.plate}堵门",
        f"电话{phone.translate(SPOKEN)}",
    )
    return f"{spellings[place % len(spellings)]}，{spellings[(place * 7 + 3) % len(spellings)]}。"


def _with_check(body: str) -> str:
    """GB 11643-1999, reckoned apart from the product."""
    weights = [2 ** (17 - n) % 11 for n in range(17)]
    rest = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11
    return body + "10X98765432"[rest]


def _with_luhn(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)
