"""Events only grow: what was said years ago still decodes, and what is not of the catalogue never does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.catalog import BY_NAME, EVENTS, OWNER_OF, BadSubjectError, decode
from contracts.listeners import covers

SAMPLES = {file.stem: file for file in Path(__file__).parent.joinpath("samples").glob("*.json")}


def sample(name: str) -> tuple[str, dict[str, Any]]:
    """An old message: the subject it came on, and its CloudEvent."""
    kept = json.loads(SAMPLES[name].read_text(encoding="utf-8"))
    return kept["subject"], kept["event"]


def holds_all(new: Any, old: Any) -> bool:
    """True when every member of the old document is in the new one with the same value."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(
            key in new and holds_all(new[key], value) for key, value in old.items()
        )
    return bool(new == old)


def wire(event: Any) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()


def test_every_event_has_an_old_sample() -> None:
    assert SAMPLES.keys() == BY_NAME.keys()


@pytest.mark.parametrize("name", BY_NAME)
def test_an_old_sample_still_means_what_it_said(name: str) -> None:
    subject, event = sample(name)
    decoded = decode(subject, wire(event))
    assert covers(BY_NAME[name].pattern, subject)
    assert decoded.source == f"/chuishao/{OWNER_OF[BY_NAME[name].noun]}"
    assert holds_all(json.loads(decoded.encode()), event)


@pytest.mark.parametrize("name", BY_NAME)
def test_fields_of_tomorrow_are_ignored(name: str) -> None:
    subject, event = sample(name)
    today = decode(subject, wire(event))
    event["tomorrow"] = {"deep": [1, 2, 3]}
    event["data"]["tomorrow"] = "news"
    assert decode(subject, wire(event)) == today


@pytest.mark.parametrize("name", BY_NAME)
def test_the_type_must_be_that_of_the_subject(name: str) -> None:
    subject, event = sample(name)
    for row in EVENTS:
        if row.name != name:
            with pytest.raises(ValueError, match="on subject of"):
                decode(subject, wire(event | {"type": row.type}))


def test_a_later_major_version_on_the_same_subject_is_refused() -> None:
    subject, event = sample("ticket.dispatched")
    with pytest.raises(ValueError, match="on subject of"):
        decode(subject, wire(event | {"type": "cn.chuishao.ticket.dispatched.v2"}))


@pytest.mark.parametrize(
    "subject",
    ["", "ticket", "ticket.", "ticket.exploded.WY-08._._._._", "tickets.accepted.X", "cmd.accept.X",
     "$JS.API.INFO", "TICKET.ACCEPTED.X._._._._", "complaint.*._._._._"],
)  # fmt: skip
def test_a_subject_of_no_catalogue_is_refused(subject: str) -> None:
    _, event = sample("ticket.accepted")
    with pytest.raises(BadSubjectError):
        decode(subject, wire(event))


@pytest.mark.parametrize("name", BY_NAME)
def test_a_message_without_one_of_its_required_fields_is_refused(name: str) -> None:
    subject, event = sample(name)
    required = [
        field for field, rule in BY_NAME[name].data.model_fields.items() if rule.is_required()
    ]
    assert required
    for field in required:
        data = {key: value for key, value in event["data"].items() if key != field}
        with pytest.raises(ValidationError):
            decode(subject, wire(event | {"data": data}))


@pytest.mark.parametrize(
    "attribute", ["id", "source", "type", "subject", "time", "dataschema", "data"]
)
def test_an_envelope_without_an_attribute_is_refused(attribute: str) -> None:
    subject, event = sample("clock.set")
    with pytest.raises(ValidationError):
        decode(subject, wire({key: value for key, value in event.items() if key != attribute}))


@pytest.mark.parametrize(
    "change",
    [{"specversion": "0.3"}, {"time": "2026-03-02T09:00:00"}, {"time": "yesterday"}, {"data": []},
     {"datacontenttype": "text/xml"}, {"id": None}],
)  # fmt: skip
def test_an_envelope_of_another_form_is_refused(change: dict[str, Any]) -> None:
    subject, event = sample("clock.set")
    with pytest.raises(ValidationError):
        decode(subject, wire(event | change))


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{", b"\xff\xfe", b"NaN", b'"x"', b"[" * 10_000]
)
def test_a_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(ValidationError):
        decode("clock.set.WY-08.370105._._._", body)
