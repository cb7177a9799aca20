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


SPOKEN = str.maketrans("0123456789", "零一二三四五六七八九")
GAPS = st.sampled_from(["", " ", "-", "\u3000", ".", " - "[:2]])
DIGITS = st.text("0123456789", min_size=1)
BEFORE = st.sampled_from(
    ["", "我家漏水，", "请联系", "找我说：", "(", "门口停着", "反映人 ", "谢谢。\n"]
)
AFTER = st.sampled_from(["", "，谢谢", "一直打不通", "二楼的", "三天了", "找我", "）", "\n一"])


def fixed(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


MOBILES = st.builds("1{}{}".format, st.sampled_from("3456789"), fixed(9))
IDENTITIES = st.builds(
    lambda area, year, day, order: identity(f"{area}{year}{day:%m%d}{order}"),
    st.integers(110_000, 829_999),
    st.integers(1900, 2026),
    st.dates(),
    fixed(3),
)
CARDS = st.builds(
    lambda bin_, rest: bank_card(bin_ + rest), st.sampled_from(["6222", "4367", "5218"]), fixed(14)
)
PLATES = st.builds(
    "{}{}{}".format,
    st.sampled_from("京沪鲁粤新"),
    st.sampled_from("ABCDEFGHJKLMNPQRSTUVWXYZ"),
    st.one_of(
        st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=5, max_size=5),
        st.builds("{}{}".format, st.sampled_from("DF"), fixed(5)),
        st.builds("{}{}".format, fixed(5), st.sampled_from("DF")),
    ),
)
TRAVEL = st.builds("{}{}".format, st.sampled_from("EGHM"), fixed(8))


def written(number: str, way: str) -> str:
    """Full-width, or said digit by digit, or as it is."""
    return {"wide": number.translate(WIDE), "spoken": number.translate(SPOKEN)}.get(way, number)


WAYS = st.sampled_from(["plain", "wide", "spoken"])


@given(BEFORE, MOBILES, GAPS, WAYS, AFTER)
def test_every_mobile_is_masked(before: str, phone: str, gap: str, way: str, after: str) -> None:
    said = written(gap.join((phone[:3], phone[3:7], phone[7:])), way)
    assert mask(before + said + after) == before + PHONE + after


@given(BEFORE, IDENTITIES, GAPS, WAYS, AFTER)
def test_every_identity_number_is_masked(
    before: str, number: str, gap: str, way: str, after: str
) -> None:
    said = written(gap.join((number[:6], number[6:14], number[14:])), way)
    assert mask(before + said + after) == before + IDENTITY + after


@given(BEFORE, CARDS, st.sampled_from(["", " ", "-"]), WAYS, AFTER)
def test_every_bank_card_is_masked(before: str, card: str, gap: str, way: str, after: str) -> None:
    said = written(gap.join(card[n : n + 4] for n in range(0, len(card), 4)), way)
    assert not re.search(
        r"[0-9零一二三四五六七八九]{4}", mask(before + said + after).translate(SPOKEN)
    )


@given(BEFORE, PLATES, st.sampled_from(["plain", "wide"]), AFTER)
def test_every_plate_is_masked_also_of_new_energy(
    before: str, plate: str, way: str, after: str
) -> None:
    assert mask(before + written(plate, way) + after) == before + PLATE + after


@given(BEFORE, TRAVEL, st.sampled_from(["", "护照号码", "通行证号：", "回乡证 "]), AFTER)
def test_every_passport_and_permit_is_masked(
    before: str, number: str, said: str, after: str
) -> None:
    assert number not in mask(before + said + number + after)


@pytest.mark.parametrize(
    "said",
    [
        "身份证370105900101123",  # of 15 digits
        "身份证号码是370105199001011231",  # a slip in the last digit
        "护照E12345678",
        "港澳通行证号:C12345678",
        "台胞证 12345678",
        "银行卡号是6222021600000000019",
        "微信号：wang_xm-88",
        "加我VX wangxm1988",
        "微信13800005001",
        "QQ号 123456789",
        "邮箱wang.xm@example.com",
        "电话一三八零零零零五零零一",
        "手机138零零零零5001",
        "电话13800005001一直打不通",
        "电话一三八零零零零五零零一一直打不通",
        "座机零五三一八八八八零零零零",
    ],
)
def test_what_the_words_say_it_is_is_masked(said: str) -> None:
    assert not re.search(r"[0-9A-Za-z]{5}|[零一幺二三四五六七八九]{4}", mask(said))


NOT_A_PERSONS = st.one_of(
    st.builds(
        "{}号楼{}单元{}".format, st.integers(1, 99), st.integers(1, 9), st.integers(101, 3_304)
    ),
    st.builds("{}路{}号".format, st.sampled_from(["清潭", "经十"]), st.integers(1, 29_999)),
    st.builds("电表号{}".format, st.integers(10**7, 10**8 - 1)),
    st.builds("燃气户号：2{}".format, fixed(9)),
    st.builds("订单编号2026{}".format, fixed(13)),
    st.builds("灯杆号E{}".format, fixed(8)),
    st.builds("设备编号：H{}".format, fixed(8)),
    st.builds(
        "{}年{}月{}日".format, st.integers(1990, 2030), st.integers(1, 12), st.integers(1, 31)
    ),
    st.builds("{}.{:02d}元".format, st.integers(1, 10**6), st.integers(0, 99)),
    st.sampled_from(
        ["12345热线", "400-800-1234", "一二三四五六七", "二〇二六年十一月", "三五八户"]
    ),
)


@given(NOT_A_PERSONS, BEFORE, NOT_A_PERSONS)
def test_no_number_of_a_door_a_meter_or_an_order_is_masked(
    one: str, between: str, other: str
) -> None:
    text = f"{one}，{between}{other}"
    assert mask(text) == text
