"""Product.md section 8 on the body of a complaint: a clear answer that names the field, or a filing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from kit.errors import DomainError, Kind
from kit.http import read_body
from kit.strict_json import MAX_DEPTH, loads
from services.intake.complaint import Filing, check_point, check_time

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
GOOD: dict[str, Any] = {"channel": "hotline", "kind": "complaint", "text": "路灯坏了"}


async def filed(raw: bytes, content_type: str = "application/json") -> Filing:
    """What `POST /v1/complaints` makes of a body, up to the directory."""

    async def receive() -> Message:
        return {"type": "http.request", "body": raw, "more_body": False}

    headers = [(b"content-type", content_type.encode())]
    filing: Filing = await read_body(
        Request({"type": "http", "method": "POST", "headers": headers}, receive), Filing
    )
    check_point(filing.point)
    check_time(filing.occurred_at, NOW)
    return filing


async def filing_or_refusal(raw: bytes) -> Filing | DomainError:
    try:
        return await filed(raw)
    except DomainError as refused:
        return refused


async def refusal(raw: bytes) -> DomainError:
    """Why a body is refused; the problem document must be sendable and must not repeat the body."""
    with pytest.raises(DomainError) as refused:
        await filed(raw)
    for language in ("zh", "en"):
        assert orjson.dumps(refused.value.problem(language))
    return refused.value


def body(**changes: Any) -> bytes:
    return json.dumps(GOOD | changes).encode()


async def test_a_complete_body_is_accepted() -> None:
    filing = await filed(
        body(
            title="路灯", address="济安路3号", urgency="normal", accused="某物业", confidential=True,
            point={"lon": 117.0, "lat": 36.7, "datum": "gcj02"}, external_id="X-1",
            occurred_at="2026-11-21T09:00:00+08:00", attachments=["01900000-0000"],
            requester={"name": "某某", "phone": "138 0000 5001", "anonymous": False},
            decline={"reason": "不属本辖区", "door": "请拨打 12345"},
        )
    )  # fmt: skip
    assert filing.text == "路灯坏了"
    assert filing.requester is not None
    assert filing.requester.phone == "138 0000 5001"


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "syntax"),
        (b"{", "syntax"),
        (b'{"text": "a",}', "syntax"),
        (b"{'text': 1}", "syntax"),
        (b'{"text": "a"} {}', "syntax"),
        (b"\xef\xbb\xbf{}", "syntax"),
        (b'{"text": "\xff"}', "UTF-8"),
        ('{"text": "路灯"}'.encode("gbk"), "UTF-8"),
        (b'{"text": "\xed\xa0\x80"}', "UTF-8"),
        (b'{"text": NaN}', "NaN"),
        (b'{"lon": Infinity}', "Infinity"),
        (b'{"lon": -Infinity}', "-Infinity"),
        (b'{"lon": 1e999}', "too large"),
        (b'{"n": 1' + b"0" * 22 + b"}", "too long"),
        (b'{"n": 1' + b"0" * 100_000 + b"}", "too long"),
        (b'{"text": "a", "text": "b"}', "twice"),
        (b'{"point": {"lon": 1, "lon": 2}}', "twice"),
        (b'{"text": "a\x00b"}', "syntax"),
        (b'{"text": "a\nb"}', "syntax"),
        (b"[" * 10_000 + b"]" * 10_000, "deep"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "deep"),
        (b"[" * 1_000_000, "deep"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "deep"),
    ],
    ids=lambda value: repr(value)[:24],
)
async def test_what_is_no_strict_json_is_400_and_says_why(raw: bytes, word: str) -> None:
    refused = await refusal(raw)
    assert refused.kind is Kind.MALFORMED
    assert word in refused.en


def test_json_as_deep_as_allowed_is_read() -> None:
    raw = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert loads(raw) == json.loads(raw)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data", "text/json"]
)
async def test_another_content_type_is_415(kind: str) -> None:
    with pytest.raises(DomainError) as refused:
        await filed(body(), kind)
    assert refused.value.kind is Kind.UNSUPPORTED


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "application/problem+json"]
)
async def test_json_is_taken_by_any_of_its_names(kind: str) -> None:
    assert (await filed(body(), kind)).text == "路灯坏了"


@pytest.mark.parametrize(
    ("field", "changes", "word"),
    [
        ("text", {"text": ""}, "不能为空"),
        ("text", {"text": " \n\t "}, "不能为空"),
        ("text", {"text": "长" * 10_001}, "10000"),
        ("text", {"text": None}, "文字"),
        ("text", {"text": 7}, "文字"),
        ("text", {"text": "a\x00b"}, "控制字符"),
        ("text", {"text": "a\x1b[31mb"}, "控制字符"),
        ("text", {"text": "a\x7fb"}, "控制字符"),
        ("text", {"text": "a\x85b"}, "控制字符"),
        ("text", {"text": "a\u202eb"}, "不可见"),
        ("text", {"text": "a\u2066b"}, "不可见"),
        ("text", {"text": "a\u200bb"}, "不可见"),
        ("text", {"text": "a\ufeffb"}, "不可见"),
        ("text", {"text": "a\ud800b"}, "控制字符"),
        ("text", {"text": "a" + "\u0301" * 200}, "叠加"),
        ("title", {"title": "a\x00"}, "控制字符"),
        ("title", {"title": "a\udc00"}, "控制字符"),
        ("title", {"title": "长" * 201}, "200"),
        ("address", {"address": "a\u202e"}, "不可见"),
        ("address", {"address": "长" * 301}, "300"),
        ("accused", {"accused": "\x00"}, "控制字符"),
        ("external_id", {"external_id": "\x00"}, "控制字符"),
        ("channel", {"channel": "telex"}, "hotline"),
        ("channel", {"channel": None}, ""),
        ("kind", {"kind": "COMPLAINT"}, "complaint"),
        ("urgency", {"urgency": "yesterday"}, "critical"),
        ("confidential", {"confidential": "perhaps"}, ""),
        ("surprise", {"surprise": 1}, "删去"),
        ("status", {"status": "closed"}, "删去"),
        ("point.alt", {"point": {"lon": 117, "lat": 36.7, "alt": 3}}, "删去"),
        ("point.lat", {"point": {"lon": 117}}, "缺少"),
        ("point.datum", {"point": {"lon": 117, "lat": 36.7, "datum": "bd09"}}, "wgs84"),
        ("point", {"point": {"lon": 36.7, "lat": 117.0}}, "写反"),
        ("point", {"point": {"lon": 0, "lat": 0}}, "范围"),
        ("point", {"point": {"lon": -117.0, "lat": 36.7}}, "范围"),
        ("point", {"point": [117.0, 36.7]}, ""),
        ("occurred_at", {"occurred_at": "0001-01-01T00:00:00+08:00"}, "2000"),
        ("occurred_at", {"occurred_at": "1999-12-31T23:59:59+00:00"}, "2000"),
        ("occurred_at", {"occurred_at": "9999-12-31T23:59:59-12:00"}, "晚于现在"),
        ("occurred_at", {"occurred_at": "2026-11-21T10:06:00+08:00"}, "晚于现在"),
        ("occurred_at", {"occurred_at": "2026-11-21T09:00:00"}, "时区"),
        ("occurred_at", {"occurred_at": "2026-11-21"}, "时区"),
        ("occurred_at", {"occurred_at": "2026-02-30T09:00:00+08:00"}, ""),
        ("occurred_at", {"occurred_at": "yesterday"}, ""),
        ("occurred_at", {"occurred_at": 1_760_000_000}, "时区"),
        ("occurred_at", {"occurred_at": "1760000000"}, "时区"),
        ("occurred_at", {"occurred_at": "20261121"}, "时区"),
        ("occurred_at", {"occurred_at": True}, "时区"),
        ("grid_code", {"grid_code": "3" * 16}, "15"),
        ("category", {"category": "C" * 33}, "32"),
        ("attachments", {"attachments": ["a"] * 21}, "20"),
        ("attachments.0", {"attachments": ["../../etc/passwd"]}, ""),
        ("attachments.1", {"attachments": ["a", "b\x00"]}, ""),
        ("requester.phone", {"requester": {"phone": "12"}}, "格式"),
        ("requester.phone", {"requester": {"phone": "13800005001\n"}}, "格式"),
        (
            "requester.phone",
            {
                "requester": {
                    "phone": "\uff11\uff13\uff18\uff10\uff10\uff10\uff10\uff15\uff10\uff10\uff11"
                }
            },
            "格式",
        ),
        ("requester.name", {"requester": {"name": "\u202e"}}, "不可见"),
        ("requester.age", {"requester": {"age": 40}}, "删去"),
        ("decline.door", {"decline": {"reason": "不属本辖区"}}, "缺少"),
        ("decline.reason", {"decline": {"reason": " ", "door": "12345"}}, "不能为空"),
    ],
    ids=lambda value: ascii(value)[:24],
)
async def test_bad_content_is_422_and_names_field_and_remedy(
    field: str, changes: dict[str, Any], word: str
) -> None:
    refused = await refusal(body(**changes))
    assert refused.kind is Kind.INVALID
    assert refused.field == field
    assert refused.problem()["errors"][0]["field"] == field
    assert word in refused.zh
    assert refused.en.isascii()


@pytest.mark.parametrize("missing", ["channel", "kind", "text"])
async def test_a_missing_field_is_named(missing: str) -> None:
    refused = await refusal(json.dumps({k: v for k, v in GOOD.items() if k != missing}).encode())
    assert (refused.kind, refused.field) == (Kind.INVALID, missing)
    assert "缺少" in refused.zh


@pytest.mark.parametrize("raw", [b"[]", b"7", b"null", b'"text"', b"[{}]"])
async def test_a_body_that_is_no_object_is_422(raw: bytes) -> None:
    refused = await refusal(raw)
    assert (refused.kind, refused.field) == (Kind.INVALID, "body")


async def test_every_wrong_field_is_named_at_once() -> None:
    refused = await refusal(body(channel="telex", text="", surprise=1))
    assert {e["field"] for e in refused.problem()["errors"]} == {"channel", "text", "surprise"}


async def test_a_refusal_never_repeats_what_was_sent() -> None:
    refused = await refusal(body(text="王某某的电话是13800005001\x00", channel="王某某"))
    assert "王某某" not in json.dumps(refused.problem(), ensure_ascii=False)


async def test_a_field_name_that_cannot_be_written_down_is_refused_all_the_same() -> None:
    assert (await refusal(b'{"\\ud800": 1}')).kind is Kind.INVALID


async def test_rare_characters_line_breaks_and_html_are_words_like_any_other() -> None:
    text = "𠮷巷3号\n<script>alert(1)</script> '; drop table ticket; --\t=HYPERLINK(1)"
    assert (await filed(body(text=text))).text == text


async def test_words_are_brought_into_one_form_and_trimmed() -> None:
    assert (await filed(body(text="  cafe\u0301  "))).text == "caf\u00e9"


async def test_ten_thousand_characters_are_accepted() -> None:
    assert len((await filed(body(text="长" * 10_000))).text) == 10_000


@pytest.mark.parametrize("minutes", [-60, 0, 5])
async def test_a_moment_ago_is_no_future_even_when_clocks_differ_a_little(minutes: int) -> None:
    at = (NOW + timedelta(minutes=minutes)).isoformat()
    assert (await filed(body(occurred_at=at))).occurred_at is not None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(st.characters(codec=None), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*Filing.model_fields, "lon", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(changes=st.dictionaries(st.sampled_from(list(Filing.model_fields)), JSON, max_size=5))
async def test_whatever_json_is_sent_the_answer_is_a_filing_or_a_refusal(
    changes: dict[str, Any],
) -> None:
    outcome = await filing_or_refusal(body(**changes))
    if isinstance(outcome, DomainError):
        assert outcome.kind in (Kind.MALFORMED, Kind.INVALID)
        assert orjson.dumps(outcome.problem())


@given(st.binary(max_size=60))
async def test_whatever_bytes_are_sent_the_answer_is_a_refusal(raw: bytes) -> None:
    with pytest.raises(DomainError) as refused:
        await filed(raw)
    assert refused.value.kind in (Kind.MALFORMED, Kind.INVALID)
