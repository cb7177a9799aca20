"""Open311's documents, bodies and keys: what goes in, what comes out, whatever it is made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from contracts.ticket import TicketStatus
from kit.errors import DomainError, Kind, not_found, unavailable
from services.intake.open311 import mapping
from services.intake.open311.document import Document, Format, failure, status_of
from services.intake.open311.partner import Keyring, Right, digest_of
from services.intake.open311.question import SPAN, UPDATES_SPAN, question, range_of
from services.intake.open311.submission import (
    Submission,
    Update,
    digest,
    fields_of,
    full_name,
    read,
)

NOW = datetime(2026, 11, 16, 2, tzinfo=UTC)
PLACED = {"service_code": "A", "description": "B", "address_string": "C"}
FORM = "application/x-www-form-urlencoded; charset=utf-8"


ODD = st.text(alphabet="<>&'\"]\x00\x1b\ufffe\ud800\r\n\t 灯")


@given(st.one_of(st.text(), ODD))
def test_whatever_is_said_xml_stays_one_text(said: str) -> None:
    document = Document("service_requests", [{"description": said}])
    parsed = xmltodict.parse(document.render(Format.XML), strip_whitespace=False)
    told = parsed["service_requests"]["request"]["description"] or ""
    assert told == "".join(
        char if char in "\t\n\r" or (ord(char) >= 0x20 and not _is_odd(char)) else "\ufffd"
        for char in said
    )


def _is_odd(char: str) -> bool:
    return 0xD800 <= ord(char) <= 0xDFFF or char in "\ufffe\uffff"


def test_lists_have_names_in_xml_and_none_in_json() -> None:
    document = Document("service_requests", [{"a": 1, "b": None, "c": True}])
    assert document.render(Format.JSON) == b'[{"a":1,"b":null,"c":true}]'
    assert document.render(Format.XML).decode() == (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        "<service_requests><request><a>1</a><b/><c>true</c></request></service_requests>"
    )
    assert Document("services", []).render(Format.XML).endswith(b"<services/>")


def test_refusals_have_the_statuses_of_the_specification() -> None:
    made = {kind: DomainError("x", kind, zh="z", en="e") for kind in Kind}
    assert {int(kind): status_of(error) for kind, error in made.items()} == {
        400: 400, 401: 400, 403: 403, 404: 404, 408: 400, 409: 400, 410: 400, 412: 400, 413: 413,
        414: 400, 415: 400, 422: 400, 429: 429, 431: 400, 500: 500, 503: 503,
    }  # fmt: skip
    assert status_of(unavailable()) == 503
    assert failure(not_found("件", "thing"), "en").body == [
        {"code": 404, "description": "No such thing; check the number."}
    ]


def test_a_refusal_lists_each_wrong_field() -> None:
    with pytest.raises(DomainError) as refused:
        read(Submission, {})
    told = orjson.loads(failure(refused.value, "zh").render(Format.JSON))
    assert [one["description"].partition(":")[0] for one in told] == [
        "service_code", "description",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, "service_code=A&description=%E8%B7%AF+%E7%81%AF&lat=36.5&long=117&phone="),
        (FORM, "service_code=A&description=路+灯&lat=36.5&long=117"),
        ("application/json", '{"service_code":"A","description":"路 灯","lat":36.5,"long":117.0}'),
        ("application/json", '{"service_code":"A","description":"路 灯","lat":"36.5","long":117}'),
    ],
)
def test_a_form_and_json_say_the_same(content_type: str, body: str) -> None:
    sent = read(Submission, fields_of(content_type, body.encode()))
    assert (sent.description, sent.lat, sent.long, sent.phone) == ("路 灯", 36.5, 117.0, None)


def test_a_field_given_twice_is_no_choice_of_ours() -> None:
    with pytest.raises(DomainError, match="invalid"):
        fields_of(FORM, b"description=a&description=b")
    assert fields_of(FORM, b"media_url=a&media_url=b") == {"media_url": "b"}


def test_the_digest_is_of_everything_but_the_key() -> None:
    assert digest(PLACED | {"api_key": "a"}) == digest({"api_key": "b"} | PLACED)
    assert digest(PLACED) != digest(PLACED | {"device_id": "another phone"})


def test_names_are_written_as_their_script_wants() -> None:
    assert full_name("小明", "王") == "王小明"
    assert full_name("John", "Smith") == "John Smith"
    assert full_name(None, "王") == "王"
    assert read(Submission, PLACED).requester is None


@pytest.mark.parametrize("wrong", [{"lat": "36"}, {"long": "117"}])
def test_half_a_point_is_none(wrong: dict[str, str]) -> None:
    with pytest.raises(DomainError):
        read(Submission, PLACED | wrong).filing()


def test_outside_statuses_mean_work_or_none() -> None:
    def said(status: str) -> Any:
        fields = {
            "service_request_id": "1",
            "update_id": "1",
            "description": "完",
            "status": status,
        }
        return read(Update, fields)

    assert said("REOPEN").reopens
    assert said("open").words == "完"
    assert not said("Fixed").reopens
    assert "fixed" in said("Fixed").words
    with pytest.raises(DomainError):
        _ = said("done").reopens


def test_keys_are_known_by_their_digest_and_do_what_they_may() -> None:
    ring = Keyring.parse(f"app:{digest_of('k')}:file+update\nhall:{digest_of('h')}:read,")
    assert ring.demand("k", Right.FILE).sub == "open311:app"
    for key, right in ((None, Right.FILE), ("", Right.FILE), ("x", Right.FILE), ("k", Right.READ)):
        with pytest.raises(DomainError) as refused:
            ring.demand(key, right)
        assert refused.value.kind is Kind.FORBIDDEN
    assert ring.find(None) is None
    assert Keyring.parse("").partners == {}


@pytest.mark.parametrize("text", ["app:k:file", f"app:{'0' * 64}:own", f"a b:{'0' * 64}:file"])
def test_a_wrong_setting_keeps_intake_from_starting(text: str) -> None:
    with pytest.raises(ValueError, match=r"open311_keys|Right"):
        Keyring.parse(text)


def test_every_state_is_open_or_closed() -> None:
    assert {s for s in TicketStatus if mapping.status(s) == "closed"} == {
        TicketStatus.CLOSED, TicketStatus.DECLINED, TicketStatus.WITHDRAWN,
    }  # fmt: skip


def test_a_range_is_ninety_days_at_most() -> None:
    assert question({}, NOW).within.start == NOW - SPAN
    assert range_of({}, NOW, UPDATES_SPAN).start == NOW - UPDATES_SPAN
    early = {"start_date": "2026-01-01T00:00:00+08:00"}
    assert range_of(early, NOW, SPAN).end - range_of(early, NOW, SPAN).start == SPAN
    spaced = {"start_date": "2026-11-01T00:00:00 08:00"}
    assert range_of(spaced, NOW, SPAN).start == datetime(2026, 10, 31, 16, tzinfo=UTC)
    ahead = {"start_date": (NOW + timedelta(days=1)).isoformat()}
    assert range_of(ahead, NOW, SPAN).start == range_of(ahead, NOW, SPAN).end


@given(st.dictionaries(st.sampled_from(["start_date", "end_date", "page", "status"]), st.text()))
def test_any_query_is_read_or_refused(asked: dict[str, str]) -> None:
    try:
        within = question(asked, NOW).within
    except DomainError as refused:
        assert refused.kind is Kind.INVALID  # noqa: PT017 - either way is right
    else:
        assert within.start <= within.end <= within.start + SPAN
