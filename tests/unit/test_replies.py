"""What short replies mean, how codes look, how long they live, and which address is the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.command import REASONS, REPLY_ACTIONS, RESULTS
from contracts.directory import Unit, UnitKind
from services.notifier.replies import code
from services.notifier.replies.grammar import (
    REST,
    SAID,
    Said,
    Verb,
    data_of,
    named_unit,
    understand,
)
from services.notifier.replies.sentences import done

NOON: Final = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
A, C, R, H = Verb.ACCEPT, Verb.CONTACT, Verb.RETURN, Verb.HANDLE


def wide(text: str) -> str:
    """The same in full-width letters and digits."""
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)


UNDERSTOOD: Final = {
    "签收 CFG34K": (A, ""),
    "1 CFG34K": (A, ""),
    "1cfg34k": (A, ""),
    "sign cfg34k": (A, ""),
    "SIGN CFG34K": (A, ""),
    f"  签收\u3000{wide('cfg34k')}  ": (A, ""),
    "签收CFG34K": (A, ""),
    "签收：CFG34K。": (A, ""),
    "签收，CFG 34K": (A, ""),
    "“签收 CFG34K”": (A, ""),
    "【签收】CFG-34K": (A, ""),
    wide("1CFG34K"): (A, ""),
    "@吹哨机器人 签收 CFG34K": (A, ""),
    "退回 CFG34K 市政所 不属本单位职责": (R, "市政所 不属本单位职责"),
    "退回CFG34K不是我们的，市政所的": (R, "不是我们的,市政所的"),
    "2 cfg34k SZ not ours": (R, "SZ not ours"),
    "办结 CFG34K 已清运\n并回访": (H, "已清运\n并回访"),
    "close CFG34K": (H, ""),
    "联系 CFG34K 上门": (C, "上门"),
    "4 CFG34K": (C, ""),
}


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_is_understood(text: str) -> None:
    verb, rest = UNDERSTOOD[text]
    assert understand(text) == Said(verb, "CFG34K", rest)


@pytest.mark.parametrize(
    "text",
    [
        "", "好的", "CFG34K", "签收", "签收 CFG3", "签收 CFG34KX", "收到 CFG34K", "5 CFG34K",
        "请问怎么办", "签收 签收 CFG34K", "TD", "谢谢签收 CFG34K",
    ],
)  # fmt: skip
def test_is_not_understood(text: str) -> None:
    assert understand(text) is None


@given(st.text(max_size=200))
def test_any_text_is_read_without_failing(text: str) -> None:
    said = understand(text)
    assert said is None or (len(said.code) == code.LENGTH and len(said.rest) <= REST)


@given(st.sampled_from(["签收", "1", "sign", "退回", "办结", "close"]), st.text(max_size=900))
def test_what_is_said_beside_a_code_never_hides_it(word: str, rest: str) -> None:
    made = code.made()
    said = understand(f"{word} {made} {rest}")
    assert said is not None
    assert said.code == made
    assert not any(ord(letter) < 9 or 0x7F <= ord(letter) < 0xA0 for letter in said.rest)


DATA: Final = {
    "签收 CFG34K": {},
    "联系 CFG34K": {"result": "phone"},
    "联系 CFG34K 未接通": {"result": "not_reached", "note": "未接通"},
    "退回 CFG34K 市政所": {"unit": "SZ", "reason_code": "not_our_duty", "reason": "市政所"},
    "退回 CFG34K 重复件": {"unit": "SZ", "reason_code": "duplicate", "reason": "重复件"},
    "退回 CFG34K 非我辖区": {"unit": "SZ", "reason_code": "not_our_area", "reason": "非我辖区"},
}


@pytest.mark.parametrize("text", DATA)
def test_words_become_codes(text: str) -> None:
    said = understand(text)
    assert said is not None
    assert data_of(said, "SZ" if said.verb is R else None) == DATA[text]


def test_a_closing_says_that_there_is_no_photo_and_which_result() -> None:
    for words, result in {"已修好": "solved", "无法解决": "unable", "部分修好": "partly"}.items():
        data = data_of(Said(H, "CFG34K", words), None)
        assert (data["result"], data["note"]) == (result, words)
        assert "未附照片" in data["no_proof"]
        assert SAID[result] in done(H, "261123000001", data)


def test_every_code_is_one_the_router_knows_and_has_words() -> None:
    known = {*REASONS["return"], *RESULTS["handle"], *RESULTS["contact"]}
    assert set(SAID) == known
    assert {verb.value for verb in Verb} == set(REPLY_ACTIONS)


def unit(unit_code: str, name: str, *aliases: str) -> Unit:
    return Unit(code=unit_code, name=name, kind=UnitKind.DEPARTMENT, aliases=aliases)


UNITS: Final = [
    unit("SZ", "市政所", "市政"), unit("SZ-2", "市政二所"), unit("HW", "环卫所", "保洁"),
    unit("BJ-A", "甲保洁", "保洁"), unit("WO", "我单位"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("该市政所办", "SZ"), ("sz 的事", "SZ"), ("市政二所的", "SZ-2"), ("应由甲保洁办", "BJ-A"),
        ("找保洁", None), ("不是我们的", None), ("我单位不办", None), ("SZ-2", "SZ-2"), ("", None),
    ],
)  # fmt: skip
def test_a_unit_is_named_by_code_name_or_alias(text: str, found: str | None) -> None:
    assert named_unit(text, UNITS, "WO") == found


def test_codes_have_no_look_alikes_and_are_many() -> None:
    codes = {code.made() for _ in range(2_000)}
    assert len(codes) > 1_990
    assert all(len(one) == code.LENGTH for one in codes)
    assert not set("".join(codes)) & set("O0I1LZ2S5B8UVAE") - {"V"}
    assert code.code_hash("cfg34k") == code.code_hash("CFG34K")


@pytest.mark.parametrize(
    ("due_in_h", "lives_h"), [(None, 24), (4, 28), (-100, 24), (72, 96), (10_000, 168)]
)
def test_a_code_lives_until_a_day_after_the_due_time_and_a_week_at_most(
    due_in_h: float | None, lives_h: float
) -> None:
    due = None if due_in_h is None else NOON + timedelta(hours=due_in_h)
    one = code.CodeFor(
        ticket_id=uuid4(), number="261123000001", unit="SZ", person="P", channel="sms",
        address="13800000000", at=NOON, due_at=due,
    )  # fmt: skip
    assert one.expires_at - NOON == timedelta(hours=lives_h)


def test_an_address_is_the_same_however_a_gateway_writes_it() -> None:
    salt = b"s" * 16
    kept = code.address_hash("13800000000", salt)
    for same in ("+8613800000000", "008613800000000", "86 138-0000-0000", wide("13800000000")):
        assert code.same_address(kept, same, salt)
    for other in ("13800000001", "8613800000000000", "", "1380000000"):
        assert not code.same_address(kept, other, salt)
    assert not code.same_address(kept, "13800000000", b"t" * 16)
    assert code.address_hash("ZhangSan") == code.address_hash("zhangsan")
