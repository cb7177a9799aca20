"""What identifies a person is taken out of the words before they leave intake; the rest stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.masking import BANK, IDENTITY, PERSON, PHONE, PLATE, mask

MADE_UP_PHONE = "13800005001"
WIDE = {ord("0") + n: 0xFF10 + n for n in range(10)}
ANY_TEXT = st.text(st.characters(codec=None), max_size=40)


def identity(body: str) -> str:
    """A resident identity number with its right last character, reckoned apart from the product."""
    weights = [2 ** (17 - n) % 11 for n in range(17)]
    rest = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11
    return body + "10X98765432"[rest]


def bank_card(body: str) -> str:
    """A card number with its right Luhn digit, reckoned apart from the product."""
    total = 0
    for n, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if n % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


@pytest.mark.parametrize(
    "said",
    [
        MADE_UP_PHONE,
        MADE_UP_PHONE.translate(WIDE),
        "138-0000-5001",
        "138 0000 5001",
        "138\u30000000\u30005001",
        "138.0000.5001",
        "138–0000–5001",
        "1380000 5001",
        "13800 005001",
        "1 3 8 0 0 0 0 5 0 0 1",
        "+86 138 0000 5001",
        "+8613800005001",
        "8613800005001",
        "008613800005001",
        "0086-13800005001",
        "013800005001",
        "0531-88880000",
        "053188880000",
        "(0531)88880000",
        "（0531）8888-0000",
        "0531 8888 0000",
        "010-88880000",
        "+86-531-88880000",
    ],
)
def test_a_phone_is_masked_however_it_is_written(said: str) -> None:
    for text in (said, f"请打{said}找我", f"我的电话是 {said},谢谢", f"{said}\n{said}"):
        masked = mask(text)
        assert PHONE in masked
        assert len(re.findall(r"[0-9]", masked)) == 0


@pytest.mark.parametrize("before", ["电话", "电话：", "手机号", "座机是", "请打", "联系: "])
def test_a_local_number_is_masked_where_the_words_say_it_is_one(before: str) -> None:
    for said in ("88880000", "8888-0000"):
        assert "0000" not in mask(f"{before}{said}")


@pytest.mark.parametrize(
    "said",
    [
        "水表号23456789",
        "电表号 12345678",
        "燃气户号:2345678901",
        "户号是23456789",
        "国网户号3701050012345",
        "电表资产编号3740001000000123456789",
        "订单编号20261121000012345",
        "欠费138.50元",
        "2026-11-21 10:30",
        "3号楼2单元1301",
        "12345热线",
        "400-800-1234",
    ],
)
def test_numbers_that_are_no_persons_survive(said: str) -> None:
    assert mask(said) == said


@pytest.mark.parametrize("body", ["37010519900101123", "11010119491231002", "37010520080229001"])
def test_an_identity_number_is_masked_only_when_its_last_character_is_right(body: str) -> None:
    good = identity(body)
    assert mask(f"身份证{good}。") == f"身份证{IDENTITY}。"
    assert mask(f"{good[:6]} {good[6:14]} {good[14:]}") == IDENTITY
    for wrong in set("0123456789X") - {good[-1]}:
        assert IDENTITY not in mask(f"表号{body}{wrong}。")


def test_a_small_x_ends_an_identity_number_too() -> None:
    ends_in_x = next(
        good for n in range(1_000) if (good := identity(f"37010519900101{n:03d}"))[-1] == "X"
    )
    assert mask(ends_in_x.lower()) == IDENTITY
    assert mask(ends_in_x.replace("X", "\uff38")) == IDENTITY


@pytest.mark.parametrize("body", ["622202160000000001", "621700210000000", "436742001234567"])
def test_a_bank_card_is_masked_only_when_luhn_holds(body: str) -> None:
    good = bank_card(body)
    assert mask(f"卡号{good}，退款") == f"卡号{BANK}，退款"
    assert mask(" ".join(good[n : n + 4] for n in range(0, len(good), 4))) == BANK
    wrong = good[:-1] + str((int(good[-1]) + 1) % 10)
    assert mask(f"表号{wrong}") == f"表号{wrong}"


@pytest.mark.parametrize(
    "said",
    ["鲁A12345", "鲁AD12345", "鲁A12345D", "鲁A·12345", "鲁A 12345", "鲁a12345", "鲁Ａ１２３４５"],
)
def test_a_number_plate_is_masked(said: str) -> None:
    assert mask(f"白色轿车{said}堵门") == f"白色轿车{PLATE}堵门"


def test_known_names_are_masked_as_they_were_given_and_longer_words_keep_the_rest() -> None:
    masked = mask("王小明说王小明家漏水, 明天王师傅来", ["王小明"])
    assert masked == f"{PERSON}说{PERSON}家漏水, 明天王师傅来"


def test_a_name_of_one_character_would_tear_words_apart_and_stays() -> None:
    assert mask("王府小区", ["王", ""]) == "王府小区"


@given(ANY_TEXT, st.lists(ANY_TEXT, max_size=3))
def test_no_text_and_no_name_breaks_masking(text: str, names: list[str]) -> None:
    assert isinstance(mask(text, names), str)


@given(
    before=st.text(max_size=15).filter(lambda s: not s or not s[-1].isdecimal()),
    after=st.text(max_size=15).filter(lambda s: not s or not s[0].isdecimal()),
    phone=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True).filter(str.isascii),
    gap=st.sampled_from(["", " ", "-", "\u3000", "."]),
)
def test_no_phone_survives_whatever_stands_around_it(
    before: str, after: str, phone: str, gap: str
) -> None:
    written = gap.join((phone[:3], phone[3:7], phone[7:]))
    assert written not in mask(before + written + after)
    assert phone not in mask(before + written.translate(WIDE) + after)


@given(st.text(max_size=60))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask(text)
    assert mask(once) == once
